"""Who is in each video, and whose approval it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections


@dataclass(frozen=True)
class LikenessReading:
    """One likeness of a video. ``withdrawn``: its owner took it out, or its permission ran out and takes it along."""

    video_id: UUID
    cameo_id: UUID
    owner_id: UUID
    via: str
    scopes: int
    withdrawn: bool


@dataclass(frozen=True)
class ApprovalReading:
    """What one person shown says to a draft. ``state`` is PENDING, APPROVED or DECLINED; no answer in time is a no."""

    video_id: UUID
    cameo_id: UUID
    owner_id: UUID
    state: str
    draft_hash: str
    expires_at: datetime
    answered_at: datetime | None


class LikenessesByVideo(DataLoader[UUID, list[LikenessReading]]):
    """Every likeness that each video carries, those cast first."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[list[LikenessReading]]:
        rows = await _rows(
            """
            SELECT l.video_id, l.cameo_id, c.owner_id, l.via, l.scopes,
                l.withdrawn_at IS NOT NULL OR coalesce(g.on_expiry = 'WITHDRAW' AND g.expires_at <= yume_now(), false)
                    AS withdrawn
            FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id
            LEFT JOIN cameo_grant g ON g.id = coalesce(l.publish_grant_id, l.grant_id)
            WHERE l.video_id = ANY ($1::uuid[]) ORDER BY l.via = 'INHERITED', l.id
            """,
            keys,
        )
        found: dict[UUID, list[LikenessReading]] = {key: [] for key in keys}
        for row in rows:
            found[row["video_id"]].append(LikenessReading(**row))
        return [found[key] for key in keys]


class ApprovalsByVideo(DataLoader[UUID, list[ApprovalReading]]):
    """Every approval that each video was made to wait for."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[list[ApprovalReading]]:
        rows = await _rows(
            """
            SELECT a.video_id, a.cameo_id, c.owner_id, a.draft_hash, a.expires_at, a.answered_at,
                CASE WHEN a.state = 'PENDING' AND a.expires_at <= yume_now() THEN 'DECLINED' ELSE a.state END AS state
            FROM approval a JOIN cameo c ON c.id = a.cameo_id
            WHERE a.video_id = ANY ($1::uuid[]) ORDER BY a.id
            """,
            keys,
        )
        found: dict[UUID, list[ApprovalReading]] = {key: [] for key in keys}
        for row in rows:
            found[row["video_id"]].append(ApprovalReading(**row))
        return [found[key] for key in keys]


async def _rows(statement: str, keys: Sequence[UUID]) -> list[dict[str, Any]]:
    return await connections.get("default").execute_query_dict(statement, [list(keys)])
