"""Who may be ranked: an SQL fragment over an expression that names an account."""

from __future__ import annotations

from models.rules.account import in_good_standing, of_age


def may_be_ranked(who: str) -> str:
    """Did this member ask for it, and are they of age and in good standing? Leaving takes effect with the next read."""
    asked = f"EXISTS (SELECT 1 FROM account _k WHERE _k.id = {who} AND _k.on_leaderboards)"
    return f"({asked} AND {in_good_standing(who)} AND {of_age(who)})"
