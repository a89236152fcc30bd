"""Who may see a video: the author's, the consent and the moderation column must all allow it."""

from __future__ import annotations

from uuid import UUID

from tortoise.expressions import Q

from models.video import AuthorState, ConsentState, ModerationState, Visibility

UNRESTRICTED = Q(consent=ConsentState.LIVE, moderation=ModerationState.CLEAR)


def may_be_listed() -> Q:
    """May this video appear where nobody asked for it by name: the feed, a profile?"""
    return UNRESTRICTED & Q(author_state=AuthorState.PUBLISHED, audience=Visibility.PUBLIC)


def may_be_seen_by(viewer_id: UUID | None) -> Q:
    """May this viewer (None: not signed in) open this video when they know its id?"""
    published = Q(author_state=AuthorState.PUBLISHED, audience__in=[Visibility.PUBLIC, Visibility.LINK])
    if viewer_id is None:
        return UNRESTRICTED & published
    own = Q(author_id=viewer_id, author_state__in=[AuthorState.DRAFT, AuthorState.PUBLISHED])
    return UNRESTRICTED & (published | own)


def bytes_may_be_served() -> Q:
    """May the bytes leave the origin for whoever holds a token? A token is only given to who may see the video."""
    return UNRESTRICTED & Q(author_state__in=[AuthorState.DRAFT, AuthorState.PUBLISHED])
