"""Outcomes of the law that are about owners, authors who leave, and what anybody is told; each by the row's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from app.embedded import Stores as RunningStores
from jobs.erasure.begin import begin_cameo
from models.account import Account
from models.cameo import Cameo, CameoState
from models.decision import Decision
from models.erasure import Erasure
from models.generation import Generation
from models.grant import Grant, GrantState
from models.likeness import VideoLikeness
from models.notification import NotificationKind, notify
from models.video import Rendition, Video, VideoVisibility
from models.withdrawal import Withdrawal
from schema.node import global_id
from tests.api import Api, Server
from tests.chores import do_chores
from tests.consent import FACE_AND_ALL, consent_of, make_cameo, make_grant, make_job, make_video, outcome
from tests.jobs_stack import Worker, rows, until

DELETE = """mutation($input: DeleteAccountInput!) { deleteAccount(input: $input) {
  __typename ... on DeleteAccountSuccess { erasure { receiptUrl } } ... on Error { code }
} }"""
REVOKE = "mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) { __typename } }"
NOTES = """{ notifications { edges { node {
  __typename actor { handle } video { id } cameo { handle } ... on CameoRefused { rule }
} } } }"""


def id_of(caller: Api) -> UUID:
    assert caller.viewer is not None
    return caller.viewer.id


async def delete(caller: Api, handle: str) -> dict[str, Any]:
    return await caller.mutate(DELETE, handle=handle)


async def test_author_deletes_account_own_videos_latents_recipes_purged_and_others_remixes_stay_under_a_tombstone(
    server: Server, ada: Api, bob: Api
) -> None:
    cass = await server.member("cass")
    cameo = await make_cameo(ada)
    for each in (bob, cass):
        await make_grant(cameo, each, FACE_AND_ALL)
    video = await make_video(server.stores, bob, [cameo])
    remix = await make_video(server.stores, cass, parent=video)
    running = await make_job(bob)
    assert (await delete(bob, "bob"))["__typename"] == "DeleteAccountSuccess"
    assert (await outcome(running))[0] == "CANCELLED"
    await do_chores(server.stores)
    gone = await Video.get(id=video.id)
    assert (gone.prompt, gone.caption, gone.recipe) == ("", "", {})
    assert await Rendition.filter(video_id=video.id).count() == 0
    assert {row.spec.get("prompt") for row in await Generation.filter(account_id=id_of(bob))} == {None}
    kept = await VideoVisibility.get(id=remix.id)
    assert (kept.author_state.value, kept.consent.value) == ("PUBLISHED", "LIVE")
    assert await Rendition.filter(video_id=remix.id).count() == 4
    assert await VideoLikeness.filter(video_id=remix.id, cameo_id=cameo.id).count() == 1
    chain = "query($id: ID!) { video(id: $id) { parent { __typename } } }"
    parent = (await cass.run(chain, id=global_id("Video", remix.id)))["video"]["parent"]
    assert parent["__typename"] == "Tombstone"
    assert {row.state for row in await Grant.filter(subject_id=id_of(bob))} == {GrantState.REVOKED}
    assert (await server.anyone.run('{ account(handle: "bob") { id } }'))["account"] is None


async def test_owner_deletes_account_is_erase_after_step_up(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada)
    await make_grant(cameo, bob, FACE_AND_ALL)
    video = await make_video(server.stores, bob, [cameo])
    job = await make_job(bob, [cameo])
    await connections.get("default").execute_query("UPDATE session SET created_at = created_at - interval '1 hour'")
    assert (await delete(ada, "ada"))["code"] == "STEP_UP_REQUIRED"
    assert await consent_of(video) == ["LIVE"]
    await connections.get("default").execute_query("UPDATE session SET created_at = yume_now()")
    assert (await delete(ada, "ada"))["__typename"] == "DeleteAccountSuccess"
    assert await consent_of(video) == ["WITHDRAWN"]
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
    await do_chores(server.stores)
    assert (await Cameo.get(id=cameo.id)).state is CameoState.ERASED
    assert {row.kind.value for row in await Erasure.filter(done_at__isnull=False)} == {"CAMEO", "ACCOUNT"}
    assert (await Account.get(id=id_of(ada))).display_name == ""


async def test_notifications_store_ids_and_a_refusal_shows_author_and_rule_never_the_prompt(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada)
    job = await make_job(bob, prompt="a secret wish")
    await notify(
        connections.get("default"), id_of(ada), NotificationKind.CAMEO_REFUSED,
        actor=id_of(bob), cameo=cameo.id, generation=job.id, rule="TOPIC:POLITICS",
    )  # fmt: skip
    await do_chores(server.stores)
    [edge] = (await ada.run(NOTES))["notifications"]["edges"]
    assert edge["node"] == {
        "__typename": "CameoRefused", "actor": {"handle": "bob"}, "video": None, "cameo": {"handle": "ada"},
        "rule": "TOPIC:POLITICS",
    }  # fmt: skip
    [row] = await rows("SELECT t::text AS text FROM notification AS t")
    assert "secret" not in row["text"]
    assert "bob" not in row["text"]


async def test_erase_leaves_no_decision_about_who_asked(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada)
    await Decision.create(cameo_id=cameo.id, actor_id=id_of(bob), stage="REQUEST", allowed=False, rule="grant.none")
    await ada.mutate(REVOKE, cameoId=global_id("Cameo", cameo.id), mode="ERASE")
    await do_chores(server.stores)
    assert await Decision.all().count() == 0


async def test_after_a_withdrawal_jobs_stop_and_the_purge_queue_drains_whatever_crashes(
    server: Server, ada: Api, bob: Api, database: str, stores: RunningStores, tmp_path: Path
) -> None:
    """The API process dies between the commit and its follow-up: a worker that starts later finds everything itself."""
    cameo = await make_cameo(ada)
    await make_grant(cameo, bob, FACE_AND_ALL)
    await make_video(server.stores, bob, [cameo])
    job = await make_job(bob, [cameo])
    async with in_transaction() as connection:
        await begin_cameo(connection, id_of(ada), cameo.id)
    worker = await Worker(database, stores.urls.redis_url, tmp_path).start()

    async def drained() -> bool:
        return await Erasure.filter(done_at__isnull=False).count() == 1

    try:
        await until(drained, seconds=60.0, what=worker.log)
    finally:
        worker.kill()
        await worker.ended()
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
    assert [key async for key in server.stores.media.list("videos/")] == []
    assert (await Withdrawal.get(cameo_id=cameo.id)).receipt is not None
    assert server.stores.vault.subjects("cameo/") == []
