"""Puts the local owner into a seeded world, so that whoever develops has somebody to follow and something to like."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from models.base import new_id

if TYPE_CHECKING:
    import asyncpg

    from app.seed.world import World

FOLLOWED, MUTUAL = 60, 15


async def involve_owner(connection: asyncpg.Connection, world: World) -> None:
    """Let the local owner, where there is one, follow the best known members; some of them follow back."""
    owner = await connection.fetchval("SELECT id FROM account WHERE handle = 'owner'")
    if owner is None:
        return
    known = np.argsort(-world.people.fame)[:FOLLOWED]
    ids = [UUID(bytes=world.people.ids[at].tobytes()) for at in known.tolist()]
    edges = [(owner, each) for each in ids] + [(each, owner) for each in ids[:MUTUAL]]
    await connection.executemany(
        """
        INSERT INTO follow (id, created_at, follower_id, followee_id) VALUES ($1, now(), $2, $3)
        ON CONFLICT (follower_id, followee_id) DO NOTHING
        """,
        [(new_id(), follower, followee) for follower, followee in edges],
    )
