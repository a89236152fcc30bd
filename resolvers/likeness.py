"""Who is in a video, as one viewer may know it; and what they are told of its state."""

from __future__ import annotations

from dataclasses import dataclass

from models.likeness import Via
from models.video import AuthorState, ConsentState, ModerationState, Video
from resolvers.context import Context
from resolvers.loaders.likeness import ApprovalReading, LikenessReading


@dataclass(frozen=True)
class Shown:
    """A likeness as the viewer may know it. ``consented`` is None where that is nobody's business of theirs."""

    reading: LikenessReading
    consented: bool | None


async def likenesses_of(context: Context, video: Video) -> list[Shown]:
    """Everybody in it. Of a withdrawn one its author learns whom of their own cast to leave out, others nothing."""
    seen = await context.loaders.seen.load(video.id)
    found = await context.loaders.likenesses.load(video.id)
    if seen:
        return [Shown(each, consented=True) for each in found]
    row = await context.loaders.visibility.load(video.id)
    # A far-reaching withdrawal hides at once and writes down a little later whose it was.
    unknown = row.consent is ConsentState.WITHDRAWN and not any(each.withdrawn for each in found)
    return [Shown(each, None if unknown else _consented(context, video, each)) for each in found]


def _consented(context: Context, video: Video, each: LikenessReading) -> bool | None:
    viewer = context.viewer
    if viewer is None:
        return None
    cast_by_viewer = viewer.id == video.author_id and each.via == Via.SHOWN.value
    return not each.withdrawn if viewer.id == each.owner_id or cast_by_viewer else None


async def approvals_of(context: Context, video: Video) -> list[ApprovalReading] | None:
    """Every approval for its author, their own for the people shown; None for everybody else."""
    if context.viewer is None:
        return None
    found = await context.loaders.approvals.load(video.id)
    if context.viewer.id == video.author_id:
        return found
    own = [each for each in found if each.owner_id == context.viewer.id]
    return own or ([] if await shows_viewer(context, video) else None)


async def shows_viewer(context: Context, video: Video) -> bool:
    """Does it carry a likeness of the viewer's?"""
    if context.viewer is None:
        return False
    return any(each.owner_id == context.viewer.id for each in await context.loaders.likenesses.load(video.id))


async def state_of(context: Context, video: Video) -> str:
    """The state in one word: REMOVED, WITHDRAWN, HIDDEN, else the author's own."""
    row = await context.loaders.visibility.load(video.id)
    if row.moderation is ModerationState.REMOVED:
        return "REMOVED"
    if row.consent is ConsentState.WITHDRAWN:
        return "WITHDRAWN"
    if row.moderation is ModerationState.HIDDEN:
        return "HIDDEN"
    if not await context.loaders.seen.load(video.id):
        # A permission ran out that takes its videos with it: nothing is stored of that until a worker looks.
        return "WITHDRAWN"
    return "AWAITING_APPROVAL" if row.author_state is AuthorState.AWAITING_APPROVAL else row.author_state.value
