"""Gates 2, 3, 4a and 4b: is what was consented to at the request still consented to now?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.cameo import Scope
from models.rules.grant import LIVE, admits, permitted, permitting
from models.rules.video import may_be_remixed_by

_SAME_EPOCHS = "c.epoch = l.cameo_epoch AND coalesce(e.epoch, 0) = l.account_epoch"


@dataclass(frozen=True)
class Likeness:
    """A likeness that passes: under which grant (None: the owner's own use), with which scopes, in which version."""

    cameo_id: UUID
    grant_id: UUID | None
    scopes: int
    version: int
    via: str


async def consent_has_ended(connection: BaseDBAsyncClient, generation_id: UUID) -> UUID | None:
    """Gates 2 and 3: a cameo of this generation whose owner no longer consents, or None when all do.

    One read: epochs as in the snapshot and a grant that is live now. For a remix also the parent's visibility, told
    as the generation's own id.
    """
    rows = await connection.execute_query_dict(_ENDED, [generation_id])
    return rows[0]["id"] if rows else None


async def likenesses_at_finish(connection: BaseDBAsyncClient, generation_id: UUID) -> list[Likeness]:
    """Gate 4a's check, after the locks: every likeness of the snapshot with the grant that is live for it now."""
    rows = await connection.execute_query_dict(_LIVE_ROWS, [generation_id])
    return [Likeness(row["cameo_id"], row["grant_id"], row["scopes"], row["version"], row["via"]) for row in rows]


async def cameos_of_generation(connection: BaseDBAsyncClient, generation_id: UUID) -> list[UUID]:
    """Every cameo in the snapshot of this generation."""
    rows = await connection.execute_query_dict(
        "SELECT cameo_id FROM generation_likeness WHERE generation_id = $1", [generation_id]
    )
    return [row["cameo_id"] for row in rows]


async def cameos_of_video(connection: BaseDBAsyncClient, video_id: UUID) -> list[UUID]:
    """Every cameo that this video carries."""
    rows = await connection.execute_query_dict("SELECT cameo_id FROM video_likeness WHERE video_id = $1", [video_id])
    return [row["cameo_id"] for row in rows]


async def may_widen(
    connection: BaseDBAsyncClient, video_id: UUID, author_id: UUID, scope: Scope
) -> tuple[UUID, str] | None:
    """Gate 4b's check, after the locks: None when more people may see (or remix) this video.

    Else the cameo that forbids it and why: ``withdrawn``, ``grant`` (no live grant with ``scope``) or ``approval``
    (its owner has not agreed to this very draft); or the video's own id and ``parent``, when what it was made from is
    gone. Every likeness needs, now, the scopes it uses and ``scope``.
    """
    if await connection.execute_query_dict(_LOST_PARENT, [video_id, author_id]):
        return video_id, "parent"
    rows = await connection.execute_query_dict(_WIDENING, [video_id, author_id, int(scope)])
    for row in rows:
        if row["withdrawn"]:
            return row["cameo_id"], "withdrawn"
        if not row["permitted"]:
            return row["cameo_id"], "grant"
        if not row["approved"]:
            return row["cameo_id"], "approval"
    return None


async def note_publish_grants(connection: BaseDBAsyncClient, video_id: UUID, author_id: UUID, scope: Scope) -> None:
    """Remember under which grants a widening happened, so that revoking those reaches the video as well."""
    await connection.execute_query(_PUBLISH_GRANTS, [video_id, author_id, int(scope)])


_AUTHOR = "gen.account_id"
_FROM_SNAPSHOT = """
    FROM generation gen
    JOIN generation_likeness l ON l.generation_id = gen.id
    JOIN cameo c ON c.id = l.cameo_id
    LEFT JOIN cameo_epoch e ON e.cameo_id = c.id AND e.account_id = gen.account_id
    WHERE gen.id = $1
"""
_CONSENTED = f"({_SAME_EPOCHS} AND {permitted(_AUTHOR, 'l.scopes')})"
_PARENT_GONE = f"""(
    gen.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM video_visibility WHERE video_visibility.id = gen.parent_id
        AND {may_be_remixed_by(_AUTHOR)}
    )
)"""

_ENDED = f"""
    (SELECT c.id {_FROM_SNAPSHOT} AND NOT {_CONSENTED} ORDER BY c.id LIMIT 1)
    UNION ALL (SELECT gen.id FROM generation gen WHERE gen.id = $1 AND {_PARENT_GONE})
    LIMIT 1
"""
# The snapshot's own grant first: it is named while it lives, another that permits the same only when it does not.
_LIVE_ROWS = f"""
    SELECT l.cameo_id, l.scopes, l.version, l.via,
        CASE WHEN c.owner_id = {_AUTHOR} THEN NULL
            WHEN EXISTS (SELECT 1 FROM cameo_grant g WHERE g.id = l.grant_id AND {LIVE} AND {admits(_AUTHOR)})
            THEN l.grant_id
            ELSE {permitting(_AUTHOR, "l.scopes")} END AS grant_id
    {_FROM_SNAPSHOT} AND {_CONSENTED}
"""
_LOST_PARENT = f"""
    SELECT 1 FROM lineage t WHERE t.id = $1 AND t.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM video_visibility WHERE video_visibility.id = t.parent_id AND {may_be_remixed_by("$2::uuid")}
    )
"""
_WIDENING = f"""
    SELECT l.cameo_id, l.withdrawn_at IS NOT NULL AS withdrawn,
        {permitted("$2::uuid", "(l.scopes | $3::int)")} AS permitted,
        NOT EXISTS (
            SELECT 1 FROM approval p LEFT JOIN rendition r ON r.video_id = p.video_id AND r.kind = 'MP4'
            WHERE p.video_id = l.video_id AND p.cameo_id = l.cameo_id
            AND (p.state <> 'APPROVED' OR p.draft_hash IS DISTINCT FROM r.sha256)
        ) AS approved
    FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id
    WHERE l.video_id = $1 ORDER BY l.cameo_id
"""
_PUBLISH_GRANTS = f"""
    UPDATE video_likeness l SET publish_grant_id = {permitting("$2::uuid", "(l.scopes | $3::int)")}
    FROM cameo c WHERE c.id = l.cameo_id AND l.video_id = $1 AND c.owner_id <> $2
"""
