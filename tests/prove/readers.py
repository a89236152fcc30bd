"""The battery of two web servers: one takes something back while readers of the other look for it without a pause."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.cli.session import Client
from models.account import Account
from models.base import new_id
from models.cameo import ALL_SCOPES, Cameo
from models.generation import Generation
from models.grant import Audience, Grant
from models.video import Video
from resolvers.context import Stores
from resolvers.session import open_session
from schema.node import global_id
from tests.casting import queue
from tests.consent import follow, make_cameo, make_grant, make_video
from tests.jobs_stack import state_of, until
from tests.live import LiveServer
from tests.story import FEED, MEDIA, WATCH, Heard, Json, Person

AFTERWARDS = 2
"""How many whole reads each reader makes after the answer of the mutation."""
REVOKE = {
    "revokeCameo": "mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) {"
    " ... on RevokeCameoSuccess { withdrawnVideos stoppedJobs } %s } }",
    "revokeGrant": "mutation($input: RevokeGrantInput!) { revokeGrant(input: $input) {"
    " ... on RevokeGrantSuccess { withdrawnVideos stoppedJobs } %s } }",
}
_EDGES = "{ edges { node { id media { url } } } }"
READS = {
    "feed": f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ id }} feed(kind: LATEST, first: 50) {_EDGES} }}",
    "nodes": "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Video { media { url } } } }",
    "profile": f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on Account {{ videos {_EDGES} }} }} }}",
    "drafts": f"query {{ viewer {{ drafts {_EDGES} }} }}",
    "appearances": f"query {{ viewer {{ appearances {_EDGES} }} }}",
}
"""What is read; "media" is read as bytes."""


@dataclass
class Figures:
    """What the battery counted. ``faults`` must stay empty; the lists are seconds from the mutation's answer on."""

    late_reads: Counter[str] = field(default_factory=Counter)
    """Reads that were begun after the mutation's answer, by what was read."""
    feed: list[float] = field(default_factory=list[float])
    watch: list[float] = field(default_factory=list[float])
    job: list[float] = field(default_factory=list[float])
    bytes_served: list[float] = field(default_factory=list[float])
    faults: list[str] = field(default_factory=list[str])


@dataclass
class Scene:
    """One round's people and what they made: a clip with Owner and Other, a remix of it, a draft, a job at work."""

    owner: Person
    author: Person
    remixer: Person
    other: Person
    cameo: Cameo
    grant: Grant
    videos: list[Video]
    job: Generation

    @property
    def ids(self) -> list[str]:
        """Of the videos."""
        return [global_id("Video", video.id) for video in self.videos]


@dataclass
class Moment:
    """When the mutation was answered; None until then."""

    answered: float | None = None


class Reader:
    """Reads one thing over and over at the other process, and notes what it saw that was asked for too late."""

    def __init__(self, what: str, who: Person, scene: Scene, http: httpx.AsyncClient) -> None:
        self.what, self.who, self.scene, self.http = what, who, scene, http
        self.seen_before = False

    async def run(self, moment: Moment, addresses: list[str], figures: Figures) -> None:
        """Until the mutation was answered, and `AFTERWARDS` more."""
        late = 0
        while late < AFTERWARDS:
            started = time.monotonic()
            seen = await (self._fetch(addresses) if self.what == "media" else self._read())
            if moment.answered is None or started < moment.answered:
                self.seen_before |= seen
                continue
            late += 1
            figures.late_reads[self.what] += 1
            if seen:
                figures.faults.append(f"{self.what} {started - moment.answered:.3f} s after the answer")
                if self.what == "media":
                    figures.bytes_served.append(started - moment.answered)

    async def _read(self) -> bool:
        ids = self.scene.ids if self.what != "profile" else [self.scene.author.id, self.scene.remixer.id]
        variables = {} if "$ids" not in READS[self.what] else {"ids": ids}
        answer = await self.http.post(
            "/graphql",
            json={"query": READS[self.what], "variables": variables},
            headers={"authorization": f"Bearer {self.who.client.token}", "accept": "application/json"},
        )
        body = answer.json()
        assert "errors" not in body, body
        return any(node.get("media") for node in _all_nodes(body["data"]) if node["id"] in self.scene.ids)

    async def _fetch(self, addresses: list[str]) -> bool:
        answers = [await self.http.get(httpx.URL(address).raw_path.decode()) for address in addresses]
        return any(answer.is_success for answer in answers)


async def revocations(
    stores: Stores, a: LiveServer, b: LiveServer, folder: Path, *, count: int, readers: int
) -> Figures:
    """Take back ``count`` times, by turns a cameo and a permission, with ``readers`` at ``b``; a worker is running."""
    figures = Figures()
    async with httpx.AsyncClient(
        base_url=b.url, trust_env=False, timeout=60, limits=httpx.Limits(max_connections=readers)
    ) as http:
        for number in range(count):
            scene = await _set(stores, a, folder, number)
            verb = "revokeCameo" if number % 2 == 0 else "revokeGrant"
            await _take_back(scene, verb, b, http, readers, figures)
    return figures


async def _set(stores: Stores, a: LiveServer, folder: Path, number: int) -> Scene:
    accounts: list[Account] = []
    people: list[Person] = []
    for role in ("own", "aut", "rem", "oth"):
        handle = f"{role}{new_id().hex[-12:]}"
        account = await Account.create(handle=handle, display_name=handle, region="CA")
        token, _ = await open_session(account.id)
        accounts.append(account)
        people.append(Person(handle, global_id("Account", account.id), Client(a.url, token)))
    owner, author, remixer, other = accounts
    cameo = await make_cameo(owner, audience=Audience.APPROVED)
    second = await make_cameo(other, audience=Audience.EVERYONE, scopes=ALL_SCOPES)
    grant = await make_grant(cameo, author)
    await make_grant(cameo, remixer)
    await follow(remixer, author)
    clip = await make_video(stores, author, [cameo, second])
    remix = await make_video(stores, remixer, parent=clip)
    draft = await make_video(stores, author, [cameo], published=False)
    job = await queue(author, [cameo], prompt=f"hold at 8 until {folder / f'never-{number}'}")
    who = dict(zip(("owner", "author", "remixer", "other"), people, strict=True))
    return Scene(**who, cameo=cameo, grant=grant, videos=[clip, remix, draft], job=job)


async def _take_back(
    scene: Scene, verb: str, b: LiveServer, http: httpx.AsyncClient, readers: int, figures: Figures
) -> None:
    moment = Moment()
    whats = [*READS, "media"]
    who = {"drafts": scene.author, "appearances": scene.other}
    made = [
        Reader(what, who.get(what, scene.remixer), scene, http)
        for what in itertools.islice(itertools.cycle(whats), readers)
    ]
    addresses = await _addresses(scene, b)
    async with (
        _watching(scene, b) as (feed, work),
        asyncio.TaskGroup() as group,
    ):
        for reader in made:
            group.create_task(reader.run(moment, addresses, figures))
        await until(_seen(made), seconds=60, what="every reader has seen it")
        target = {"cameoId": global_id("Cameo", scene.cameo.id)}
        if verb == "revokeGrant":
            target = {"grantId": global_id("Grant", scene.grant.id)}
        payload = await scene.owner.act(REVOKE[verb], mode="WITHDRAW", **target)
        moment.answered = time.monotonic()
        stopped = asyncio.create_task(_stopped(scene.job))
        if payload != {"withdrawnVideos": len(scene.videos), "stoppedJobs": 1}:
            figures.faults.append(f"{verb}: {payload}")
        await feed.until("VideoGone", 2)
        await work.until_complete()
        figures.job.append(await stopped - moment.answered)
    figures.feed.append(feed.times[-1] - moment.answered)
    figures.watch.append(work.times[-1] - moment.answered)
    if {event["id"] for event in feed.events} != set(scene.ids[:2]):
        figures.faults.append(f"the feed said {feed.events}")
    if work.events[-1].get("failure", {}).get("code") != "CONSENT_ENDED":
        figures.faults.append(f"the subscription ended with {work.events[-1]}")


@asynccontextmanager
async def _watching(scene: Scene, b: LiveServer) -> AsyncGenerator[tuple[Heard, Heard]]:
    """An open feed, and an open subscription to the job, which is at work; both at the other process."""
    async with (
        scene.remixer.at(b).listening(FEED) as feed,
        scene.author.at(b).listening(WATCH, id=global_id("Generation", scene.job.id)) as work,
    ):
        await work.until("GenerationStep")
        yield feed, work


async def _addresses(scene: Scene, b: LiveServer) -> list[str]:
    found: list[str] = []
    for video in scene.ids:
        who = scene.author if video == scene.ids[2] else scene.remixer
        answer = await who.at(b).ask(f"query($id: ID!) {{ video(id: $id) {{ {MEDIA} }} }}", id=video)
        found.append(answer["video"]["media"]["url"])
    return found


async def _stopped(job: Generation) -> float:
    async def over() -> bool:
        return await state_of(job.id) == "FAILED"

    await until(over, seconds=60, what="the job has stopped")
    return time.monotonic()


def _seen(readers: list[Reader]) -> Any:
    async def all_of_them() -> bool:
        return all(reader.seen_before for reader in readers)

    return all_of_them


def _all_nodes(data: Any) -> list[Json]:
    """Every object with an id, at any depth."""
    if isinstance(data, list):
        return [node for one in data for node in _all_nodes(one)]
    if not isinstance(data, dict):
        return []
    below = [node for value in data.values() for node in _all_nodes(value)]
    return [data, *below] if "id" in data else below
