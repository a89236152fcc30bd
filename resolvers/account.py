"""Accounts: look members up, list their videos."""

from __future__ import annotations

from uuid import UUID

from models.account import Account
from models.rules.video import may_be_on_profile
from models.video import AuthorState, VideoVisibility
from resolvers.context import Context
from resolvers.feed.keyset import videos_page
from resolvers.handle import read_handle
from resolvers.keyset import rows_page
from resolvers.page import Page, Window


async def account_by_handle(context: Context, handle: str) -> Account | None:
    """The member with this handle, or None when there is none, or they block the viewer."""
    found = await Account.get_or_none(handle=read_handle(handle) or "", suspended_at__isnull=True)
    return None if found is None or await context.loaders.blockers.load(found.id) else found


async def account_by_id(context: Context, account_id: UUID) -> Account | None:
    """The member with this id, or None when there is none, or they are suspended or deleted."""
    account = await context.loaders.accounts.load(account_id)
    gone = account is None or account.suspended_at is not None or account.deleted_at is not None
    return None if gone else account


async def account_asked_for(context: Context, account_id: UUID) -> Account | None:
    """As `account_by_id`, where nothing that the viewer may see named them: who blocks the viewer is not there."""
    account = await account_by_id(context, account_id)
    return None if account is None or await context.loaders.blockers.load(account.id) else account


async def published_videos(context: Context, account_id: UUID, window: Window) -> Page[UUID]:
    """Ids of what an account published to the viewer, newest first; what goes by link only its author finds here."""
    return await _on_profile(context, f"videos:{account_id}", _PUBLISHED, account_id, window)


async def published_remixes(context: Context, account_id: UUID, window: Window) -> Page[UUID]:
    """Those among them that were made from other videos."""
    return await _on_profile(context, f"remixes:of:{account_id}", _REMIXES, account_id, window)


async def _on_profile(context: Context, name: str, statement: str, account_id: UUID, window: Window) -> Page[UUID]:
    viewer = None if context.viewer is None else context.viewer.id
    return (await rows_page(context, name, statement, [account_id, viewer], window)).map(lambda row: row["id"])


async def drafts(context: Context, window: Window) -> Page[UUID]:
    """Ids of the viewer's own drafts, newest first; those that wait for somebody's approval among them."""
    states = [AuthorState.DRAFT, AuthorState.AWAITING_APPROVAL]
    own = VideoVisibility.filter(author_id=context.member.id, author_state__in=states)
    return await videos_page(context, f"drafts:{context.member.id}", own, "created_at", window)


_PUBLISHED = f"""
    SELECT video_visibility.id, video_visibility.published_at AS moment FROM video_visibility
    WHERE video_visibility.author_id = $1 AND {may_be_on_profile("$2::uuid")}
"""  # noqa: S608 - a rule
# Not EXISTS, which may be turned about: then everybody's remixes are read to find those of one member.
_REMIXES = f"""{_PUBLISHED} AND (
    SELECT t.parent_id FROM lineage t WHERE t.id = video_visibility.id
) IS NOT NULL"""  # noqa: S608 - as above
