"""When a grant permits: SQL fragments over ``g`` (cameo_grant), ``c`` (cameo) and an expression naming an account.

Deny beats allow, and everything is evaluated at the moment of reading: no timer ends a grant.
"""

from __future__ import annotations

from models.rules.account import blocks, in_good_standing, mutual, of_age

USABLE = f"""(
    c.state = 'ACTIVE' AND c.version > 0 AND {in_good_standing("c.owner_id")}
    AND NOT (c.captured_minor AND {of_age("c.owner_id")})
)"""
"""May anybody at all use this cameo now? Not while it is paused, its owner suspended, or captured as a child."""

LIVE = """(
    g.state = 'ACTIVE' AND coalesce(g.not_before <= yume_now(), true) AND coalesce(g.expires_at > yume_now(), true)
)"""
"""Is this grant in force by itself?"""

VISIBLE_BY = "coalesce(l.publish_grant_id, l.grant_id)"
"""Which grant likeness ``l`` (video_likeness) is visible by: of the last widening, else the one it was made under."""


def admits(who: str) -> str:
    """Does grant ``g`` of cameo ``c`` reach this account? A block by the owner beats every grant, and so does being a
    teen: nobody else uses a teen's cameo.
    """
    return f"""(
        (g.subject_id = {who} OR g.audience = 'EVERYONE'
            OR (g.audience = 'MUTUALS' AND {mutual(who, "c.owner_id")}))
        AND NOT {blocks("c.owner_id", who)} AND {of_age("c.owner_id")}
    )"""


def permitting(who: str, scopes: str) -> str:
    """Id of the grant that lets this account use cameo ``c`` with all these scopes, or NULL; named ones go first."""
    return f"""(
        SELECT g.id FROM cameo_grant g
        WHERE g.cameo_id = c.id AND {LIVE} AND {admits(who)} AND (g.scopes & {scopes}) = {scopes}
        ORDER BY g.subject_id IS NULL, g.id LIMIT 1
    )"""


def permitted(who: str, scopes: str) -> str:
    """May this account use cameo ``c`` with all these scopes now? Its owner may, while it is usable."""
    return f"""(
        {USABLE} AND {in_good_standing(who)} AND (c.owner_id = {who} OR {permitting(who, scopes)} IS NOT NULL)
    )"""


def askable(who: str) -> str:
    """May this account be told to ask cameo ``c``'s owner? Not where nobody is admitted; a block looks the same."""
    return f"""(
        EXISTS (
            SELECT 1 FROM cameo_grant g WHERE g.cameo_id = c.id AND g.state = 'ACTIVE'
            AND g.audience IS NOT NULL AND g.audience <> 'ONLY_ME'
        ) AND {USABLE} AND NOT {blocks("c.owner_id", who)} AND {of_age("c.owner_id")}
    )"""
