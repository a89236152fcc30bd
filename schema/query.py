"""The query root: each field binds one resolver."""

from __future__ import annotations

import asyncio
from typing import Annotated

import strawberry
from strawberry.types import Info

from models.errors import Invalid, NotFound
from resolvers.account import account_by_handle, account_by_id
from resolvers.cameo import cameo_by_handle, cameo_by_id, castable
from resolvers.cast_notice import notice_before
from resolvers.engine import engines
from resolvers.feed.latest import latest
from resolvers.generation import generation_by_id
from resolvers.page import Window
from resolvers.policy import in_force
from resolvers.video import video_by_id
from schema.access import Access, field
from schema.account import Account, After, First
from schema.cameo import Cameo, CameoConnection
from schema.engine import Engine
from schema.feed import FeedConnection, FeedKind
from schema.generation import CastInput, Generation
from schema.node import Node, parse_global_id, row_id
from schema.policy import Policy
from schema.video import Video

MOST_NODES = 50
FEEDS = {FeedKind.LATEST: latest}

Id = Annotated[strawberry.ID, strawberry.argument(description="Opaque id.")]


@strawberry.type(description="Everything that can be read.")
class Query:
    @field(Access.ANYONE, "Who is signed in; null when nobody is.")
    def viewer(self, info: Info) -> Account | None:
        viewer = info.context.viewer
        return None if viewer is None else Account.of(viewer)

    @field(Access.ANYONE, "The object with this id; null when there is none that the viewer may see.")
    async def node(self, info: Info, id: Id) -> Node | None:
        return await _node(info, id)

    @field(Access.ANYONE, "The objects with these ids (at most 50), in order, null where the viewer may see none.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Opaque ids.")]
    ) -> list[Node | None]:
        if len(ids) > MOST_NODES:
            raise Invalid(f"Ask for at most {MOST_NODES} objects at once.", field="ids")
        return await asyncio.gather(*(_node(info, id) for id in ids))

    @field(Access.ANYONE, "The member with this handle; null when there is none.")
    async def account(
        self, handle: Annotated[str, strawberry.argument(description="With or without @; case does not matter.")]
    ) -> Account | None:
        row = await account_by_handle(handle)
        return None if row is None else Account.of(row)

    @field(Access.ANYONE, "The video with this id; null when the viewer may not see it.")
    async def video(self, info: Info, id: Id) -> Video | None:
        row = await video_by_id(info.context, row_id(id, "Video"))
        return None if row is None else Video.of(row)

    @field(Access.MEMBER, "A generation of the viewer's.")
    async def generation(self, info: Info, id: Id) -> Generation | None:
        return Generation.of(await generation_by_id(info.context, row_id(id, "Generation")))

    @field(
        Access.MEMBER,
        "One line to show before a clip is asked for: who else would see the draft and can remove it. Null when nobody "
        "else would be in it; an error where `createGeneration` would refuse the cast.",
    )
    async def cast_notice(
        self,
        info: Info,
        cast: Annotated[list[CastInput], strawberry.argument(description="As in `createGeneration`.")],
        remix_of: Annotated[strawberry.ID | None, strawberry.argument(description="The video to build on.")] = None,
    ) -> str | None:
        parent = None if remix_of is None else row_id(remix_of, "Video", field="remixOf")
        return await notice_before(info.context, tuple(one.request() for one in cast), parent)

    @field(Access.ANYONE, "A vertical feed of published videos.")
    async def feed(
        self,
        info: Info,
        kind: Annotated[FeedKind, strawberry.argument(description="Which feed.")] = FeedKind.LATEST,
        first: First = 10,
        after: After = None,
    ) -> FeedConnection:
        return FeedConnection.of(await FEEDS[kind](info.context, Window(first, after)))

    @field(Access.ANYONE, "The cameo with this handle; null when there is none that the viewer may use or ask for.")
    async def cameo(
        self,
        info: Info,
        handle: Annotated[str, strawberry.argument(description="With or without @; case does not matter.")],
    ) -> Cameo | None:
        row = await cameo_by_handle(info.context, handle)
        return None if row is None else Cameo.of(row)

    @field(Access.MEMBER, "Cameos that the viewer may use or ask for, newest first.")
    async def castable_cameos(
        self,
        info: Info,
        query: Annotated[
            str | None, strawberry.argument(description="How the handle or the owner's name starts; null: all.")
        ] = None,
        first: First = 10,
        after: After = None,
    ) -> CameoConnection:
        return CameoConnection.of(await castable(info.context, query, Window(first, after)))

    @field(Access.ANYONE, "The engines that make clips here.")
    async def engines(self) -> list[Engine]:
        return [Engine.of(reading) for reading in await engines()]

    @field(Access.ANYONE, "The rules of this server.")
    async def policy(self, info: Info) -> Policy:
        return Policy(rules=await in_force(info.context))


async def _node(info: Info, node_id: str) -> Node | None:
    try:
        kind, found = parse_global_id(node_id)
        match kind:
            case "Account":
                account = await account_by_id(info.context, found)
                return None if account is None else Account.of(account)
            case "Video":
                video = await video_by_id(info.context, found)
                return None if video is None else Video.of(video)
            case "Cameo":
                cameo = await cameo_by_id(info.context, found)
                return None if cameo is None else Cameo.of(cameo)
            case "Generation" if info.context.viewer is not None:
                return Generation.of(await generation_by_id(info.context, found))
            case _:
                return None
    except NotFound:
        return None
