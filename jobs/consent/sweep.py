"""What time ends by itself: unanswered approvals, permissions that take their videos along, recordings of children.

Every gate reads these from the clock, so nothing is shown or made meanwhile; the sweep writes down what is true already
and destroys what has to go.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import structlog
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.change import Effects, decline_approvals, stop_jobs, withdraw_for
from models.audit import append, chain_of
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach
from models.likeness import WithdrawalReason
from models.notification import NotificationKind, notify
from models.rules.account import adult

BATCH = 50
VIDEOS_AT_ONCE = 5_000

_log = structlog.get_logger()

# `models.rules.grant.VISIBLE_BY` from the grant's side, in the form that an index on either column serves.
_RAN_OUT = """
    g.on_expiry = 'WITHDRAW' AND g.expires_at <= yume_now() AND l.withdrawn_at IS NULL
    AND (l.publish_grant_id = g.id OR (l.publish_grant_id IS NULL AND l.grant_id = g.id))
"""
_GROWN_UP = f"""
    c.captured_minor AND c.state IN ('ACTIVE', 'PAUSED') AND {adult("o.birth_date")}
    AND EXISTS (SELECT 1 FROM cameo_version v WHERE v.cameo_id = c.id AND v.retired_at IS NULL)
"""  # noqa: S608 - a rule


async def sweep_consent() -> Effects:
    """All three. The caller follows up what they did (`Effects.follow_up`)."""
    effects = await sweep_approvals()
    effects.add(await sweep_expired())
    effects.add(await sweep_grown_up())
    return effects


async def sweep_approvals() -> Effects:
    """Drafts that nobody answered for in time: declined, withdrawn, their cost given back."""
    rows = await _rows(
        f"""
        SELECT cameo_id, video_id FROM approval WHERE state = 'PENDING' AND expires_at <= yume_now()
        ORDER BY expires_at LIMIT {BATCH}
        """,  # noqa: S608 - constant
    )
    drafts: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        drafts[row["cameo_id"]].append(row["video_id"])
    effects = Effects()
    for cameo_id, video_ids in drafts.items():
        async with in_transaction() as connection:
            await lock_for_change(connection, [cameo_id], video_ids)
            done = await decline_approvals(connection, cameo_id, video_ids)
            if not done.withdrawals:
                continue  # answered, or swept by another worker, meanwhile
            await _tell_authors(connection, cameo_id, video_ids)
            facts = {"drafts": len(video_ids), "withdrawals": done.withdrawal_ids, "videos": done.videos}
            await append(connection, chain_of(cameo_id), "DRAFTS_LAPSED", facts)
        effects.add(done)
    return effects


async def sweep_expired() -> Effects:
    """Videos made or published under a permission that has run out and takes them along: withdrawn, to be purged."""
    rows = await _rows(
        f"""
        SELECT g.id, g.cameo_id FROM cameo_grant g
        WHERE g.on_expiry = 'WITHDRAW' AND g.expires_at <= yume_now()
            AND EXISTS (SELECT 1 FROM video_likeness l WHERE {_RAN_OUT})
        ORDER BY g.expires_at LIMIT {BATCH}
        """,  # noqa: S608 - constant
    )
    effects = Effects()
    for row in rows:
        async with in_transaction() as connection:
            await lock_for_change(connection, [row["cameo_id"]])
            found = await connection.execute_query_dict(
                f"""
                SELECT l.video_id FROM cameo_grant g JOIN video_likeness l ON l.cameo_id = g.cameo_id
                WHERE g.id = $1 AND {_RAN_OUT} LIMIT {VIDEOS_AT_ONCE}
                """,  # noqa: S608 - constant
                [row["id"]],
            )
            reach = Reach(videos=[each["video_id"] for each in found])
            done = await withdraw_for(connection, row["cameo_id"], WithdrawalReason.EXPIRED, reach)
            if not done.withdrawals:
                continue
            facts = {"grant": row["id"], "withdrawals": done.withdrawal_ids, "videos": done.videos}
            await append(connection, chain_of(row["cameo_id"]), "GRANT_RAN_OUT", facts)
        effects.add(done)
    return effects


async def sweep_grown_up() -> Effects:
    """Cameos recorded of a child who is an adult now: paused, their jobs stopped, their recordings destroyed."""
    rows = await _rows(
        f"SELECT c.id FROM cameo c JOIN account o ON o.id = c.owner_id WHERE {_GROWN_UP} ORDER BY c.id LIMIT {BATCH}"  # noqa: S608 - constant
    )
    effects = Effects()
    for row in rows:
        async with in_transaction() as connection:
            await lock_for_change(connection, [row["id"]])
            still = await connection.execute_query_dict(
                f"SELECT 1 FROM cameo c JOIN account o ON o.id = c.owner_id WHERE c.id = $1 AND {_GROWN_UP}",  # noqa: S608 - constant
                [row["id"]],
            )
            if not still:
                continue
            await connection.execute_query("UPDATE cameo SET state = 'PAUSED' WHERE id = $1", [row["id"]])
            # What is retired `jobs.consent.versions.sweep_versions` destroys, once the jobs that end here have ended.
            await connection.execute_query(
                "UPDATE cameo_version SET retired_at = yume_now() WHERE cameo_id = $1 AND retired_at IS NULL",
                [row["id"]],
            )
            await raise_for_all(connection, [row["id"]])
            effects.jobs += await stop_jobs(connection, [row["id"]])
            await append(connection, chain_of(row["id"]), "OWNER_GREW_UP", {})
        _log.info("minors_cameo_paused", cameo=str(row["id"]))
    return effects


async def _tell_authors(connection: BaseDBAsyncClient, cameo_id: UUID, video_ids: list[UUID]) -> None:
    rows = await connection.execute_query_dict(
        """
        SELECT v.id, v.author_id, c.owner_id FROM video v JOIN cameo c ON c.id = $1 WHERE v.id = ANY ($2::uuid[])
        """,
        [cameo_id, video_ids],
    )
    for row in rows:
        await notify(
            connection, row["author_id"], NotificationKind.APPROVAL_ANSWERED,
            actor=row["owner_id"], cameo=cameo_id, video=row["id"],
        )  # fmt: skip


async def _rows(statement: str) -> list[dict[str, UUID]]:
    return await connections.get("default").execute_query_dict(statement)
