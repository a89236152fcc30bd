"""The ranked feed: what it shows to whom, in which order, and that its scrolls stand still."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.derived.impressions import forget_impressions
from jobs.derived.quality import refresh_quality
from jobs.derived.taste import refresh_tastes
from resolvers.cursor import decode_cursor
from resolvers.feed import candidate_sql
from resolvers.feed.candidates import Places
from schema.node import global_id, parse_global_id
from tests.api import Api, Server
from tests.consent import account, follow, shift_clock
from tests.feed_world import NATURE, OTHER, publish_many
from tests.jobs_stack import rows

FEED = """
query($first: Int!, $after: String, $steer: String, $kind: FeedKind! = FOR_YOU) {
  feed(kind: $kind, first: $first, after: $after, steer: $steer) {
    edges { cursor node { id caption author { handle } }
      whyThis { reason sentence score contributions { feature value weight points share } } }
    pageInfo { hasNextPage endCursor }
    interpretation { text parts { words kind direction value effect } notUnderstood }
    nudge { minutes words }
  }
}
"""
NOTE = """mutation($input: NoteViewsInput!) { noteViews(input: $input) {
  __typename ... on NoteViewsSuccess { newCount } ... on Error { code field } } }"""
LESS = """mutation($input: SeeLessInput!) { seeLess(input: $input) {
  __typename ... on SeeLessSuccess { seeLess { id of video { id } account { handle } } }
  ... on Error { code field } } }"""
UNDO = """mutation($input: UndoSeeLessInput!) { undoSeeLess(input: $input) {
  __typename ... on UndoSeeLessSuccess { undoneId } ... on Error { code } } }"""
WEIGHTS = """mutation($input: SetFeedWeightsInput!) { setFeedWeights(input: $input) {
  __typename ... on SetFeedWeightsSuccess { feedWeights { steer weights { feature value default isDefault }
    reading { parts { kind value direction } notUnderstood } } } ... on Error { code field message } } }"""
OWN = """{ viewer { feedWeights { steer weights { feature value } }
  seeLess(first: 10) { edges { node { id of account { handle } video { id } } } } } }"""
LIKE = "mutation($input: LikeInput!) { like(input: $input) { __typename } }"
MUTE = "mutation($input: MuteInput!) { mute(input: $input) { __typename } }"
BLOCK = "mutation($input: BlockInput!) { block(input: $input) { __typename } }"


async def page(caller: Api, first: int = 10, after: str | None = None, steer: str | None = None) -> dict[str, Any]:
    return (await caller.run(FEED, first=first, after=after, steer=steer))["feed"]


async def scroll(caller: Api, first: int = 10, after: str | None = None, steer: str | None = None) -> list[Any]:
    """Every edge from a place to the end."""
    edges: list[Any] = []
    while True:
        found = await page(caller, first, after, steer)
        edges += found["edges"]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            return edges


def captions(edges: list[Any]) -> list[str]:
    return [edge["node"]["caption"] for edge in edges]


def handles(edges: list[Any]) -> list[str]:
    return [edge["node"]["author"]["handle"] for edge in edges]


def ids(edges: list[Any]) -> list[str]:
    return [edge["node"]["id"] for edge in edges]


async def met(caller: Api, edges: list[Any], seconds: float = 1.0) -> None:
    for start in range(0, len(edges), 50):
        views = [{"videoId": each, "seconds": seconds} for each in ids(edges)[start : start + 50]]
        assert (await caller.mutate(NOTE, views=views))["__typename"] == "NoteViewsSuccess"


@pytest.fixture
async def authors(server: Server) -> list[Api]:
    return [await server.member(f"author{number}") for number in range(8)]


async def test_who_likes_nature_gets_more_of_it_from_many_people_with_room_for_the_unknown(
    server: Server, authors: list[Api], ada: Api, bob: Api
) -> None:
    mixed = [caption for pair in zip(NATURE, OTHER, strict=True) for caption in pair] * 5
    videos = await publish_many(authors, mixed)
    liked = [video for video, caption in zip(videos, mixed, strict=True) if caption in NATURE][-6:]
    for video in liked:
        assert (await ada.mutate(LIKE, videoId=global_id("Video", video)))["__typename"] == "LikeSuccess"
    await rows("UPDATE video_counts SET view_count = 100")
    await connections.get("default").execute_query(
        "INSERT INTO video_counts (id, view_count) SELECT unnest($1::uuid[]), 100 ON CONFLICT DO NOTHING", [videos[:50]]
    )
    assert await refresh_tastes() == 1
    assert await refresh_quality() == len(set(videos[:50]) | set(liked))

    def nature(edges: list[Any]) -> int:
        return sum(caption in NATURE for caption in captions(edges))

    hers, his = (await page(ada, 20))["edges"], (await page(bob, 20))["edges"]
    assert nature(hers) >= 14
    assert nature(hers) > nature(his) + 2  # a random order has ten, as he has who likes nothing yet
    for edge in [*hers, *his]:
        why = edge["whyThis"]
        assert sum(part["points"] for part in why["contributions"]) == pytest.approx(why["score"], abs=1e-6)
        assert sum(part["share"] for part in why["contributions"]) == pytest.approx(1)
        assert why["sentence"].endswith(".")
    assert Counter(edge["whyThis"]["reason"] for edge in hers)["EXPLORING"] == 2
    for _, *window in zip(*(handles(hers)[place:] for place in range(5)), strict=False):
        assert len(set(window)) == len(window)


async def test_whom_a_member_mutes_blocks_or_wants_less_of_is_gone_from_the_next_page(
    server: Server, authors: list[Api], ada: Api
) -> None:
    await publish_many(authors, (NATURE + OTHER) * 4)
    start = await page(ada, 4)
    rest = start["pageInfo"]["endCursor"]
    muted, blocked, less = authors[1], authors[2], authors[3]
    await ada.mutate(MUTE, accountId=global_id("Account", account(muted).id))
    await ada.mutate(BLOCK, accountId=global_id("Account", account(blocked).id))
    wish = await ada.mutate(LESS, of="AUTHOR", id=global_id("Account", account(less).id))
    assert wish["seeLess"]["account"] == {"handle": "author3"}
    assert (await ada.mutate(LESS, of="AUTHOR", id=wish["seeLess"]["id"]))["code"] == "NOT_FOUND"
    for edges in (await scroll(ada, 20, rest), await scroll(ada, 20)):
        assert edges
        assert not {"author1", "author2", "author3"} & set(handles(edges))

    politics = next(edge["node"]["id"] for edge in await scroll(ada, 50) if edge["node"]["caption"] == OTHER[0])
    topic = await ada.mutate(LESS, of="TOPIC", id=politics)
    assert topic["seeLess"]["video"] == {"id": politics}
    left = captions(await scroll(ada, 50, rest))
    assert OTHER[0] not in left
    assert NATURE[0] in left
    listed = (await ada.run(OWN))["viewer"]["seeLess"]["edges"]
    assert [edge["node"]["of"] for edge in listed] == ["TOPIC", "AUTHOR"]
    assert (await authors[0].run(OWN))["viewer"]["seeLess"]["edges"] == []
    stranger = await authors[0].mutate(UNDO, id=topic["seeLess"]["id"])
    assert stranger["__typename"] == "UndoSeeLessSuccess"
    assert OTHER[0] not in captions(await scroll(ada, 50))  # somebody else's wish is not theirs to undo
    for each in listed:
        assert (await ada.mutate(UNDO, id=each["node"]["id"]))["undoneId"] == each["node"]["id"]
    again = await scroll(ada, 50)
    assert OTHER[0] in captions(again)
    assert "author3" in handles(again)


async def test_a_scroll_stands_still_and_ends_only_where_there_is_nothing_left(
    server: Server, authors: list[Api], ada: Api, bob: Api
) -> None:
    videos = await publish_many(authors, (NATURE + OTHER) * 16, hours_apart=0.1)
    first = await page(ada, 50)
    after = first["pageInfo"]["endCursor"]
    second = await page(ada, 50, after)
    fresh = await publish_many(authors, ["something new"] * 3)
    await ada.mutate(LIKE, videoId=second["edges"][7]["node"]["id"])
    await met(ada, first["edges"])
    await refresh_tastes()
    assert await page(ada, 50, after) == second
    one, other = await asyncio.gather(*(scroll(ada, 50, after) for _ in range(2)))
    assert ids(one) == ids(other)
    everything = ids(first["edges"]) + ids(one)
    assert len(everything) == len(set(everything))
    assert {global_id("Video", video) for video in videos} <= set(everything)
    assert not {global_id("Video", video) for video in fresh} & set(ids(second["edges"]))

    latest = (await ada.run(FEED, first=2, kind="LATEST"))["feed"]["pageInfo"]["endCursor"]
    foreign: list[tuple[Api, dict[str, Any]]] = [
        (bob, {"after": after}), (server.anyone, {"after": after}), (ada, {"after": after, "steer": "cats"}),
        (ada, {"after": latest}), (ada, {"after": "AAAA"}), (ada, {"after": after, "kind": "LATEST"}),
    ]  # fmt: skip
    for caller, arguments in foreign:
        assert await caller.refused(FEED, first=2, **arguments) == "INVALID"
    for first_rows in (0, -1, 51):
        assert await ada.refused(FEED, first=first_rows) == "INVALID"
    await server.stores.redis.flushall()
    assert await ada.refused(FEED, first=2, after=after) == "CONFLICT"


async def test_while_redis_is_away_the_feed_goes_on_by_time(server: Server, authors: list[Api], ada: Api) -> None:
    videos = await publish_many(authors, NATURE * 4)
    newest = [global_id("Video", each) for each in sorted(videos, reverse=True)]
    ranked = (await page(ada, 5))["pageInfo"]["endCursor"]
    there, away = server.stores, replace(server.stores, redis=Redis.from_url("redis://127.0.0.1:9"))
    ada.stores = away
    first = await page(ada, 5)
    assert {edge["whyThis"]["reason"] for edge in first["edges"]} == {"LATEST"}
    assert await ada.refused(FEED, first=5, after=ranked) == "CONFLICT"
    ada.stores = there
    rest = await scroll(ada, 5, first["pageInfo"]["endCursor"])
    assert sorted(ids(first["edges"] + rest), reverse=True) == sorted(newest, reverse=True)
    await away.redis.aclose()


async def test_what_is_for_others_leaves_no_gap(authors: list[Api], ada: Api, bob: Api) -> None:
    videos = await publish_many(authors, NATURE * 3)
    await follow(ada, authors[0])
    own = "author_id = $1 AND id = ANY ($2::uuid[])"
    await rows(f"UPDATE video_visibility SET audience = 'FOLLOWERS' WHERE {own}", account(authors[0]).id, videos)
    await rows("UPDATE video_visibility SET audience = 'CHOSEN' WHERE id = ANY ($1::uuid[])", videos[1:3])
    for who, shown in ((ada, True), (bob, False)):
        edges = (await page(who, 8, steer="more nature"))["edges"]
        assert [_row(who, "more nature", edge["cursor"]) for edge in edges] == list(range(8)), (
            "a gap would tell that there is something"
        )
        assert ("author0" in handles(await scroll(who, 20))) == shown
        assert not {global_id("Video", each) for each in videos[1:3]} & set(ids(edges))


def _row(who: Api, steer: str, cursor: str) -> int:
    """The place in its scroll that a cursor names."""
    moment, _ = decode_cursor(who.stores.keys.cursor, f"feed:FOR_YOU:{account(who).id}:{steer}", cursor)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


async def test_what_was_met_does_not_come_again_while_there_is_anything_new(
    server: Server, authors: list[Api], ada: Api, bob: Api
) -> None:
    videos = await publish_many(authors, NATURE * 3)
    seen = (await page(ada, 10))["edges"]
    await met(ada, seen, 4.0)
    await met(ada, seen, 1.0)  # sent twice: counted once, and the longest time holds
    counted = await rows("SELECT DISTINCT view_count, finish_count FROM video_counts WHERE view_count > 0")
    assert counted == [{"view_count": 1, "finish_count": 1}]
    left = await scroll(ada, 5)
    new = [edge for edge in left if edge["whyThis"]["reason"] != "SEEN_BEFORE"]
    assert not set(ids(new)) & set(ids(seen))
    assert len(new) == len(videos) - 10
    assert set(ids(left[len(new) :])) == set(ids(seen))  # said so, and after all that is new
    await met(ada, left)
    assert {edge["whyThis"]["reason"] for edge in await scroll(ada)} == {"SEEN_BEFORE"}
    assert len(await scroll(bob, 50)) == len(videos)

    one: dict[str, Any] = {"videoId": ids(seen)[0], "seconds": 1.0}
    assert (await server.anyone.mutate(NOTE, views=[one]))["__typename"] == "UnauthenticatedError"
    assert (await bob.mutate(NOTE, views=[one | {"seconds": -1.0}]))["code"] == "INVALID"
    many = [{"videoId": global_id("Video", UUID(int=number)), "seconds": 1.0} for number in range(51)]
    assert (await bob.mutate(NOTE, views=many))["code"] == "INVALID"
    await rows("UPDATE video_visibility SET moderation = 'HIDDEN' WHERE id = $1", parse_global_id(one["videoId"])[1])
    assert await bob.mutate(NOTE, views=[one, *many[:3]]) == {"__typename": "NoteViewsSuccess", "newCount": 0}
    assert await rows("SELECT 1 FROM impression WHERE account_id = $1", account(bob).id) == []

    later = await rows("UPDATE impression SET seen_at = seen_at + interval '2 days' WHERE seconds = 4 RETURNING 1")
    await shift_clock("91 days")
    assert [await forget_impressions() for _ in range(2)] == [len(videos) - len(later), 0]
    assert len(await rows("SELECT 1 FROM impression")) == len(later) > 0, "what was met since is remembered"


async def test_a_sentence_steers_the_feed_and_is_shown_as_it_was_read(
    server: Server, authors: list[Api], ada: Api
) -> None:
    await publish_many(authors, (OTHER + NATURE) * 3)
    said = "more nature, no politics, slower, less @author0, zzz@nobody"
    found = await page(ada, 12, steer=said)
    assert [(part["kind"], part["direction"], part["value"]) for part in found["interpretation"]["parts"]][:4] == [
        ("TOPIC", "MORE", "nature"), ("TOPIC", "NEVER", "politics"), ("PACE", "MORE", "CALM"),
        ("AUTHOR", "LESS", "author0"),
    ]  # fmt: skip
    assert "no member @nobody" in found["interpretation"]["parts"][-1]["effect"]
    assert not {OTHER[0], OTHER[1]} & set(captions(await scroll(ada, 20, steer=said)))
    assert sum(caption in NATURE for caption in captions(found["edges"])) >= 9
    assert found["edges"][0]["whyThis"]["reason"] == "STEER"
    only = await scroll(server.anyone, 20, steer="only @author2")
    assert set(handles(only)) == {"author2"}

    kept = await ada.mutate(WEIGHTS, steer="pas de politique", weights=[{"feature": "FRESHNESS", "value": 0.0}])
    assert kept["feedWeights"]["reading"]["parts"] == [{"kind": "TOPIC", "value": "politics", "direction": "NEVER"}]
    edges = await scroll(ada, 20)
    assert not {OTHER[0], OTHER[1]} & set(captions(edges))
    assert not any(part["feature"] == "FRESHNESS" for edge in edges for part in edge["whyThis"]["contributions"])
    for feature, value in (("FRESHNESS", 2.1), ("EXPLORATION", 0.6), ("STEER", 1.0), ("TOPIC", -0.1)):
        refused = await ada.mutate(WEIGHTS, weights=[{"feature": feature, "value": value}])
        assert (refused["code"], refused["field"]) == ("INVALID", "weights")
    own = (await ada.run(OWN))["viewer"]["feedWeights"]
    assert own["steer"] == "pas de politique"
    assert {"feature": "FRESHNESS", "value": 0.0} in own["weights"]
    reset = (await ada.mutate(WEIGHTS, reset=True))["feedWeights"]
    assert reset["steer"] == ""
    assert all(weight["isDefault"] and weight["value"] == weight["default"] for weight in reset["weights"])

    for hostile in ("x" * 10_000, "no\0 politics"):
        assert await ada.refused(FEED, first=2, steer=hostile) == "INVALID"
        assert (await ada.mutate(WEIGHTS, steer=hostile))["code"] == "INVALID"
    for harmless in ("'; DROP TABLE video; --", "@@@ !!! …", "🐱" * 99, "\u202e no \u200b", "(" * 300):
        assert (await page(ada, 2, steer=harmless))["edges"]
    assert await ada.refused(FEED, first=2, kind="LATEST", steer="cats") == "INVALID"


async def test_a_newcomer_meets_what_is_new_and_liked_and_is_told_how_long_they_stayed(
    server: Server, authors: list[Api], ada: Api
) -> None:
    assert (await page(server.anyone))["edges"] == []
    videos = await publish_many(authors, (NATURE + OTHER) * 2, hours_apart=2)
    await connections.get("default").execute_query(
        "INSERT INTO video_counts (id, view_count, like_count) VALUES ($1, 200, 150), ($2, 200, 0)",
        [videos[10], videos[2]],
    )
    assert sum(await asyncio.gather(refresh_quality(), refresh_quality())) == 2
    assert await refresh_quality() == 0
    best, worst = await rows("SELECT id, quality, hot FROM video_counts ORDER BY hot DESC")
    assert (best["id"], worst["id"]) == (videos[10], videos[2])
    assert best["quality"] > 0.5 > worst["quality"]
    await follow(ada, authors[5])
    stranger, newcomer = await page(server.anyone, 20), await page(ada, 20)
    for found in (stranger, newcomer):
        assert len(found["edges"]) == 20
        assert global_id("Video", videos[10]) in ids(found["edges"])[:4]
        assert all(one != other for one, other in pairwise(handles(found["edges"])))
        assert found["nudge"] is None
    followed = [edge["whyThis"]["contributions"] for edge in newcomer["edges"] if handles([edge]) == ["author5"]]
    assert all({"AUTHOR"} < {part["feature"] for part in parts} for parts in followed)
    assert ids(stranger["edges"]) != ids(newcomer["edges"])
    await server.stores.redis.set(f"feed:since:{account(ada).id}", time.time() - 31 * 60, ex=600)
    assert (await page(ada))["nudge"]["minutes"] == 31
    await rows("UPDATE video_visibility SET moderation = 'HIDDEN' WHERE id = $1", videos[10])
    assert global_id("Video", videos[10]) not in ids(await scroll(ada)) + ids(await scroll(server.anyone))


@pytest.mark.parametrize("said", [False, True])
async def test_candidates_are_gathered_along_indexes_alone(database: str, said: bool) -> None:  # noqa: FBT001
    places = Places()
    values = [
        UUID(int=1), [], *places.fresh, *places.hot, *places.followed, 1, [0.5],
        [str([1.0] * 384)] * said, [UUID(int=2)] * said,
    ]  # fmt: skip
    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL enable_seqscan = off")
        await connection.execute_query("SET LOCAL plan_cache_mode = force_generic_plan")
        statement = candidate_sql.statement(member=True, again=False, told=said)
        _, lines = await connection.execute_query(f"EXPLAIN {statement}", values)
    plan = "\n".join(line[0] for line in lines)
    assert "Seq Scan" not in plan
    for index in ("video_latest", "idx_video_count_hot", "video_published_by_author", "impression_pkey"):
        assert index in plan, plan
