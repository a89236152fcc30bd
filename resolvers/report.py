"""Reports and appeals: members say what is wrong, moderators decide; only moderation's own column ever changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.evidence import give_up
from jobs.derived.counts import enqueue_counts
from jobs.feed.stream import enqueue_gone
from jobs.shred import enqueue_shred
from models.audit import SERVER, append
from models.consent.gates import cameos_of_video
from models.consent.locks import lock_account, lock_for_change, lock_for_use
from models.errors import Conflict, Denied, IdempotencyConflict, Invalid, NotFound
from models.report import Report, ReportKind, ReportReason, Verdict
from models.rules.video import RAN_OUT
from models.video import AuthorState, ModerationState, VideoVisibility, Visibility
from resolvers.cameo import hydrate
from resolvers.context import Context
from resolvers.idempotency import check_idempotency_key
from resolvers.keyset import rows_page
from resolvers.limit import Limit
from resolvers.page import Page, Window

LONGEST_TEXT = 1000
_REPORTS = Limit("report", 20, 24 * 3600)
_APPEALS = Limit("appeal", 10, 24 * 3600)


@dataclass(frozen=True)
class Filing:
    """A report as it is sent."""

    video_id: UUID
    reason: ReportReason
    text: str
    idempotency_key: str

    def digest(self) -> str:
        """SHA-256 (hex) of what is said, the key apart."""
        return hashlib.sha256(msgspec.json.encode([str(self.video_id), self.reason.value, self.text])).hexdigest()


async def report(context: Context, filing: Filing) -> Report:
    """Report a video that the viewer may see; a second one while theirs is open is the same one.

    Raises `NotFound`, `Invalid`, `Conflict` (one's own video), `IdempotencyConflict`, `RateLimited`.
    """
    member = context.member
    check_idempotency_key(filing.idempotency_key)
    _check_text(filing.text, "text")
    async with in_transaction() as connection:
        await lock_account(connection, member.id)
        known = await Report.get_or_none(
            reporter_id=member.id, idempotency_key=filing.idempotency_key, using_db=connection
        )
        if known is not None:
            if known.request_hash != filing.digest():
                raise IdempotencyConflict("This idempotency key was used for another report.", field="idempotencyKey")
            return known
        await _REPORTS.spend(context.stores.redis, str(member.id))
        video = await context.loaders.videos.load(filing.video_id)
        if video is None or not await context.loaders.seen.load(filing.video_id):
            raise NotFound("There is no such video.", field="videoId")
        if video.author_id == member.id:
            raise Conflict("This is your own video: you can delete it.", field="videoId")
        mine = Report.filter(
            video_id=filing.video_id, reporter_id=member.id, kind=ReportKind.REPORT, verdict__isnull=True
        )
        return await mine.using_db(connection).first() or await Report.create(
            using_db=connection, video_id=filing.video_id, reporter_id=member.id, reason=filing.reason,
            text=filing.text.strip(), idempotency_key=filing.idempotency_key, request_hash=filing.digest(),
        )  # fmt: skip


async def appeal(context: Context, video_id: UUID, text: str) -> Report:
    """Ask moderators to look again at a video of the viewer's that they took away; twice is the same appeal.

    Raises `NotFound`, `Invalid`, `RateLimited`, and `Conflict`: no moderator took it, a person shown did, or an appeal
    was decided before.
    """
    member = context.member
    _check_text(text, "text")
    if not text.strip():
        raise Invalid("Say why the decision is wrong.", field="text")
    await _APPEALS.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        await lock_account(connection, member.id)
        await lock_for_use(connection, [], [video_id])
        await _check_appealable(connection, video_id, member.id)
        open_ = Report.filter(video_id=video_id, kind=ReportKind.APPEAL, verdict__isnull=True)
        row = await open_.using_db(connection).first()
        if row is None:
            row = Report(
                video_id=video_id, reporter_id=member.id, kind=ReportKind.APPEAL, reason=ReportReason.APPEAL,
                text=text.strip(), request_hash="",
            )  # fmt: skip
            row.idempotency_key = f"appeal:{row.id}"
            await row.save(using_db=connection)
    return row


async def reports(context: Context, window: Window, *, waiting: bool) -> Page[Report]:
    """Reports and appeals, newest first, for moderators; ``waiting``: only those that are open. Raises `Denied`."""
    _ = context.moderator
    condition = "WHERE r.verdict IS NULL" if waiting else ""
    statement = f"SELECT r.id, r.created_at AS moment FROM report r {condition}"  # noqa: S608 - one of two constants
    return await hydrate(Report, await rows_page(context, f"reports:{waiting}", statement, [], window))


async def resolve(context: Context, report_id: UUID, verdict: Verdict, note: str) -> Report:
    """Decide: every open report (or the open appeal) about the video is settled, and the sealed copy destroyed.

    HIDE and REMOVE only take away. CLEAR leaves the video as it stands, but on an appeal undoes what moderation did:
    never what the people shown or the author decided. Raises `Denied`, `NotFound`, `Conflict` (decided before),
    `Invalid`.
    """
    moderator = context.moderator
    _check_text(note, "note")
    async with in_transaction() as connection:
        row = await _locked(connection, report_id)
        visibility = await VideoVisibility.get(id=row.video_id, using_db=connection)
        if visibility.author_id == moderator.id:
            raise Denied("Somebody else has to decide about your own video.", field="reportId")
        before, after = visibility.moderation, _column(row.kind, visibility.moderation, verdict)
        await connection.execute_query(
            "UPDATE video_visibility SET moderation = $2 WHERE id = $1", [row.video_id, after.value]
        )
        settled = await connection.execute_query_dict(
            """
            UPDATE report SET verdict = $3, note = $4, resolved_by_id = $5, resolved_at = yume_now()
            WHERE video_id = $1 AND kind = $2 AND verdict IS NULL RETURNING id
            """,
            [row.video_id, row.kind.value, verdict.value, note.strip(), moderator.id],
        )
        taken = before is ModerationState.CLEAR and after is not ModerationState.CLEAR
        # Everybody is told the id, which is all the secret of what goes by link; an appeal may bring it back.
        if taken and visibility.author_state is AuthorState.PUBLISHED and visibility.audience is not Visibility.LINK:
            await enqueue_gone(connection, [row.video_id])
        if after is not before:
            await enqueue_counts(connection, [row.video_id])
        if row.kind is ReportKind.REPORT and (subjects := await give_up(connection, [row.video_id])):
            await enqueue_shred(connection, subjects)
        facts = {
            "report": row.id, "video": row.video_id, "by": moderator.id, "kind": row.kind, "verdict": verdict,
            "moderation": after, "settled": len(settled),
        }  # fmt: skip
        await append(connection, SERVER, "REPORT_RESOLVED", facts)
    await context.stores.doorbell.ring_purge()
    return await Report.get(id=report_id)


async def _locked(connection: BaseDBAsyncClient, report_id: UUID) -> Report:
    """The report, open, with its video and the cameos in it locked as every restriction locks them."""
    found = await Report.get_or_none(id=report_id, using_db=connection)
    if found is None:
        raise no_such_report()
    await lock_for_change(connection, await cameos_of_video(connection, found.video_id), [found.video_id])
    await found.refresh_from_db(using_db=connection)
    if found.verdict is not None:
        raise Conflict("This is decided already.", field="reportId")
    return found


def no_such_report() -> NotFound:
    """What moderators are told of a report that is not there."""
    return NotFound("There is no such report.", field="reportId")


def _column(kind: ReportKind, before: ModerationState, verdict: Verdict) -> ModerationState:
    if verdict is Verdict.REMOVE:
        return ModerationState.REMOVED
    if verdict is Verdict.HIDE:
        return ModerationState.HIDDEN if before is ModerationState.CLEAR else before
    return ModerationState.CLEAR if kind is ReportKind.APPEAL else before


async def _check_appealable(connection: BaseDBAsyncClient, video_id: UUID, author_id: UUID) -> None:
    rows = await connection.execute_query_dict(_STANDING, [video_id, author_id])
    if not rows:
        raise NotFound("You have no such video.", field="videoId")
    [row] = rows
    if row["withdrawn"]:
        raise Conflict("There is no appeal against the decision of a person shown.", field="videoId")
    if row["moderation"] == ModerationState.CLEAR:
        raise Conflict("No moderator took this video away: there is nothing to appeal against.", field="videoId")
    if row["last"] == ReportKind.APPEAL:
        raise Conflict("Your appeal about this video was decided.", field="videoId")


def _check_text(text: str, field: str) -> None:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise Invalid(f"At most {LONGEST_TEXT} characters, and no NUL.", field=field)


# After a refused appeal there is none until moderators decide about the video again.
_STANDING = f"""
    SELECT moderation, consent = 'WITHDRAWN' OR {RAN_OUT} AS withdrawn, (
        SELECT r.kind FROM report r WHERE r.video_id = video_visibility.id AND r.verdict IS NOT NULL
        ORDER BY r.resolved_at DESC, r.id DESC LIMIT 1
    ) AS last
    FROM video_visibility WHERE id = $1 AND author_id = $2 AND author_state <> 'DELETED'
"""  # noqa: S608 - rule
