"""What a subscriber is told about a generation while it is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from jobs.progress import Cursor, EventKind
from resolvers.generation_event import Told, watch_generation
from resolvers.live import live_addresses
from resolvers.media import preview_address
from resolvers.video import video_by_id
from schema.access import Access, plain, subscription
from schema.generation import Failure, Generation
from schema.node import global_id, row_id
from schema.video import Video


@strawberry.enum(description="What is being done.")
class GenerationPhase(Enum):
    LOADING = strawberry.enum_value("LOADING", description="Bringing the engine into memory.")
    TEXT = strawberry.enum_value("TEXT", description="Understanding the prompt.")
    DENOISE = strawberry.enum_value("DENOISE", description="Sampling the latents, step by step.")
    DECODE = strawberry.enum_value("DECODE", description="Turning latents into sound and picture.")
    ENCODE = strawberry.enum_value("ENCODE", description="Writing the video file.")
    CHECK = strawberry.enum_value("CHECK", description="Checking the finished file.")
    STORE = strawberry.enum_value("STORE", description="Storing it.")


@strawberry.interface(description="Something that happened to a generation.")
class GenerationEvent:
    cursor: str = plain("Resubscribe with this as `after` to go on without gap or repeat.")
    generation_id: strawberry.ID = plain("Which generation.")
    attempt: int = plain("Which attempt: it rises when a worker was lost and the job started again.")


@strawberry.type(description="It waits in the queue.")
class GenerationQueued(GenerationEvent):
    position: int = plain("How many jobs go before it.")


@strawberry.type(description="A small picture of what the clip looks like so far.")
class Preview:
    url: str = plain("WebP; lives some minutes.")
    width: int = plain("Pixels.")
    height: int = plain("Pixels.")


@strawberry.type(description="A step was done.")
class GenerationStep(GenerationEvent):
    phase: GenerationPhase = plain("What is being done.")
    step: int = plain("Which step of the phase, from 1.")
    total: int = plain("How many steps the phase has.")
    fraction: float = plain("How far the whole job is, 0 … 1. It restarts with a new attempt.")
    eta_seconds: float | None = plain("About how long it will still take.")
    preview: Preview | None = plain("What it looks like so far.")


@strawberry.type(
    description="A further piece of the clip can be played while the rest is being made. Its pictures and sound are "
    "those of the finished file. All addresses are the author's alone and end with this attempt: at the latest when "
    "the clip is finished."
)
class GenerationSegment(GenerationEvent):
    url: str = plain("The piece as fragmented MP4 that begins with a keyframe; `initUrl` goes before the first.")
    index: int = plain("Which piece, from 1, without gaps within an attempt.")
    start: float = plain("Where it begins in the clip, in seconds.")
    seconds: float = plain("How long it is.")
    init_url: str = plain("What a player needs before the first piece; the same for all of an attempt.")
    playlist_url: str = plain("HLS playlist of every piece so far, growing until the clip is whole.")
    mime_type: str = plain("Media type with codecs, as `MediaSource.addSourceBuffer` takes it.")


@strawberry.type(description="It ended in a draft video. Nothing follows.")
class GenerationFinished(GenerationEvent):
    video: Video | None = plain("The draft; null when it was deleted meanwhile.")


@strawberry.type(description="It ended without a video. Nothing follows.")
class GenerationFailed(GenerationEvent):
    failure: Failure = plain("Why.")


@strawberry.type(description="Its author stopped it. Nothing follows.")
class GenerationCancelled(GenerationEvent):
    pass


@strawberry.type(
    description="History before this cursor is gone: take the generation as it stands, and go on from here."
)
class GenerationSnapshot(GenerationEvent):
    generation: Generation = plain("The generation as it stands.")


EVENT_TYPES = [
    GenerationQueued,
    GenerationStep,
    GenerationSegment,
    GenerationFinished,
    GenerationFailed,
    GenerationCancelled,
    GenerationSnapshot,
]


async def event_of(info: Info, told: Told) -> GenerationEvent:
    """A progress event as clients see it."""
    event = told.event
    made: GenerationEvent
    base: dict[str, Any] = {
        "cursor": event.cursor,
        "generation_id": global_id("Generation", event.generation_id),
        "attempt": event.attempt,
    }
    match event.kind:
        case EventKind.QUEUED:
            made = GenerationQueued(**base, position=event.position or 0)
        case EventKind.STEP:
            made = GenerationStep(
                **base,
                phase=GenerationPhase(event.phase),
                step=event.step or 0,
                total=event.total or 0,
                fraction=event.fraction or 0.0,
                eta_seconds=event.eta_seconds,
                preview=_preview(info, told),
            )
        case EventKind.SEGMENT:
            made = _segment(info, told, base)
        case EventKind.FINISHED:
            row = None if event.video_id is None else await video_by_id(info.context, event.video_id)
            made = GenerationFinished(**base, video=None if row is None else Video.of(row))
        case EventKind.FAILED if event.failure is not None:
            failure = Failure(code=event.failure.code, message=event.failure.message, appealable=False)
            made = GenerationFailed(**base, failure=failure)
        case EventKind.CANCELLED:
            made = GenerationCancelled(**base)
        case _:
            made = GenerationSnapshot(**base, generation=Generation.of(told.row))
    return made


def _segment(info: Info, told: Told, base: dict[str, Any]) -> GenerationEvent:
    segment, cursor = told.event.segment, Cursor.parse(told.event.cursor)
    if segment is None or cursor is None:
        return GenerationSnapshot(**base, generation=Generation.of(told.row))
    addresses = live_addresses(info.context.stores, told.row, cursor.fence)
    return GenerationSegment(
        **base,
        url=addresses.segment(segment.index),
        index=segment.index,
        start=segment.start,
        seconds=segment.seconds,
        init_url=addresses.init,
        playlist_url=addresses.playlist,
        mime_type=f'video/mp4; codecs="{segment.codecs}"',
    )


def _preview(info: Info, told: Told) -> Preview | None:
    picture = told.event.preview
    if picture is None:
        return None
    return Preview(url=preview_address(info.context.stores, picture.key), width=picture.width, height=picture.height)


@strawberry.type
class GenerationSubscription:
    @subscription(Access.MEMBER, "Follow a generation of the viewer's to its end; completes after the terminal event.")
    async def generation(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which generation.")],
        after: Annotated[
            str | None, strawberry.argument(description="Go on after this cursor; from the start when left out.")
        ] = None,
    ) -> AsyncGenerator[GenerationEvent, None]:
        async for told in watch_generation(info.context, row_id(id, "Generation"), after):
            info.context.renew_loaders()
            yield await event_of(info, told)
