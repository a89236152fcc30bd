"""Skeleton of any list of videos: ids and places only, by keyset, from the narrow visibility table."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models.video import VideoVisibility
from resolvers.context import Context
from resolvers.page import Page, Window

Moment = Literal["published_at", "created_at"]


async def videos_page(
    context: Context, connection: str, rows: QuerySet[VideoVisibility], moment: Moment, window: Window
) -> Page[UUID]:
    """Ids of one page of ``rows``, newest first by ``(moment, id)``. ``connection`` names the list for its cursors."""
    key = context.stores.keys.cursor
    place = window.place(key, connection)
    if place is not None:
        at, row_id = place
        earlier: dict[str, Any] = {f"{moment}__lt": at}
        same: dict[str, Any] = {moment: at, "id__lt": row_id}
        rows = rows.filter(Q(**earlier) | Q(**same))
    found = await rows.order_by(f"-{moment}", "-id").limit(window.first + 1).values_list(moment, "id")
    page = window.page(key, connection, list(found), lambda row: (row[0], row[1]))
    return page.map(lambda row: row[1])
