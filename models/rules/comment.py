"""Who may read a comment, and who may answer a video: SQL fragments over ``comment`` and ``video_visibility``."""

from __future__ import annotations

from models.rules.account import apart, in_good_standing, mutes
from models.rules.video import may_be_seen_by

_AUTHOR = "comment.author_id"


def may_be_answered_by(viewer: str) -> str:
    """May this viewer like this video and write under it? Who is shown in it may not, while its author blocks them."""
    author = "video_visibility.author_id"
    return f"""(
        video_visibility.author_state = 'PUBLISHED' AND {may_be_seen_by(viewer)} AND NOT {apart(author, viewer)}
    )"""


def may_hide(viewer: str) -> str:
    """May this viewer hide this comment from others: did they make the video, or do they moderate?"""
    return f"""(
        EXISTS (SELECT 1 FROM video _v WHERE _v.id = comment.video_id AND _v.author_id = {viewer})
        OR EXISTS (SELECT 1 FROM account _o WHERE _o.id = {viewer} AND _o.role IN ('MODERATOR', 'ADMIN'))
    )"""


def legible(viewer: str) -> str:
    """May this viewer, who may see the video, read the words of this comment, and whose they are?

    Hidden ones are for who wrote them and who may hide them; nobody reads those whom they mute, or where one blocks
    the other.
    """
    return f"""(
        comment.deleted_at IS NULL AND ({_AUTHOR} = {viewer} OR (
            {in_good_standing(_AUTHOR)} AND NOT {apart(_AUTHOR, viewer)} AND NOT {mutes(viewer, _AUTHOR)}
            AND (comment.hidden_at IS NULL OR {may_hide(viewer)})
        ))
    )"""


def readable(viewer: str) -> str:
    """The same of a comment that was not come upon under its video."""
    return f"""(
        EXISTS (
            SELECT 1 FROM video_visibility WHERE video_visibility.id = comment.video_id AND {may_be_seen_by(viewer)}
        ) AND {legible(viewer)}
    )"""
