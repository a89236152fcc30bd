"""People who use a running server as its own clients do: documents over HTTP, events over graphql-transport-ws."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from app.cli.client import send, subscribe
from app.cli.session import Client
from models.base import new_id
from tests.live import LiveServer

Json = dict[str, Any]

_ERROR = "... on Error { code message field }"
SIGN_UP = (
    "mutation($input: SignUpInput!) { signUp(input: $input) { ... on SignUpSuccess { token account { id } } %s } }"
)
INVITE = """
mutation($input: CreateInviteInput!) { createInvite(input: $input) {
  ... on CreateInviteSuccess { inviteCode } %s
} }
"""
FOLLOW = "mutation($input: FollowInput!) { follow(input: $input) { ... on FollowSuccess { account { isMutual } } %s } }"
CREATE = """
mutation($input: CreateGenerationInput!) { createGeneration(input: $input) {
  __typename ... on CreateGenerationSuccess { generation { id } quota { spentSeconds } castNotice }
  ... on ConsentError { reason cameo } %s
} }
"""
PUBLISH = """
mutation($input: PublishVideoInput!) { publishVideo(input: $input) {
  ... on PublishVideoSuccess { video { id state } } %s
} }
"""
WATCH = """
subscription($id: ID!, $after: String) { generation(id: $id, after: $after) {
  __typename cursor
  ... on GenerationStep { phase preview { url } }
  ... on GenerationSegment { url initUrl playlistUrl }
  ... on GenerationFinished { video { id } }
  ... on GenerationFailed { failure { code message appealable } }
} }
"""
FEED = """
subscription($after: String) { feedUpdates(kind: LATEST, after: $after) {
  __typename cursor ... on VideoAdded { video { id } } ... on VideoGone { id }
} }
"""
MEDIA = "media { url posterUrl previewUrl seconds hasAudio }"
VIDEO = f"""
query($id: ID!) {{ video(id: $id) {{
  id state prompt author {{ handle }} likenesses {{ via cameo {{ id handle }} }} {MEDIA}
}} }}
"""
_LIST = "{ edges { node { id state media { url } } } }"
EVERYWHERE = f"""
query($ids: [ID!]!) {{
  nodes(ids: $ids) {{ id ... on Video {{ state media {{ url }} }} }}
  feed(kind: LATEST, first: 50) {_LIST}
}}
"""
PROFILE = f"query($handle: String!) {{ account(handle: $handle) {{ videos(first: 50) {_LIST} }} }}"
OWN = f"query {{ viewer {{ drafts(first: 50) {_LIST} appearances(first: 50) {_LIST} quota {{ spentSeconds }} }} }}"


@dataclass
class Heard:
    """What a subscription told, with the time of each event (monotonic seconds)."""

    events: list[Json] = field(default_factory=list[Json])
    times: list[float] = field(default_factory=list[float])
    complete: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, kind: str) -> list[Json]:
        """Its events of one type."""
        return [event for event in self.events if event["__typename"] == kind]

    async def until(self, kind: str, count: int = 1, *, seconds: float = 60.0) -> Json:
        """The ``count``-th event of a type, once it came. Fails after ``seconds``, with everything that came."""
        end = time.monotonic() + seconds
        while len(self.of(kind)) < count:
            self.news.clear()
            left = end - time.monotonic()
            assert left > 0, f"no {kind} within {seconds} s: {self.events}"
            assert not self.complete, f"it ended without {kind}: {self.events}"
            try:
                await asyncio.wait_for(self.news.wait(), left)
            except TimeoutError:
                continue
        return self.of(kind)[count - 1]

    async def until_complete(self, seconds: float = 60.0) -> None:
        """Wait until the server has ended it."""
        async with asyncio.timeout(seconds):
            while not self.complete:
                self.news.clear()
                await self.news.wait()


@dataclass(frozen=True)
class Person:
    """A member, or nobody in particular (an empty token), at one of the server's processes."""

    handle: str
    id: str
    client: Client

    def at(self, server: LiveServer) -> Person:
        """The same person at another process."""
        return replace(self, client=Client(server.url, self.client.token))

    async def ask(self, document: str, **variables: Any) -> Json:
        """The data of an operation."""
        who = self.client if self.client.token else self.client.server
        return await send(who, document, variables)

    async def act(self, document: str, **request: Any) -> Json:
        """The payload of a mutation with one ``input``; its errors are part of it."""
        [payload] = (await self.ask(document.replace("%s", _ERROR), input=request)).values()
        return payload

    @asynccontextmanager
    async def listening(self, document: str, **variables: Any) -> AsyncGenerator[Heard]:
        """Hear a subscription while the block runs."""
        heard = Heard()

        async def listen() -> None:
            stream = subscribe(
                self.client, document, variables, on_drop=lambda word: heard.events.append({"__typename": word}),
                resume=lambda: None,
            )  # fmt: skip
            async for data in stream:
                heard.times.append(time.monotonic())
                [event] = data.values()
                heard.events.append(event)
                heard.news.set()
            heard.complete = True
            heard.news.set()

        task = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def make(self, prompt: str, **wish: Any) -> Json:
        """The payload of `createGeneration`."""
        return await self.act(CREATE, **({"prompt": prompt, "seconds": 1.0, "idempotencyKey": str(new_id())} | wish))

    async def made(self, prompt: str, **wish: Any) -> str:
        """The id of the video that came of a wish, watched to its end."""
        payload = await self.make(prompt, **wish)
        assert payload["__typename"] == "CreateGenerationSuccess", payload
        async with self.listening(WATCH, id=payload["generation"]["id"]) as heard:
            await heard.until_complete(180)
        assert heard.events[-1]["__typename"] == "GenerationFinished", heard.events[-1]
        return heard.events[-1]["video"]["id"]

    async def publish(self, video: str) -> None:
        """Publish to everybody, open to remixes."""
        assert (await self.act(PUBLISH, videoId=video))["video"] == {"id": video, "state": "PUBLISHED"}

    async def video(self, video: str) -> Json | None:
        """A video as this person sees it."""
        return (await self.ask(VIDEO, id=video))["video"]

    async def glimpses(self, videos: list[str], authors: list[str]) -> list[str]:
        """Every place where one of ``videos`` is shown or listed as if it were there, to this person, at this process.

        A stub that says WITHDRAWN and has no media is not one.
        """
        answer = await self.ask(EVERYWHERE, ids=videos)
        lists = {"node": [node for node in answer["nodes"] if node is not None], "feed": _nodes(answer["feed"])}
        for author in authors:
            lists[f"@{author}"] = _nodes((await self.ask(PROFILE, handle=author))["account"]["videos"])
        if self.client.token:
            own = (await self.ask(OWN))["viewer"]
            lists |= {name: _nodes(own[name]) for name in ("drafts", "appearances")}
        return [
            f"{place}: {node['id']} {node['state']}"
            for place, nodes in lists.items()
            for node in nodes
            if node["id"] in videos and (node["media"] is not None or node["state"] != "WITHDRAWN" or place == "feed")
        ]

    async def spent(self) -> float:
        """Engine seconds of today."""
        return (await self.ask(OWN))["viewer"]["quota"]["spentSeconds"]


async def newcomer(server: LiveServer, handle: str, code: str) -> Person:
    """Somebody who signs up."""
    nobody = stranger(server)
    payload = await nobody.act(
        SIGN_UP, inviteCode=code, handle=handle, password=f"{handle} likes long passwords", birthDate="1990-05-17",
        region="CA",
    )  # fmt: skip
    assert "token" in payload, payload
    return Person(handle, payload["account"]["id"], Client(server.url, payload["token"]))


def stranger(server: LiveServer) -> Person:
    """Somebody who is not signed in."""
    return Person("", "", Client(server.url, ""))


async def befriend(one: Person, other: Person) -> None:
    """Both follow each other."""
    await one.act(FOLLOW, accountId=other.id)
    assert (await other.act(FOLLOW, accountId=one.id))["account"] == {"isMutual": True}


async def refused(address: str, *servers: LiveServer) -> bool:
    """Does every process refuse the bytes at an address that one of them gave?"""
    path = httpx.URL(address).raw_path.decode()
    async with httpx.AsyncClient(trust_env=False) as http:
        answers = [await http.get(server.url + path) for server in servers]
    return all(answer.status_code == 404 for answer in answers)


def _nodes(connection: Json) -> list[Json]:
    return [edge["node"] for edge in connection["edges"]]
