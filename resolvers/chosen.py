"""Chosen people: whom an author picks, by name, to see a video that is published to CHOSEN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import new_id
from models.chosen import ChosenViewer
from models.errors import Invalid, NotFound
from models.rules.account import apart, in_good_standing
from models.video import VideoVisibility, Visibility

MOST_VIEWERS = 500


@dataclass(frozen=True)
class Choice:
    """A change of who is chosen."""

    added: frozenset[UUID] = frozenset()
    removed: frozenset[UUID] = frozenset()


async def read_choice(
    connection: BaseDBAsyncClient,
    row: VideoVisibility,
    viewers: Sequence[UUID] | None,
    visibility: Visibility | None,
) -> Choice:
    """What asking for ``viewers`` (None: those chosen before) changes; ``visibility`` is the audience asked for.

    Whoever was chosen before may be named again whatever became of them: that somebody blocks is never told. Raises
    `Invalid` (viewers), `NotFound` (viewers).
    """
    audience = row.audience if visibility is None else visibility
    if viewers is not None and audience is not Visibility.CHOSEN:
        raise Invalid("`viewers` goes with the visibility CHOSEN.", field="viewers")
    if audience is not Visibility.CHOSEN:
        return Choice()
    before = frozenset(chosen.account_id for chosen in await ChosenViewer.filter(video_id=row.id).using_db(connection))
    wanted = before if viewers is None else frozenset(viewers)
    if not wanted:
        raise Invalid("Choose somebody to show the video to, or unpublish it.", field="viewers")
    if len(wanted) > MOST_VIEWERS:
        raise Invalid(f"A video is shown to at most {MOST_VIEWERS} chosen people.", field="viewers")
    added = wanted - before
    found = await connection.execute_query_dict(_PICKABLE, [sorted(added), row.author_id])
    if len(found) < len(added):
        raise NotFound("Somebody of `viewers` is not there, or is you. Choose other members.", field="viewers")
    return Choice(added, before - wanted)


async def choose(connection: BaseDBAsyncClient, video_id: UUID, choice: Choice) -> None:
    """Note who is chosen now."""
    if choice.removed:
        await ChosenViewer.filter(video_id=video_id, account_id__in=list(choice.removed)).using_db(connection).delete()
    await ChosenViewer.bulk_create(
        [ChosenViewer(id=new_id(), video_id=video_id, account_id=each) for each in sorted(choice.added)],
        using_db=connection,
    )


_PICKABLE = f"""
    SELECT a.id FROM unnest($1::uuid[]) AS a (id)
    WHERE a.id <> $2 AND {in_good_standing("a.id")} AND NOT {apart("a.id", "$2")}
"""  # noqa: S608 - rules
