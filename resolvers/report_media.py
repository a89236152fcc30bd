"""The sealed copy of a withdrawn video, opened for a moderator; the people shown read in their logs that it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from models.audit import Transition, append_all, chain_of
from models.base import new_id
from models.consent.gates import cameos_of_video
from models.consent.locks import lock_for_use
from models.decision import DecisionStage
from models.errors import Conflict
from models.report import Report, evidence_folder, evidence_subject
from resolvers.context import Context, Stores
from resolvers.likeness_media import nothing, opened, read_token, token_for
from resolvers.report import no_such_report

OPENED_RULE = "operator.opened_evidence"
_EVIDENCE = b"e"


@dataclass(frozen=True)
class OpenedEvidence:
    """Where a moderator finds the copy, and until when."""

    url: str
    expires_at: datetime


async def open_evidence(context: Context, report_id: UUID) -> OpenedEvidence:
    """Let a moderator look at the copy that an open report needs; the owners of the cameos in it read that they did.

    Raises `Denied`, `NotFound`, `Conflict` (there is no copy, or none any more).
    """
    moderator = context.moderator
    async with in_transaction() as connection:
        row = await Report.get_or_none(id=report_id, using_db=connection)
        if row is None:
            raise no_such_report()
        cameos = await cameos_of_video(connection, row.video_id)
        await lock_for_use(connection, cameos, [row.video_id])
        found = await connection.execute_query_dict(f"{_READABLE} AND r.id = $1", [report_id])
        if not found:
            raise Conflict("There is no sealed copy of this video, or none any more.", field="reportId")
        evidence_id: UUID = found[0]["id"]
        for cameo_id in cameos:
            await connection.execute_query(
                """
                INSERT INTO decision (id, created_at, cameo_id, actor_id, stage, allowed, rule)
                VALUES ($1, yume_now(), $2, $3, $4, true, $5)
                """,
                [new_id(), cameo_id, moderator.id, DecisionStage.OPERATOR.value, OPENED_RULE],
            )
        facts = {"report": report_id, "video": row.video_id, "moderator": moderator.id}
        await append_all(connection, [Transition(chain_of(each), "EVIDENCE_OPENED", facts) for each in cameos])
    token, end = token_for(context.stores, _EVIDENCE, evidence_id, moderator.id)
    return OpenedEvidence(f"{context.stores.address}/media/evidence/{token}/clip.mp4", end)


async def read_evidence(stores: Stores, token: str) -> AsyncIterator[bytes]:
    """The copy's bytes (MP4), for the moderator it was opened for, while the report is open. Raises `NotFound`."""
    evidence_id, moderator_id = await read_token(stores, _EVIDENCE, token)
    rows = await connections.get("default").execute_query_dict(
        f"""
        {_READABLE} AND e.id = $1 AND EXISTS (
            SELECT 1 FROM account a WHERE a.id = $2 AND a.role IN ('MODERATOR', 'ADMIN')
            AND a.suspended_at IS NULL AND a.deleted_at IS NULL
        )
        """,  # noqa: S608 - constant
        [evidence_id, moderator_id],
    )
    if not rows:
        raise nothing()
    return await opened(stores, evidence_subject(evidence_id), evidence_folder(evidence_id))


_READABLE = """
    SELECT e.id FROM evidence e JOIN report r ON r.video_id = e.video_id AND r.kind = 'REPORT' AND r.verdict IS NULL
    WHERE e.kept_at IS NOT NULL AND e.destroyed_at IS NULL AND e.expires_at > yume_now()
"""
