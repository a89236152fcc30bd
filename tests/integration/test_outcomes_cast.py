"""Rows of the table of outcomes that concern being cast, remixed and published, each under its own words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from tortoise import connections
from tortoise.transactions import in_transaction

from engine.spec import GenerationSpec
from jobs.clip.gate import Fault, end_as_forbidden, end_for_consent
from jobs.clip.lease import Lease
from jobs.consent.sweep import sweep_consent
from jobs.derived.recount import recount
from models.cameo import Cameo, CameoState, CameoVersion, Scope
from models.consent.gates import consent_has_ended
from models.generation import Generation, GenerationState
from models.grant import Audience, OnExpiry
from models.likeness import GenerationLikeness, Via, VideoLikeness, WithdrawalReason
from models.policy import set_policy
from models.video import AuthorState, Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.casting import finish_now
from tests.casting import lease_of as claimed
from tests.chores import do_chores
from tests.consent import (
    account,
    audited,
    consent_of,
    epochs,
    make_cameo,
    make_grant,
    make_job,
    make_video,
    mutuals,
    outcome,
    shift_clock,
)

SEE = "query($id: ID!) { video(id: $id) { state media { url } } }"
READ = "query($id: ID!) { video(id: $id) { state prompt } }"
COUNT = "query($id: ID!) { video(id: $id) { remixCount } }"
PUBLISH = "mutation($input: PublishVideoInput!) { publishVideo(input: $input) { __typename } }"


def vid(video: Video) -> str:
    return global_id("Video", video.id)


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


async def remix(api: Api, parent: Video, **more: Any) -> dict[str, Any]:
    return await api.create(remixOf=vid(parent), prompt="make it a cat", **more)


async def lease_of(job: Generation) -> Lease:
    """A worker's claim of a job that the engine could read."""
    spec = GenerationSpec(prompt="a fox", seconds=1.0, width=64, height=96, fps=10, seed=7)
    await Generation.filter(id=job.id).update(spec=msgspec.to_builtins(spec))
    return await claimed(job)


async def test_remix_of_a_video_with_likenesses_needs_the_remixers_own_live_grant_with_remix(
    server: Server, ada: Api, bob: Api
) -> None:
    cleo = await server.member("cleo")
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo])
    refused = await remix(cleo, video)
    assert (refused["__typename"], refused["reason"], refused["field"]) == ("ConsentError", "ASK", "remixOf")
    await make_grant(cameo, cleo, Scope.FACE | Scope.PUBLISH)
    assert (await remix(cleo, video))["__typename"] == "ConsentError"
    assert await Generation.filter(parent_id=video.id).count() == 0
    own = await make_grant(cameo, cleo, Scope.FACE | Scope.REMIX)
    assert (await remix(cleo, video))["__typename"] == "CreateGenerationSuccess"
    row = await GenerationLikeness.get(generation__parent_id=video.id)
    assert (row.grant_id, row.scopes, row.via) == (own.id, Scope.FACE | Scope.REMIX, Via.INHERITED)


async def test_grant_expires_published_goes_at_once_with_on_expiry_withdraw_and_its_bytes_after_the_sweep(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    await make_grant(cameo, bob, expires_at=tomorrow(), on_expiry=OnExpiry.WITHDRAW)
    video = await make_video(server.stores, bob, [cameo])
    child = await make_video(server.stores, ada, parent=video)
    await shift_clock("2 days")
    for one in (video, child):
        assert (await server.anyone.run(SEE, id=vid(one)))["video"] is None
        assert (await bob.run(SEE, id=vid(video)))["video"] == {"state": "WITHDRAWN", "media": None}
    assert await consent_of(video, child) == ["LIVE", "LIVE"]
    await make_grant(cameo, bob)
    assert (await server.anyone.run(SEE, id=vid(video)))["video"] is None
    effects = await sweep_consent()
    assert effects.videos == 2
    assert await consent_of(video, child) == ["WITHDRAWN", "WITHDRAWN"]
    assert (await VideoLikeness.get(video_id=video.id)).withdrawn_for == WithdrawalReason.EXPIRED
    assert await audited(f"cameo/{cameo.id}") == ["GRANT_RAN_OUT"]
    assert (await sweep_consent()).videos == 0


async def test_grant_expires_published_stays_without_withdraw_and_drafts_cannot_be_published(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    await make_grant(cameo, bob, expires_at=tomorrow())
    video = await make_video(server.stores, bob, [cameo])
    draft = await make_video(server.stores, bob, [cameo], published=False)
    await shift_clock("2 days")
    await sweep_consent()
    assert (await server.anyone.run(SEE, id=vid(video)))["video"]["state"] == "PUBLISHED"
    assert (await bob.mutate(PUBLISH, videoId=vid(draft)))["__typename"] == "ConsentError"
    assert (await VideoVisibility.get(id=draft.id)).author_state is AuthorState.DRAFT


async def test_minor_turns_adult_nothing_widens_the_cameo_pauses_and_the_recordings_go(
    server: Server, ada: Api, bob: Api
) -> None:
    today = datetime.now(UTC).date()
    child = account(ada)
    child.birth_date = date(today.year - 17, today.month, min(today.day, 28))
    await child.save()
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    await Cameo.filter(id=cameo.id).update(captured_minor=True)
    job = await make_job(bob, [cameo])
    await sweep_consent()
    assert (await Cameo.get(id=cameo.id)).state is CameoState.ACTIVE
    assert await outcome(job) == ("QUEUED", None, False)
    await shift_clock("400 days")
    asked = {"cameoId": global_id("Cameo", cameo.id), "scopes": ["FACE"]}
    await sweep_consent()
    assert (await Cameo.get(id=cameo.id)).state is CameoState.PAUSED
    assert await epochs(cameo) == (1, 0)
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
    assert (await CameoVersion.get(cameo_id=cameo.id)).retired_at is not None
    assert await audited(f"cameo/{cameo.id}") == ["OWNER_GREW_UP"]
    assert (await bob.create(cast=[asked]))["__typename"] != "CreateGenerationSuccess"
    await sweep_consent()
    assert await audited(f"cameo/{cameo.id}") == ["OWNER_GREW_UP"]


async def test_grant_expires_mid_job_stops_it_and_gives_the_quota_back(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    await make_grant(cameo, bob, expires_at=tomorrow())
    lease = await lease_of(await make_job(bob, [cameo]))
    connection = connections.get("default")
    assert await consent_has_ended(connection, lease.generation_id) is None
    await shift_clock("2 days")
    await connection.execute_query("UPDATE generation SET heartbeat_at = yume_now()")
    assert await consent_has_ended(connection, lease.generation_id) == cameo.id
    done = await finish_now(lease)
    assert done.state is GenerationState.FAILED
    assert await outcome(await Generation.get(id=lease.generation_id)) == ("FAILED", "CONSENT_ENDED", True)
    assert await Video.all().count() == 0


async def test_unfollow_that_ends_a_mutual_mid_job_keeps_the_clip_from_being_finished(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.MUTUALS, scopes=Scope.FACE)
    await mutuals(ada, bob)
    lease = await lease_of(await make_job(bob, [cameo]))
    await connections.get("default").execute_query("DELETE FROM follow WHERE follower_id = $1", [account(ada).id])
    assert (await finish_now(lease)).state is GenerationState.FAILED
    assert await Video.all().count() == 0


async def test_draft_seen_first_by_the_shown_at_the_finish_commit(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    payload = await bob.create(
        prompt="@ada walks", cast=[{"cameoId": global_id("Cameo", cameo.id), "scopes": ["FACE"]}]
    )
    assert payload["castNotice"].startswith("@ada sees this draft, with its prompt, as soon as it is finished")
    job = await Generation.get(account_id=account(bob).id)
    done = await finish_now(await lease_of(job))
    assert done.video_id is not None
    await Video.filter(id=done.video_id).update(prompt="@ada walks")
    identity = str(global_id("Video", done.video_id))
    seen = (await ada.run(READ, id=identity))["video"]
    assert (seen["state"], seen["prompt"]) == ("DRAFT", "@ada walks")
    assert (await (await server.member("cleo")).run(READ, id=identity))["video"] is None


async def test_quota_comes_back_for_a_consent_stop_and_for_ten_blocks_a_day(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    stopped = await make_job(bob, [cameo])
    lease = await lease_of(stopped)
    async with in_transaction() as connection:
        assert await end_for_consent(connection, lease, cameo.id)
    assert await outcome(stopped) == ("FAILED", "CONSENT_ENDED", True)
    given_back = []
    for allowed in (1, 1, *[10] * 9):
        await set_policy("blocks_given_back_per_day", allowed, set_by=None)
        blocked = await make_job(bob, [cameo])
        lease = await lease_of(blocked)
        async with in_transaction() as connection:
            assert await end_as_forbidden(connection, lease, [Fault(cameo.id, "TOPIC:WEAPONS")])
        state, code, refunded = await outcome(blocked)
        assert (state, code) == ("BLOCKED", "RESTRICTED")
        given_back.append(refunded)
    assert given_back == [True, False, *[True] * 8, False]


async def test_likes_comments_counts_trends_are_hidden_with_the_video_at_once(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.PUBLISH)
    root = await make_video(server.stores, bob)
    remixed = await make_video(server.stores, bob, [cameo], parent=root)
    await recount()
    assert (await server.anyone.run(COUNT, id=vid(root)))["video"]["remixCount"] == 1
    revoke = "mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) { __typename } }"
    await ada.mutate(revoke, cameoId=global_id("Cameo", cameo.id))
    assert (await server.anyone.run(COUNT, id=vid(remixed)))["video"] is None
    await do_chores(server.stores)
    assert (await server.anyone.run(COUNT, id=vid(root)))["video"]["remixCount"] == 0
