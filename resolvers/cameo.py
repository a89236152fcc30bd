"""Cameos: find one, list those that can be cast, read what only the owner may read."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from tortoise.models import Model

from models.cameo import Cameo
from models.decision import Decision
from models.errors import NotFound
from models.grant import Grant
from models.likeness import VideoLikeness
from models.rules.account import blocks
from models.rules.cameo import may_be_found_by
from models.rules.sql import account
from resolvers.context import Context
from resolvers.keyset import rows_page
from resolvers.page import Page, Window

RowT = TypeVar("RowT", bound=Model)


async def cameo_by_id(context: Context, cameo_id: UUID) -> Cameo | None:
    """The cameo, when the viewer may find it."""
    return await context.loaders.cameos.load(cameo_id)


async def cameo_by_handle(context: Context, handle: str) -> Cameo | None:
    """The cameo with this handle (case and a leading @ do not matter), when the viewer may find it."""
    row = await Cameo.get_or_none(handle=_plain(handle))
    return None if row is None else await context.loaders.cameos.load(row.id)


async def own_cameo(context: Context, cameo_id: UUID) -> Cameo:
    """A cameo of the viewer's. Raises `NotFound` for anybody else's."""
    row = await Cameo.get_or_none(id=cameo_id, owner_id=context.member.id)
    if row is None:
        raise no_such_cameo()
    return row


def no_such_cameo() -> NotFound:
    """What is said of a cameo that is not there, is hidden, or is not the viewer's."""
    return NotFound("There is no such cameo.", field="cameoId")


async def castable(context: Context, query: str | None, window: Window) -> Page[Cameo]:
    """Cameos the viewer may use or ask for, newest first; ``query`` is the start of a handle or of a name."""
    viewer = account(context.member.id)
    words = _plain(query or "")
    page = await rows_page(
        context,
        f"castable:{context.member.id}:{words}",
        f"""
        SELECT c.id, c.created_at AS moment FROM cameo c JOIN account o ON o.id = c.owner_id
        WHERE c.state = 'ACTIVE' AND {may_be_found_by(viewer)}
            AND NOT {blocks(viewer, "c.owner_id")}
            AND (starts_with(c.handle, $1) OR starts_with(lower(o.display_name), $1))
        """,  # noqa: S608 - rules
        [words],
        window,
    )
    return await hydrate(Cameo, page)


async def grants_of(context: Context, cameo: Cameo, window: Window) -> Page[Grant]:
    """Every permission for a cameo of the viewer's, requests and ended ones among them, newest first."""
    await own_cameo(context, cameo.id)
    statement = "SELECT g.id, g.created_at AS moment FROM cameo_grant g WHERE g.cameo_id = $1"
    return await hydrate(Grant, await rows_page(context, f"grants:{cameo.id}", statement, [cameo.id], window))


async def uses_of(context: Context, cameo: Cameo, window: Window) -> Page[VideoLikeness]:
    """Every video and draft that carries a cameo of the viewer's, newest first; blocks and settings hide none."""
    await own_cameo(context, cameo.id)
    statement = """
        SELECT l.id, l.created_at AS moment FROM video_likeness l JOIN video_visibility v ON v.id = l.video_id
        WHERE l.cameo_id = $1 AND v.author_state <> 'DELETED'
    """
    return await hydrate(VideoLikeness, await rows_page(context, f"uses:{cameo.id}", statement, [cameo.id], window))


async def decisions_of(context: Context, cameo: Cameo, window: Window) -> Page[Decision]:
    """Every yes and no about the use of a cameo of the viewer's, newest first."""
    await own_cameo(context, cameo.id)
    statement = "SELECT d.id, d.created_at AS moment FROM decision d WHERE d.cameo_id = $1"
    return await hydrate(Decision, await rows_page(context, f"decisions:{cameo.id}", statement, [cameo.id], window))


async def hydrate(kind: type[RowT], page: Page[dict[str, object]]) -> Page[RowT]:
    """Rows for a page of ids. What was erased since leaves a shorter page, never a hole."""
    found = {row.pk: row for row in await kind.filter(id__in=[row["id"] for row in page.rows])}
    kept = [(found[row["id"]], place) for row, place in zip(page.rows, page.cursors, strict=True) if row["id"] in found]
    return Page([row for row, _ in kept], [place for _, place in kept], page.more, page.after)


def _plain(words: str) -> str:
    return words.strip().lower().removeprefix("@").replace("\0", "")
