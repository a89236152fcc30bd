"""Idempotency keys: what a client sends to make a retry safe."""

from __future__ import annotations

from models.errors import Invalid

LONGEST = 200


def check_idempotency_key(key: str) -> None:
    """Raise `Invalid` for a key that is empty, too long, or holds characters that Postgres cannot store."""
    if not 1 <= len(key) <= LONGEST or "\0" in key:
        raise Invalid(f"An idempotency key has 1 to {LONGEST} characters; a UUID is good.", field="idempotencyKey")
