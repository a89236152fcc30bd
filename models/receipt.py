"""Receipts: signed JSON that tells, years later and without this server, what was deleted or consented to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.audit import spell_time
from models.keys import Keys, PublicKey
from models.signed import encode, sign_document, verify_document

PURPOSE = "receipt"
_ID_BYTES = 16


class ReceiptKind(StrEnum):
    """What a receipt says."""

    DELETION = "DELETION"
    CONSENT = "CONSENT"


class ConsentAnswer(StrEnum):
    """Whether a use is consented to. Why it is not is nobody's business but the owner's."""

    CONSENTED = "CONSENTED"
    NOT_CONSENTED = "NOT_CONSENTED"


@dataclass(frozen=True)
class LikenessConsent:
    """The consent state of one likeness in a video; ``scopes`` are those that the use needs (``FACE``, …)."""

    cameo_id: UUID
    scopes: Sequence[str]
    answer: ConsentAnswer


def sign_receipt(keys: Keys, body: Mapping[str, Any]) -> dict[str, Any]:
    """``body`` signed with the receipt key. Raises `ValueError` for what JSON cannot spell in one way (fractions)."""
    return sign_document(keys.receipt, body)


def verify_receipt(published: Mapping[str, PublicKey], receipt: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a receipt that one of ``published`` (kid → key) signed. Raises `models.signed.NotSigned`."""
    return verify_document(published, receipt, purpose=PURPOSE)


def deletion_receipt(
    keys: Keys,
    *,
    receipt_id: UUID,
    subject: str,
    asked_at: datetime,
    done_at: datetime,
    purged: Mapping[str, Mapping[str, int]],
    audit_hash: bytes | None = None,
    retained: int = 0,
) -> dict[str, Any]:
    """What was destroyed of ``subject`` (``cameo/<id>``, ``account/<id>``, ``video/<id>``), when, and how much of it.

    ``purged`` maps each class of derived data in the manifest to its ``objects`` and ``bytes``; a class of which
    nothing was found belongs in it too. ``retained``: sealed copies that moderators keep for open reports, at most 30
    days; it is told when there are any. ``audit_hash`` ties the receipt to the audit entry. It names the subject, so
    it is for the owner only.
    """
    classes = [
        {"class": name, "objects": found["objects"], "bytes": found["bytes"]} for name, found in sorted(purged.items())
    ]
    body = {
        "kind": ReceiptKind.DELETION.value,
        "version": 1,
        "id": str(receipt_id),
        "subject": subject,
        "asked_at": spell_time(asked_at),
        "done_at": spell_time(done_at),
        "classes": classes,
        "objects": sum(found["objects"] for found in purged.values()),
        "bytes": sum(found["bytes"] for found in purged.values()),
        "audit": None if audit_hash is None else audit_hash.hex(),
    }
    return sign_receipt(keys, body | ({"retained": retained} if retained else {}))


def consent_receipt(
    keys: Keys, *, video_id: UUID, at: datetime, likenesses: Iterable[LikenessConsent]
) -> dict[str, Any]:
    """Whether the use of each likeness in a video is consented to at ``at``; for everybody, so it names nobody.

    A likeness has another id in each video (`likeness_id`): two receipts do not tell that they show the same person.
    Where one is not consented to, nothing is said of the others.
    """
    parts = list(likenesses)
    whole = all(part.answer is ConsentAnswer.CONSENTED for part in parts)
    body = {
        "kind": ReceiptKind.CONSENT.value,
        "version": 1,
        "id": _public_id(keys, "receipt", video_id),
        "video": str(video_id),
        "at": spell_time(at),
        "answer": (ConsentAnswer.CONSENTED if whole else ConsentAnswer.NOT_CONSENTED).value,
        "likenesses": sorted(
            (
                {"id": likeness_id(keys, video_id, part.cameo_id), "scopes": sorted(part.scopes)}
                for part in (parts if whole else ())
            ),
            key=lambda part: str(part["id"]),
        ),
    }
    return sign_receipt(keys, body)


def likeness_id(keys: Keys, video_id: UUID, cameo_id: UUID) -> str:
    """A public name for ``cameo_id`` in ``video_id`` alone (22 characters); only this server can link two videos."""
    return _public_id(keys, "likeness", video_id, cameo_id)


def _public_id(keys: Keys, use: str, *ids: UUID) -> str:
    return encode(keys.receipt.mac(use.encode() + b"".join(each.bytes for each in ids))[:_ID_BYTES])
