"""How a video comes into trends by its author's act, and what its words no longer say goes out of them."""

from __future__ import annotations

from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import new_id


async def join_trend(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """A clip that was made to join a trend joins it, in the transaction that publishes it."""
    await connection.execute_query(
        """
        INSERT INTO trend_video (id, created_at, trend_id, video_id, joined)
        SELECT $2, yume_now(), t.id, v.id, true
        FROM video v JOIN generation g ON g.id = v.generation_id JOIN trend t ON t.id = g.trend_id
        WHERE v.id = $1
        ON CONFLICT (trend_id, video_id) DO UPDATE SET joined = true
        """,
        [video_id, new_id()],
    )


async def forget_signs(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """Its words, or who may read them, changed: the next run reads it anew, and till then its old ones tell nothing."""
    await connection.execute_query("DELETE FROM trend_sign WHERE id = $1", [video_id])
    await connection.execute_query(
        """
        DELETE FROM trend_video m USING trend t
        WHERE m.video_id = $1 AND t.id = m.trend_id AND t.kind = 'PROMPT' AND NOT m.joined
        """,
        [video_id],
    )
