"""What shows somebody: all of it for themselves, and for others what they put on their profile."""

from __future__ import annotations

from uuid import UUID

from tortoise.transactions import in_transaction

from models.appearance import ShownAppearance
from models.errors import NotFound
from models.rules.video import casts, may_be_listed
from resolvers.context import Context
from resolvers.keyset import rows_page
from resolvers.page import Page, Window


async def appearances(context: Context, window: Window) -> Page[UUID]:
    """Ids of videos and drafts with a likeness of the viewer's, newest first.

    Neither blocks nor visibility hide any; what was withdrawn is among them, as a stub without media.
    """
    page = await rows_page(
        context,
        f"appearances:{context.member.id}",
        """
        SELECT v.id, v.created_at AS moment FROM video_visibility v
        WHERE v.author_state <> 'DELETED' AND v.id IN (
            SELECT l.video_id FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id WHERE c.owner_id = $1
        )
        """,
        [context.member.id],
        window,
    )
    return page.map(lambda row: row["id"])


async def show_appearance(context: Context, video_id: UUID, *, shown: bool) -> None:
    """Put a public video in which somebody else cast the viewer on their profile, or take it off.

    Raises `NotFound`: there is no such video, it is not public, or does not show them. Taking off is always possible.
    """
    member = context.member
    async with in_transaction() as connection:
        if not shown:
            await ShownAppearance.filter(account_id=member.id, video_id=video_id).using_db(connection).delete()
            return
        if not await connection.execute_query_dict(_SHOWABLE, [video_id, member.id]):
            raise NotFound("There is no public video of somebody else's with you in it here.", field="videoId")
        await connection.execute_query(
            """
            INSERT INTO shown_appearance (id, created_at, account_id, video_id)
            VALUES (gen_random_uuid(), yume_now(), $1, $2) ON CONFLICT DO NOTHING
            """,
            [member.id, video_id],
        )


async def shown_appearances(context: Context, account_id: UUID, window: Window) -> Page[UUID]:
    """Ids of the videos that a member shows themselves in, as the viewer may see them: those last shown first."""
    viewer = None if context.viewer is None else context.viewer.id
    page = await rows_page(context, f"shown:{account_id}", _SHOWN, [account_id, viewer], window)
    return page.map(lambda row: row["id"])


_SHOWABLE = f"""
    SELECT video_visibility.id FROM video_visibility
    WHERE video_visibility.id = $1 AND {may_be_listed("$2::uuid")} AND {casts("$2::uuid")}
"""  # noqa: S608 - rules
_SHOWN = f"""
    SELECT video_visibility.id, s.created_at AS moment
    FROM shown_appearance s JOIN video_visibility ON video_visibility.id = s.video_id
    WHERE s.account_id = $1 AND {may_be_listed("$2::uuid")} AND {casts("$1::uuid")}
"""  # noqa: S608 - rules
