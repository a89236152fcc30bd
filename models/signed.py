"""Signed JSON documents: receipts and audit heads, which anybody can check with the server's public keys."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from models.canonical import canonical
from models.keys import PublicKey, SigningKey


class NotSigned(ValueError):
    """A document is not what the key named in it signed; the message says why, for people."""


def sign_document(key: SigningKey, body: Mapping[str, Any]) -> dict[str, Any]:
    """``body`` with ``kid`` and ``signature`` (Ed25519, base64url) over the canonical JSON of all else.

    Raises `ValueError` when ``body`` cannot be spelled canonically or names one of the two itself.
    """
    if not {"kid", "signature"}.isdisjoint(body):
        raise ValueError("A body does not bring its own kid or signature.")
    document = {**body, "kid": key.kid}
    return {**document, "signature": encode(key.sign(_message(key.purpose, document)))}


def verify_document(published: Mapping[str, PublicKey], document: Mapping[str, Any], *, purpose: str) -> dict[str, Any]:
    """The body of ``document`` when a key for ``purpose`` among ``published`` (kid → key) signed it.

    Raises `NotSigned`.
    """
    kid, signature = document.get("kid"), document.get("signature")
    if not isinstance(kid, str) or not isinstance(signature, str):
        raise NotSigned("The document carries no signature.")
    key = published.get(kid)
    if key is None or key.purpose != purpose:
        raise NotSigned(f"It was signed with the key {kid}, and no such {purpose} key is known.")
    rest = {name: value for name, value in document.items() if name != "signature"}
    try:
        genuine = key.verifies(decode(signature), _message(purpose, rest))
    except ValueError:
        genuine = False
    if not genuine:
        raise NotSigned("The signature does not fit: the document was changed after it was signed.")
    return {name: value for name, value in rest.items() if name != "kid"}


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Undo `encode`. Raises `ValueError` for anything that `encode` does not write."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("This is no base64url.") from error
    if encode(raw) != text:
        raise ValueError("This is no base64url.")
    return raw


def _message(purpose: str, document: Mapping[str, Any]) -> bytes:
    # The purpose stands before the document: what one key signs never passes for what another does.
    return b"yume " + purpose.encode() + b" 1\n" + canonical(document)
