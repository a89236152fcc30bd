"""Live counts as one viewer may be told them, judged anew for every entry of the stream."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from tortoise import connections

from jobs.live_counts import COUNTS, counts_of
from jobs.tail import Entry
from models.rules.sql import account
from models.rules.video import may_be_met, published_by_followed

MOST_TOLD = 50
"""Videos of one entry that a subscriber hears of at most; they do well to say which ones they show."""


async def told_counts(entry: Entry, viewer_id: UUID | None, shown: Collection[UUID] | None) -> set[UUID]:
    """Of which videos' counts this viewer is told now; ``shown``: of these only. An entry of other news has none."""
    if entry.fields is None or entry.fields.get(b"k") != COUNTS:
        return set()
    asked = [video_id for video_id, _ in counts_of(entry.fields) if shown is None or video_id in shown][:MOST_TOLD]
    if not asked:
        return set()
    viewer = account(viewer_id)
    rows = await connections.get("default").execute_query_dict(
        f"""
        SELECT id FROM video_visibility WHERE id = ANY ($1::uuid[])
        AND ({may_be_met(viewer)} OR {published_by_followed(viewer)} OR author_id = {viewer})
        """,  # noqa: S608 - rules
        [asked],
    )
    return {row["id"] for row in rows}
