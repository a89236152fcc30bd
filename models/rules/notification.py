"""Which notifications are still told: an SQL fragment over ``notification``."""

from __future__ import annotations

from models.notification import SOCIAL
from models.rules.account import apart, mutes

_SOCIAL = ", ".join(f"'{kind.value}'" for kind in sorted(SOCIAL))


def may_be_heard() -> str:
    """May it still be told to whom it is for? Not what people did socially whom they mute, or who are blocked since."""
    who, actor = "notification.account_id", "notification.actor_id"
    return f"(notification.kind NOT IN ({_SOCIAL}) OR NOT ({mutes(who, actor)} OR {apart(who, actor)}))"
