"""Publishing: gate 4b stands before everything that lets more people see a video, and before nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.clip.draft import await_approval
from jobs.clip.gate import faults_of, owners_of
from jobs.derived.counts import enqueue_counts
from jobs.derived.meaning import enqueue_meaning, unsay_prompt
from jobs.feed.stream import enqueue_added, enqueue_gone
from jobs.remixed import tell_remixed
from jobs.trends.join import forget_signs, join_trend
from models.audit import Transition, append_all, chain_of
from models.base import new_id
from models.cameo import Scope
from models.consent.gates import cameos_of_video, may_widen, note_publish_grants
from models.consent.locks import lock_for_use
from models.consent.standing import standings
from models.decision import Decision, DecisionStage
from models.errors import Conflict, ConsentMissing, Invalid, NotFound
from models.lineage import Lineage
from models.notification import NotificationKind, notify
from models.rules.sql import holding
from models.rules.video import UNRESTRICTED
from models.video import AuthorState, ModerationState, Rendition, RenditionKind, Video, VideoVisibility, Visibility
from resolvers.chosen import Choice, choose, read_choice
from resolvers.context import Context

LONGEST_CAPTION = 500
_REACH = (Visibility.MUTUALS, Visibility.FOLLOWERS, Visibility.LINK, Visibility.PUBLIC)
"""From few to many: each also reaches everybody whom those before it reach. CHOSEN stands beside them."""


@dataclass(frozen=True)
class Publication:
    """How an author publishes a draft."""

    video_id: UUID
    caption: str | None
    visibility: Visibility
    remixable: bool | None = None
    """None: as the author's profile says."""
    prompt_public: bool = False
    viewers: tuple[UUID, ...] | None = None
    """Who may see it, for CHOSEN; None: those who were chosen before."""


@dataclass(frozen=True)
class VideoChange:
    """What an author changes of a video; None leaves a thing as it is. ``unpublish`` makes it a draft again."""

    video_id: UUID
    caption: str | None = None
    visibility: Visibility | None = None
    remixable: bool | None = None
    unpublish: bool = False
    prompt_public: bool | None = None
    viewers: tuple[UUID, ...] | None = None


class _Refusal(Exception):
    """Why gate 4b stays shut: what the author is told, which cameo's owner is told which rule, and who is asked now."""

    def __init__(self, told: ConsentMissing, cameo_id: UUID | None, rule: str, *, ask: Sequence[UUID] = ()) -> None:
        super().__init__(told.message)
        self.told, self.cameo_id, self.rule, self.ask = told, cameo_id, rule, ask


async def publish(context: Context, request: Publication) -> Video:
    """Make a draft visible.

    Raises `NotFound` (not the viewer's; one of the chosen), `Conflict` (published already), `Invalid` (caption,
    viewers), `ConsentMissing` (somebody shown does not, or not yet, agree).
    """
    remixable = context.member.remixable_default if request.remixable is None else request.remixable
    change = VideoChange(
        request.video_id,
        request.caption or "",
        request.visibility,
        remixable,
        prompt_public=request.prompt_public,
        viewers=request.viewers,
    )
    return await _guarded(context, change, publishing=True)


async def update(context: Context, change: VideoChange) -> Video:
    """Change a video's caption, audience or remixability; only more of it passes the gate, less is always at once.

    Raises as `publish` does, and `Conflict` where there is nothing published to be changed.
    """
    return await _guarded(context, change, publishing=False)


async def _guarded(context: Context, change: VideoChange, *, publishing: bool) -> Video:
    _check(change)
    try:
        async with in_transaction() as connection:
            await _change(connection, context.member.id, change, publishing=publishing)
    except _Refusal as refusal:
        await _log_refusal(context, change.video_id, refusal)
        if refusal.ask:
            await _ask(context, change.video_id, refusal.ask)
        raise refusal.told from None
    await context.stores.doorbell.ring_purge()
    return await Video.get(id=change.video_id)


def _check(change: VideoChange) -> None:
    if change.caption is not None and (len(change.caption.strip()) > LONGEST_CAPTION or "\0" in change.caption):
        raise Invalid(f"A caption has at most {LONGEST_CAPTION} characters, and no NUL.", field="caption")


async def _change(connection: BaseDBAsyncClient, account_id: UUID, change: VideoChange, *, publishing: bool) -> None:
    video = await _own(connection, account_id, change.video_id)
    cameos = await cameos_of_video(connection, video.id)
    chain = await Lineage.filter(id=video.id).using_db(connection).first()
    # A parent is older than its remix, so this and the row below are locked in the order of ids.
    await lock_for_use(connection, cameos, [chain.parent_id] if chain and chain.parent_id else [])
    row = await VideoVisibility.select_for_update().using_db(connection).get(id=video.id)
    await _own(connection, account_id, change.video_id)
    published = row.author_state is AuthorState.PUBLISHED
    if publishing and published:
        raise Conflict("This video is already published.", field="videoId")
    touches_audience = change.visibility is not None or change.viewers is not None or change.unpublish
    touches_reach = touches_audience or change.remixable is not None
    if not publishing and not published and touches_reach:
        raise Conflict("This video is not published. `publishVideo` publishes it.", field="videoId")
    choice = Choice() if not touches_audience else await read_choice(connection, row, change.viewers, change.visibility)
    wider = publishing or _widens(row, video, change, choice)
    if wider:
        await _pass_gate(connection, account_id, video)
        if publishing:
            await _pass_approval(connection, account_id, video)
        await note_publish_grants(connection, video.id, account_id, Scope.PUBLISH)
    await _write(connection, video, row, change, publishing=publishing)
    if published or publishing:
        await enqueue_meaning(connection, video.id)
    await choose(connection, video.id, choice)
    if choice.removed and wider and not publishing:
        await enqueue_gone(connection, [row.id])  # what is narrower all round is told below
    if touches_audience:
        await enqueue_counts(connection, [video.id])
    if touches_reach:
        await _record(connection, account_id, row, change, publishing=publishing, wider=wider, cameos=cameos)


def _widens(row: VideoVisibility, video: Video, change: VideoChange, choice: Choice) -> bool:
    if change.unpublish:
        return False
    further = bool(choice.added) if change.visibility in (None, row.audience) else _reaches_further(row, change)
    return further or (change.remixable is True and not video.remixable)


def _reaches_further(row: VideoVisibility, change: VideoChange) -> bool:
    """Might somebody see it in the new audience who could not in the old one?"""
    if Visibility.CHOSEN not in (row.audience, change.visibility):
        return change.visibility is not None and _REACH.index(change.visibility) > _REACH.index(row.audience)
    # Who is chosen need not follow, nor who follows be chosen; whoever has the link might be anybody.
    return row.audience not in (Visibility.LINK, Visibility.PUBLIC)


async def _pass_gate(connection: BaseDBAsyncClient, account_id: UUID, video: Video) -> None:
    """Gate 4b: raise `_Refusal` unless everybody shown agrees, at this instant, that more people see this."""
    refused = await may_widen(connection, video.id, account_id, Scope.PUBLISH)
    if refused is not None:
        raise _refusal(*refused)
    faults = await faults_of(connection, video.generation_id, account_id, video.recipe)
    if faults:
        words = "Somebody in this video has since ruled out what it shows, so it stays a draft."
        told = ConsentMissing(words, cameo_id=faults[0].cameo_id, reason="RESTRICTED", field="videoId")
        raise _Refusal(told, faults[0].cameo_id, faults[0].rule)


async def _pass_approval(connection: BaseDBAsyncClient, account_id: UUID, video: Video) -> None:
    """A draft from before somebody wished to be asked waits for them as any other. Raise `_Refusal`, to ask them."""
    rows = await connection.execute_query_dict(
        """
        SELECT l.cameo_id, l.scopes FROM video_likeness l WHERE l.video_id = $1
        AND NOT EXISTS (SELECT 1 FROM approval a WHERE a.video_id = l.video_id AND a.cameo_id = l.cameo_id)
        """,
        [video.id],
    )
    standing = await standings(connection, account_id, {row["cameo_id"]: Scope(row["scopes"]) for row in rows})
    if unasked := sorted(one.cameo_id for one in standing.values() if one.per_use_approval):
        words = "Somebody in this draft wants to agree to it first. They have been asked."
        told = ConsentMissing(words, cameo_id=unasked[0], reason="APPROVAL", field="videoId")
        raise _Refusal(told, unasked[0], "APPROVAL", ask=unasked)


def _refusal(cause: UUID, why: str) -> _Refusal:
    match why:
        case "approval":
            words = "Somebody in this draft has not agreed to it. It can be published once they do."
            return _Refusal(
                ConsentMissing(words, cameo_id=cause, reason="APPROVAL", field="videoId"), cause, "APPROVAL"
            )
        case "parent":
            words = "The video that this remixes is no longer available, so this one cannot be published."
            told = ConsentMissing(words, cameo_id=None, reason="UNAVAILABLE", field="videoId")
            return _Refusal(told, None, "PARENT")
        case "withdrawn":
            words = "A person in this video no longer allows it."
            return _Refusal(ConsentMissing(words, cameo_id=None, reason="UNAVAILABLE", field="videoId"), cause, "GRANT")
        case _:
            words = "A person in this video does not allow you to publish it. `requestCameo` asks for that."
            return _Refusal(ConsentMissing(words, cameo_id=cause, reason="ASK", field="videoId"), cause, "GRANT")


async def _write(
    connection: BaseDBAsyncClient, video: Video, row: VideoVisibility, change: VideoChange, *, publishing: bool
) -> None:
    if publishing:
        await connection.execute_query(
            "UPDATE video_visibility SET author_state = 'PUBLISHED', published_at = yume_now() WHERE id = $1", [row.id]
        )
    elif change.unpublish:
        await connection.execute_query(
            "UPDATE video_visibility SET author_state = 'DRAFT', published_at = NULL WHERE id = $1", [row.id]
        )
    if change.visibility is not None:
        await connection.execute_query(
            "UPDATE video_visibility SET audience = $2 WHERE id = $1", [row.id, change.visibility.value]
        )
    fields = {
        **({} if change.caption is None else {"caption": change.caption.strip()}),
        **({} if change.remixable is None else {"remixable": change.remixable}),
        **({} if change.prompt_public is None else {"prompt_public": change.prompt_public}),
    }
    if fields:
        await Video.filter(id=video.id).using_db(connection).update(**fields)
    if change.prompt_public is False:
        await unsay_prompt(connection, video.id)
    await forget_signs(connection, video.id)
    if publishing:
        await join_trend(connection, video.id)


async def _record(
    connection: BaseDBAsyncClient,
    account_id: UUID,
    row: VideoVisibility,
    change: VideoChange,
    *,
    publishing: bool,
    wider: bool,
    cameos: list[UUID],
) -> None:
    """Open feeds, the people shown, and their chains of the audit log: the transaction's last words."""
    audience = change.visibility or row.audience
    narrowed = change.unpublish or change.visibility is not None or change.viewers is not None
    if publishing and audience is not Visibility.LINK:
        await enqueue_added(connection, row.id)
    elif narrowed and not wider and not publishing and row.audience is not Visibility.LINK:
        # Everybody is told the id, and that of what goes by link is its secret: it may go by link again.
        await enqueue_gone(connection, [row.id])
    if publishing:
        await tell_remixed(connection, row.id, account_id)
        owners = await owners_of(connection, cameos)
        for cameo_id, owner_id in owners.items():
            await notify(
                connection, owner_id, NotificationKind.CAMEO_PUBLISHED, actor=account_id, cameo=cameo_id, video=row.id
            )
            if owner_id != account_id:
                await _note(connection, account_id, cameo_id, allowed=True, rule="GRANT")
    kind = "VIDEO_PUBLISHED" if publishing else "VIDEO_WIDENED" if wider else "VIDEO_NARROWED"
    facts = {"video": row.id, "by": account_id, "audience": None if change.unpublish else audience}
    await append_all(connection, [Transition(chain_of(each), kind, facts) for each in cameos])


async def _log_refusal(context: Context, video_id: UUID, refusal: _Refusal) -> None:
    if refusal.cameo_id is None:
        return
    async with in_transaction() as connection:
        await _note(connection, context.member.id, refusal.cameo_id, allowed=False, rule=refusal.rule)
        if refusal.told.reason == "RESTRICTED":
            owners = await owners_of(connection, [refusal.cameo_id])
            await notify(
                connection, owners[refusal.cameo_id], NotificationKind.CAMEO_REFUSED,
                actor=context.member.id, cameo=refusal.cameo_id, video=video_id, rule=refusal.rule,
            )  # fmt: skip


async def _ask(context: Context, video_id: UUID, cameo_ids: Sequence[UUID]) -> None:
    async with in_transaction() as connection:
        await lock_for_use(connection, cameo_ids)
        row = await VideoVisibility.select_for_update().using_db(connection).get(id=video_id)
        clip = await Rendition.filter(video_id=video_id, kind=RenditionKind.MP4).using_db(connection).first()
        if clip is None or row.author_state is not AuthorState.DRAFT:
            return  # deleted meanwhile, or asked by another click
        await await_approval(connection, video_id, cameo_ids, clip.sha256)
        for cameo_id, owner_id in (await owners_of(connection, cameo_ids)).items():
            await notify(
                connection, owner_id, NotificationKind.APPROVAL_ASKED,
                actor=context.member.id, cameo=cameo_id, video=video_id,
            )  # fmt: skip
        facts = {"video": video_id, "by": context.member.id, "draft": clip.sha256}
        await append_all(connection, [Transition(chain_of(each), "APPROVAL_ASKED", facts) for each in cameo_ids])


async def _note(connection: BaseDBAsyncClient, account_id: UUID, cameo_id: UUID, *, allowed: bool, rule: str) -> None:
    await Decision.create(
        using_db=connection, id=new_id(), cameo_id=cameo_id, actor_id=account_id, stage=DecisionStage.PUBLISH,
        allowed=allowed, rule=rule,
    )  # fmt: skip


async def _own(connection: BaseDBAsyncClient, account_id: UUID, video_id: UUID) -> Video:
    """A video of this account's that is not hidden by others. Raises `NotFound`, `ConsentMissing` (withdrawn)."""
    row = await VideoVisibility.filter(id=video_id, author_id=account_id).using_db(connection).first()
    if row is None or row.author_state is AuthorState.DELETED or row.moderation is not ModerationState.CLEAR:
        raise _no_such_video()
    if not await holding(VideoVisibility.filter(id=video_id).using_db(connection), UNRESTRICTED).exists():
        words = "A person in this video no longer allows it."
        raise ConsentMissing(words, cameo_id=None, reason="UNAVAILABLE", field="videoId")
    return await Video.get(id=video_id, using_db=connection)


def _no_such_video() -> NotFound:
    return NotFound("You have no such video.", field="videoId")
