"""What a member asked to see less of: a video, an author, or what a video is about. It holds from the next page on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise import connections

from models.base import new_id
from models.errors import Conflict, Invalid, NotFound
from models.taste import LessOf, SeeLess
from resolvers.account import account_asked_for
from resolvers.context import Context
from resolvers.keyset import rows_page
from resolvers.limit import Limit
from resolvers.page import Page, Window

MOST_WISHES = 500
_WISHES = Limit("see_less", 300, 3600)


@dataclass(frozen=True)
class LessWish:
    """One wish, of the kind ``of``. ``target_id`` is a video's, or for AUTHOR an account's."""

    id: UUID
    of: LessOf
    target_id: UUID
    created_at: datetime


async def see_less(context: Context, of: LessOf, *, video_id: UUID | None, account_id: UUID | None) -> LessWish:
    """Ask for less of a video, of what it is about, or of its author (or of an author by name); twice is success.

    Raises `Unauthenticated`, `NotFound`, `Invalid` (oneself), `Conflict` (too many), `RateLimited`.
    """
    member = context.member
    target = await _target(context, of, video_id=video_id, account_id=account_id)
    if of is LessOf.AUTHOR and target == member.id:
        raise Invalid("You cannot ask for less of yourself.", field="id")
    await _WISHES.spend(context.stores.redis, str(member.id))
    rows = await connections.get("default").execute_query_dict(
        f"""
        INSERT INTO see_less (id, created_at, account_id, kind, target_id)
        SELECT $1::uuid, yume_now(), $2::uuid, $3::varchar, $4::uuid
        WHERE (SELECT count(*) FROM see_less WHERE account_id = $2) < {MOST_WISHES}
            OR EXISTS (SELECT 1 FROM see_less WHERE account_id = $2 AND kind = $3::varchar AND target_id = $4)
        ON CONFLICT (account_id, kind, target_id) DO UPDATE SET kind = excluded.kind
        RETURNING id, created_at
        """,  # noqa: S608 - a number
        [new_id(), member.id, of.value, target],
    )
    if not rows:
        raise Conflict(f"You asked for less of {MOST_WISHES} things already. Undo some of them first.")
    return LessWish(rows[0]["id"], of, target, rows[0]["created_at"])


async def undo_see_less(context: Context, wish_id: UUID) -> UUID:
    """Take a wish of the viewer's back; one that is gone is success. Raises `Unauthenticated`."""
    await SeeLess.filter(id=wish_id, account_id=context.member.id).delete()
    return wish_id


async def wishes(context: Context, window: Window) -> Page[LessWish]:
    """What the viewer asked for less of, newest first. Raises `Unauthenticated`, `Invalid` (first, after)."""
    statement = "SELECT id, created_at AS moment, kind, target_id FROM see_less WHERE account_id = $1"
    name = f"see_less:{context.member.id}"
    page = await rows_page(context, name, statement, [context.member.id], window)
    return page.map(lambda row: LessWish(row["id"], LessOf(row["kind"]), row["target_id"], row["moment"]))


async def _target(context: Context, of: LessOf, *, video_id: UUID | None, account_id: UUID | None) -> UUID:
    """What the wish is stored for; it must be something that the viewer may know of."""
    if account_id is not None:
        if of is not LessOf.AUTHOR:
            raise Invalid("Only AUTHOR takes a member; give a video.", field="id")
        if await account_asked_for(context, account_id) is None:
            raise NotFound("There is no such member.", field="id")
        return account_id
    video = None if video_id is None else await context.loaders.videos.load(video_id)
    if video is None:
        raise NotFound("There is no such video.", field="id")
    return video.author_id if of is LessOf.AUTHOR else video.id
