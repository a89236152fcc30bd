"""Trends as members see them: a sample they may meet, videos under the rules of the moment, and the way in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from models.account import Account
from models.block import Block
from models.generation import Generation
from models.mute import Mute
from models.trend import Trend, TrendVideo
from models.video import Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, shift_clock
from tests.trending import look, members, published

TRENDS = """
query($first: Int! = 10, $after: String) { trends(first: $first, after: $after) {
  edges { cursor node { id title kind videoCount rising sample { id } videos(first: 20) { edges { node { id } } } } }
  pageInfo { hasNextPage endCursor }
} }
"""
NODE = (
    "query($id: ID!) { node(id: $id) { ... on Trend { title rising sample { id } videos { edges { node { id } } } } } }"
)
PUBLISH = "mutation($input: PublishVideoInput!) { publishVideo(input: $input) { __typename } }"


async def seen(api: Api, **window: Any) -> list[dict[str, Any]]:
    """The trends that somebody is shown."""
    return [edge["node"] for edge in (await api.run(TRENDS, **window))["trends"]["edges"]]


def ids_in(trend: dict[str, Any]) -> set[str]:
    return {edge["node"]["id"] for edge in trend["videos"]["edges"]}


def vids(videos: list[UUID]) -> set[str]:
    return {global_id("Video", one) for one in videos}


async def trend_id(key: str) -> str:
    return global_id("Trend", (await Trend.get(key=key)).id)


async def test_trends_come_in_order_with_titles_and_what_is_hidden_leaves_at_once(
    server: Server, ada: Api, bob: Api
) -> None:
    people = await members(12)
    kites = await published(people[:6], "#Kites")
    [root] = await published(people[:1], "The first lighthouse")
    tree = await published(people[1:], parent=root)
    await look()
    first, second = await seen(server.anyone)
    assert (first["title"], first["kind"], first["videoCount"]) == ("Remixes of “The first lighthouse”", "REMIX", 12)
    assert (second["title"], second["kind"], second["rising"]) == ("#Kites", "PROMPT", True)
    assert first["sample"] == {"id": global_id("Video", root)}
    assert ids_in(first) == vids([root, *tree])
    assert ids_in(second) == vids(kites)
    page = (await ada.run(TRENDS, first=1))["trends"]
    assert page["pageInfo"]["hasNextPage"]
    rest = await seen(ada, first=1, after=page["pageInfo"]["endCursor"])
    assert [one["id"] for one in rest] == [second["id"]]
    assert await bob.refused(TRENDS, first=1, after=page["pageInfo"]["endCursor"]) == "INVALID", "another's place"
    await VideoVisibility.filter(id__in=[root, kites[0]]).update(moderation="HIDDEN")
    first, second = await seen(server.anyone)
    assert first["sample"]["id"] in vids(tree)
    assert "lighthouse" not in first["title"]
    assert ids_in(first) == vids(tree)
    assert ids_in(second) == vids(kites[1:])
    await VideoVisibility.filter(id__in=kites).update(consent="WITHDRAWN")
    assert len(await seen(server.anyone)) == 1, "nothing is left of it to show"
    assert (await bob.run(NODE, id=second["id"]))["node"] is None, "its title is what its videos said"


async def test_whom_one_mutes_or_is_blocked_by_is_in_no_trend(server: Server, ada: Api) -> None:
    people = await members(5)
    videos = await published(people, "#kites")
    await look()
    await Mute.create(muter_id=account(ada).id, muted_id=people[0])
    await Block.create(blocker_id=people[1], blocked_id=account(ada).id)
    await Block.create(blocker_id=account(ada).id, blocked_id=people[2])
    for sample in videos[:3]:
        await Trend.filter(key="#kites").update(sample_id=sample)
        [trend] = await seen(ada)
        assert trend["sample"]["id"] in vids(videos[3:])
        assert ids_in(trend) == vids(videos[3:])
    [trend] = await seen(server.anyone)
    assert ids_in(trend) == vids(videos), "nobody else sees less"


async def test_a_tree_is_joined_by_remixing_it_and_a_sound_by_its_music(server: Server, ada: Api, bob: Api) -> None:
    people = await members(6)
    [root, other] = await published(people[:2], "a lighthouse")
    tree = await published(people[1:], parent=root, mood="spooky")
    await look()
    payload = await ada.create(trendId=await trend_id(str(root)), idempotencyKey="one")
    job = await Generation.get(account_id=account(ada).id)
    assert (payload["__typename"], job.parent_id) == ("CreateGenerationSuccess", root)
    again = await ada.create(trendId=await trend_id(str(root)), idempotencyKey="one")
    assert again["generation"]["id"] == payload["generation"]["id"], "the same request is the same job"
    await Video.filter(id=root).update(remixable=False)
    await bob.create(trendId=await trend_id(str(root)))
    assert (await Generation.get(account_id=account(bob).id)).parent_id in tree
    await bob.create(trendId=await trend_id(str(root)), remixOf=global_id("Video", tree[0]))
    wrong = await bob.create(trendId=await trend_id(str(root)), remixOf=global_id("Video", other))
    assert (wrong["__typename"], wrong["field"]) == ("InvalidError", "trendId")
    await VideoVisibility.filter(id=other).update(author_state="DRAFT")
    wrong = await bob.create(trendId=await trend_id(str(root)), remixOf=global_id("Video", other))
    assert (wrong["__typename"], wrong["field"]) == ("NotFoundError", "remixOf"), "as of one that never was"
    await bob.create(trendId=await trend_id("spooky"))
    jobs = await Generation.filter(account_id=account(bob).id).order_by("id")
    assert [job.parent_id for job in jobs[1:]] == [tree[0], None]
    assert (jobs[2].spec["mood"], jobs[1].spec["mood"]) == ("spooky", None)
    await Video.all().update(remixable=False)
    none = await bob.create(trendId=await trend_id(str(root)))
    assert (none["__typename"], none["field"]) == ("DeniedError", "trendId")
    assert await Generation.filter(account_id=account(bob).id).count() == 3


async def test_a_clip_made_to_join_is_in_the_trend_once_published_and_none_joins_what_is_over(
    server: Server, ada: Api, bob: Api
) -> None:
    await published(await members(6), "#kites")
    await look()
    trend = await trend_id("#kites")
    await ada.create(trendId=trend, prompt="anything")
    job = await Generation.get(account_id=account(ada).id)
    [video] = await published([account(ada).id])
    await Video.filter(id=video).update(generation_id=job.id)
    await VideoVisibility.filter(id=video).update(author_state="DRAFT", published_at=None)
    assert await TrendVideo.filter(video_id=video).count() == 0
    await ada.mutate(PUBLISH, videoId=global_id("Video", video), caption="no words of it")
    assert (await TrendVideo.get(video_id=video)).joined
    [shown] = await seen(bob)
    assert global_id("Video", video) in ids_in(shown)
    await shift_clock("5 days")
    await look()
    over = (await bob.run(NODE, id=trend))["node"]
    assert (over["rising"], len(over["videos"]["edges"])) == (False, 7)
    assert await seen(bob) == []
    before = await Generation.all().count()
    late = await bob.create(trendId=trend)
    assert (late["__typename"], late["field"]) == ("ConflictError", "trendId")
    nowhere = await bob.create(trendId=global_id("Trend", account(bob).id))
    assert (nowhere["__typename"], nowhere["field"]) == ("NotFoundError", "trendId")
    assert await Generation.all().count() == before
    assert (await bob.run(NODE, id=global_id("Trend", account(bob).id)))["node"] is None


async def test_words_that_are_taken_back_leave_the_trend_they_made(server: Server, ada: Api) -> None:
    update = "mutation($input: UpdateVideoInput!) { updateVideo(input: $input) { __typename } }"
    people = await members(5)
    [mine] = await published([account(ada).id], prompt="golden octopus", prompt_public=True)
    await published(people, "a golden octopus")
    await look()
    [trend] = await seen(server.anyone)
    assert global_id("Video", mine) in ids_in(trend)
    await ada.mutate(update, videoId=global_id("Video", mine), promptPublic=False)
    [trend] = await seen(server.anyone)
    assert global_id("Video", mine) not in ids_in(trend)
    await look()
    [trend] = await seen(server.anyone)
    assert global_id("Video", mine) not in ids_in(trend)
    await Account.filter(id__in=people).update(suspended_at=datetime.now(UTC))
    assert await seen(server.anyone) == []
