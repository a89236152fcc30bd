"""Trends as one viewer may see them: a title and a sample of what they may meet, the videos, and the way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise import connections

from models.errors import Conflict, Denied, Invalid, NotFound
from models.lineage import Lineage
from models.rules.video import may_be_met, may_be_remixed_by
from models.trend import Trend, TrendKind
from models.video import Video
from resolvers.context import Context
from resolvers.feed.fill import fill
from resolvers.feed.hydrate import hydrated
from resolvers.feed.walk import BEHIND, OF, PlacesById
from resolvers.keyset import rows_page
from resolvers.page import Page, Window

LONGEST_TITLE = 80
_TRIED = 100
"""Videos of a tree, the newest, among which one is looked for that the viewer may remix."""


@dataclass(frozen=True)
class TrendReading:
    """One trend. ``sample_id`` is a video of it that the viewer may meet now, if any."""

    id: UUID
    kind: TrendKind
    key: str
    title: str
    video_count: int
    rising: bool
    sample_id: UUID | None


@dataclass(frozen=True)
class WayIn:
    """What joining a trend makes of a request: the video it remixes, the music it has."""

    remix_of: UUID | None
    mood: str | None


async def trends(context: Context, window: Window) -> Page[TrendReading]:
    """What rises now, highest first, each with something the viewer may meet. Raises `Invalid` (first, after)."""
    viewer = None if context.viewer is None else context.viewer.id
    name = "trends" if viewer is None else f"trends:{viewer}"
    page = await rows_page(context, name, _LISTED, [viewer], window)
    await _ready(context, page.rows)
    return page.map(_reading)


async def trend_by_id(context: Context, trend_id: UUID) -> TrendReading | None:
    """A trend, also one that is over; None where the viewer may meet nothing of it: its title tells words."""
    viewer = None if context.viewer is None else context.viewer.id
    rows = await connections.get("default").execute_query_dict(_ONE, [viewer, trend_id])
    if not rows or rows[0]["sample_id"] is None:
        return None
    await _ready(context, rows)
    return _reading(rows[0])


async def videos_of(context: Context, trend_id: UUID, window: Window) -> Page[Video]:
    """The videos of a trend that the viewer may meet, newest first. Raises `Invalid` (first, after)."""
    return (await fill(context, PlacesById(context, "trend", _MEMBERS, trend_id), window)).page


async def sample_of(context: Context, trend: TrendReading) -> Video | None:
    """One video that stands for it."""
    return None if trend.sample_id is None else await context.loaders.videos.load(trend.sample_id)


async def title_of(context: Context, trend: TrendReading) -> str:
    """Its title in words. A tree is called by its sample: its first clip, where the viewer may meet that."""
    if trend.kind is not TrendKind.REMIX:
        return trend.title
    first = await sample_of(context, trend)
    if first is None:
        return "Remixes of a clip that is gone"
    words = first.caption or (first.prompt if first.prompt_public else "")
    if words:
        short = words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1].rstrip() + "…"
        return f"Remixes of “{short}”"
    author = await context.loaders.accounts.load(first.author_id)
    return "Remixes of a clip" if author is None else f"Remixes of a clip by @{author.handle}"


async def way_in(context: Context, trend_id: UUID, remix_of: UUID | None) -> WayIn:
    """How a clip of the viewer's joins a trend. A tree is joined by remixing: its first clip where nothing is named.

    Raises `NotFound` (no such trend), `Conflict` (it is over), `Invalid` (the video is not of its tree), `Denied` (none
    of its videos may be remixed by the viewer), each with field ``trendId``.
    """
    found = await Trend.get_or_none(id=trend_id)
    if found is None:
        raise NotFound("There is no such trend.", field="trendId")
    if found.ended_at is not None:
        raise Conflict(
            "This trend is over. Its videos can still be watched, and remixed by themselves.", field="trendId"
        )
    if found.kind is not TrendKind.REMIX:
        return WayIn(remix_of, found.key if found.kind is TrendKind.SOUND else None)
    if remix_of is None:
        return WayIn(await _remixable(context, found), None)
    # Of what the viewer may not know of nothing is told here: `parent_for` answers as for one that never was.
    place = None if await context.loaders.videos.load(remix_of) is None else await Lineage.get_or_none(id=remix_of)
    if place is not None and str(place.root_id) != found.key:
        raise Invalid("This trend is a tree of remixes: remix a video of it, or leave `remixOf` out.", field="trendId")
    return WayIn(remix_of, None)


async def _remixable(context: Context, trend: Trend) -> UUID:
    rows = await connections.get("default").execute_query_dict(
        _REMIXABLE, [context.member.id, UUID(trend.key), trend.id]
    )
    if not rows:
        raise Denied("None of this trend's videos may be remixed by you now.", field="trendId")
    return rows[0]["id"]


async def _ready(context: Context, rows: Sequence[dict[str, Any]]) -> None:
    """Have the loaders hold the samples before each trend asks for its own."""
    await hydrated(context, [row["sample_id"] for row in rows if row["sample_id"] is not None])


def _reading(row: dict[str, Any]) -> TrendReading:
    return TrendReading(
        id=row["id"],
        kind=TrendKind(row["kind"]),
        key=row["key"],
        title=row["title"],
        video_count=row["video_count"],
        rising=row["ended_at"] is None,
        sample_id=row["sample_id"],
    )


_MEMBERS = f"""
    SELECT m.video_id AS id FROM trend_video m WHERE m.trend_id = {OF} AND m.video_id < {BEHIND}
    ORDER BY m.video_id DESC
"""  # noqa: S608 - constants
_SAMPLE = f"""
    coalesce(
        (SELECT video_visibility.id FROM video_visibility
            WHERE video_visibility.id = t.sample_id AND {may_be_met("$1::uuid")}),
        (SELECT video_visibility.id FROM trend_video m JOIN video_visibility ON video_visibility.id = m.video_id
            WHERE m.trend_id = t.id AND {may_be_met("$1::uuid")} ORDER BY m.video_id DESC LIMIT 1)
    )
"""  # noqa: S608 - rules
# A score as a moment: cursors know no other first key.
_COLUMNS = "t.id, to_timestamp(t.score) AS moment, t.kind, t.key, t.title, t.video_count, t.ended_at"
_LISTED = f"""
    SELECT {_COLUMNS}, sample.id AS sample_id FROM trend t CROSS JOIN LATERAL (SELECT {_SAMPLE} AS id OFFSET 0) sample
    WHERE t.ended_at IS NULL AND sample.id IS NOT NULL
"""  # noqa: S608 - rules
_ONE = f"SELECT {_COLUMNS}, {_SAMPLE} AS sample_id FROM trend t WHERE t.id = $2"  # noqa: S608 - rules
_REMIXABLE = f"""
    SELECT video_visibility.id FROM (
        SELECT $2::uuid AS id, 0 AS place
        UNION ALL
        (SELECT m.video_id, 1 FROM trend_video m WHERE m.trend_id = $3 ORDER BY m.video_id DESC LIMIT {_TRIED})
    ) AS w JOIN video_visibility ON video_visibility.id = w.id JOIN video v ON v.id = w.id
    WHERE {may_be_met("$1::uuid")} AND {may_be_remixed_by("$1::uuid")}
        AND (v.remixable OR v.author_id = $1)
    ORDER BY w.place, w.id DESC LIMIT 1
"""  # noqa: S608 - rules
