"""Who may know of a cameo: SQL fragments over ``c`` (cameo) and an expression that names an account."""

from __future__ import annotations

from models.rules.grant import askable


def may_be_found_by(who: str) -> str:
    """May this account find the cameo by itself? Its owner may, and whoever may use it or ask for it."""
    return f"(c.owner_id = {who} OR {askable(who)})"
