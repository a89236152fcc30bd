"""Published videos that break what their cameo's owner forbids by now: they stay, and the owner gets the list."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from tortoise import connections

from jobs.clip.gate import faults_of
from models.cameo import Cameo
from models.video import Video
from resolvers.cameo import own_cameo
from resolvers.context import Context
from resolvers.keyset import rows_page
from resolvers.page import Page, Window

_LOOKED_THROUGH = 200
"""At most so many videos are looked through for one page: each takes tens of milliseconds of a core."""
_AT_ONCE = 10


@dataclass(frozen=True)
class Breach:
    """A published video and the codes of the rules it breaks."""

    video_id: UUID
    rules: list[str]


@dataclass(frozen=True)
class Search:
    """What one page found, and where to look on. ``more``: there are videos that nobody has looked at yet."""

    found: Page[Breach]
    looked_to: str | None


async def breaches_of(context: Context, cameo: Cameo, window: Window) -> Search:
    """Published videos with a cameo of the viewer's that its restrictions of today forbid, newest first.

    A page looks through a number of videos and may find none: read on while there are more. Raises `NotFound`.
    """
    await own_cameo(context, cameo.id)
    name = f"breaking:{cameo.id}"
    window.place(context.stores.keys.cursor, name)
    rows, cursors = list[Breach](), list[str]()
    after, looked, more = window.after, 0, True
    while more and looked < _LOOKED_THROUGH and len(rows) < window.first:
        # Never more than are still wanted: what is looked at behind the page's last find would be lost.
        chunk = min(_AT_ONCE, window.first - len(rows))
        page = await rows_page(context, name, _PUBLISHED, [cameo.id], Window(chunk, after))
        broken = await asyncio.gather(*(_broken(cameo.id, row["video_id"]) for row in page.rows))
        for row, cursor, rules in zip(page.rows, page.cursors, broken, strict=True):
            if rules:
                rows.append(Breach(row["video_id"], rules))
                cursors.append(cursor)
        after, looked, more = (page.cursors or [after])[-1], looked + chunk, page.more
    return Search(Page(rows, cursors, more, window.after), after)


async def _broken(cameo_id: UUID, video_id: UUID) -> list[str]:
    video = await Video.get(id=video_id)
    faults = await faults_of(connections.get("default"), video.generation_id, video.author_id, video.recipe)
    return sorted({fault.rule for fault in faults if fault.cameo_id == cameo_id})


_PUBLISHED = """
    SELECT l.id, l.created_at AS moment, l.video_id FROM video_likeness l
    JOIN video_visibility v ON v.id = l.video_id
    WHERE l.cameo_id = $1 AND v.author_state = 'PUBLISHED' AND v.consent = 'LIVE'
"""
