"""The house: accounts of the server's own, which nobody signs in to, and the drawn cast that they lend to everybody.

Their ids are the same on every server, so that a second start finds what the first one made.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tortoise import connections


@dataclass(frozen=True)
class HouseAccount:
    """One account of the house."""

    id: UUID
    handle: str
    display_name: str
    bio: str


def _id(number: int) -> UUID:
    """A UUIDv7 of the first moment there is, which no clock gives to anybody else."""
    return UUID(f"00000000-0000-7000-8000-{number:012x}")


HOUSE = HouseAccount(_id(1), "yume", "Yume", "The house. Its drawn cast is everybody's: put @mochi in a clip.")
STUDIO = HouseAccount(_id(2), "yume_studio", "Yume Studio", "Clips that this server made by itself.")
ATELIER = HouseAccount(_id(3), "yume_atelier", "L'atelier Yume", "Des clips que ce serveur a faits tout seul.")
HOUSE_ACCOUNTS = (HOUSE, STUDIO, ATELIER)
HOUSE_IDS = tuple(account.id for account in HOUSE_ACCOUNTS)


@dataclass(frozen=True)
class HouseCameo:
    """One drawn character. ``name`` is the folder of its art and its handle where that is free."""

    id: UUID
    name: str


CAST = tuple(HouseCameo(_id(0x100 + at), name) for at, name in enumerate(("mochi", "bolt", "luma", "koa", "pip")))
"""A cat, a robot, a moon, an axolotl, an owl: all of them drawn for this project, and of nobody."""


async def make_house_accounts() -> None:
    """Make the accounts of the house that are missing; where a handle is taken, that one stays missing."""
    for account in HOUSE_ACCOUNTS:
        await connections.get("default").execute_query(
            """
            INSERT INTO account (id, created_at, handle, display_name, bio) VALUES ($1, yume_now(), $2, $3, $4)
            ON CONFLICT DO NOTHING
            """,
            [account.id, account.handle, account.display_name, account.bio],
        )
