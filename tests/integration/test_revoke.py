"""Permissions by name: asking, answering, giving, and how far back their end reaches."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise import connections

from models.audit import AuditEntry, chain_of
from models.base import new_id
from models.cameo import NO_SCOPES, Cameo, CameoState, Scope
from models.generation import GenerationState, Outbox
from models.grant import Audience, Grant, GrantState, OnExpiry
from models.likeness import VideoLikeness, WithdrawalReason
from models.notification import Notification, NotificationKind
from models.withdrawal import Withdrawal
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import (
    access_of,
    account,
    audited,
    consent_of,
    epochs,
    make_cameo,
    make_grant,
    make_job,
    make_video,
    outcome,
)

ASK = """
mutation($input: RequestCameoInput!) { requestCameo(input: $input) {
  __typename ... on RequestCameoSuccess { request { id state scopes note } } ... on Error { code field }
} }
"""
ANSWER = """
mutation($input: AnswerCameoRequestInput!) { answerCameoRequest(input: $input) {
  __typename ... on AnswerCameoRequestSuccess { grant { id state scopes subject { handle } } }
  ... on Error { code field }
} }
"""
GRANT = """
mutation($input: GrantCameoInput!) { grantCameo(input: $input) {
  __typename ... on GrantCameoSuccess { grant { id state scopes } } ... on Error { code field }
} }
"""
REVOKE_GRANT = """
mutation($input: RevokeGrantInput!) { revokeGrant(input: $input) {
  __typename ... on RevokeGrantSuccess { grant { state } withdrawnVideos stoppedJobs } ... on Error { code field }
} }
"""
REVOKE_CAMEO = """
mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) {
  __typename ... on RevokeCameoSuccess { cameo { audience scopes } withdrawnVideos stoppedJobs }
  ... on Error { code field }
} }
"""
REQUESTS = "{ viewer { cameoRequests { edges { node { id note scopes subject { handle } } } } } }"


def of(row: Cameo | Grant) -> str:
    return global_id(type(row).__name__, row.id)


async def ask(who: Api, cameo: Cameo, **more: Any) -> dict[str, Any]:
    given = {"cameoId": of(cameo), "scopes": ["FACE"], "idempotencyKey": str(new_id())}
    return await who.mutate(ASK, **given | more)


async def give(owner: Api, cameo: Cameo, subject: Api, *scopes: str, **more: Any) -> dict[str, Any]:
    given = {"cameoId": of(cameo), "subject": global_id("Account", account(subject).id), "scopes": list(scopes)}
    return await owner.mutate(GRANT, **given | {"idempotencyKey": str(new_id())} | more)


async def later() -> None:
    """Every session was opened a while ago."""
    await connections.get("default").execute_query("UPDATE session SET created_at = now() - interval '1 hour'")


async def told(who: Api) -> list[NotificationKind]:
    return [row.kind for row in await Notification.filter(account_id=account(who).id).order_by("id")]


async def test_a_request_waits_for_its_owner_and_accepting_makes_a_grant(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    asked = (await ask(bob, cameo, scopes=["FACE", "VOICE"], note="for a birthday"))["request"]
    assert (asked["state"], asked["scopes"]) == ("PENDING", ["FACE", "VOICE"])
    [edge] = (await ada.run(REQUESTS))["viewer"]["cameoRequests"]["edges"]
    assert edge["node"] == {
        "id": asked["id"], "note": "for a birthday", "scopes": ["FACE", "VOICE"], "subject": {"handle": "bob"},
    }  # fmt: skip
    assert await told(ada) == [NotificationKind.CAMEO_REQUESTED]
    await later()
    assert (await ada.mutate(ANSWER, requestId=asked["id"], accept=True))["code"] == "STEP_UP_REQUIRED"
    assert (await bob.mutate(ANSWER, requestId=asked["id"], accept=True))["code"] == "NOT_FOUND"
    assert await Grant.filter(state=GrantState.ACTIVE, subject_id__isnull=False).count() == 0
    await connections.get("default").execute_query("UPDATE session SET stepped_up_at = yume_now()")
    given = (await ada.mutate(ANSWER, requestId=asked["id"], accept=True, scopes=["FACE"]))["grant"]
    assert (given["state"], given["scopes"], given["subject"]["handle"]) == ("ACTIVE", ["FACE"], "bob")
    assert (await ada.mutate(ANSWER, requestId=asked["id"], accept=False))["code"] == "CONFLICT"
    assert await told(bob) == [NotificationKind.CAMEO_REQUEST_ANSWERED]
    assert await audited(chain_of(cameo.id)) == ["CAMEO_REQUESTED", "REQUEST_ACCEPTED"]


async def test_declining_takes_one_tap_and_nothing_is_granted(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.MUTUALS, scopes=Scope.FACE)
    asked = (await ask(bob, cameo))["request"]
    await later()
    assert (await ada.mutate(ANSWER, requestId=asked["id"], accept=False))["grant"]["state"] == "REVOKED"
    assert await Grant.filter(subject_id__isnull=False, state=GrantState.ACTIVE).count() == 0
    assert await epochs(cameo, bob) == (0, 0)


async def test_asking_many_times_at_once_with_one_key_asks_once(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    first, *others = await asyncio.gather(*(ask(bob, cameo, idempotencyKey="k") for _ in range(10)))
    assert first["__typename"] == "RequestCameoSuccess"
    assert others == [first] * 9
    assert await told(ada) == [NotificationKind.CAMEO_REQUESTED]
    assert (await ask(bob, cameo, idempotencyKey="k", note="other"))["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await ask(bob, cameo))["code"] == "CONFLICT"
    assert await Grant.filter(state=GrantState.PENDING).count() == 1


@pytest.mark.parametrize("hidden", ["only_me", "paused", "blocked", "missing"])
async def test_what_cannot_be_asked_for_is_not_there(ada: Api, bob: Api, hidden: str) -> None:
    audience = Audience.ONLY_ME if hidden == "only_me" else Audience.EVERYONE
    cameo = await make_cameo(ada, audience=audience, scopes=Scope.FACE)
    connection = connections.get("default")
    if hidden == "paused":
        await connection.execute_query("UPDATE cameo SET state = 'PAUSED'")
    elif hidden == "blocked":
        await connection.execute_query(
            "INSERT INTO block (id, created_at, blocker_id, blocked_id) SELECT gen_random_uuid(), now(), $1, $2",
            [account(ada).id, account(bob).id],
        )
    elif hidden == "missing":
        cameo.id = new_id()
    refused = await ask(bob, cameo)
    assert (refused["code"], refused["field"]) == ("NOT_FOUND", "cameoId")
    assert await Grant.filter(state=GrantState.PENDING).count() == 0
    assert await Notification.all().count() == 0


async def test_nobody_is_permitted_by_name_while_the_cameo_is_only_for_its_owner(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada)
    assert (await give(ada, cameo, bob, "FACE"))["code"] == "CONFLICT"
    assert (await give(bob, cameo, bob, "FACE"))["code"] == "NOT_FOUND"
    assert (await give(ada, cameo, ada, "FACE"))["code"] == "INVALID"
    assert await Grant.filter(subject_id__isnull=False).count() == 0


async def test_a_grant_to_a_blocked_or_suspended_member_is_refused(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    eve = await server.member("eve")
    await connections.get("default").execute_query("UPDATE account SET suspended_at = now() WHERE handle = 'eve'")
    await connections.get("default").execute_query(
        "INSERT INTO block (id, created_at, blocker_id, blocked_id) SELECT gen_random_uuid(), now(), $1, $2",
        [account(ada).id, account(bob).id],
    )
    assert (await give(ada, cameo, bob, "FACE"))["code"] == "CONFLICT"
    assert (await give(ada, cameo, eve, "FACE"))["code"] == "NOT_FOUND"
    assert await Grant.filter(subject_id__isnull=False).count() == 0


async def test_a_second_grant_replaces_the_first_and_narrowing_it_stops_that_members_jobs_alone(
    server: Server, ada: Api, bob: Api
) -> None:
    eve = await server.member("eve")
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    first = (await give(ada, cameo, bob, "FACE", "VOICE"))["grant"]
    await give(ada, cameo, eve, "FACE")
    mine, hers = await make_job(bob, [cameo]), await make_job(eve, [cameo])
    await later()
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert (await give(ada, cameo, bob, "FACE", "REMIX"))["code"] == "STEP_UP_REQUIRED"
    second = (await give(ada, cameo, bob, "FACE", expiresAt=ends))["grant"]
    assert second["state"] == "ACTIVE"
    [old] = await Grant.filter(subject_id=account(bob).id, state=GrantState.SUPERSEDED)
    assert of(old) == first["id"]
    assert await outcome(mine) == ("FAILED", "CONSENT_ENDED", True)
    assert (await outcome(hers))[0] == "QUEUED"
    assert (await epochs(cameo, bob), await epochs(cameo, eve)) == ((0, 1), (0, 0))


async def test_one_key_grants_once(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    first = await give(ada, cameo, bob, "FACE", idempotencyKey="k")
    assert await give(ada, cameo, bob, "FACE", idempotencyKey="k") == first
    assert (await give(ada, cameo, bob, "VOICE", idempotencyKey="k"))["code"] == "IDEMPOTENCY_CONFLICT"
    assert await Grant.filter(subject_id__isnull=False).count() == 1


async def test_revoking_a_grant_stops_its_subject_and_by_default_withdraws_with_all_descendants(
    server: Server, ada: Api, bob: Api
) -> None:
    carl = await server.member("carl")
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    first = await make_grant(cameo, bob, state=GrantState.SUPERSEDED)
    second = await make_grant(cameo, bob, supersedes=first.id)
    other = await make_grant(cameo, carl)
    old = await make_video(server.stores, bob, [cameo], grants={cameo.id: first})
    remix = await make_video(server.stores, carl, parent=old)
    draft = await make_video(server.stores, bob, [cameo], published=False)
    kept = await make_video(server.stores, carl, [cameo])
    mine, remixing, his = (
        await make_job(bob, [cameo]), await make_job(carl, parent=old), await make_job(carl, [cameo]),
    )  # fmt: skip
    await later()
    assert (await bob.mutate(REVOKE_GRANT, grantId=of(second)))["code"] == "NOT_FOUND"
    assert await consent_of(old) == ["LIVE"]
    # The first was replaced by the second: revoking either ends the line.
    done = await ada.mutate(REVOKE_GRANT, grantId=of(first))
    assert (done["grant"]["state"], done["withdrawnVideos"], done["stoppedJobs"]) == ("REVOKED", 3, 2)
    assert await consent_of(old, remix, draft, kept) == ["WITHDRAWN", "WITHDRAWN", "WITHDRAWN", "LIVE"]
    assert (await Grant.get(id=second.id)).state is GrantState.REVOKED
    assert (await Grant.get(id=other.id)).state is GrantState.ACTIVE
    assert [(await outcome(job))[:2] for job in (mine, remixing, his)] == [
        ("FAILED", "CONSENT_ENDED"), ("FAILED", "CONSENT_ENDED"), ("QUEUED", None),
    ]  # fmt: skip
    assert {row.withdrawn_for for row in await VideoLikeness.filter(video_id__in=[old.id, remix.id, draft.id])} == {
        WithdrawalReason.REVOKED
    }
    assert await audited(chain_of(cameo.id)) == ["GRANT_REVOKED"]
    assert await Outbox.filter(topic="withdrawn").count() == await Withdrawal.all().count() == 1


async def test_stopping_the_future_leaves_what_exists_and_can_be_followed_by_a_withdrawal(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    grant = await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo])
    job = await make_job(bob, [cameo])
    assert (await ada.mutate(REVOKE_GRANT, grantId=of(grant), mode="STOP_FUTURE"))["withdrawnVideos"] == 0
    assert await consent_of(video) == ["LIVE"]
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
    assert await epochs(cameo, bob) == (0, 1)
    assert (await ada.mutate(REVOKE_GRANT, grantId=of(grant), mode="STOP_FUTURE"))["__typename"] == "RevokeGrantSuccess"
    assert (await ada.mutate(REVOKE_GRANT, grantId=of(grant)))["withdrawnVideos"] == 1
    assert await consent_of(video) == ["WITHDRAWN"]
    assert await audited(chain_of(cameo.id)) == ["GRANT_REVOKED", "GRANT_REVOKED"]
    assert await epochs(cameo, bob) == (0, 1)


async def test_granting_again_never_brings_withdrawn_media_back(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    grant = await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo])
    await ada.mutate(REVOKE_GRANT, grantId=of(grant))
    await give(ada, cameo, bob, "FACE", "PUBLISH")
    assert await consent_of(video) == ["WITHDRAWN"]
    assert (await VideoLikeness.get(video_id=video.id)).withdrawn_at is not None
    seen = await server.anyone.run("query($id: ID!) { video(id: $id) { id } }", id=global_id("Video", video.id))
    assert seen["video"] is None


async def test_the_cameos_own_access_is_not_revoked_as_a_grant(ada: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    assert (await ada.mutate(REVOKE_GRANT, grantId=of(await access_of(cameo))))["code"] == "CONFLICT"
    assert (await access_of(cameo)).audience == Audience.EVERYONE


@pytest.mark.parametrize("mode", ["STOP_FUTURE", "WITHDRAW"])
async def test_revoking_a_cameo_ends_every_permission_at_one_tap(server: Server, ada: Api, bob: Api, mode: str) -> None:
    carl = await server.member("carl")
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE, on_expiry=OnExpiry.WITHDRAW)
    await make_grant(cameo, bob)
    videos = [await make_video(server.stores, who, [cameo]) for who in (bob, carl, ada)]
    jobs = [await make_job(who, [cameo]) for who in (bob, carl)]
    untouched = await make_video(server.stores, carl)
    await later()
    assert (await bob.mutate(REVOKE_CAMEO, cameoId=of(cameo)))["code"] == "NOT_FOUND"
    done = await ada.mutate(REVOKE_CAMEO, cameoId=of(cameo), mode=mode)
    assert done["cameo"] == {"audience": "ONLY_ME", "scopes": []}
    assert done["stoppedJobs"] == 2
    gone = mode == "WITHDRAW"
    assert done["withdrawnVideos"] == (3 if gone else 0)
    assert await consent_of(*videos, untouched) == ["WITHDRAWN" if gone else "LIVE"] * 3 + ["LIVE"]
    assert [await outcome(job) for job in jobs] == [("FAILED", "CONSENT_ENDED", True)] * 2
    assert await Grant.filter(subject_id__isnull=False, state=GrantState.ACTIVE).count() == 0
    assert ((await access_of(cameo)).scopes, await epochs(cameo)) == (NO_SCOPES, (1, 0))
    [entry] = await AuditEntry.filter(chain=chain_of(cameo.id))
    assert (entry.kind, entry.facts["mode"], entry.facts["jobs"]) == ("CAMEO_REVOKED", mode, 2)


async def test_a_job_at_work_of_a_named_member_is_stopped_once_and_each_of_many_by_their_own_epoch(
    server: Server, ada: Api, bob: Api
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    friends = [bob, *[await server.member(name) for name in ("carl", "dora")]]
    for friend in friends:
        await make_grant(cameo, friend)
    asked = await make_grant(cameo, await server.member("eve"), state=GrantState.PENDING)
    jobs = [await make_job(friend, [cameo], state=GenerationState.RUNNING) for friend in friends]
    waiting = await make_job(bob, [cameo])
    done = await ada.mutate(REVOKE_CAMEO, cameoId=global_id("Cameo", cameo.id), mode="STOP_FUTURE")
    assert done["stoppedJobs"] == len(jobs) + 1
    assert await outcome(waiting) == ("FAILED", "CONSENT_ENDED", True)
    assert [await epochs(cameo, friend) for friend in friends] == [(1, 1)] * 3
    assert (await Grant.get(id=asked.id)).state == GrantState.REVOKED


async def test_revoking_an_empty_or_paused_cameo_is_success(ada: Api) -> None:
    empty = await make_cameo(ada, handle="empty", state=CameoState.EMPTY)
    paused = await make_cameo(ada, handle="paused", state=CameoState.PAUSED, audience=Audience.EVERYONE)
    assert (await ada.mutate(REVOKE_CAMEO, cameoId=of(empty)))["__typename"] == "RevokeCameoSuccess"
    assert (await ada.mutate(REVOKE_CAMEO, cameoId=of(paused)))["cameo"]["audience"] == "ONLY_ME"
    assert (await Cameo.get(id=paused.id)).state is CameoState.PAUSED
