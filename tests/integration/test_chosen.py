"""Videos for chosen people: those named see it, nobody else; naming one more passes the gate, one fewer never does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.consent.change import withdraw_for
from models.account import Account
from models.block import Block
from models.cameo import ALL_SCOPES, Scope
from models.chosen import ChosenViewer
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach, reached
from models.generation import Outbox
from models.grant import Audience, Grant, GrantState
from models.likeness import WithdrawalReason
from models.video import Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, follow, make_cameo, make_grant, make_video

PUBLISH = """
mutation($input: PublishVideoInput!) { publishVideo(input: $input) {
  __typename ... on PublishVideoSuccess { video { state visibility remixable viewers { handle } } }
  ... on Error { code field message }
} }
"""
UPDATE = """
mutation($input: UpdateVideoInput!) { updateVideo(input: $input) {
  __typename ... on UpdateVideoSuccess { video { visibility viewers { handle } } } ... on Error { code field message }
} }
"""
WATCH = "query($id: ID!) { video(id: $id) { viewers { handle } media { url } } }"


def aid(*who: Api) -> list[str]:
    return [global_id("Account", account(each).id) for each in who]


async def sees(video: Video, *callers: Api) -> list[bool]:
    found = [(await who.run(WATCH, id=global_id("Video", video.id)))["video"] for who in callers]
    assert [each["viewers"] for each in found if each is not None] == [None] * sum(each is not None for each in found)
    return [each is not None and each["media"] is not None for each in found]


async def test_those_named_see_it_and_adding_one_passes_the_gate(server: Server, ada: Api, bob: Api) -> None:
    cleo, dan, far = await server.member("cleo"), await server.member("dan"), await server.member("far")
    await follow(far, bob)
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    grant = await make_grant(cameo, bob, ALL_SCOPES)
    video = await make_video(server.stores, bob, [cameo], published=False)
    vid = global_id("Video", video.id)

    async def change(**more: Any) -> tuple[str, list[str]]:
        payload = await bob.mutate(UPDATE, videoId=vid, **more)
        rows = await ChosenViewer.filter(video_id=video.id).prefetch_related("account")
        return payload["__typename"], sorted(row.account.handle for row in rows)

    payload = await bob.mutate(PUBLISH, videoId=vid, visibility="CHOSEN", viewers=aid(cleo, cleo))
    assert payload["video"] == {
        "state": "PUBLISHED", "visibility": "CHOSEN", "remixable": True, "viewers": [{"handle": "cleo"}],
    }  # fmt: skip
    assert await sees(video, cleo, dan, far, server.anyone, ada) == [True, False, False, False, True]
    await Grant.filter(id=grant.id).update(state=GrantState.REVOKED)
    assert await change(viewers=aid(cleo, dan)) == ("ConsentError", ["cleo"])
    assert await change(visibility="FOLLOWERS") == ("ConsentError", ["cleo"])
    await make_grant(cameo, bob, Scope.FACE | Scope.PUBLISH)
    assert await change(viewers=aid(cleo, dan)) == ("UpdateVideoSuccess", ["cleo", "dan"])
    await Grant.filter(cameo_id=cameo.id, subject_id=account(bob).id).update(state=GrantState.REVOKED)
    await Outbox.all().delete()
    assert await change(viewers=aid(dan)) == ("UpdateVideoSuccess", ["dan"])
    assert [row.payload["change"] for row in await Outbox.filter(topic="feed")] == ["gone"]
    assert await sees(video, cleo, dan) == [False, True]
    assert await change(visibility="CHOSEN") == ("UpdateVideoSuccess", ["dan"])
    await Block.create(blocker_id=account(dan).id, blocked_id=account(bob).id)
    assert await sees(video, dan) == [False]
    assert await change(viewers=aid(dan)) == ("UpdateVideoSuccess", ["dan"]), "a block is never told"
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo.id])
        effects = await withdraw_for(connection, cameo.id, WithdrawalReason.REVOKED, Reach(videos=[video.id]))
    told = await reached(connections.get("default"), effects.withdrawal_ids[0], published=True, limit=2)
    assert told == [video.id], "whoever was chosen may have it open"


async def test_who_cannot_be_chosen_is_refused_and_nothing_is_published(server: Server, ada: Api, bob: Api) -> None:
    await Block.create(blocker_id=account(ada).id, blocked_id=account(bob).id)
    video = await make_video(server.stores, bob, published=False)
    vid, cleo = global_id("Video", video.id), await server.member("cleo")
    away = await server.member("away")
    await Account.filter(id=account(away).id).update(suspended_at=datetime.now(UTC))
    crowd = [global_id("Account", UUID(int=number)) for number in range(501)]
    for viewers, visibility, code in (
        ([], "CHOSEN", "INVALID"), (aid(cleo), "PUBLIC", "INVALID"), (aid(cleo, bob), "CHOSEN", "NOT_FOUND"),
        (aid(cleo, ada), "CHOSEN", "NOT_FOUND"), ([vid], "CHOSEN", "NOT_FOUND"), (crowd, "CHOSEN", "INVALID"),
        (aid(cleo, away), "CHOSEN", "NOT_FOUND"),
    ):  # fmt: skip
        payload = await bob.mutate(PUBLISH, videoId=vid, visibility=visibility, viewers=viewers)
        assert (payload.get("code"), payload.get("field")) == (code, "viewers"), payload
    assert (await VideoVisibility.get(id=video.id)).author_state.name == "DRAFT"
    assert await ChosenViewer.all().count() == 0
