"""Live counts as one viewer may be told them, judged anew for every entry of the stream."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from jobs.feed.live_counts import COUNTS, counts_of
from jobs.tail import Entry
from models.rules.sql import account, holding
from models.rules.video import may_be_met, may_be_seen_by, published_by_followed
from models.video import VideoVisibility

MOST_TOLD = 50
"""Videos of one entry that a subscriber hears of at most; they do well to say which ones they show."""


async def told_counts(entry: Entry, viewer_id: UUID | None, shown: Collection[UUID] | None) -> set[UUID]:
    """Of which videos' counts this viewer is told now. An entry of other news has none.

    ``shown``: of these only, which the viewer knows of and may see; else of those that lists may put before them.
    """
    if entry.fields is None or entry.fields.get(b"k") != COUNTS:
        return set()
    asked = [video_id for video_id, _ in counts_of(entry.fields) if shown is None or video_id in shown][:MOST_TOLD]
    if not asked:
        return set()
    viewer = account(viewer_id)
    unasked = f"({may_be_met(viewer)} OR {published_by_followed(viewer)})"
    rule = unasked if shown is None else may_be_seen_by(viewer)
    return {row.id for row in await holding(VideoVisibility.filter(id__in=asked), rule).only("id")}
