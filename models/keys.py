"""Purpose keys: one secret a purpose, made at the first start, shared by every process, kept outside the stores."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

PURPOSES = ("invite", "media", "cursor")


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


@dataclass(frozen=True)
class Keys:
    """Every purpose key of this server."""

    invite: Key
    media: Key
    cursor: Key


def load_keys(folder: Path) -> Keys:
    """Read the purpose keys in ``folder`` (0700), making those that are missing.

    Two processes that start at once agree: the file is created exclusively, and the loser reads the winner's.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Keys(**{purpose: Key(purpose, _secret(folder / f"{purpose}.key")) for purpose in PURPOSES})


def _secret(path: Path) -> bytes:
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        try:
            # link() fails when the name exists, so a reader never meets a half-written key.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
