"""Counts equal what they count, after any sequence of acts and whichever workers settle them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from jobs.chores import Chores
from jobs.derived.counts import TOPIC_COUNTS, settle_counts
from jobs.derived.recount import recount
from models.account import Account, Role
from models.cameo import ALL_SCOPES, Cameo
from models.comment import Comment
from models.counts import VideoCounts
from models.generation import Outbox
from models.grant import Audience
from models.like import Like
from models.lineage import Lineage
from models.report import Report
from models.video import Video, VideoVisibility
from resolvers.limit import Limit
from resolvers.session import open_session
from schema.node import global_id
from tests.api import Api, Server
from tests.chores import chores_of
from tests.consent import account, make_cameo, make_video
from tests.jobs_stack import rows
from tests.social import change, like, say, towards, unlike, vid

DO = "mutation($input: %sInput!) { %s(input: $input) { __typename } }"
Truth = dict[UUID, tuple[int, int, int, int]]


async def do(who: Api, name: str, **request: Any) -> None:
    await who.mutate(DO % (name[0].upper() + name[1:], name), **request)


async def truth() -> Truth:
    """Likes, comments, remixes and tree of every video, counted one by one from the rows of the moment."""
    gone = {row.id for row in await Account.all() if row.suspended_at or row.deleted_at}
    listed = {
        row.id
        for row in await VideoVisibility.all()
        if (row.author_state, row.audience, row.consent, row.moderation) == ("PUBLISHED", "PUBLIC", "LIVE", "CLEAR")
        and row.author_id not in gone
    }
    likes = Counter(row.video_id for row in await Like.all())
    comments = Counter(row.video_id for row in await Comment.all() if not row.deleted_at and not row.hidden_at)
    chains = [row for row in await Lineage.all() if row.id in listed]
    remixes = Counter(row.parent_id for row in chains)
    trees = Counter(ancestor for row in chains for ancestor in row.path)
    return {row.id: (likes[row.id], comments[row.id], remixes[row.id], trees[row.id]) for row in await Video.all()}


async def counted() -> Truth:
    found = {row.id: row for row in await VideoCounts.all()}
    blank = VideoCounts()
    return {
        row.id: (kept.like_count, kept.comment_count, kept.remix_count, kept.tree_count)
        for row in await Video.all()
        for kept in [found.get(row.id, blank)]
    }


async def settle(chores: Chores) -> None:
    """Workers at once, as a sweep's two halves."""
    await chores.tell()
    while await Outbox.filter(topic=TOPIC_COUNTS).exists():
        await asyncio.gather(*(settle_counts(chores.redis) for _ in range(3)))


@dataclass
class World:
    """Three members, an admin who lends a cameo to all, and what was made so far."""

    server: Server
    people: list[Api]
    root: Api
    cameo: Cameo
    dice: random.Random
    videos: list[Video] = field(default_factory=list[Video])
    comments: list[str] = field(default_factory=list[str])

    def somebody(self) -> Api:
        return self.dice.choice(self.people)

    def video(self) -> Video:
        return self.dice.choice(self.videos)

    async def by_author(self, name: str, video: Video | None = None, **request: Any) -> None:
        video = video or self.video()
        author = next(each for each in self.people if account(each).id == video.author_id)
        await do(author, name, videoId=vid(video), **request)

    async def make(self) -> None:
        parent = self.dice.choice([*self.videos, None])
        cast = [self.cameo] if parent is None and self.dice.random() < 0.4 else []
        self.videos.append(await make_video(self.server.stores, self.somebody(), cast, parent=parent, published=False))
        if self.dice.random() < 0.8:
            await self.by_author("publishVideo", self.videos[-1])

    async def publish(self) -> None:
        await self.by_author("publishVideo")

    async def delete(self) -> None:
        await self.by_author("deleteVideo")

    async def change_reach(self) -> None:
        reach: list[dict[str, Any]] = [{"visibility": "PUBLIC"}, {"visibility": "FOLLOWERS"}, {"unpublish": True}]
        await self.by_author("updateVideo", **self.dice.choice(reach))

    async def suspend(self) -> None:
        name = self.dice.choice(["suspendAccount", "unsuspendAccount", "unsuspendAccount"])
        who = self.somebody()
        await do(self.root, name, accountId=global_id("Account", account(who).id))
        who.token, _ = await open_session(account(who).id)  # which opens to them once they are no longer suspended

    async def moderate(self) -> None:
        report = await Report.create(
            video_id=self.video().id, reporter_id=account(self.root).id, reason="OTHER", text="",
            idempotency_key=str(self.dice.random()), request_hash="",
        )  # fmt: skip
        await do(self.root, "resolveReport", reportId=global_id("Report", report.id), verdict="HIDE", note="")

    async def withdraw(self) -> None:
        await do(self.root, "withdrawLikeness", videoId=vid(self.video()))

    async def write(self) -> None:
        answer = {"replyTo": self.dice.choice(self.comments)} if self.comments and self.dice.random() < 0.4 else {}
        written = await say(self.somebody(), self.video(), **answer)
        self.comments += [written["edge"]["node"]["id"]] if "edge" in written else []

    async def take_away(self) -> None:
        if self.comments:
            verb = self.dice.choice(["delete", "hide", "unhide"])
            await change(self.somebody(), verb, self.dice.choice(self.comments))

    async def like(self) -> None:
        await like(self.somebody(), self.video())

    async def unlike(self) -> None:
        await unlike(self.somebody(), self.video())

    async def block(self) -> None:
        one, other = self.dice.sample(self.people, 2)
        await towards(one, self.dice.choice(["block", "unblock", "unblock"]), other)


WEIGHTS: dict[Callable[[World], Awaitable[None]], int] = {
    World.make: 6, World.publish: 3, World.change_reach: 4, World.delete: 1, World.suspend: 2, World.moderate: 1,
    World.withdraw: 1, World.write: 6, World.take_away: 3, World.like: 6, World.unlike: 3, World.block: 1,
}  # fmt: skip


async def test_counts_equal_what_they_count_after_any_acts(
    server: Server, ada: Api, bob: Api, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unlimited(*_: Any) -> None:
        """Nobody is too quick here."""

    monkeypatch.setattr(Limit, "spend", unlimited)
    root = await server.member("root", role=Role.ADMIN)
    cameo = await make_cameo(root, audience=Audience.EVERYONE, scopes=ALL_SCOPES)
    world = World(server, [ada, bob, await server.member("cleo")], root, cameo, random.Random(7))
    chores = chores_of(server.stores)
    highest = [0, 0, 0, 0]
    for _ in range(4):
        await world.make()
    for number in range(1, rounds(40, 1500) + 1):
        [act] = world.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
        await act(world)
        if number % 20 == 0:
            await settle(chores)
            told = await truth()
            assert await counted() == told, f"after act {number}"
            highest = [max(column) for column in zip(highest, *told.values(), strict=True)]
    assert min(highest) > 0, "it was about something"
    assert await recount() == 0


async def test_recounting_mends_every_count(server: Server, ada: Api, bob: Api) -> None:
    video = await make_video(server.stores, ada)
    await make_video(server.stores, bob, parent=await make_video(server.stores, ada, parent=video))
    await like(bob, video)
    await say(ada, video, replyTo=(await say(bob, video))["edge"]["node"]["id"])
    await rows("UPDATE video_counts SET like_count = 9, comment_count = 9, tree_count = 9, counted = NOT counted")
    await rows("UPDATE comment SET reply_count = 9 WHERE parent_id IS NULL")
    assert await recount() == 3 + 1
    assert await counted() == await truth()
    assert (await counted())[video.id] == (1, 2, 1, 2)
    assert sorted(row.reply_count for row in await Comment.all()) == [0, 1]
    assert await recount() == 0
