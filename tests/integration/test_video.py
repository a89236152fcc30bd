"""Who sees a video, publishing, deleting, paging, and how many statements a page costs."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from tortoise import Tortoise, connections

from jobs.progress import preview_key
from models.account import Role
from models.base import new_id
from models.errors import Invalid, NotFound
from models.generation import Outbox
from models.keys import Key
from models.policy import set_policy
from models.tables import connect
from models.video import Rendition, VideoVisibility
from resolvers.cursor import decode_cursor, encode_cursor, pack_moment
from resolvers.media import open_media, open_preview, preview_address
from schema.node import global_id, row_id
from tests.api import Api, Server, finished_video

VIDEO = """
query($id: ID!) { video(id: $id) {
  id caption prompt state author { handle } media { url seconds } provenance { recipe }
} }
"""
PUBLISH = """
mutation($input: PublishVideoInput!) { publishVideo(input: $input) {
  __typename ... on PublishVideoSuccess { video { state caption publishedAt } } ... on Error { code field }
} }
"""
DELETE = """
mutation($input: DeleteVideoInput!) { deleteVideo(input: $input) {
  __typename ... on DeleteVideoSuccess { deletedId } ... on Error { code field }
} }
"""
NODES = """
query($ids: [ID!]!) { nodes(ids: $ids) {
  id
  ... on Account { handle }
  ... on Video { author { handle } media { url } }
  ... on Generation { state queuePosition video { id } cost { leftSeconds } }
} }
"""
FEED = """
query($first: Int!, $after: String) { feed(kind: LATEST, first: $first, after: $after) {
  edges { cursor node {
    id caption state publishedAt author { handle displayName } media { url posterUrl previewUrl waveform }
  } }
  pageInfo { hasNextPage hasPreviousPage endCursor }
} }
"""


async def draft(server: Server, author: Api) -> str:
    assert author.viewer is not None
    return global_id("Video", (await finished_video(server.stores, author.viewer)).id)


async def test_a_draft_is_its_authors_only(server: Server, ada: Api, bob: Api) -> None:
    video = await draft(server, ada)
    seen = (await ada.run(VIDEO, id=video))["video"]
    assert (seen["state"], seen["prompt"], seen["provenance"]) == ("DRAFT", "a fox", {"recipe": {"subjects": ["fox"]}})
    admin = await server.member("root", role=Role.ADMIN)
    for other in (bob, admin, server.anyone):
        assert (await other.run(VIDEO, id=video))["video"] is None
        assert (await other.run("query($id: ID!) { node(id: $id) { id } }", id=video))["node"] is None
        if other is not server.anyone:
            refused = await other.mutate(PUBLISH, videoId=video) if other.viewer else {"__typename": "NotFoundError"}
            assert refused["__typename"] == "NotFoundError"
    assert (await ada.run("{ feed(kind: LATEST) { edges { cursor } } }"))["feed"]["edges"] == []
    assert (await VideoVisibility.get()).published_at is None


async def test_a_published_video_is_seen_by_all_but_its_prompt_is_not(server: Server, ada: Api, bob: Api) -> None:
    video = await draft(server, ada)
    published = await ada.mutate(PUBLISH, videoId=video, caption="  my fox ")
    assert (published["video"]["state"], published["video"]["caption"]) == ("PUBLISHED", "my fox")
    for other in (bob, server.anyone):
        seen = (await other.run(VIDEO, id=video))["video"]
        assert (seen["caption"], seen["prompt"], seen["provenance"]["recipe"]) == ("my fox", None, None)
    assert (await ada.mutate(PUBLISH, videoId=video))["__typename"] == "ConflictError"


async def test_a_linked_video_is_in_no_list_but_its_author_s_own_profile(server: Server, ada: Api, bob: Api) -> None:
    video = await draft(server, ada)
    await ada.mutate(PUBLISH, videoId=video, visibility="LINK")
    assert (await server.anyone.run(VIDEO, id=video))["video"] is not None
    lists = '{ feed(kind: LATEST) { edges { cursor } } account(handle: "ada") { videos { edges { cursor } } } }'
    for other in (bob, server.anyone):
        assert await other.run(lists) == {"feed": {"edges": []}, "account": {"videos": {"edges": []}}}
    own = await ada.run(lists)
    assert (own["feed"]["edges"], len(own["account"]["videos"]["edges"])) == ([], 1)


async def test_a_caption_too_long_is_named_and_publishes_nothing(server: Server, ada: Api) -> None:
    video = await draft(server, ada)
    refused = await ada.mutate(PUBLISH, videoId=video, caption="x" * 501)
    assert (refused["__typename"], refused["field"]) == ("InvalidError", "caption")
    assert (await ada.run(VIDEO, id=video))["video"]["state"] == "DRAFT"


async def test_a_deleted_video_is_gone_at_once_and_its_bytes_are_promised_to_the_purge(
    server: Server, ada: Api, bob: Api
) -> None:
    video = await draft(server, ada)
    await ada.mutate(PUBLISH, videoId=video)
    url = (await bob.run(VIDEO, id=video))["video"]["media"]["url"]
    token = url.split("/")[-2]
    assert (await open_media(server.stores, token)).bytes == 3
    assert (await bob.mutate(DELETE, videoId=video))["__typename"] == "NotFoundError"
    assert (await ada.mutate(DELETE, videoId=video)) == {"__typename": "DeleteVideoSuccess", "deletedId": video}
    with pytest.raises(NotFound):
        await open_media(server.stores, token)
    for caller in (ada, bob):
        assert (await caller.run(VIDEO, id=video))["video"] is None
    assert (await ada.mutate(DELETE, videoId=video))["__typename"] == "NotFoundError"
    assert await Rendition.all().count() == 0
    [promise] = await Outbox.filter(topic="purge")
    assert len(promise.payload["keys"]) == 4


@pytest.mark.parametrize(
    ("column", "value"), [("consent", "WITHDRAWN"), ("moderation", "HIDDEN"), ("moderation", "REMOVED")]
)
async def test_each_column_of_visibility_hides_from_everyone_and_leaves_its_author_a_stub(
    server: Server, ada: Api, bob: Api, column: str, value: str
) -> None:
    video = await draft(server, ada)
    await ada.mutate(PUBLISH, videoId=video)
    token = (await bob.run(VIDEO, id=video))["video"]["media"]["url"].split("/")[-2]
    await connections.get("default").execute_query(f"UPDATE video_visibility SET {column} = '{value}'")
    for caller in (bob, server.anyone):
        assert (await caller.run(VIDEO, id=video))["video"] is None
    stub = (await ada.run(VIDEO, id=video))["video"]
    assert (stub["state"], stub["media"]) == (value, None)
    for caller in (ada, bob, server.anyone):
        assert (await caller.run(FEED, first=5))["feed"]["edges"] == []
    with pytest.raises(NotFound):
        await open_media(server.stores, token)
    refused = await ada.mutate(PUBLISH, videoId=video)
    assert refused["__typename"] == ("ConsentError" if column == "consent" else "NotFoundError")
    deleted = await ada.mutate(DELETE, videoId=video)
    assert deleted["__typename"] == ("DeleteVideoSuccess" if column == "consent" else "NotFoundError")


async def test_a_media_address_ends_by_the_database_clock(server: Server, ada: Api, database: str) -> None:
    video = await draft(server, ada)
    token = (await ada.run(VIDEO, id=video))["video"]["media"]["url"].split("/")[-2]
    await open_media(server.stores, token)
    [name] = (await connections.get("default").execute_query_dict("SELECT current_database() AS name"))[0].values()
    await connections.get("default").execute_query(f"ALTER DATABASE \"{name}\" SET yume.clock_shift = '16 minutes'")
    await Tortoise.close_connections()
    await connect(database)
    with pytest.raises(NotFound):
        await open_media(server.stores, token)


async def test_forged_tokens_open_nothing(server: Server, ada: Api) -> None:
    video = await draft(server, ada)
    token = (await ada.run(VIDEO, id=video))["video"]["media"]["url"].split("/")[-2]
    flipped = ("A" if token[10] != "A" else "B").join((token[:10], token[11:]))
    for bad in ("", "é", "AAAA", flipped, token + "AAAA"):
        with pytest.raises(NotFound):
            await open_media(server.stores, bad)
        with pytest.raises(NotFound):
            await open_preview(server.stores, bad)
    with pytest.raises(NotFound):
        await open_preview(server.stores, token)


async def test_previews_go_with_their_video(server: Server, ada: Api, redis: Redis) -> None:
    assert ada.viewer is not None
    job = (await ada.create())["generation"]["id"]
    generation = row_id(job, "Generation")
    key = f"{generation}:1-1"
    await redis.set(preview_key(key), b"RIFF picture")
    token = preview_address(server.stores, key).split("/")[-1]
    assert await open_preview(server.stores, token) == b"RIFF picture"
    video = await finished_video(server.stores, ada.viewer, published=True, generation=generation)
    assert await open_preview(server.stores, token) == b"RIFF picture"
    assert (await ada.mutate(DELETE, videoId=global_id("Video", video.id)))["__typename"] == "DeleteVideoSuccess"
    with pytest.raises(NotFound):
        await open_preview(server.stores, token)


async def publish_many(server: Server, author: Api, count: int) -> list[str]:
    assert author.viewer is not None
    return [
        global_id("Video", (await finished_video(server.stores, author.viewer, published=True)).id)
        for _ in range(count)
    ]


async def test_the_feed_is_newest_first_and_stable_while_others_post(server: Server, ada: Api, bob: Api) -> None:
    posted = await publish_many(server, ada, 5)
    first = (await server.anyone.run(FEED, first=2))["feed"]
    await publish_many(server, bob, 3)
    rest = (await server.anyone.run(FEED, first=10, after=first["pageInfo"]["endCursor"]))["feed"]
    assert [edge["node"]["id"] for edge in first["edges"] + rest["edges"]] == posted[::-1]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert rest["pageInfo"]["hasPreviousPage"]


async def test_videos_published_in_one_instant_are_all_paged(server: Server, ada: Api) -> None:
    posted = await publish_many(server, ada, 5)
    await VideoVisibility.all().update(published_at=datetime(2026, 1, 1, tzinfo=UTC))
    seen, after = [], None
    while True:
        page = (await ada.run(FEED, first=2, after=after))["feed"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == sorted(posted)
    assert len(seen) == 5


@pytest.mark.parametrize("first", [0, -1, 51, 10_000])
async def test_a_bad_page_size_is_named(server: Server, first: int) -> None:
    assert await server.anyone.refused(FEED, first=first) in ("INVALID", "QUERY_TOO_COSTLY")


async def test_a_cursor_of_another_list_is_named(server: Server, ada: Api) -> None:
    await publish_many(server, ada, 2)
    cursor = (await ada.run('{ account(handle: "ada") { videos(first: 1) { pageInfo { endCursor } } } }'))["account"][
        "videos"
    ]["pageInfo"]["endCursor"]
    for bad in (cursor, "", "x", "é", cursor[:-1] + "A"):
        assert await ada.refused(FEED, first=2, after=bad) == "INVALID"


@pytest.mark.parametrize("bad", ["", "x", "VmlkZW86", "é", "VmlkZW86AAAAAAAAAAAAAAAAAAAAAA"])
async def test_a_bad_id_is_nothing(server: Server, ada: Api, bad: str) -> None:
    assert (await ada.run("query($id: ID!) { node(id: $id) { id } }", id=bad))["node"] is None
    assert (await ada.mutate(PUBLISH, videoId=bad))["__typename"] == "NotFoundError"
    assert (await ada.mutate(PUBLISH, videoId=global_id("Account", new_id())))["__typename"] == "NotFoundError"


@contextmanager
def counted_statements(monkeypatch: pytest.MonkeyPatch) -> Generator[list[str]]:
    """Every statement that goes to Postgres meanwhile."""
    import asyncpg

    seen: list[str] = []
    with monkeypatch.context() as patch:
        for name in ("fetch", "execute", "fetchrow"):
            original = getattr(asyncpg.Connection, name)

            async def call(self: Any, query: str, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
                if "pg_advisory_unlock_all" not in query:  # the pool tidies up after itself
                    seen.append(query)
                return await _original(self, query, *args, **kwargs)

            patch.setattr(asyncpg.Connection, name, call)
        yield seen


async def test_nodes_cost_the_same_statements_whatever_their_number(
    server: Server, ada: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ada.viewer is not None
    await set_policy("active_generations_per_account", 100, set_by=None)
    jobs = [(await ada.create(seconds=1))["generation"]["id"] for _ in range(8)]
    videos = await publish_many(server, ada, 8)
    authors = [global_id("Account", (await server.member(f"member_{n}")).viewer.id) for n in range(8)]  # type: ignore[union-attr]
    for ids, most in ((jobs, 4), (videos, 5), (authors, 2), ([*jobs, *videos, *authors], 10)):
        costs = []
        for asked in (ids[::4], ids):
            with counted_statements(monkeypatch) as statements:
                nodes = (await ada.run(NODES, ids=asked))["nodes"]
            assert [node["id"] for node in nodes] == asked
            costs.append(len(statements))
        assert costs[0] == costs[1] <= most + 1  # who is asking


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.text(max_size=20))
def test_cursors_read_back_and_serve_no_other_list(at: datetime, row: Any, connection: str) -> None:
    key = Key("cursor", b"k" * 32)
    cursor = encode_cursor(key, connection, at, row)
    assert decode_cursor(key, connection, cursor) == (at, row)
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    told = row.bytes + pack_moment(at)
    assert not {told[i : i + 8] for i in range(17)} & {raw[i : i + 8] for i in range(30)}, "nobody reads a place"
    with pytest.raises(Invalid):
        decode_cursor(key, connection + "x", cursor)
    with pytest.raises(Invalid):
        decode_cursor(Key("cursor", b"o" * 32), connection, cursor)
