"""Which of an account's clips may leave in a bundle, and whether a bundle may still be handed out.

A clip with the cameo of somebody else leaves only under a live grant with DOWNLOAD beside the scopes that the clip
uses. Like a generation's, each such likeness is remembered with both epochs: a permission that ended and was given
again in between does not bring an old bundle back.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.cameo import Scope
from models.rules.grant import permitted
from models.rules.video import UNRESTRICTED


async def choose_parts(connection: BaseDBAsyncClient, export_id: UUID) -> None:
    """Note which clips go into this bundle now, in place of what an earlier try chose. One statement, one moment."""
    await connection.execute_query("DELETE FROM export_part WHERE export_id = $1", [export_id])
    await connection.execute_query(_CHOOSE, [export_id])


async def still_good(connection: BaseDBAsyncClient, export_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these bundles of which every clip may still leave."""
    rows = await connection.execute_query_dict(_GOOD, [list(export_ids)])
    return {row["id"] for row in rows}


_AUTHOR = "x.account_id"
_NEEDED = f"(l.scopes | {int(Scope.DOWNLOAD)})"
_OWN = f"(video_visibility.author_id = {_AUTHOR} AND video_visibility.author_state <> 'DELETED' AND {UNRESTRICTED})"

FORBIDDEN = f"""EXISTS (
    SELECT 1 FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id
    WHERE l.video_id = video_visibility.id AND c.owner_id <> {_AUTHOR}
        AND (l.withdrawn_at IS NOT NULL OR NOT {permitted(_AUTHOR, _NEEDED)})
)"""
"""Is somebody shown in this clip (``video_visibility``) who does not let account ``x.account_id`` take it away?"""

UNANSWERED = """EXISTS (
    SELECT 1 FROM approval p WHERE p.video_id = video_visibility.id AND p.state <> 'APPROVED'
)"""
"""Has somebody shown in it not approved of it (yet)?"""

_CHOOSE = f"""
    WITH fit AS (
        SELECT x.id AS export_id, x.account_id, video_visibility.id
        FROM export x JOIN video_visibility ON video_visibility.author_id = x.account_id
        WHERE x.id = $1 AND {_OWN} AND NOT {FORBIDDEN} AND NOT {UNANSWERED}
            AND EXISTS (SELECT 1 FROM rendition r WHERE r.video_id = video_visibility.id AND r.kind = 'MP4')
    )
    INSERT INTO export_part (id, created_at, export_id, video_id, cameo_id, cameo_epoch, account_epoch)
    SELECT gen_random_uuid(), yume_now(), fit.export_id, fit.id, NULL, 0, 0 FROM fit
    UNION ALL
    SELECT gen_random_uuid(), yume_now(), fit.export_id, fit.id, c.id, c.epoch, coalesce(e.epoch, 0)
    FROM fit JOIN video_likeness l ON l.video_id = fit.id
    JOIN cameo c ON c.id = l.cameo_id AND c.owner_id <> fit.account_id
    LEFT JOIN cameo_epoch e ON e.cameo_id = c.id AND e.account_id = fit.account_id
"""
_GOOD = f"""
    SELECT x.id FROM export x WHERE x.id = ANY ($1::uuid[]) AND NOT EXISTS (
        SELECT 1 FROM export_part p
        LEFT JOIN video_visibility ON video_visibility.id = p.video_id
        LEFT JOIN video_likeness l ON l.video_id = p.video_id AND l.cameo_id = p.cameo_id
        LEFT JOIN cameo c ON c.id = p.cameo_id
        LEFT JOIN cameo_epoch e ON e.cameo_id = p.cameo_id AND e.account_id = x.account_id
        WHERE p.export_id = x.id AND (
            ({_OWN}) IS NOT TRUE
            OR (p.cameo_id IS NOT NULL AND (
                c.epoch = p.cameo_epoch AND coalesce(e.epoch, 0) = p.account_epoch AND l.withdrawn_at IS NULL
                AND {permitted(_AUTHOR, _NEEDED)}
            ) IS NOT TRUE)
        )
    )
"""
