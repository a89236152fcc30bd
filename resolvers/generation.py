"""Generations: ask for a clip, look at the job, cancel it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import msgspec
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.errors import InvalidRequest
from engine.spec import Capabilities, CastMember, GenerationSpec, Quality, Source
from jobs.clip.lease import cancel
from jobs.queue import enqueue_generation
from models.account import Account
from models.base import new_id
from models.consent.locks import lock_for_use
from models.errors import Conflict, IdempotencyConflict, Invalid, NotFound, RateLimited
from models.generation import BACKGROUND, FINAL_STATES, Generation, GenerationState, QuotaCharge
from models.house import HOUSE_IDS
from models.policy import policy_in_force
from models.video import Video
from resolvers.cast import CastRequest, Use, Wish, consider, remember, settle
from resolvers.context import Context
from resolvers.engine import choose_engine
from resolvers.idempotency import check_idempotency_key
from resolvers.protect import check_names
from resolvers.quota import charge
from resolvers.trend import WayIn, way_in

COST_OF_QUALITY = {Quality.DRAFT: 0.5, Quality.STANDARD: 1.0, Quality.HIGH: 2.0}
_PREFERRED_FPS = 30


@dataclass(frozen=True)
class GenerationRequest:
    """What a member asks for, as the API spells it, before any rule was applied."""

    prompt: str
    negative_prompt: str | None = None
    seconds: float | None = None
    portrait: bool = True
    style: str | None = None
    seed: int | None = None
    engine: str | None = None
    quality: Quality = Quality.STANDARD
    cast: tuple[CastRequest, ...] = ()
    remix_of: UUID | None = None
    remix_strength: float | None = None
    trend_id: UUID | None = None
    idempotency_key: str = ""

    @property
    def wish(self) -> Wish:
        """The part that gate 1 decides on."""
        return Wish(self.prompt, self.negative_prompt, self.style, self.cast, self.remix_of)

    def digest(self) -> str:
        """SHA-256 of the request's body: the same key with another body is a mistake worth naming."""
        return hashlib.sha256(msgspec.json.encode(asdict(self), order="sorted")).hexdigest()


async def create_generation(context: Context, request: GenerationRequest) -> Generation:
    """Accept a job: the row, its quota charge, whose likenesses it may use and its outbox row in one transaction.

    The same idempotency key and body give the same job again. Raises `Invalid` (prompt, seconds, style, seed, cast,
    engine, idempotencyKey), `IdempotencyConflict`, `QuotaExceeded`, `RateLimited`, `Conflict` (no engine, chain too
    long), `ConsentMissing`, `Blocked` (a protected name), `NotFound` and `Denied` (remixOf), and what `way_in` raises.
    """
    member = context.member
    check_idempotency_key(request.idempotency_key)
    # A retry is answered as the first send was, whatever has been restricted since.
    known = await _known(connections.get("default"), member.id, request)
    if known is not None:
        return known
    policy = await policy_in_force()
    check_request(request, policy)
    roles = (one.role for one in request.wish.cast if one.role)
    await check_names(context, request.prompt, *roles)
    entry = WayIn(request.remix_of, None)
    if request.trend_id is not None:
        entry = await way_in(context, request.trend_id, request.remix_of)
    made = replace(request, remix_of=entry.remix_of)
    use = await consider(context, made.wish, depth_max=policy["remix_depth_max"])
    async with in_transaction() as connection:
        # One account's requests queue here, so that a key, a quota and a limit are judged one at a time.
        await Account.select_for_update(no_key=True).using_db(connection).get(id=member.id)
        known = await _known(connection, member.id, request)
        if known is not None:
            return known
        generation = await _accept(connection, member, made, use, sent=request.digest(), mood=entry.mood)
    await context.stores.doorbell.ring()
    return generation


async def cancel_generation(context: Context, generation_id: UUID) -> Generation:
    """Stop a job of the viewer's: at once when queued, within one step when running. Raises `NotFound`, `Conflict`."""
    async with in_transaction() as connection:
        generation = await _own(context, generation_id, connection)
        if generation.state not in FINAL_STATES:
            await cancel(connection, generation.id)
        elif generation.state != GenerationState.CANCELLED:
            raise Conflict("This generation has already ended; there is nothing to cancel.", field="generationId")
    await context.stores.doorbell.request_cancel(generation_id)
    return await Generation.get(id=generation_id)


async def generation_by_id(context: Context, generation_id: UUID) -> Generation:
    """A job of the viewer's. Raises `NotFound` for anybody else's."""
    _ = context.member
    found = await context.loaders.generations.load(generation_id)
    if found is None:
        raise _no_such_generation()
    return found


async def video_of(context: Context, generation: Generation) -> Video | None:
    """The clip the job ended in, when it did and the viewer may still see it."""
    if generation.state != GenerationState.SUCCEEDED:
        return None
    return await context.loaders.video_by_generation.load(generation.id)


async def cursor_of(context: Context, generation: Generation) -> str:
    """Where to subscribe from to miss nothing that happens after this reading."""
    return await context.stores.progress.last_cursor(generation.id)


async def queue_position(generation: Generation) -> int | None:
    """How many queued jobs go before this one; None unless it is queued."""
    if generation.state != GenerationState.QUEUED:
        return None
    [row] = await connections.get("default").execute_query_dict(
        "SELECT count(*) AS ahead FROM generation WHERE state = 'QUEUED' AND (-priority, id) < (-$1::int, $2::uuid)",
        [generation.priority, generation.id],
    )
    return row["ahead"]


async def _own(context: Context, generation_id: UUID, connection: BaseDBAsyncClient) -> Generation:
    found = await Generation.filter(id=generation_id, account_id=context.member.id).using_db(connection).first()
    if found is None:
        raise _no_such_generation()
    return found


def _no_such_generation() -> NotFound:
    return NotFound("There is no such generation.", field="generationId")


async def _known(connection: BaseDBAsyncClient, account_id: UUID, request: GenerationRequest) -> Generation | None:
    known = (
        await Generation.filter(account_id=account_id, idempotency_key=request.idempotency_key)
        .using_db(connection)
        .first()
    )
    if known is not None and known.request_hash != request.digest():
        raise IdempotencyConflict(
            "This idempotency key was used for another request. Use a new key for a new clip.", field="idempotencyKey"
        )
    return known


async def _accept(
    connection: BaseDBAsyncClient,
    member: Account,
    request: GenerationRequest,
    considered: Use,
    *,
    sent: str,
    mood: str | None,
) -> Generation:
    """``request`` as it is made, ``sent`` the digest of it as it came."""
    policy = await policy_in_force(connection)
    check_request(request, policy)
    await lock_for_use(connection, considered.cameo_ids, considered.parent_ids)
    use = await settle(connection, member.id, request.wish, considered, depth_max=policy["remix_depth_max"])
    engine = await choose_engine(request.engine)
    spec = build_spec(request, engine.capabilities, policy, use.members(request.prompt), mood=mood)
    cost = cost_of_spec(spec)
    house = member.id in HOUSE_IDS
    # The server's own clips wait for everybody's, and take nothing of anybody's day.
    pool = None if house else await charge(connection, member.id, cost, engine.name)
    await _check_active(connection, member.id, policy["active_generations_per_account"])
    generation = await Generation.create(
        id=new_id(),
        account_id=member.id,
        idempotency_key=request.idempotency_key,
        request_hash=sent,
        engine=engine.name,
        spec=msgspec.to_builtins(spec),
        cost_seconds=cost,
        priority=BACKGROUND if house else 0,
        parent_id=request.remix_of,
        trend_id=request.trend_id,
        using_db=connection,
    )
    await remember(connection, member.id, generation.id, use)
    if pool is not None:
        await QuotaCharge.create(
            account_id=member.id, generation_id=generation.id, seconds=cost, pool=pool, using_db=connection
        )
    await enqueue_generation(connection, generation.id)
    return generation


def cost_of_spec(spec: GenerationSpec) -> float:
    """Engine seconds that a clip costs."""
    return spec.seconds * COST_OF_QUALITY[spec.quality]


def check_request(request: GenerationRequest, policy: dict[str, Any]) -> None:
    """Raise `Invalid` for a prompt or a length that policy does not allow."""
    longest = policy["prompt_characters_max"]
    if not request.prompt.strip():
        raise Invalid("Describe what the clip should show.", field="prompt")
    if "\0" in request.prompt or "\0" in (request.negative_prompt or ""):
        raise Invalid("A prompt cannot hold the NUL character.", field="prompt")
    if len(request.prompt) > longest:
        raise Invalid(
            f"A prompt has at most {longest:,} characters; this one has {len(request.prompt):,}.", field="prompt"
        )
    if request.negative_prompt is not None and len(request.negative_prompt) > longest:
        raise Invalid(f"A negative prompt has at most {longest:,} characters.", field="negativePrompt")
    low, high = policy["clip_seconds_min"], policy["clip_seconds_max"]
    # Written so that NaN, which compares false with everything, is refused.
    if request.seconds is not None and not low <= request.seconds <= high:
        raise Invalid(f"A clip lasts {low:g} to {high:g} seconds.", field="seconds")


def build_spec(
    request: GenerationRequest,
    capabilities: Capabilities,
    policy: dict[str, Any],
    cast: tuple[CastMember, ...] = (),
    *,
    mood: str | None = None,
) -> GenerationSpec:
    """What the engine will be asked; the worker adds the files of the cast and the parent's recipe.

    Raises `Invalid` when the engine cannot do it.
    """
    sizes = [size for size in capabilities.sizes if (size[0] < size[1]) == request.portrait]
    if not sizes:
        raise Invalid("This engine does not make clips in this orientation.", field="orientation")
    width, height = sizes[0]
    seconds = policy["clip_seconds_default"] if request.seconds is None else request.seconds
    spec = GenerationSpec(
        prompt=request.prompt.strip(),
        negative_prompt=request.negative_prompt,
        seconds=float(seconds),
        width=width,
        height=height,
        fps=_PREFERRED_FPS if _PREFERRED_FPS in capabilities.fps else max(capabilities.fps),
        seed=secrets.randbelow(2**31) if request.seed is None else request.seed,
        quality=request.quality,
        style=request.style,
        mood=mood,
        cast=cast,
        source=Source(recipe={}, latent=None, strength=request.remix_strength) if request.remix_of else None,
    )
    if request.remix_strength is not None and not (spec.source and capabilities.remix_strength):
        raise Invalid("Remix strength is for remixes, where the engine has it.", field="remixStrength")
    try:
        capabilities.validate(spec)
    except InvalidRequest as error:
        raise Invalid(error.message, field=error.field) from error
    return spec


async def _check_active(connection: BaseDBAsyncClient, account_id: UUID, allowed: int) -> None:
    active = await Generation.filter(account_id=account_id).exclude(state__in=FINAL_STATES).using_db(connection).count()
    if active >= allowed:
        raise RateLimited(f"You have {active} clips in the making. Wait for one to end, or cancel one.", retry_after=10)
