"""Purpose keys: one secret a purpose, made at the first start, shared by every process, kept outside the stores."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PURPOSES = ("invite", "media", "cursor", "upload")
SIGNING_PURPOSES = ("receipt", "audit")


@dataclass(frozen=True)
class Key:
    """A 256-bit secret. ``kid`` is a public name for it, derived from it, so that old signatures can be told apart."""

    purpose: str
    secret: bytes = field(repr=False)

    @property
    def kid(self) -> str:
        """Eight hex digits that name this key without revealing it."""
        return hashlib.sha256(b"kid:" + self.purpose.encode() + self.secret).hexdigest()[:8]

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 of ``message`` (32 bytes)."""
        return hmac.new(self.secret, self.purpose.encode() + b"\0" + message, hashlib.sha256).digest()

    def masked(self, name: UUID, use: str) -> UUID:
        """Another name for ``name``, always the same; nobody without the key learns one from the other (AES)."""
        encryptor = self._block(use).encryptor()
        return UUID(bytes=encryptor.update(name.bytes) + encryptor.finalize())

    def unmasked(self, masked: UUID, use: str) -> UUID:
        """Undo `masked`; what was never masked becomes an id of nothing."""
        decryptor = self._block(use).decryptor()
        return UUID(bytes=decryptor.update(masked.bytes) + decryptor.finalize())

    def _block(self, use: str) -> Cipher[modes.ECB]:
        return Cipher(algorithms.AES(self.mac(b"mask:" + use.encode())), modes.ECB())  # noqa: S305 - a single block


@dataclass(frozen=True)
class PublicKey:
    """The half of a signing key (Ed25519, 32 bytes) that anybody may have."""

    purpose: str
    raw: bytes

    @property
    def kid(self) -> str:
        """Sixteen hex digits, derived from the key and its purpose."""
        return hashlib.sha256(b"kid:" + self.purpose.encode() + self.raw).hexdigest()[:16]

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key's secret half signed ``message``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def to_jwk(self) -> dict[str, str]:
        """As a JSON Web Key (RFC 8037), with its purpose beside it."""
        x = base64.urlsafe_b64encode(self.raw).rstrip(b"=").decode()
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, "use": "sig", "purpose": self.purpose}

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> PublicKey:
        """Read what `to_jwk` wrote. Raises `ValueError`."""
        if jwk.get("crv") != "Ed25519" or not isinstance(jwk.get("x"), str) or not isinstance(jwk.get("purpose"), str):
            raise ValueError("This is no Ed25519 key with a purpose.")
        raw = base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))
        key = cls(jwk["purpose"], raw)
        if len(raw) != 32 or jwk.get("kid") != key.kid:
            raise ValueError("The key does not belong to its kid.")
        return key


@dataclass(frozen=True)
class SigningKey:
    """A secret that signs (Ed25519). What it signed can be checked by anybody with its public half."""

    purpose: str
    secret: bytes = field(repr=False)

    @cached_property
    def public(self) -> PublicKey:
        """What may be published."""
        return PublicKey(
            self.purpose, Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()
        )

    @property
    def kid(self) -> str:
        """The name of the public half."""
        return self.public.kid

    def sign(self, message: bytes) -> bytes:
        """The signature of ``message`` (64 bytes), the same each time."""
        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(message)

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 of ``message`` (32 bytes), under a secret derived from this one."""
        derived = hmac.new(self.secret, b"mac", hashlib.sha256).digest()
        return hmac.new(derived, self.purpose.encode() + b"\0" + message, hashlib.sha256).digest()


@dataclass(frozen=True)
class Keys:
    """Every purpose key of this server.

    ``published`` maps the kid of each public key this server has ever signed with, the present ones included.
    """

    invite: Key
    media: Key
    cursor: Key
    upload: Key
    receipt: SigningKey
    audit: SigningKey
    published: Mapping[str, PublicKey] = field(hash=False)


def load_keys(folder: Path) -> Keys:
    """Read the purpose keys in ``folder`` (0700), making those that are missing.

    Two processes that start at once agree: the file is created exclusively, and the loser reads the winner's. The
    public half of each signing key is written beside it (``receipt.<kid>.pub``) and stays when the secret is rotated,
    so that what was signed before can still be checked.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    macs = {purpose: Key(purpose, secret_file(folder / f"{purpose}.key")) for purpose in PURPOSES}
    signers = {name: SigningKey(name, secret_file(folder / f"{name}.key")) for name in SIGNING_PURPOSES}
    for signer in signers.values():
        create_once(folder / f"{signer.purpose}.{signer.kid}.pub", signer.public.raw)
    return Keys(
        invite=macs["invite"],
        media=macs["media"],
        cursor=macs["cursor"],
        upload=macs["upload"],
        receipt=signers["receipt"],
        audit=signers["audit"],
        published=load_public_keys(folder),
    )


def load_public_keys(folder: Path) -> dict[str, PublicKey]:
    """By its kid, each public key that the purpose keys in ``folder`` ever had; nothing is made."""
    found = (PublicKey(name, path.read_bytes()) for name in SIGNING_PURPOSES for path in folder.glob(f"{name}.*.pub"))
    return {key.kid: key for key in found}


def secret_file(path: Path) -> bytes:
    """The 256-bit secret in ``path`` (0600), made when it is missing."""
    if not path.exists():
        create_once(path, secrets.token_bytes(32))
    return path.read_bytes()


def create_once(path: Path, content: bytes) -> bool:
    """Put ``content`` (0600) on disk under a name that does not exist yet, whole or not at all.

    Returns False, and changes nothing, when the name exists. Raises `FileNotFoundError` when its folder does not.
    """
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # link() fails when the name exists, so a reader never meets a half-written file.
        os.link(draft, path)
    except FileExistsError:
        return False
    else:
        return True
    finally:
        draft.unlink()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that came and went in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
