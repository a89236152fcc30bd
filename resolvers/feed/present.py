"""Present: a feed's page in order, with its cursors and the reason for each place."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.video import Video
from resolvers.feed.nudge import Nudge
from resolvers.feed.skeleton import Place
from resolvers.feed.steer import SteerReading
from resolvers.feed.why import Why
from resolvers.page import Page, Window


@dataclass(frozen=True)
class FeedPage:
    """One page of a feed, and why each of its videos is in it.

    Of the ranked feed also how the viewer's sentence was read, and a word about the time they spend.
    """

    page: Page[Video]
    whys: dict[UUID, Why]
    interpretation: SteerReading | None = None
    nudge: Nudge | None = None


def present(window: Window, shown: list[tuple[Place, Video]], end: str | None) -> FeedPage:
    """The first of ``shown``, as many as asked. ``end``: where to read on behind all of them; None: nowhere."""
    rows = shown[: window.first]
    left = len(shown) > window.first
    page = Page(
        rows=[video for _, video in rows],
        cursors=[place.cursor for place, _ in rows],
        more=left or end is not None,
        after=window.after,
        end=None if left else end,
    )
    return FeedPage(page, {place.video_id: place.why for place, _ in rows})
