"""Receipts: of what was destroyed, for whoever asked for it, and of consent, for everybody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tortoise import connections

from models.cameo import Scope
from models.erasure import Erasure
from models.errors import NotFound
from models.receipt import ConsentAnswer, LikenessConsent, consent_receipt
from models.rules.video import RAN_OUT
from models.withdrawal import Withdrawal
from resolvers.cameo import own_cameo
from resolvers.context import Context, Stores
from resolvers.keyset import rows_page
from resolvers.media import read, sign
from resolvers.page import Page, Window

LIFE_SECONDS = 24 * 3600
FAREWELL_SECONDS = 30 * 24 * 3600
"""An account that is gone cannot ask for a fresh address."""

_WITHDRAWAL, _ERASURE, _CONSENT = b"W", b"E", b"C"


def withdrawal_receipt_url(stores: Stores, withdrawal: Withdrawal, now: datetime) -> str | None:
    """Where the receipt of a withdrawal can be fetched for a day; None until everything is purged."""
    return None if withdrawal.receipt is None else _url(stores, _WITHDRAWAL, withdrawal.id, now, LIFE_SECONDS)


def erasure_receipt_url(stores: Stores, erasure_id: UUID, now: datetime, *, farewell: bool = False) -> str:
    """Where the receipt of an erasure can be fetched, for a day (``farewell``: 30), as soon as all is destroyed."""
    return _url(stores, _ERASURE, erasure_id, now, FAREWELL_SECONDS if farewell else LIFE_SECONDS)


def consent_receipt_url(stores: Stores, video_id: UUID) -> str:
    """Where anybody can fetch what is consented to at that moment."""
    return f"{stores.address}/receipts/{sign(stores.keys.media, _CONSENT + video_id.bytes)}"


async def open_receipt(stores: Stores, token: str) -> dict[str, Any]:
    """The signed document that an address stands for. Raises `NotFound`: forged, over, or not there (yet)."""
    body = read(stores.keys.media, token)
    kind = body[:1]
    if kind == _CONSENT and len(body) == 1 + 16:
        found = await public_consent_receipt(stores, UUID(bytes=body[1:]))
    elif kind in (_WITHDRAWAL, _ERASURE) and len(body) == 1 + 5 + 16 and await _lasts(body[1:6]):
        found = await _deletion(kind, UUID(bytes=body[6:]))
    else:
        found = None
    if found is None:
        raise NotFound("There is no receipt here. It may not be ready yet, or this address is over: ask for it again.")
    return found


async def public_consent_receipt(stores: Stores, video_id: UUID) -> dict[str, Any] | None:
    """Signed now: is each likeness in a published video consented to? None for a video that is not for everybody."""
    rows = await connections.get("default").execute_query_dict(_LIKENESSES, [video_id])
    if not rows:
        return None
    parts = [
        LikenessConsent(
            cameo_id=row["cameo_id"],
            scopes=[scope.name for scope in Scope(row["scopes"]) if scope.name is not None],
            answer=ConsentAnswer.CONSENTED if row["consented"] else ConsentAnswer.NOT_CONSENTED,
        )
        for row in rows
    ]
    return consent_receipt(stores.keys, video_id=video_id, at=rows[0]["now"], likenesses=parts)


async def withdrawals_of(context: Context, cameo_id: UUID, window: Window) -> Page[Withdrawal]:
    """Every time the viewer's cameo was taken out of videos, newest first. Raises `NotFound` for anybody else's."""
    await own_cameo(context, cameo_id)
    statement = "SELECT w.id, w.created_at AS moment FROM withdrawal w WHERE w.cameo_id = $1"
    page = await rows_page(context, f"withdrawals:{cameo_id}", statement, [cameo_id], window)
    found = {row.id: row for row in await Withdrawal.filter(id__in=[row["id"] for row in page.rows])}
    return page.map(lambda row: found[row["id"]])


async def erasure_of(context: Context, cameo_id: UUID) -> Erasure | None:
    """The erasure of a cameo of the viewer's, when there is one. Raises `NotFound` for anybody else's."""
    await own_cameo(context, cameo_id)
    return await Erasure.get_or_none(kind="CAMEO", subject_id=cameo_id)


def _url(stores: Stores, kind: bytes, row_id: UUID, now: datetime, seconds: int) -> str:
    end = int(now.astimezone(UTC).timestamp()) + seconds
    return f"{stores.address}/receipts/{sign(stores.keys.media, kind + end.to_bytes(5, 'big') + row_id.bytes)}"


async def _lasts(end: bytes) -> bool:
    [row] = await connections.get("default").execute_query_dict(
        "SELECT to_timestamp($1::float8) > yume_now() AS good", [float(int.from_bytes(end, "big"))]
    )
    return row["good"]


async def _deletion(kind: bytes, row_id: UUID) -> dict[str, Any] | None:
    row = await (Withdrawal if kind == _WITHDRAWAL else Erasure).get_or_none(id=row_id)
    return None if row is None else row.receipt


_LIKENESSES = f"""
    SELECT l.cameo_id, l.scopes, yume_now() AS now,
        l.withdrawn_at IS NULL AND video_visibility.consent = 'LIVE' AND NOT {RAN_OUT} AS consented
    FROM video_visibility JOIN video_likeness l ON l.video_id = video_visibility.id
    WHERE video_visibility.id = $1 AND video_visibility.author_state = 'PUBLISHED'
        AND video_visibility.audience IN ('PUBLIC', 'LINK') AND video_visibility.moderation = 'CLEAR'
"""  # noqa: S608 - rules
