"""The API without a socket: operations run on the real schema over the test's real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import strawberry
from redis.asyncio import Redis
from tortoise import connections

from engine.spec import Capabilities
from jobs.feed.stream import FEED_STREAM
from jobs.inbox import INBOX_STREAM
from jobs.progress import ProgressReader
from jobs.queue import Doorbell
from jobs.tail import Tail
from models.account import Account, Role
from models.base import new_id
from models.keys import load_keys
from models.storage import MediaStore
from models.vault import Vault, read_master
from models.video import AuthorState, Rendition, RenditionKind, Video, VideoVisibility
from resolvers.context import Context, Stores
from resolvers.session import open_session, session_for_token
from schema.root import build_schema

CAPABILITIES = Capabilities(
    title="Test engine", audio=True, first_frame=False, cast=True, max_cast=2, remix_strength=True, streaming=False,
    preview=True, min_seconds=1.0, max_seconds=10.0, sizes=((720, 1280), (1280, 720)), fps=(24, 30), steps=(1, 32),
    styles=("clay",),
)  # fmt: skip

CREATE = """
mutation($input: CreateGenerationInput!) { createGeneration(input: $input) {
  __typename
  ... on CreateGenerationSuccess {
    generation { id state progress cursor queuePosition cost { costSeconds } prompt } quota { leftSeconds } castNotice
  }
  ... on QuotaExceededError { needed left resetsAt }
  ... on RateLimitedError { retryAfterSeconds }
  ... on ConsentError { reason cameo }
  ... on Error { code message field }
} }
"""


class Refused(Exception):
    """A subscription ended with an error; the message is its code."""


class Api:
    """One caller. ``viewer`` is None for somebody who is not signed in."""

    def __init__(self, schema: strawberry.Schema, stores: Stores, viewer: Account | None, token: str | None) -> None:
        self.schema = schema
        self.stores = stores
        self.viewer = viewer
        self.token = token
        self.client = "127.0.0.1"

    async def context(self) -> Context:
        """What the view would make for this caller."""
        found = None if self.token is None else await session_for_token(self.token)
        account, session = found or (None, None)
        return Context(stores=self.stores, viewer=account, session=session, client=self.client, request_id="test")

    async def run(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must have no errors."""
        result = await self.schema.execute(document, variable_values=variables, context_value=await self.context())
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    async def refused(self, document: str, **variables: Any) -> str:
        """The code of an operation that must fail with exactly one error."""
        result = await self.schema.execute(document, variable_values=variables, context_value=await self.context())
        assert result.errors is not None
        [error] = result.errors
        assert error.extensions is not None
        return error.extensions["code"]

    async def mutate(self, document: str, **request: Any) -> dict[str, Any]:
        """The payload of a mutation with one ``input``."""
        [payload] = (await self.run(document, input=request)).values()
        return payload

    async def create(self, **request: Any) -> dict[str, Any]:
        """The payload of ``createGeneration``; a fresh idempotency key unless one is given."""
        return await self.mutate(CREATE, **{"prompt": "a fox", "idempotencyKey": str(new_id())} | request)

    async def subscribe(self, document: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """The data of each event; an error is raised as `Refused`."""
        stream = await self.schema.subscribe(document, variable_values=variables, context_value=await self.context())
        async for result in stream:  # type: ignore[union-attr]
            if result.errors:
                assert result.errors[0].extensions is not None
                raise Refused(result.errors[0].extensions["code"])
            yield result.data


class Server:
    """The schema and stores that callers of one test share."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.schema = build_schema(production=stores.production)

    @property
    def anyone(self) -> Api:
        """Somebody who is not signed in."""
        return Api(self.schema, self.stores, None, None)

    async def member(self, handle: str, *, role: Role = Role.MEMBER) -> Api:
        """A new member, signed in."""
        account = await Account.create(handle=handle, display_name=handle, role=role, region="CA")
        token, _ = await open_session(account.id)
        return Api(self.schema, self.stores, account, token)


async def make_stores(redis: Redis, folder: Path) -> Stores:
    """Stores of an API process on the test's database, Valkey and folder."""
    progress = ProgressReader(redis)
    await progress.start()
    return Stores(
        redis=redis,
        media=MediaStore.from_url(None, folder),
        progress=progress,
        feed=Tail(redis, FEED_STREAM),
        inbox=Tail(redis, INBOX_STREAM),
        doorbell=Doorbell(redis),
        keys=load_keys(folder / "keys"),
        vault=Vault(folder / "keys", read_master(folder / "keys", None)),
        production=False,
        address="http://127.0.0.1:8000",
    )


async def declare_engine(*, name: str = "test", age_seconds: float = 0.0) -> None:
    """A worker's row, as old as told."""
    await connections.get("default").execute_query(
        """
        INSERT INTO engine_host (id, created_at, host, engine, device, capabilities, weights, heartbeat_at)
        VALUES ($1, yume_now(), 'here', $2, 'cpu', $3, 'none', yume_now() - make_interval(secs => $4))
        """,
        [new_id(), name, msgspec.json.encode(CAPABILITIES).decode(), age_seconds],
    )


async def finished_video(
    stores: Stores, author: Account, *, published: bool = False, generation: UUID | None = None
) -> Video:
    """A clip of three bytes, stored and recorded as a worker would."""
    from models.generation import Generation, GenerationState

    job = await Generation.get(id=generation) if generation else await Generation.create(
        account_id=author.id, idempotency_key=str(new_id()), request_hash="", engine="test", spec={"prompt": "a fox"},
        cost_seconds=1.0,
    )  # fmt: skip
    job.state = GenerationState.SUCCEEDED
    await job.save()
    video = await Video.create(
        generation_id=job.id, author_id=author.id, prompt="a fox", seconds=1.0, width=720, height=1280, fps=30,
        has_audio=True, waveform=[0.5], recipe={"subjects": ["fox"]},
    )  # fmt: skip
    await VideoVisibility.create(id=video.id, author_id=author.id, author_state=AuthorState.DRAFT)
    for kind in RenditionKind:
        key = f"videos/{job.id}/1/{kind.value.lower()}"
        await stores.media.put_bytes(key, b"mp4", "video/mp4")
        await Rendition.create(
            video_id=video.id, kind=kind, key=key, content_type="video/mp4", bytes=3, sha256="0" * 64
        )
    if published:
        await connections.get("default").execute_query(
            "UPDATE video_visibility SET author_state = 'PUBLISHED', published_at = yume_now() WHERE id = $1",
            [video.id],
        )
    return video
