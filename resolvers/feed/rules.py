"""Rules: what a feed may put before its viewer, judged in the statement that hydrates, never earlier."""

from __future__ import annotations

from models.rules.video import may_be_met, published_by_followed, published_by_friend

VIEWER = "$2::uuid"
"""How the hydrating statement names its viewer; NULL for somebody who is not signed in."""
PUBLISHED = "r.published"
"""Where that statement has evaluated `models.rules.video.published_to`."""

PUBLIC = may_be_met(VIEWER, PUBLISHED)
FROM_FOLLOWED = published_by_followed(VIEWER, PUBLISHED)
FROM_FRIENDS = published_by_friend(VIEWER, PUBLISHED)
PUBLIC_OR_FROM_FOLLOWED = f"({PUBLIC} OR {FROM_FOLLOWED})"
