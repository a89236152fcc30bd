"""Feeds: what a page reads at once equals what fields would read one by one, at a fixed number of statements."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.feed.stream import FEED_STREAM, FeedChange, tell
from models.base import new_id
from models.block import Block
from models.follow import Follow
from models.grant import OnExpiry
from models.mute import Mute
from models.video import AuthorState, ConsentState, ModerationState, Video, VideoVisibility, Visibility
from resolvers.feed import following, latest
from resolvers.feed.hydrate_sql import statement
from resolvers.feed.rules import FROM_FOLLOWED, FROM_FRIENDS, PUBLIC, PUBLIC_OR_FROM_FOLLOWED
from resolvers.loaders.known import Known
from schema.node import global_id
from tests.api import Api, Refused, Server
from tests.consent import account, follow, make_cameo, make_grant, make_video, mutuals, shift_clock
from tests.integration.test_video import counted_statements

SHOWN = """
fragment Shown on Video {
  id caption prompt promptPublic state visibility remixable createdAt publishedAt shareUrl creditLine
  remixCount treeCount likeCount viewCount commentCount viewerHasLiked
  author { id handle displayName avatarUrl viewerFollows followsViewer isMutual viewerBlocks viewerMutes }
  media { url posterUrl previewUrl width height seconds hasAudio waveform expiresAt }
  provenance { recipe } consent { state receiptUrl }
  likenesses { via consented cameo { id handle kind owner { handle } } }
  approvals { state cameo { handle } }
  parent { ...Link } root { ...Link } credits { distance author { handle } }
}
fragment Link on ChainLink {
  ... on Video { id caption state remixable author { handle displayName } }
  ... on Tombstone { id childCount }
}
"""
FEED = (
    """
query($kind: FeedKind! = LATEST, $first: Int! = 50, $after: String) {
  feed(kind: $kind, first: $first, after: $after) {
    edges { cursor node { ...Shown } whyThis { reason sentence score } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""
    + SHOWN
)
IDS = """
query($kind: FeedKind!, $first: Int! = 50, $after: String) { feed(kind: $kind, first: $first, after: $after) {
  edges { cursor node { id } } pageInfo { hasNextPage endCursor }
} }
"""
LISTS = (
    "query($handle: String!) { account(handle: $handle) { videos(first: 50) { edges { node { ...Shown } } } } }" + SHOWN
)
OWN = (
    "{ viewer { drafts(first: 20) { edges { node { ...Shown } } } "
    "appearances(first: 20) { edges { node { ...Shown } } } } }" + SHOWN
)


CROWD = """
CREATE TEMP TABLE copy AS SELECT gen_random_uuid() AS id, v.id AS pattern, n
FROM generate_series(1, %(count)d) n, (
    SELECT v.id FROM video v JOIN video_likeness l ON l.video_id = v.id AND l.via = 'SHOWN'
    JOIN video_visibility s ON s.id = v.id AND s.author_state = 'PUBLISHED' AND s.consent = 'LIVE'
    JOIN account a ON a.id = v.author_id AND a.handle = 'bob' ORDER BY v.id LIMIT 1
) v;
INSERT INTO generation (id, created_at, account_id, idempotency_key, request_hash, engine, spec, state, cost_seconds)
SELECT c.id, now(), g.account_id, c.id::text, '', g.engine, g.spec, g.state, g.cost_seconds
FROM copy c JOIN video v ON v.id = c.pattern JOIN generation g ON g.id = v.generation_id;
INSERT INTO video (id, created_at, generation_id, author_id, caption, prompt, seconds, width, height, fps, has_audio,
    waveform, recipe)
SELECT c.id, now(), c.id, v.author_id, 'copy ' || n, 'copied', 1, 720, 1280, 30, true, v.waveform, v.recipe
FROM copy c JOIN video v ON v.id = c.pattern;
INSERT INTO video_visibility (id, created_at, author_id, author_state, audience, consent, moderation, published_at)
SELECT c.id, now(), v.author_id, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR', yume_now() + n * interval '1 millisecond'
FROM copy c JOIN video v ON v.id = c.pattern;
INSERT INTO lineage (id, parent_id, root_id, depth, path)
SELECT c.id, c.pattern, t.root_id, t.depth + 1, t.path || c.pattern FROM copy c JOIN lineage t ON t.id = c.pattern;
INSERT INTO video_likeness (id, created_at, video_id, cameo_id, grant_id, publish_grant_id, scopes, version, via)
SELECT gen_random_uuid(), now(), c.id, l.cameo_id, l.grant_id, l.publish_grant_id, l.scopes, l.version, 'INHERITED'
FROM copy c JOIN video_likeness l ON l.video_id = c.pattern;
INSERT INTO rendition (id, created_at, video_id, kind, key, content_type, bytes, sha256)
SELECT gen_random_uuid(), now(), c.id, r.kind, c.id || r.kind, r.content_type, r.bytes, r.sha256
FROM copy c JOIN rendition r ON r.video_id = c.pattern;
DROP TABLE copy;
"""


def _forget(*_: Any) -> None:
    """What was given is not kept."""


def one_by_one(patch: pytest.MonkeyPatch) -> None:
    """Let every field read what it shows itself."""
    patch.setattr(Known, "give", _forget)


@pytest.fixture
async def people(server: Server, ada: Api) -> list[Api]:
    """Ada, and three who are mutuals of hers."""
    others = [await server.member(name) for name in ("mia", "noa", "oda")]
    for each in others:
        await mutuals(ada, each)
    return [ada, *others]


async def circle(video: Video, audience: Visibility) -> None:
    await VideoVisibility.filter(id=video.id).update(audience=audience)


async def crowd(count: int) -> None:
    """Many more of Bob's videos, each a remix of one that carries a likeness, and so with that likeness."""
    await connections.get("default").execute_script(CROWD % {"count": count})


@pytest.fixture
async def town(server: Server, ada: Api, bob: Api) -> dict[str, Api]:
    """Ada is shown in remixes of remixes, some withdrawn; Bob and she are mutuals; Cyd is blocked, Dee a stranger."""
    cyd, dee = await server.member("cyd"), await server.member("dee")
    await mutuals(ada, bob)
    await follow(dee, ada)
    cameo = await make_cameo(ada)
    first = await make_video(server.stores, ada)
    shown = await make_video(server.stores, bob, [cameo], parent=first)
    await make_video(server.stores, cyd, parent=shown)
    hidden = await make_video(server.stores, bob, [cameo])
    await make_video(server.stores, dee, parent=hidden)
    await VideoVisibility.filter(id=hidden.id).update(consent=ConsentState.WITHDRAWN)
    deleted = await make_video(server.stores, dee)
    await make_video(server.stores, bob, parent=deleted)
    await VideoVisibility.filter(id=deleted.id).update(author_state=AuthorState.DELETED)
    await make_video(server.stores, bob, [cameo], published=False)
    for audience in (Visibility.FOLLOWERS, Visibility.MUTUALS, Visibility.LINK):
        await circle(await make_video(server.stores, ada, parent=first), audience)
    await Block.create(blocker_id=account(ada).id, blocked_id=account(cyd).id)
    return {"anyone": server.anyone, "ada": ada, "bob": bob, "cyd": cyd, "dee": dee}


async def test_a_page_read_at_once_says_what_each_field_would_say_by_itself(
    town: dict[str, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, list[Any]] = {}
    for name, who in town.items():
        asked = [(FEED, {"kind": "LATEST"}), (LISTS, {"handle": "ada"}), (LISTS, {"handle": "bob"})]
        if who.viewer is not None:
            asked += [(FEED, {"kind": "FOLLOWING"}), (FEED, {"kind": "FRIENDS"}), (OWN, {})]
        told[name] = [await who.run(document, **values) for document, values in asked]
        with monkeypatch.context() as patch:
            one_by_one(patch)
            assert told[name] == [await who.run(document, **values) for document, values in asked]
    everything = str(told)
    for word in ("'childCount'", "WITHDRAWN", "DRAFT", "INHERITED", "'isMutual': True", "'FOLLOWERS'", "'recipe': {"):
        assert word in everything


async def test_a_page_of_any_feed_takes_six_statements_at_most_whatever_its_size(
    town: dict[str, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd(60)
    feeds = (("LATEST", "anyone"), ("LATEST", "ada"), ("FOLLOWING", "ada"), ("FRIENDS", "ada"), ("FOR_YOU", "ada"))
    for kind, who in (*feeds, ("FOR_YOU", "anyone")):
        costs: list[int] = []
        for first in (5, 50):
            with counted_statements(monkeypatch) as seen:
                page = (await town[who].run(FEED, kind=kind, first=first))["feed"]
            assert len(page["edges"]) == first
            costs.append(len(seen))
        assert costs[0] == costs[1] <= 6, (kind, costs)


async def test_a_page_is_filled_with_what_is_behind_videos_that_ran_out(
    server: Server, people: list[Api], bob: Api
) -> None:
    reader, *others = people
    cameo = await make_cameo(others[0])
    until = datetime.now(UTC) + timedelta(hours=1)
    grant = await make_grant(cameo, bob, expires_at=until, on_expiry=OnExpiry.WITHDRAW)
    kept = [str(global_id("Video", each)) for author in others for each in await post(author)]
    await make_video(server.stores, bob, [cameo], grants={cameo.id: grant})
    await crowd(20)
    assert len((await page(reader, "LATEST", 50, None))[0]) == 24
    await shift_clock("2 hours")
    first, after, more = await page(reader, "LATEST", 2, None)
    assert (first, more) == (kept[:0:-1], True)
    assert await page(reader, "LATEST", 2, after) == (kept[:1], ANY, False)


async def test_every_step_walks_indexes(people: list[Api]) -> None:
    reader = account(people[0]).id
    place = [datetime(2100, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1)]
    rules = (None, PUBLIC, FROM_FOLLOWED, FROM_FRIENDS, PUBLIC_OR_FROM_FOLLOWED)
    steps = [
        *((sql, [reader, 21, *place]) for sql in (latest.STATEMENT, following.FOLLOWING, following.FRIENDS)),
        *((statement(rule), [[new_id(), new_id()], reader]) for rule in rules),
    ]
    async with in_transaction() as connection:
        # So few rows are quicker read whole; what is asked is whether they need to be.
        await connection.execute_script("SET LOCAL enable_seqscan = off")
        for sql, values in steps:
            _, rows = await connection.execute_query(f"EXPLAIN {sql}", values)
            plan = "\n".join(row[0] for row in rows)
            assert "Index" in plan
            assert "Seq Scan" not in plan, plan


POST = """
WITH made AS (SELECT gen_random_uuid() AS id, n FROM generate_series(1, $2::int) n), job AS (
    INSERT INTO generation (id, created_at, account_id, idempotency_key, request_hash, engine, spec, state,
        cost_seconds)
    SELECT id, now(), $1::uuid, id::text, '', 'test', '{}', 'SUCCEEDED', 1 FROM made RETURNING id
), clip AS (
    INSERT INTO video (id, created_at, generation_id, author_id, caption, prompt, seconds, width, height, fps,
        has_audio, waveform, recipe)
    SELECT id, now(), id, $1::uuid, '', '', 1, 720, 1280, 30, true, '[]', '{}' FROM job RETURNING id
)
INSERT INTO video_visibility (id, created_at, author_id, author_state, audience, consent, moderation, published_at)
SELECT c.id, now(), $1::uuid, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR', yume_now() FROM clip c RETURNING id
"""
ACTS = st.one_of(
    st.tuples(st.just("post"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["hide", "show"]), st.integers(0, 11)),
    st.tuples(st.just("page"), st.integers(1, 4)),
)


async def post(author: Api, count: int = 1) -> list[UUID]:
    _, rows = await connections.get("default").execute_query(POST, [account(author).id, count])
    return [row["id"] for row in rows]


async def page(who: Api, kind: str, first: int, after: str | None) -> tuple[list[str], str | None, bool]:
    found = (await who.run(IDS, kind=kind, first=first, after=after))["feed"]
    return (
        [edge["node"]["id"] for edge in found["edges"]],
        found["pageInfo"]["endCursor"],
        found["pageInfo"]["hasNextPage"],
    )


@given(kind=st.sampled_from(["LATEST", "FOLLOWING", "FRIENDS"]), acts=st.lists(ACTS, max_size=16))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_scroll_repeats_and_skips_nothing_whatever_is_posted_and_hidden_meanwhile(
    people: list[Api], kind: str, acts: list[tuple[str, int]]
) -> None:
    reader, *authors = people
    await VideoVisibility.all().update(author_state=AuthorState.DELETED)
    start = [row for author in authors for row in await post(author, 4)]
    always, seen = set(start), list[str]()
    after, more = None, True
    for act, number in acts:
        if act == "post":
            await post(authors[number])
        elif act == "page":
            rows, after, more = await page(reader, kind, number, after)
            seen += rows
        else:
            state = ModerationState.HIDDEN if act == "hide" else ModerationState.CLEAR
            await VideoVisibility.filter(id=start[number]).update(moderation=state)
            always.discard(start[number])
    while more:
        rows, after, more = await page(reader, kind, 4, after)
        seen += rows
    assert len(seen) == len(set(seen))
    assert {str(global_id("Video", each)) for each in always} <= set(seen)
    assert (await page(reader, kind, 4, after))[0] == []


UPDATES = (
    """subscription($kind: FeedKind!, $after: String) { feedUpdates(kind: $kind, after: $after) {
  __typename ... on VideoAdded { video { ...Shown } } ... on VideoGone { id }
} }"""
    + SHOWN
)
ALL_KINDS = ("LATEST", "FOLLOWING", "FRIENDS", "FOR_YOU")


async def heard(stream: AsyncIterator[dict[str, Any]]) -> list[str]:
    """Ids of what was added, until something is gone."""
    added: list[str] = []
    async for data in stream:
        update = data["feedUpdates"]
        if update["__typename"] == "VideoGone":
            break
        added.append(update["video"]["id"])
    return added


async def test_an_open_feed_is_told_by_the_rule_of_its_own_kind(server: Server, people: list[Api]) -> None:
    reader, friend, other, _ = people
    await Follow.filter(follower_id=account(other).id).delete()
    stranger = await server.member("pia")
    [open_to_all], [of_other], [of_friend] = await post(stranger), await post(other), await post(friend)
    await VideoVisibility.filter(id__in=[of_other, of_friend]).update(audience=Visibility.FOLLOWERS)
    posted = [open_to_all, of_other, of_friend]
    names = [str(global_id("Video", each)) for each in posted]

    async def told() -> dict[str, list[str]]:
        redis = server.stores.redis
        await tell(redis, FeedChange.GONE, [new_id()])
        [(place, _)] = await redis.xrevrange(FEED_STREAM, count=1)
        await tell(redis, FeedChange.ADDED, posted)
        await tell(redis, FeedChange.GONE, [new_id()])
        return {kind: await heard(reader.subscribe(UPDATES, kind=kind, after=place.decode())) for kind in ALL_KINDS}

    assert await told() == {
        "LATEST": names[:1], "FOLLOWING": names[1:], "FRIENDS": names[2:], "FOR_YOU": names,
    }  # fmt: skip
    await Mute.create(muter_id=account(reader).id, muted_id=account(friend).id)
    await Mute.create(muter_id=account(reader).id, muted_id=account(stranger).id)
    assert await told() == {"LATEST": [], "FOLLOWING": names[1:2], "FRIENDS": [], "FOR_YOU": names[1:2]}
    assert (await page(reader, "FOLLOWING", 9, None))[0] == names[1:2]
    assert (await page(reader, "LATEST", 9, None))[0] == []


@pytest.mark.parametrize("kind", ["FOLLOWING", "FRIENDS"])
async def test_feeds_of_people_are_for_members(server: Server, kind: str) -> None:
    assert await server.anyone.refused(IDS, kind=kind) == "UNAUTHENTICATED"
    with pytest.raises(Refused, match="UNAUTHENTICATED"):
        await heard(server.anyone.subscribe(UPDATES, kind=kind))


async def test_cursors_belong_to_one_viewer_and_one_kind(people: list[Api], server: Server) -> None:
    reader, friend, *_ = people
    await follow(friend, people[2])
    await post(people[2], 3)
    cursors = {kind: (await page(reader, kind, 1, None))[1] for kind in ("LATEST", "FOLLOWING", "FRIENDS")}
    for kind, cursor in cursors.items():
        assert cursor is not None
        assert len((await page(reader, kind, 9, cursor))[0]) == 2
        assert await friend.refused(IDS, kind=kind, after=cursor) == "INVALID"
        for other in cursors.keys() - {kind}:
            assert await reader.refused(IDS, kind=other, after=cursor) == "INVALID"
        for bad in ("", "x", "é", cursor[:9] + chr(ord(cursor[9]) ^ 1) + cursor[10:], cursor * 2):
            assert await reader.refused(IDS, kind=kind, after=bad) == "INVALID"
        for first in (0, -1, 51):
            assert await reader.refused(IDS, kind=kind, first=first) == "INVALID"
        assert await reader.refused(IDS, kind=kind, first=10_000) == "QUERY_TOO_COSTLY"
    assert await server.anyone.refused(IDS, kind="LATEST", after=cursors["LATEST"]) == "INVALID"
