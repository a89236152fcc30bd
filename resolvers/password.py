"""Passwords: Argon2id (RFC 9106) at OWASP's floor or above, hashed away from the event loop, a few at a time."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from models.errors import Invalid

SHORTEST = 15
LONGEST = 256

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Two hashes at once keep a burst of sign-ins from taking every core and 19 MiB a try.
_slots = asyncio.Semaphore(2)
_NOBODY = _hasher.hash("a password that nobody has")


def check_password(password: str) -> None:
    """Raise `Invalid` for a password too short or too long (NIST SP 800-63B-4: 15 without a second factor)."""
    if len(password) < SHORTEST:
        raise Invalid(
            f"Choose a password of at least {SHORTEST} characters: a short sentence is good.", field="password"
        )
    if len(password) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.", field="password")


async def hash_password(password: str) -> str:
    """The Argon2id hash, with its parameters and salt inside."""
    async with _slots:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Is this the password? An account without one costs the same time as one with, so handles can't be probed."""
    async with _slots:
        return await asyncio.to_thread(_verify, stored, password[:LONGEST])


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except VerificationError:
        return False
