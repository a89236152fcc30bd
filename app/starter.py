"""Makes the starter clips: asks for them one by one as any member would, and publishes what came of it.

Any number of API processes may do it at once: a clip's key makes asking twice the same as asking once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog
from redis.exceptions import RedisError
from tortoise import connections

from app.starter_clips import STARTER_CLIPS, StarterClip
from jobs.failures import STORE_AWAY
from models.account import Account
from models.cameo import Scope
from models.errors import Conflict, DomainError, RateLimited
from models.generation import FINAL_STATES, GenerationState
from models.house import CAST, HOUSE_IDS, make_house_accounts
from models.video import AuthorState, Visibility
from resolvers.cast import CastRequest
from resolvers.context import Context, Stores
from resolvers.engine import engines
from resolvers.generation import GenerationRequest, create_generation
from resolvers.publish import Publication, publish

ENGINE = "diorama"
PERIOD_SECONDS = 2.0
IDLE_SECONDS = 5.0
"""Between looks while there is no engine to make them."""
AT_ONCE = 2
"""Starter clips asked for and not finished: no queue that would hide what members ask for."""
ENOUGH = 24
"""Videos of members from which on a server needs no clips of its own any more."""
_KEY = "starter:"
_CAMEOS = {one.name: one.id for one in CAST}

_log = structlog.get_logger()


@dataclass(frozen=True)
class Made:
    """How far a clip is: its job's state, its video once there is one, and what its author did with that."""

    state: GenerationState
    video_id: UUID | None
    author_state: AuthorState | None

    @property
    def draft(self) -> bool:
        """Whether it waits to be published. Nobody makes it a draft again, for nobody signs in as its author."""
        return self.author_state is AuthorState.DRAFT


async def keep_starter_clips(stores: Stores, count: int) -> None:
    """See that the first ``count`` starter clips are made and published; returns when there is nothing left to do."""
    if not await _wanted():
        return
    await make_house_accounts()
    skipped: set[str] = set()
    while True:
        ready = False
        try:
            ready = any(engine.name == ENGINE and engine.available for engine in await engines())
            if ready and await take_turn(stores, count, skipped):
                return
        except (RedisError, *STORE_AWAY) as error:
            _log.warning("starter_clips_wait", error=repr(error))
        await asyncio.sleep(PERIOD_SECONDS if ready else IDLE_SECONDS)


async def take_turn(stores: Stores, count: int, skipped: set[str]) -> bool:
    """Publish what is finished and ask for what is next; returns whether all is done.

    ``skipped`` gains the clips that cannot be made, with all their remixes.
    """
    made = await starter_clips_made()
    authors = {one.id: one for one in await Account.filter(id__in=HOUSE_IDS, suspended_at__isnull=True)}
    pending = sum(1 for each in made.values() if each.state not in FINAL_STATES)
    left = 0
    for clip in STARTER_CLIPS[:count]:
        known, author = made.get(clip.key), authors.get(clip.author.id)
        if author is None or _hopeless(clip, made, skipped):
            skipped.add(clip.key)
            continue
        context = Context(stores=stores, viewer=author, session=None, client="house", request_id="starter")
        if known is None:
            left += 1
            if pending < AT_ONCE and _may_begin(clip, made):
                pending += await _ask(context, clip, made, skipped)
        elif known.state not in FINAL_STATES:
            left += 1
        elif known.draft:
            await _publish(context, clip, known, skipped)
            left += 1
    return left == 0


async def starter_clips_made() -> dict[str, Made]:
    """By their keys, the starter clips that this server ever asked for."""
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT g.idempotency_key AS key, g.state, v.id AS video_id, s.author_state FROM generation g
        LEFT JOIN video v ON v.generation_id = g.id LEFT JOIN video_visibility s ON s.id = v.id
        WHERE g.account_id = ANY ($1::uuid[]) AND g.idempotency_key LIKE $2
        """,
        [list(HOUSE_IDS), f"{_KEY}%"],
    )
    return {
        row["key"].removeprefix(_KEY): Made(
            GenerationState(row["state"]),
            row["video_id"],
            None if row["author_state"] is None else AuthorState(row["author_state"]),
        )
        for row in rows
    }


async def starter_clips_left(count: int) -> int:
    """How many of the first ``count`` were not asked for yet, where this server makes any."""
    if not count or not await _wanted():
        return 0
    return len({clip.key for clip in STARTER_CLIPS[:count]} - (await starter_clips_made()).keys())


async def _wanted() -> bool:
    """Whether the server has few videos but its own, or has begun."""
    if await starter_clips_made():
        return True
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT 1 FROM video_visibility WHERE author_state = 'PUBLISHED' AND audience = 'PUBLIC' AND consent = 'LIVE'
            AND moderation = 'CLEAR' ORDER BY published_at DESC, id DESC OFFSET $1 LIMIT 1
        """,
        [ENOUGH - 1],
    )
    return not rows


def _hopeless(clip: StarterClip, made: dict[str, Made], skipped: set[str]) -> bool:
    """Whether it was given up, or what it remixes was, failed, or is gone."""
    if clip.key in skipped:
        return True
    if clip.remix_of is None or clip.key in made:
        return False
    parent = made.get(clip.remix_of)
    if parent is None:
        return clip.remix_of in skipped
    return parent.state in FINAL_STATES and (
        parent.video_id is None or parent.author_state not in (AuthorState.DRAFT, AuthorState.PUBLISHED)
    )


def _may_begin(clip: StarterClip, made: dict[str, Made]) -> bool:
    if clip.remix_of is None:
        return True
    parent = made.get(clip.remix_of)
    return parent is not None and parent.author_state is AuthorState.PUBLISHED


async def _ask(context: Context, clip: StarterClip, made: dict[str, Made], skipped: set[str]) -> bool:
    """Ask for it; returns whether that was done. As many as its author may have in the making: it is asked again."""
    parent = None if clip.remix_of is None else made[clip.remix_of].video_id
    request = GenerationRequest(
        prompt=clip.prompt, portrait=clip.portrait, seed=clip.seed, engine=ENGINE, remix_of=parent,
        cast=tuple(CastRequest(_CAMEOS[name], Scope.FACE) for name in clip.cast), idempotency_key=_KEY + clip.key,
    )  # fmt: skip
    try:
        await create_generation(context, request)
    except RateLimited:
        return False
    except DomainError as error:
        _log.warning("starter_clip_skipped", clip=clip.key, code=error.code, reason=error.message)
        skipped.add(clip.key)
        return False
    return True


async def _publish(context: Context, clip: StarterClip, made: Made, skipped: set[str]) -> None:
    if made.video_id is None:
        return
    wish = Publication(made.video_id, clip.caption, Visibility.PUBLIC, remixable=True, prompt_public=True)
    try:
        await publish(context, wish)
    except Conflict:
        return  # another process was quicker
    except DomainError as error:
        _log.warning("starter_clip_unpublished", clip=clip.key, code=error.code, reason=error.message)
        skipped.add(clip.key)
