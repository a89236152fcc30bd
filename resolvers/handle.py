"""Handles: how members are named, however a person types them."""

from __future__ import annotations

import re

from models.house import HOUSE_ACCOUNTS

_HANDLE = re.compile(r"[a-z0-9_]{3,30}")
RESERVED = frozenset({"owner", "admin", "moderator", "system", "everyone", "support", "root", "deleted"}).union(
    account.handle for account in HOUSE_ACCOUNTS
)


def read_handle(text: str) -> str | None:
    """The handle that ``text`` spells (case, spaces around and a leading @ do not matter), or None for no handle."""
    handle = text.strip().lower().removeprefix("@")
    return handle if _HANDLE.fullmatch(handle) else None
