"""Who is in each video, and whose approval it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import connections

from models.rules.grant import VISIBLE_BY
from resolvers.loaders.known import Known


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


LIKENESS = """l.video_id, l.cameo_id, c.owner_id, l.via, l.scopes,
    l.withdrawn_at IS NOT NULL OR coalesce(g.on_expiry = 'WITHDRAW' AND g.expires_at <= yume_now(), false)"""
"""The fields of `LikenessReading` as SQL columns."""
LIKENESSES = f"""video_likeness l JOIN cameo c ON c.id = l.cameo_id
    LEFT JOIN cameo_grant g ON g.id = {VISIBLE_BY}"""
LIKENESS_ORDER = "l.via = 'INHERITED', l.id"
"""Those cast first."""

APPROVAL = """p.video_id, p.cameo_id, c.owner_id,
    CASE WHEN p.state = 'PENDING' AND p.expires_at <= yume_now() THEN 'DECLINED' ELSE p.state END,
    p.draft_hash, p.expires_at, p.answered_at"""
"""The fields of `ApprovalReading` as SQL columns."""
APPROVALS = "approval p JOIN cameo c ON c.id = p.cameo_id"


class LikenessesByVideo(Known[UUID, list[LikenessReading]]):
    """Every likeness that each video carries, those cast first."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[list[LikenessReading]]:
        rows = await _rows(
            f"SELECT {LIKENESS} FROM {LIKENESSES} WHERE l.video_id = ANY ($1::uuid[]) ORDER BY {LIKENESS_ORDER}",  # noqa: S608 - rules
            keys,
        )
        found: dict[UUID, list[LikenessReading]] = {key: [] for key in keys}
        for row in rows:
            found[row[0]].append(LikenessReading(*row))
        return [found[key] for key in keys]


class ApprovalsByVideo(Known[UUID, list[ApprovalReading]]):
    """Every approval that each video was made to wait for."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[list[ApprovalReading]]:
        rows = await _rows(
            f"SELECT {APPROVAL} FROM {APPROVALS} WHERE p.video_id = ANY ($1::uuid[]) ORDER BY p.id",  # noqa: S608 - rules
            keys,
        )
        found: dict[UUID, list[ApprovalReading]] = {key: [] for key in keys}
        for row in rows:
            found[row[0]].append(ApprovalReading(*row))
        return [found[key] for key in keys]


async def _rows(statement: str, keys: Sequence[UUID]) -> list[Any]:
    _, rows = await connections.get("default").execute_query(statement, [list(keys)])
    return rows
