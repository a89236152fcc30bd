"""The LATEST feed: everything published to all, newest first, nothing ranked."""

from __future__ import annotations

from models.rules.sql import account, holding
from models.rules.video import may_be_listed
from models.video import Video, VideoVisibility
from resolvers.context import Context
from resolvers.feed.hydrate import hydrate
from resolvers.feed.keyset import videos_page
from resolvers.page import Page, Window


async def latest(context: Context, window: Window) -> Page[Video]:
    """One page of the feed: skeleton (ids), hydrate (rows, under the viewer's rules), present (in order)."""
    viewer = account(None if context.viewer is None else context.viewer.id)
    listed = holding(VideoVisibility.all(), may_be_listed(viewer))
    skeleton = await videos_page(context, "feed:LATEST", listed, "published_at", window)
    return await hydrate(context, skeleton)
