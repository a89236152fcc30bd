"""What counts: an SQL fragment over the table ``video_visibility``, the same for every viewer."""

from __future__ import annotations

from models.rules.account import in_good_standing
from models.rules.video import UNRESTRICTED

COUNTED = f"""(
    {UNRESTRICTED} AND video_visibility.author_state = 'PUBLISHED' AND video_visibility.audience = 'PUBLIC'
    AND {in_good_standing("video_visibility.author_id")}
)"""
"""Is this video published to all and hidden by nobody, so that those it was made from count it?"""
