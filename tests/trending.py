"""Members and published videos by the dozen, made straight in the database, and the chore that finds trends in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.trends.find import Found, rank_trends
from jobs.trends.score import Scale
from models.base import new_id
from models.policy import policy_in_force


async def members(count: int, *, invited_by: UUID | None = None, role: str = "MEMBER") -> list[UUID]:
    """New accounts."""
    ids = [new_id() for _ in range(count)]
    await _do(
        """
        INSERT INTO account (id, created_at, handle, display_name, region, invited_by_id, role)
        SELECT id, yume_now(), 'm' || right(id::text, 12), 'm', 'CA', $2, $3 FROM unnest($1::uuid[]) AS a (id)
        """,
        ids,
        invited_by,
        role,
    )
    return ids


async def published(
    authors: Sequence[UUID],
    caption: str = "",
    *,
    hours_ago: float = 1.0,
    prompt: str = "a fox",
    prompt_public: bool = False,
    parent: UUID | None = None,
    mood: str = "",
) -> list[UUID]:
    """One published video of each author, as the finish and publishing leave it."""
    ids = [new_id() for _ in authors]
    above = [] if parent is None else [*(await _path(parent)), parent]
    await _do(_GENERATION, ids, list(authors))
    await _do(_VIDEO, ids, list(authors), caption, prompt, prompt_public, mood)
    await _do(_VISIBILITY, ids, list(authors), hours_ago)
    await _do(_LINEAGE, ids, above)
    return ids


async def like(video_id: UUID, accounts: Sequence[UUID]) -> None:
    """Each likes it."""
    await _do(
        """
        INSERT INTO video_like (id, created_at, account_id, video_id)
        SELECT gen_random_uuid(), yume_now(), a.id, $2 FROM unnest($1::uuid[]) AS a (id)
        """,
        list(accounts),
        video_id,
    )


async def look(**policy: Any) -> dict[str, Found]:
    """Find trends now, under policy but for ``policy``: sign → what is on."""
    [clock] = await connections.get("default").execute_query_dict("SELECT yume_now() AS now")
    in_force = await policy_in_force() | policy
    async with in_transaction() as connection:
        found = await rank_trends(connection, Scale.of(in_force, clock["now"]), never=in_force["trend_never"])
    return {one.sign: one for one in found}


async def trend_row(key: str) -> Mapping[str, Any] | None:
    """The trend with this key."""
    rows = await connections.get("default").execute_query_dict("SELECT * FROM trend WHERE key = $1", [key])
    return rows[0] if rows else None


async def _path(video_id: UUID) -> list[UUID]:
    [row] = await connections.get("default").execute_query_dict("SELECT path FROM lineage WHERE id = $1", [video_id])
    return row["path"]


async def _do(statement: str, *values: Any) -> None:
    await connections.get("default").execute_query(statement, list(values))


_OF = "unnest($1::uuid[], $2::uuid[]) AS v (id, author)"
_GENERATION = f"""
    INSERT INTO generation (id, created_at, account_id, idempotency_key, request_hash, engine, spec, state,
        cost_seconds)
    SELECT v.id, yume_now(), v.author, v.id::text, '', 'test', '{{}}', 'SUCCEEDED', 1 FROM {_OF}
"""
_VIDEO = f"""
    INSERT INTO video (id, created_at, generation_id, author_id, caption, prompt, prompt_public, seconds, width, height,
        fps, has_audio, waveform, recipe)
    SELECT v.id, yume_now(), v.id, v.author, $3, $4, $5, 1, 720, 1280, 30, true, '[]',
        jsonb_build_object('mood', nullif($6::text, '')) FROM {_OF}
"""
_VISIBILITY = f"""
    INSERT INTO video_visibility (id, created_at, author_id, author_state, audience, consent, moderation, published_at)
    SELECT v.id, yume_now(), v.author, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR',
        yume_now() - make_interval(secs => $3::float8 * 3600) FROM {_OF}
"""
_LINEAGE = """
    INSERT INTO lineage (id, parent_id, root_id, depth, path)
    SELECT v.id, ($2::uuid[])[cardinality($2::uuid[])], coalesce(($2::uuid[])[1], v.id), cardinality($2::uuid[]), $2
    FROM unnest($1::uuid[]) AS v (id)
"""
