"""How much a trend rises: who takes part now against a window ago, where one person's many accounts count little.

Everybody counts once for what they did last of most weight: they made a video that belongs to it, liked one, or met
one. What they did loses half its worth every half-life. Among accounts that an inviter stands behind within some
levels the second counts half of the first, the third a quarter: a branch never outweighs a few strangers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from models.account import Role
from models.rules.video import may_be_listed

CANDIDATES = 200
"""Signs looked at closely in one run."""
WORTH_A_LOOK = 0.3
"""Of policy's floor that the bare number of branches must rise by: what rises in likes alone is no trend."""
REACTED = 50
"""Of so many videos of a trend, the newest, it is counted who liked and met them."""

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Scale:
    """What policy says about trends, for one run that stands at ``now``."""

    now: datetime
    window: timedelta
    half_life: timedelta
    floor: float
    least: int
    """Strangers who must take part, whatever the score."""
    levels: int
    """Invitations up to which accounts are held for one branch."""
    share: float
    """Of the worth of the one before that the next account of a branch has."""
    weights: Mapping[str, float]

    @classmethod
    def of(cls, policy: Mapping[str, Any], now: datetime) -> Scale:
        """As ``policy`` has it."""
        return cls(
            now=now,
            window=timedelta(hours=policy["trend_window_hours"]),
            half_life=timedelta(hours=policy["trend_half_life_hours"]),
            floor=policy["trend_floor"],
            least=policy["trend_strangers_min"],
            levels=policy["trend_branch_levels"],
            share=policy["trend_branch_share"],
            weights=policy["trend_weights"],
        )

    @property
    def middle(self) -> datetime:
        """Where the window of now begins."""
        return self.now - self.window

    @property
    def start(self) -> datetime:
        """Where the window before it begins: nothing older is read."""
        return self.middle - self.window


async def candidates(connection: BaseDBAsyncClient, scale: Scale) -> list[str]:
    """Signs that more branches share now than a window ago, those that rise most first. Only bounds what is scored."""
    rows = await connection.execute_query_dict(
        _CANDIDATES, [scale.start, scale.middle, scale.least, scale.floor * WORTH_A_LOOK, CANDIDATES]
    )
    return [row["sign"] for row in rows]


async def scores(connection: BaseDBAsyncClient, scale: Scale, signs: list[str]) -> dict[str, float]:
    """The score of each sign that rises: worth now less worth a window ago, by the root of the latter.

    Those who made it must be as many strangers as policy asks for, counted as everybody is: a branch is hardly two.
    """
    weights = [float(scale.weights[act]) for act in ("made", "liked", "met")]
    rows = await connection.execute_query_dict(
        _SCORES,
        [
            *(scale.start, scale.middle, scale.now, signs),
            *(*weights, scale.half_life.total_seconds(), scale.levels, float(scale.share), scale.least - _ROUNDING),
        ],
    )
    return {row["sign"]: row["score"] for row in rows if row["score"] >= scale.floor}


# By who invited an account: nobody fills the list with keys that only their own accounts write. Most phrases are said
# once: those go first, or the second grouping would hold every one of them with every branch.
_CANDIDATES = """
    WITH often AS (
        SELECT u.sign FROM trend_sign s CROSS JOIN LATERAL unnest(s.signs) AS u (sign)
        WHERE s.published_at > $2 GROUP BY u.sign HAVING count(*) >= $3
    ), shared AS (
        SELECT u.sign, s.branch_id, max(s.published_at) > $2 AS recent, min(s.published_at) <= $2 AS before
        FROM trend_sign s CROSS JOIN LATERAL unnest(s.signs) AS u (sign) JOIN often o ON o.sign = u.sign
        WHERE s.published_at > $1 GROUP BY u.sign, s.branch_id
    ), counted AS (
        SELECT sign, count(*) FILTER (WHERE recent) AS recent, count(*) FILTER (WHERE before) AS before
        FROM shared GROUP BY sign
    )
    SELECT sign FROM counted
    WHERE recent >= $3 AND recent > before AND (recent - before) / sqrt(1 + before) >= $4::float8
    ORDER BY (recent - before) / sqrt(1 + before) DESC, sign LIMIT $5
"""
_MEMBERS = f"""
    SELECT video_visibility.id, s.account_id, s.published_at AS at, u.sign
    FROM trend_sign s CROSS JOIN LATERAL unnest(s.signs) AS u (sign)
    JOIN unnest($4::text[]) AS wanted (sign) ON wanted.sign = u.sign
    JOIN video_visibility ON video_visibility.id = s.id
    WHERE s.published_at > $1 AND {may_be_listed("NULL::uuid")}
"""  # noqa: S608 - rules
# A power of a half goes no lower than a float has room for.
_SCORES = f"""
    WITH RECURSIVE member AS MATERIALIZED ({_MEMBERS}), newest AS MATERIALIZED (
        SELECT * FROM (
            SELECT m.*, row_number() OVER (PARTITION BY m.sign ORDER BY m.at DESC, m.id DESC) AS place FROM member m
        ) AS ordered WHERE place <= {REACTED}
    ), act AS (
        SELECT sign, account_id, at, $5::float8 AS weight, true AS made FROM member
        UNION ALL
        SELECT n.sign, l.account_id, l.created_at, $6::float8, false
        FROM newest n JOIN video_like l ON l.video_id = n.id WHERE l.created_at > $1 AND l.created_at <= $3
        UNION ALL
        SELECT n.sign, i.account_id, i.seen_at, $7::float8, false
        FROM newest n JOIN impression i ON i.video_id = n.id WHERE i.seen_at > $1 AND i.seen_at <= $3
    ), worth AS MATERIALIZED (
        SELECT a.sign, a.account_id, a.at > $2 AS recent, bool_or(a.made) AS made,
            max(a.weight * power(0.5::float8, least(1000, extract(
            epoch FROM (CASE WHEN a.at > $2 THEN $3::timestamptz ELSE $2 END) - a.at)::float8 / $8::float8))) AS worth
        FROM act a GROUP BY a.sign, a.account_id, a.at > $2
    ), line AS (
        SELECT DISTINCT account_id, account_id AS above, 0 AS level FROM worth
        UNION ALL
        SELECT l.account_id, i.id, l.level + 1 FROM line l
        JOIN account a ON a.id = l.above
        JOIN account i ON i.id = a.invited_by_id AND i.role <> '{Role.ADMIN.value}'
        WHERE l.level < $9
    ), placed AS (
        SELECT w.sign, w.recent, w.account_id, w.made, w.worth,
            row_number() OVER (PARTITION BY w.sign, w.recent, l.above ORDER BY w.worth DESC, w.account_id) AS place,
            row_number() OVER (PARTITION BY w.sign, w.recent, l.above, w.made ORDER BY w.account_id) AS maker
        FROM worth w JOIN line l ON l.account_id = w.account_id
    ), damped AS (
        SELECT sign, recent, made, max(worth) * power($10::float8, least(60, max(place) - 1)) AS worth,
            power($10::float8, least(60, max(maker) - 1)) AS maker
        FROM placed GROUP BY sign, recent, made, account_id
    ), total AS (
        SELECT sign, coalesce(sum(worth) FILTER (WHERE recent), 0) AS recent,
            coalesce(sum(worth) FILTER (WHERE NOT recent), 0) AS before,
            coalesce(sum(maker) FILTER (WHERE recent AND made), 0) AS makers
        FROM damped GROUP BY sign
    )
    SELECT sign, (recent - before) / sqrt(1 + before) AS score FROM total
    WHERE recent > before AND makers >= $11::float8
"""  # noqa: S608 - rules and constants
