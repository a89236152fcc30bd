"""Generations: asking for a clip, reading the job, cancelling it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from engine.spec import Quality as EngineQuality
from models import generation as rows
from resolvers import generation as resolve
from resolvers.cast import CastRequest
from resolvers.cast_notice import notice_of
from resolvers.live import WORKING, live_addresses
from resolvers.policy import in_force
from resolvers.quota import pool_of, read_quota
from schema.access import Access, field, plain
from schema.consent import CameoScope, stored_scopes
from schema.errors import (
    BlockedError,
    ConflictError,
    ConsentError,
    DeniedError,
    IdempotencyConflictError,
    InvalidError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import Node, global_id, row_id
from schema.quota import Quota
from schema.video import Video


@strawberry.enum(description="Where a generation is. The last four are final.")
class GenerationState(Enum):
    QUEUED = strawberry.enum_value("QUEUED", description="Waiting for a worker.")
    RUNNING = strawberry.enum_value("RUNNING", description="The engine is at work.")
    CHECKING = strawberry.enum_value("CHECKING", description="The finished file is being checked and stored.")
    SUCCEEDED = strawberry.enum_value("SUCCEEDED", description="It ended in a draft video.")
    FAILED = strawberry.enum_value("FAILED", description="It ended without a video; `failure` says why.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Its author stopped it.")
    BLOCKED = strawberry.enum_value("BLOCKED", description="A rule stopped it; `failure` says which.")


@strawberry.enum(description="Portrait is 9:16, landscape 16:9.")
class Orientation(Enum):
    PORTRAIT = strawberry.enum_value("PORTRAIT", description="Taller than wide, as on a phone.")
    LANDSCAPE = strawberry.enum_value("LANDSCAPE", description="Wider than tall.")


@strawberry.enum(description="How much work to spend on a clip; it multiplies the clip's cost.")
class Quality(Enum):
    DRAFT = strawberry.enum_value("DRAFT", description="Few steps, half the cost.")
    STANDARD = strawberry.enum_value("STANDARD", description="The usual.")
    HIGH = strawberry.enum_value("HIGH", description="Many steps, double the cost.")


@strawberry.type(description="Why a generation ended without a video.")
class Failure:
    code: str = plain("Stable code for programs, such as ENGINE_FAILED or TIMED_OUT.")
    message: str = plain("What happened and what to do, in words for people.")
    appealable: bool = plain("May the author appeal? Only moderation's decisions can be.")


@strawberry.type(description="One job, from prompt to clip. Only its author sees it.")
class Generation(Node):
    row: strawberry.Private[rows.Generation]

    @classmethod
    def of(cls, row: rows.Generation) -> Generation:
        """A row the viewer was allowed to load."""
        return cls(id=global_id("Generation", row.id), row=row)

    @field(Access.PARENT, "Where it is.")
    def state(self) -> GenerationState:
        return GenerationState(self.row.state.value)

    @field(Access.PARENT, "How far it is, 0 … 1. It may fall when a new attempt starts.")
    def progress(self) -> float:
        return 1.0 if self.row.state == rows.GenerationState.SUCCEEDED else self.row.fraction

    @field(Access.PARENT, "Subscribe with this as `after` to miss nothing that happens after this reading.")
    async def cursor(self, info: Info) -> str:
        return await resolve.cursor_of(info.context, self.row)

    @field(
        Access.PARENT,
        "HLS playlist to watch it while it is made; null unless it runs. It answers 404 until there is a first piece, "
        "which never comes where the engine cannot stream. It ends with the attempt: then take `video`.",
    )
    def live_url(self, info: Info) -> str | None:
        if self.row.state not in WORKING:
            return None
        return live_addresses(info.context.stores, self.row, self.row.fence).playlist

    @field(Access.PARENT, "The clip; null until it is finished, or once it is deleted.")
    async def video(self, info: Info) -> Video | None:
        row = await resolve.video_of(info.context, self.row)
        return None if row is None else Video.of(row)

    @field(Access.PARENT, "Why it ended without a clip; null otherwise.")
    def failure(self) -> Failure | None:
        if self.row.failure_code is None:
            return None
        return Failure(code=self.row.failure_code, message=self.row.failure_message or "", appealable=False)

    @field(Access.PARENT, "How many jobs go before it; null unless it is queued.")
    async def queue_position(self, info: Info) -> int | None:
        return await info.context.loaders.queue_positions.load(self.row.id)

    @field(Access.PARENT, "What it costs, and the author's day as it stands.")
    async def cost(self, info: Info) -> Quota:
        return await _quota_after(info, self.row)

    @field(Access.PARENT, "The prompt as it was asked.")
    def prompt(self) -> str:
        return self.row.spec["prompt"]

    @field(Access.PARENT, "What the engine made of it, with what was not understood; null until it is finished.")
    def recipe(self) -> JSON | None:
        return None if self.row.recipe is None else JSON(self.row.recipe)

    @field(Access.PARENT, "When it was asked for.")
    def created_at(self) -> datetime:
        return self.row.created_at


@strawberry.input(description="A cameo to show in a clip.")
class CastInput:
    cameo_id: strawberry.ID = strawberry.field(description="Whom.")
    scopes: list[CameoScope] = strawberry.field(
        description="What to use: FACE, VOICE or both. One never implies another."
    )
    role: str | None = strawberry.field(
        description="What they play, such as “the baker”: how the prompt names them where it does not write @handle. "
        "At most 80 characters.",
        default=None,
    )

    def request(self) -> CastRequest:
        """As the resolvers take it. Raises `NotFound` for an id of something else."""
        return CastRequest(row_id(self.cameo_id, "Cameo", field="cast"), stored_scopes(self.scopes), self.role)


@strawberry.input(description="What a clip should be.")
class CreateGenerationInput:
    prompt: str = strawberry.field(description="What the clip shows; speech goes in quotes. At most 2,000 characters.")
    negative_prompt: str | None = strawberry.field(description="What to keep out of it.", default=None)
    seconds: float | None = strawberry.field(description="Length; policy has limits and a default.", default=None)
    orientation: Orientation = strawberry.field(description="Shape of the picture.", default=Orientation.PORTRAIT)
    style: str | None = strawberry.field(description="One of the engine's styles.", default=None)
    seed: int | None = strawberry.field(description="0 … 2147483647: the same seed gives the same clip.", default=None)
    engine: str | None = strawberry.field(
        description="Name of an engine; the server's best when left out.", default=None
    )
    quality: Quality = strawberry.field(description="How much work to spend.", default=Quality.STANDARD)
    cast: list[CastInput] = strawberry.field(
        description="Cameos to show, at most as many as the engine takes. Nothing else casts anybody: a prompt that "
        "names @somebody who is not listed here is refused.",
        default_factory=list[CastInput],
    )
    remix_of: strawberry.ID | None = strawberry.field(
        description="A video to build on. Everybody in it stays part of the remix, whoever is cast: the viewer needs "
        "a permission with REMIX for each.",
        default=None,
    )
    remix_strength: float | None = strawberry.field(
        description="How far to go from the remixed video, 0 (keep all) to 1 (all new); as far as the words ask when "
        "left out.",
        default=None,
    )
    trend_id: strawberry.ID | None = strawberry.field(
        description="A trend to join: the clip is part of it once it is published. A trend of remixes is joined by "
        "remixing its first clip, or the video of it that `remixOf` names; one of a sound gives the clip its music.",
        default=None,
    )
    idempotency_key: str = strawberry.field(description="The same key and body give the same job; a UUID is good.")


@strawberry.type(description="The job is accepted and will end exactly once.")
class CreateGenerationSuccess:
    generation: Generation = plain("The job.")
    quota: Quota = plain("The author's day, with this job charged.")
    cast_notice: str | None = plain("Who else will see the draft and can remove it; null when nobody else is in it.")


@strawberry.input(description="Which job to stop.")
class CancelGenerationInput:
    generation_id: strawberry.ID = strawberry.field(description="A generation of the viewer's that has not ended.")


@strawberry.type(description="The job is stopped, or will be within one step. Its cost is given back.")
class CancelGenerationSuccess:
    generation: Generation = plain("The job as it stands.")


CreateGenerationPayload = Annotated[
    CreateGenerationSuccess
    | UnauthenticatedError
    | InvalidError
    | QuotaExceededError
    | RateLimitedError
    | IdempotencyConflictError
    | ConflictError
    | ConsentError
    | BlockedError
    | NotFoundError
    | DeniedError,
    strawberry.union("CreateGenerationPayload", description="The accepted job, or why nothing was stored."),
]
CancelGenerationPayload = Annotated[
    CancelGenerationSuccess | UnauthenticatedError | NotFoundError | ConflictError,
    strawberry.union("CancelGenerationPayload", description="The job, or why it cannot be cancelled."),
]


@strawberry.type
class GenerationMutations:
    @mutation(Access.MEMBER, "Ask for a clip. Follow it with the `generation` subscription.")
    async def create_generation(
        self, info: Info, input: Annotated[CreateGenerationInput, strawberry.argument(description="The clip.")]
    ) -> CreateGenerationPayload:
        request = resolve.GenerationRequest(
            prompt=input.prompt,
            negative_prompt=input.negative_prompt,
            seconds=input.seconds,
            portrait=input.orientation is Orientation.PORTRAIT,
            style=input.style,
            seed=input.seed,
            engine=input.engine,
            quality=EngineQuality(input.quality.value),
            cast=tuple(one.request() for one in input.cast),
            remix_of=None if input.remix_of is None else row_id(input.remix_of, "Video", field="remixOf"),
            remix_strength=input.remix_strength,
            trend_id=None if input.trend_id is None else row_id(input.trend_id, "Trend", field="trendId"),
            idempotency_key=input.idempotency_key,
        )
        row = await resolve.create_generation(info.context, request)
        quota = await _quota_after(info, row)
        notice = await notice_of(row)
        return CreateGenerationSuccess(generation=Generation.of(row), quota=quota, cast_notice=notice)

    @mutation(Access.MEMBER, "Stop a job of the viewer's.")
    async def cancel_generation(
        self, info: Info, input: Annotated[CancelGenerationInput, strawberry.argument(description="Which job.")]
    ) -> CancelGenerationPayload:
        found = row_id(input.generation_id, "Generation", field="generationId")
        return CancelGenerationSuccess(generation=Generation.of(await resolve.cancel_generation(info.context, found)))


async def _quota_after(info: Info, row: rows.Generation) -> Quota:
    """The author's day in the pool of the job's engine."""
    pool = pool_of(await in_force(info.context), row.engine)
    return Quota.of(await read_quota(info.context, row.account_id), row.cost_seconds, pool)
