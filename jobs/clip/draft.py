"""What a new draft carries of consent: its place in the chain, its likenesses, and whose approval it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from jobs.clip.lease import Lease
from models.audit import Transition, append_all, chain_of
from models.base import new_id
from models.cameo import Scope
from models.consent.gates import Likeness, likenesses_at_finish
from models.consent.standing import standings
from models.likeness import Via
from models.notification import NotificationKind, notify

APPROVAL_DAYS = 7
"""How long a person shown has to agree to a draft; no answer counts as no."""


class LikenessMissing(Exception):
    """A likeness of the snapshot, or of the parent, would be missing from the draft: a fault of ours, never made."""


async def place_in_chain(connection: BaseDBAsyncClient, video_id: UUID, parent_id: UUID | None) -> None:
    """The video's row of lineage: an original is its own root, a remix follows its parent."""
    await connection.execute_query(
        """
        INSERT INTO lineage (id, parent_id, root_id, depth, path)
        SELECT $1, $2, coalesce(p.root_id, $2, $1), CASE WHEN $2::uuid IS NULL THEN 0 ELSE coalesce(p.depth, 0) + 1 END,
            CASE WHEN $2::uuid IS NULL THEN '{}' ELSE coalesce(p.path, '{}') || $2::uuid END
        FROM (SELECT 1) AS one LEFT JOIN lineage p ON p.id = $2
        """,
        [video_id, parent_id],
    )


async def carry_likenesses(connection: BaseDBAsyncClient, lease: Lease, video_id: UUID, draft_hash: str) -> None:
    """Gate 4a's rows: each likeness of the snapshot under the grant that is live now, and whose approval is awaited.

    The caller holds the locks and has checked `consent_has_ended`. ``draft_hash`` (SHA-256 of the MP4, hex) is what an
    approval is bound to. Raises `LikenessMissing` rather than narrow the set that ancestry fixes.
    """
    if not lease.guarded:
        return
    found = await likenesses_at_finish(connection, lease.generation_id)
    await _check_closed(connection, lease, found)
    for each in found:
        await connection.execute_query(
            """
            INSERT INTO video_likeness (id, created_at, video_id, cameo_id, grant_id, scopes, version, via)
            VALUES ($1, yume_now(), $2, $3, $4, $5, $6, $7)
            """,
            [new_id(), video_id, each.cameo_id, each.grant_id, each.scopes, each.version, each.via],
        )
    wanted = {each.cameo_id: Scope(each.scopes) for each in found}
    standing = await standings(connection, lease.account_id, wanted)
    asked = [one.cameo_id for one in standing.values() if one.per_use_approval]
    await await_approval(connection, video_id, asked, draft_hash)


async def await_approval(
    connection: BaseDBAsyncClient, video_id: UUID, cameo_ids: Sequence[UUID], draft_hash: str
) -> None:
    """Let a draft wait for the owners of these cameos; who was asked about it before is not asked again."""
    for cameo_id in cameo_ids:
        await connection.execute_query(
            f"""
            INSERT INTO approval (id, created_at, video_id, cameo_id, draft_hash, state, expires_at)
            VALUES ($1, yume_now(), $2, $3, $4, 'PENDING', yume_now() + interval '{APPROVAL_DAYS} days')
            ON CONFLICT (video_id, cameo_id) DO NOTHING
            """,  # noqa: S608 - constant
            [new_id(), video_id, cameo_id, draft_hash],
        )
    if cameo_ids:
        await connection.execute_query(
            "UPDATE video_visibility SET author_state = 'AWAITING' WHERE id = $1 AND author_state = 'DRAFT'", [video_id]
        )


async def _check_closed(connection: BaseDBAsyncClient, lease: Lease, found: list[Likeness]) -> None:
    rows = await connection.execute_query_dict(
        """
        SELECT cameo_id FROM generation_likeness WHERE generation_id = $1
        UNION SELECT cameo_id FROM video_likeness WHERE video_id = $2
        """,
        [lease.generation_id, lease.parent_id],
    )
    if missing := {row["cameo_id"] for row in rows} - {each.cameo_id for each in found}:
        raise LikenessMissing(f"{lease.generation_id}: {sorted(map(str, missing))}")


async def record_use(connection: BaseDBAsyncClient, lease: Lease, video_id: UUID) -> None:
    """Tell the people in a new draft, and write an audit entry in each of their chains: the transaction's last word."""
    if not lease.guarded:
        return
    rows = await connection.execute_query_dict(
        """
        SELECT l.cameo_id, l.grant_id, l.scopes, l.version, l.via, c.owner_id,
            EXISTS (SELECT 1 FROM approval a WHERE a.video_id = l.video_id AND a.cameo_id = l.cameo_id) AS asked
        FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id WHERE l.video_id = $1
        """,
        [video_id],
    )
    for row in rows:
        used = NotificationKind.CAMEO_USED if row["via"] == Via.SHOWN else NotificationKind.CAMEO_REMIXED
        await notify(
            connection, row["owner_id"], NotificationKind.APPROVAL_ASKED if row["asked"] else used,
            actor=lease.account_id, cameo=row["cameo_id"], video=video_id, generation=lease.generation_id,
            grant=row["grant_id"],
        )  # fmt: skip
    facts = {
        "video": video_id, "generation": lease.generation_id, "author": lease.account_id, "parent": lease.parent_id
    }  # fmt: skip
    await append_all(
        connection,
        [
            Transition(
                chain_of(row["cameo_id"]),
                "DRAFT_MADE",
                facts
                | {"grant": row["grant_id"], "scopes": row["scopes"], "version": row["version"], "via": row["via"]},
            )
            for row in rows
        ],
    )
