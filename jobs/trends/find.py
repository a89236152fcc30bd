"""The chore that finds trends: what rises is kept with a title and its videos, what fell is over.

One worker at a time does it, as often as policy says. Whether a video may be shown is asked when it is read; here it
only stops counting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.text.fold import fold
from jobs.schedule import is_due
from jobs.trends.score import Scale, candidates, scores
from jobs.trends.signs import PUBLIC_WORDS, collect_signs, parted, said_by
from models.base import new_id
from models.policy import policy_in_force
from models.rules.video import may_be_listed
from models.trend import TrendKind

MOST = 60
"""Trends that are on at once."""
COMPARED = 50
"""Of so many videos, the newest of each, it is asked whether two phrases are one trend."""
ALIKE = 0.5
"""Of the videos of the smaller: that much in common, and two phrases are one."""
_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Found:
    """A sign that rises, with its newest listed videos, the newest first."""

    sign: str
    score: float
    videos: tuple[UUID, ...]


async def find_trends() -> bool:
    """Look for trends, when it is time; whether this worker did. Any number of workers may ask."""
    policy = await policy_in_force()
    async with in_transaction() as connection:
        if not await is_due(connection, "trends", 60.0 * policy["trend_minutes"]):
            return False
        [clock] = await connection.execute_query_dict("SELECT yume_now() AS now")
        await rank_trends(connection, Scale.of(policy, clock["now"]), never=policy["trend_never"])
        return True


async def rank_trends(connection: BaseDBAsyncClient, scale: Scale, *, never: Sequence[str] = ()) -> list[Found]:
    """One run in the given transaction: read what is new, score, write. Returns what is on now, highest first."""
    # Its sorts are of what policy's window holds; the usual memory of a statement would send them to disk.
    await connection.execute_query("SET LOCAL work_mem = '64MB'")
    await connection.execute_query("SET LOCAL jit = off")
    await connection.execute_query("SET LOCAL max_parallel_workers_per_gather = 0")
    await connection.execute_query("DELETE FROM trend_sign WHERE published_at <= $1", [scale.start])
    await collect_signs(connection, scale.start)
    signs = _allowed(await candidates(connection, scale), never)
    scored = await scores(connection, scale, signs) if signs else {}
    newest = await _newest(connection, scale, list(scored)) if scored else {}
    found = [Found(one, score, newest[one]) for one, score in scored.items() if newest.get(one)]
    kept = distinct(found)[:MOST]
    await _write(connection, scale.now, kept)
    return kept


def distinct(found: Iterable[Found]) -> list[Found]:
    """Highest first; of phrases that the same videos carry only one, the longest of those that score alike."""
    order = sorted(found, key=lambda one: (-round(one.score, 6), -len(one.sign), one.sign))
    kept: list[Found] = []
    for one in order:
        kind, _ = parted(one.sign)
        rivals = (other for other in kept if kind is TrendKind.PROMPT and parted(other.sign)[0] is kind)
        if not any(_alike(one, other) for other in rivals):
            kept.append(one)
    return kept


def _alike(one: Found, other: Found) -> bool:
    common = len(set(one.videos) & set(other.videos))
    return common >= ALIKE * min(len(one.videos), len(other.videos))


def _allowed(signs: Iterable[str], never: Sequence[str]) -> list[str]:
    """Without phrases that a word of ``never`` is in."""
    shut = {fold(word) for word in never}

    def words(key: str) -> set[str]:
        return set(key.removeprefix("#").split())

    return [one for one in signs if parted(one)[0] is not TrendKind.PROMPT or not words(parted(one)[1]) & shut]


async def _newest(connection: BaseDBAsyncClient, scale: Scale, signs: Sequence[str]) -> dict[str, tuple[UUID, ...]]:
    rows = await connection.execute_query_dict(_NEWEST, [scale.middle, list(signs), COMPARED])
    found: dict[str, list[UUID]] = {}
    for row in rows:
        found.setdefault(row["sign"], []).append(row["id"])
    return {name: tuple(videos) for name, videos in found.items()}


async def _write(connection: BaseDBAsyncClient, now: datetime, kept: Sequence[Found]) -> None:
    titles = await _titles(connection, kept)
    for one in kept:
        kind, key = parted(one.sign)
        await connection.execute_query(
            _KEEP, [new_id(), kind.value, key, titles[one.sign], one.score, now, await _sample(connection, one)]
        )
    await connection.execute_query(
        "UPDATE trend SET ended_at = $1, score = 0 WHERE ended_at IS NULL AND refreshed_at < $1", [now]
    )
    await connection.execute_query(_JOIN)
    await connection.execute_query(_JOIN_ROOTS)
    await connection.execute_query(_COUNT)
    # What was over long ago, and nobody can find any more but by an id, makes room.
    await connection.execute_query("DELETE FROM trend WHERE ended_at < $1", [now - _KEPT])


async def _sample(connection: BaseDBAsyncClient, one: Found) -> UUID:
    """The first clip of a tree, else the video that is received best."""
    kind, key = parted(one.sign)
    if kind is TrendKind.REMIX:
        return UUID(key)
    [row] = await connection.execute_query_dict(
        """
        SELECT m.id FROM unnest($1::uuid[]) WITH ORDINALITY AS m (id, place) LEFT JOIN video_counts c ON c.id = m.id
        ORDER BY coalesce(c.like_count, 0) DESC, m.place LIMIT 1
        """,
        [list(one.videos)],
    )
    return row["id"]


async def _titles(connection: BaseDBAsyncClient, kept: Sequence[Found]) -> dict[str, str]:
    """A phrase as its newest video writes it. A tree is named when it is read: by what its reader may see of it."""
    ids = [one.videos[0] for one in kept]
    rows: list[dict[str, Any]] = await connection.execute_query_dict(_WORDS, [ids]) if ids else []
    said = {row["id"]: said_by(row) for row in rows}
    titles: dict[str, str] = {}
    for one in kept:
        kind, key = parted(one.sign)
        match kind:
            case TrendKind.REMIX:
                titles[one.sign] = ""
            case TrendKind.SOUND:
                titles[one.sign] = f"{key.capitalize()} music"
            case TrendKind.PROMPT:
                written = said[one.videos[0]].phrases().get(key, key)
                titles[one.sign] = written if written.startswith("#") else written[0].upper() + written[1:]
    return {name: title[:120] for name, title in titles.items()}


_NEWEST = f"""
    SELECT sign, id FROM (
        SELECT u.sign, s.id, row_number() OVER (PARTITION BY u.sign ORDER BY s.published_at DESC, s.id DESC) AS place
        FROM trend_sign s CROSS JOIN LATERAL unnest(s.signs) AS u (sign)
        JOIN unnest($2::text[]) AS wanted (sign) ON wanted.sign = u.sign
        JOIN video_visibility ON video_visibility.id = s.id
        WHERE s.published_at > $1 AND {may_be_listed("NULL::uuid")}
    ) AS newest WHERE place <= $3 ORDER BY sign, place
"""  # noqa: S608 - rules
_WORDS = f"SELECT v.id, {PUBLIC_WORDS} FROM video v LEFT JOIN lineage t ON t.id = v.id WHERE v.id = ANY ($1::uuid[])"  # noqa: S608 - constants
_KEEP = """
    INSERT INTO trend AS t (id, created_at, kind, key, title, score, refreshed_at, sample_id)
    VALUES ($1, $6, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (kind, key) DO UPDATE SET title = excluded.title, score = excluded.score,
        refreshed_at = excluded.refreshed_at, sample_id = excluded.sample_id, ended_at = NULL
"""
_JOIN = """
    INSERT INTO trend_video (id, created_at, trend_id, video_id)
    SELECT gen_random_uuid(), yume_now(), t.id, s.id
    FROM trend_sign s CROSS JOIN LATERAL unnest(s.signs) AS u (sign)
    JOIN trend t ON t.ended_at IS NULL AND u.sign = t.kind || ':' || t.key
    WHERE NOT EXISTS (SELECT 1 FROM trend_video m WHERE m.trend_id = t.id AND m.video_id = s.id)
    ON CONFLICT (trend_id, video_id) DO NOTHING
"""
_JOIN_ROOTS = """
    INSERT INTO trend_video (id, created_at, trend_id, video_id)
    SELECT gen_random_uuid(), yume_now(), t.id, v.id
    FROM trend t JOIN video v ON v.id = t.key::uuid WHERE t.kind = 'REMIX' AND t.ended_at IS NULL
    ON CONFLICT (trend_id, video_id) DO NOTHING
"""
_COUNT = """
    UPDATE trend SET video_count = counted.videos FROM (
        SELECT m.trend_id, count(*) AS videos FROM trend_video m
        JOIN trend t ON t.id = m.trend_id AND t.ended_at IS NULL
        JOIN video_visibility v ON v.id = m.video_id AND v.author_state = 'PUBLISHED' AND v.audience = 'PUBLIC'
            AND v.consent = 'LIVE' AND v.moderation = 'CLEAR'
        GROUP BY m.trend_id
    ) AS counted WHERE trend.id = counted.trend_id
"""
