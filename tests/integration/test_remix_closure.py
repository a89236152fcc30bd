"""Remixes: the likeness set is closed over ancestry, each remixer holds their own grant, a chain keeps its links."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import pytest
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from app.embedded import Stores
from jobs.consent.change import withdraw_for
from jobs.derived.recount import recount
from jobs.queue import Doorbell
from models.block import Block
from models.cameo import Cameo, Scope
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach
from models.generation import Generation
from models.grant import Audience, Grant, GrantState
from models.likeness import GenerationLikeness, Via, VideoLikeness, WithdrawalReason
from models.lineage import Lineage
from models.policy import set_policy
from models.storage import MediaStore
from models.video import Rendition, RenditionKind, Video, VideoVisibility
from resolvers.remix import LONGEST_CHAIN
from schema.node import global_id, parse_global_id
from tests.api import Api, Server
from tests.casting import finish_now, lease_of, queue
from tests.chores import do_chores
from tests.consent import account, consent_of, make_cameo, make_grant, make_video
from tests.jobs_stack import Worker, ready_workers, until, until_state

CHAIN = """
query($id: ID!) { video(id: $id) {
  state media { url } remixCount treeCount prompt
  parent { __typename ... on Video { id } ... on Tombstone { id childCount } }
  root { __typename ... on Node { id } }
  ancestors { __typename ... on Node { id } }
  creditLine credits { distance linkId author { handle } } provenance { credits { author { handle } } }
  remixes(first: 5) { edges { node { id } } }
  likenesses { via consented cameo { id } }
} }
"""
DELETE = "mutation($input: DeleteVideoInput!) { deleteVideo(input: $input) { __typename } }"


def vid(video: Video) -> str:
    return global_id("Video", video.id)


def cast(cameo: Cameo, *scopes: str) -> dict[str, Any]:
    return {"cameoId": global_id("Cameo", cameo.id), "scopes": list(scopes or ("FACE",))}


async def remix(api: Api, parent: Video, **more: Any) -> dict[str, Any]:
    return await api.create(remixOf=vid(parent), prompt="make it a cat", **more)


async def look(api: Api, video: Video) -> dict[str, Any] | None:
    return (await api.run(CHAIN, id=vid(video)))["video"]


async def withdraw(cameo: Cameo, video: Video) -> None:
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo.id])
        await withdraw_for(connection, cameo.id, WithdrawalReason.REMOVED, Reach(videos=[video.id]))


@pytest.fixture
async def cleo(server: Server) -> Api:
    return await server.member("cleo")


async def test_a_replaced_cast_carries_everybody_on_who_was_in_the_parent(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    inherited = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX)
    mine = await make_cameo(cleo)
    video = await make_video(server.stores, bob, [inherited])
    payload = await remix(cleo, video, cast=[cast(mine)])
    assert "carries @ada on" in payload["castNotice"]
    rows = {row.cameo_id: (row.via, row.grant_id is None) for row in await GenerationLikeness.filter(
        generation__parent_id=video.id
    )}  # fmt: skip
    assert rows == {inherited.id: (Via.INHERITED, False), mine.id: (Via.SHOWN, True)}
    job = await Generation.get(parent_id=video.id)
    assert [one["cameo_id"] for one in job.spec["cast"]] == [str(mine.id)]
    assert job.spec["source"] == {"recipe": {}, "latent": None, "strength": None, "credits": []}


async def test_a_likeness_cast_again_in_a_remix_needs_both_uses_at_once(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    await make_grant(cameo, bob)
    await make_grant(cameo, cleo, Scope.VOICE)
    await make_grant(cameo, cleo, Scope.FACE | Scope.REMIX)
    video = await make_video(server.stores, bob, [cameo])
    assert (await remix(cleo, video, cast=[cast(cameo, "VOICE")]))["__typename"] == "ConsentError"
    await make_grant(cameo, cleo, Scope.VOICE | Scope.FACE | Scope.REMIX)
    assert (await remix(cleo, video, cast=[cast(cameo, "VOICE")]))["__typename"] == "CreateGenerationSuccess"
    row = await GenerationLikeness.get(generation__parent_id=video.id)
    assert (row.scopes, row.via) == (Scope.VOICE | Scope.FACE | Scope.REMIX, Via.SHOWN)


async def test_a_replaced_cast_ends_in_a_draft_that_names_the_remixers_own_grant_for_who_came_along(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    replaced = await make_cameo(ada, audience=Audience.APPROVED)
    for_bob = await make_grant(replaced, bob)
    for_cleo = await make_grant(replaced, cleo, Scope.FACE | Scope.REMIX)
    mine = await make_cameo(cleo)
    parent = await make_video(server.stores, bob, [replaced])
    done = await finish_now(await lease_of(await queue(account(cleo), [mine], parent=parent)))
    rows = {row.cameo_id: row for row in await VideoLikeness.filter(video_id=done.video_id)}
    assert (rows[replaced.id].via, rows[replaced.id].grant_id) == (Via.INHERITED, for_cleo.id)
    assert (rows[mine.id].via, rows[mine.id].grant_id) == (Via.SHOWN, None)
    assert (await VideoLikeness.get(video_id=parent.id)).grant_id == for_bob.id


@pytest.mark.parametrize(
    "why",
    ["draft", "withdrawn", "not remixable", "unknown", "too long", "past any policy", "blocked by author", "blocking"],
)
async def test_what_may_not_be_built_on_is_named_and_leaves_nothing(
    server: Server, ada: Api, bob: Api, why: str
) -> None:
    video = await make_video(server.stores, bob, published=why != "draft")
    expected = "NotFoundError"
    match why:
        case "withdrawn":
            await VideoVisibility.filter(id=video.id).update(consent="WITHDRAWN")
        case "not remixable":
            await Video.filter(id=video.id).update(remixable=False)
            expected = "DeniedError"
        case "too long":
            await set_policy("remix_depth_max", 1, set_by=None)
            video = await make_video(server.stores, bob, parent=video)
            expected = "ConflictError"
        case "past any policy":
            await set_policy("remix_depth_max", LONGEST_CHAIN, set_by=None)
            await Lineage.filter(id=video.id).update(depth=LONGEST_CHAIN)
            expected = "ConflictError"
        case "blocked by author":
            await Block.create(blocker_id=account(bob).id, blocked_id=account(ada).id)
        case "blocking":
            await Block.create(blocker_id=account(ada).id, blocked_id=account(bob).id)
        case _:
            pass
    before = await Generation.all().count()
    asked = ada if why != "unknown" else await server.member("dan")
    parent = global_id("Video", asked.viewer.id) if why == "unknown" and asked.viewer else vid(video)
    payload = await ada.create(remixOf=parent)
    assert (payload["__typename"], payload["field"]) == (expected, "remixOf")
    assert await Generation.all().count() == before


async def test_a_remix_strength_without_a_remix_is_named(ada: Api) -> None:
    payload = await ada.create(remixStrength=0.5)
    assert (payload["__typename"], payload["field"]) == ("InvalidError", "remixStrength")


async def test_a_chain_shows_its_links_and_tombstones_for_what_is_gone(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    root = await make_video(server.stores, ada)
    middle = await make_video(server.stores, bob, parent=root)
    leaf = await make_video(server.stores, cleo, parent=middle)
    await recount()
    seen = await look(ada, leaf)
    assert seen is not None
    assert seen["parent"] == {"__typename": "Video", "id": vid(middle)}
    assert [one["id"] for one in seen["ancestors"]] == [vid(root), vid(middle)]
    assert seen["creditLine"] == "Remix of @bob, after @ada"
    assert [(one["distance"], one["linkId"], one["author"]["handle"]) for one in seen["credits"]] == [
        (1, vid(middle), "bob"), (2, vid(root), "ada")
    ]  # fmt: skip
    above = await look(ada, root)
    assert above is not None
    assert (above["remixCount"], above["treeCount"]) == (1, 2)
    assert above["remixes"]["edges"] == [{"node": {"id": vid(middle)}}]
    assert (above["parent"], above["creditLine"], above["credits"]) == (None, None, [])
    assert (await bob.mutate(DELETE, videoId=vid(middle)))["__typename"] == "DeleteVideoSuccess"
    await do_chores(server.stores)
    for caller in (ada, bob, cleo, server.anyone):
        seen = await look(caller, leaf)
        assert seen is not None
        stone = seen["parent"]
        assert (stone["__typename"], stone["childCount"]) == ("Tombstone", 1)
        assert [one["__typename"] for one in seen["ancestors"]] == ["Video", "Tombstone"]
        assert seen["creditLine"] == "Remix of somebody, after @ada"
        assert seen["provenance"]["credits"] == [{"author": None}, {"author": {"handle": "ada"}}]
        assert seen["credits"][0]["linkId"] == stone["id"]
    again = (await ada.run("query($id: ID!) { node(id: $id) { __typename id } }", id=stone["id"]))["node"]
    assert again == {"__typename": "Tombstone", "id": stone["id"]}
    above = await look(ada, root)
    assert above is not None
    assert (above["remixCount"], above["remixes"]["edges"]) == (0, [])


async def test_a_public_remix_tells_nobody_the_link_that_its_parent_goes_by(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX | Scope.PUBLISH)
    secret = await make_video(server.stores, bob, [cameo])
    await VideoVisibility.filter(id=secret.id).update(audience="LINK")
    leaf = await make_video(server.stores, cleo, [cameo], parent=secret)
    await recount()
    dan = await server.member("dan")
    stones = set()
    for caller in (cleo, dan, server.anyone):
        seen = await look(caller, leaf)
        assert seen is not None
        assert seen["parent"] == {"__typename": "Tombstone", "id": seen["credits"][0]["linkId"], "childCount": 1}
        assert {one["__typename"] for one in (seen["root"], *seen["ancestors"])} == {"Tombstone"}
        assert (seen["creditLine"], seen["credits"][0]["author"]) == ("Remix of somebody", None)
        stones.add(seen["parent"]["id"])
    [stone] = stones
    _, named = parse_global_id(stone)
    assert named != secret.id
    node = "query($id: ID!) { node(id: $id) { __typename id } }"
    assert (await dan.run(node, id=global_id("Video", named)))["node"] is None
    assert (await dan.run(node, id=global_id("Tombstone", secret.id)))["node"] is None
    assert (await dan.run(node, id=stone))["node"] == {"__typename": "Tombstone", "id": stone}
    assert await look(dan, secret) is not None, "who has the link sees it"
    for caller in (ada, bob):
        seen = await look(caller, leaf)
        assert seen is not None
        assert seen["parent"] == {"__typename": "Video", "id": vid(secret)}
        assert (seen["creditLine"], seen["credits"][0]["linkId"]) == ("Remix of @bob", vid(secret))


async def test_a_withdrawal_hides_every_descendant_and_their_counts_and_a_new_grant_brings_none_back(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX | Scope.PUBLISH)
    root = await make_video(server.stores, bob)
    video = await make_video(server.stores, bob, [cameo], parent=root)
    child = await make_video(server.stores, cleo, parent=video)
    grandchild = await make_video(server.stores, bob, parent=child)
    await recount()
    await withdraw(cameo, video)
    await do_chores(server.stores)
    assert await consent_of(root, video, child, grandchild) == ["LIVE", "WITHDRAWN", "WITHDRAWN", "WITHDRAWN"]
    await Grant.filter(cameo_id=cameo.id).update(state=GrantState.SUPERSEDED)
    await Grant.create(cameo_id=cameo.id, audience=Audience.EVERYONE, scopes=31)
    for gone in (video, child, grandchild):
        assert await look(server.anyone, gone) is None
    above = await look(server.anyone, root)
    assert above is not None
    assert (above["remixCount"], above["remixes"]["edges"]) == (0, [])


async def test_two_shown_one_revokes_the_author_learns_whom_to_leave_out_and_the_other_only_that_it_is_withdrawn(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    leaves = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX)
    stays = await make_cameo(cleo, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX)
    video = await make_video(server.stores, bob, [leaves, stays])
    everybody = await look(server.anyone, video)
    assert everybody is not None
    assert [one["consented"] for one in everybody["likenesses"]] == [True, True]
    await withdraw(leaves, video)
    assert await look(server.anyone, video) is None
    told = {}
    for name, caller in (("author", bob), ("left", ada), ("other", cleo)):
        stub = await look(caller, video)
        assert stub is not None
        assert (stub["state"], stub["media"]) == ("WITHDRAWN", None)
        told[name] = {one["cameo"]["id"]: one["consented"] for one in stub["likenesses"]}
    gone, kept = global_id("Cameo", leaves.id), global_id("Cameo", stays.id)
    assert told["author"] == {gone: False, kept: True}
    assert told["left"] == {gone: False, kept: None}
    assert told["other"] == {gone: None, kept: True}


async def test_the_person_shown_reads_the_prompt_of_a_draft_and_nobody_else_does(
    server: Server, ada: Api, bob: Api, cleo: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    video = await make_video(server.stores, bob, [cameo], published=False)
    for caller in (ada, bob):
        seen = await look(caller, video)
        assert seen is not None
        assert (seen["prompt"], seen["state"]) == ("a fox", "DRAFT")
        assert seen["media"] is not None
    assert await look(cleo, video) is None
    await VideoVisibility.filter(id=video.id).update(author_state="PUBLISHED")
    seen = await look(cleo, video)
    assert seen is not None
    assert seen["prompt"] is None


async def test_a_remix_is_made_from_its_parents_recipe_and_latent_under_the_remixers_grant(
    server: Server, ada: Api, bob: Api, database: str, redis: Redis, stores: Stores, tmp_path: Path
) -> None:
    async for running in _worker(database, stores, tmp_path):
        cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX)
        root = await make_video(server.stores, ada)
        by_link = await make_video(server.stores, ada, parent=root)
        await VideoVisibility.filter(id=by_link.id).update(audience="LINK")
        parent = await make_video(server.stores, ada, [cameo], parent=by_link)
        await Video.filter(id=parent.id).update(recipe={"seed": 77})
        payload = await remix(bob, parent, engine="slides", seconds=1.0)
        assert payload["__typename"] == "CreateGenerationSuccess", payload
        job = await Generation.get(parent_id=parent.id)
        await Doorbell(redis).ring()
        await until_state(job.id, "SUCCEEDED", "FAILED")
        made = await Video.get(generation_id=job.id)
        assert (made.recipe["given"]["parent"], made.recipe["given"]["latent"]) == (77, True)
        assert made.recipe["cast"] == []
        chain = await Lineage.get(id=made.id)
        assert (chain.parent_id, chain.root_id, chain.depth, chain.path) == (
            parent.id, root.id, 3, [root.id, by_link.id, parent.id]
        )  # fmt: skip
        credited = [str(parent.id), str(root.id)]
        assert made.recipe["credits"] == credited
        assert await comment_of(server.stores.media, made) == f"Remix of {', '.join(credited)}", "ids, and no names"
        row = await VideoLikeness.get(video_id=made.id)
        assert (row.cameo_id, row.via, row.scopes) == (cameo.id, Via.INHERITED, Scope.FACE | Scope.REMIX)
        latent = await Rendition.get(video_id=made.id, kind=RenditionKind.LATENT)
        assert await MediaStore.from_url(None, tmp_path).size(latent.key) == latent.bytes
        assert running.log.count("attempt_failed") == 0


async def comment_of(media: MediaStore, video: Video) -> str:
    """What a clip's file says of itself."""
    clip = await Rendition.get(video_id=video.id, kind=RenditionKind.MP4)
    with av.open(io.BytesIO(b"".join([piece async for piece in media.stream(clip.key)]))) as container:
        return container.metadata["comment"]


async def _worker(database: str, stores: Stores, folder: Path) -> AsyncIterator[Worker]:
    running = await Worker(database, stores.urls.redis_url, folder).start()

    async def beside_the_test_engine() -> bool:
        return await ready_workers() == 2

    await until(beside_the_test_engine, what="the worker is ready")
    yield running
    running.kill()
    await running.ended()
