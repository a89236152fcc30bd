"""Leaderboards as one viewer sees them: only who asked to be on one, and nobody who blocks them or whom they block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tortoise import connections

from models.account import Account
from models.leader import LeaderKind, LeaderPeriod
from models.rules.account import apart
from models.rules.leader import may_be_ranked
from models.rules.sql import account
from resolvers.context import Context
from resolvers.page import Page, Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """One member's place. ``rank`` counts from 1 among those whom the viewer is shown."""

    account: Account
    rank: int
    score: int


async def leaderboard(context: Context, kind: LeaderKind, period: LeaderPeriod, window: Window) -> Page[Standing]:
    """One page of a board, the highest score first, as last counted, less what was hidden since. Raises `Invalid`."""
    key, name = context.stores.keys.cursor, f"leaders:{kind.value}:{period.value}"
    place = window.place(key, name)
    score, after = (None, None) if place is None else (_score(place[0]), place[1])
    viewer = account(None if context.viewer is None else context.viewer.id)
    rows = await connections.get("default").execute_query_dict(
        f"""
        SELECT * FROM (
            SELECT leader.account_id, leader.score,
                row_number() OVER (ORDER BY leader.score DESC, leader.account_id DESC)::int AS rank
            FROM leader WHERE leader.kind = $1 AND leader.period = $2
                AND {may_be_ranked("leader.account_id")} AND NOT {apart("leader.account_id", viewer)}
        ) AS shown
        WHERE $3::int IS NULL OR (shown.score, shown.account_id) < ($3, $4::uuid)
        ORDER BY shown.score DESC, shown.account_id DESC LIMIT $5
        """,  # noqa: S608 - rules
        [kind.value, period.value, score, after, window.first + 1],
    )
    found = await context.loaders.accounts.load_many([row["account_id"] for row in rows])
    standings = [
        Standing(who, row["rank"], row["score"]) for row, who in zip(rows, found, strict=True) if who is not None
    ]
    return window.page(key, name, standings, _place)


def _place(standing: Standing) -> tuple[datetime, UUID]:
    # A keyset cursor holds a moment; a number of microseconds is one.
    return _EPOCH + timedelta(microseconds=standing.score), standing.account.id


def _score(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
