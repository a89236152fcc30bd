"""Who finds a cameo, what each role may read of it, and what its owner changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise import connections

from models.account import Account, Role
from models.audit import chain_of
from models.cameo import ALL_SCOPES, NO_SCOPES, Cameo, CameoState, Scope
from models.decision import Decision, DecisionStage
from models.generation import GenerationState
from models.grant import Audience, Grant, GrantState
from resolvers.password import hash_password
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import (
    access_of,
    account,
    audited,
    epochs,
    follow,
    make_cameo,
    make_grant,
    make_job,
    make_video,
    mutuals,
    outcome,
    shift_clock,
)

CAMEO = """
query($id: ID!) { node(id: $id) { ... on Cameo {
  handle kind owner { handle } viewerMayUse { face voice remix publish download reason } viewerHasAsked
  state version audience scopes restrictions { topics } preferences expiresAt onExpiry perUseApproval
  grants { edges { node { id note subject { handle } } } }
  uses { edges { node { video { id } } } }
  decisions { edges { node { rule actor { handle } } } }
} } }
"""
OWNERS_ONLY = (
    "state", "version", "audience", "scopes", "restrictions", "preferences", "expiresAt", "onExpiry", "perUseApproval",
    "grants", "uses", "decisions",
)  # fmt: skip
SET = """
mutation($input: SetCameoAccessInput!) { setCameoAccess(input: $input) {
  __typename
  ... on SetCameoAccessSuccess { cameo { audience scopes preferences restrictions { topics text } } notUnderstood
    unsupported }
  ... on Error { code field message }
} }
"""
PAUSE = """
mutation($input: PauseCameoInput!) { pauseCameo(input: $input) {
  __typename ... on PauseCameoSuccess { cameo { state } } ... on Error { code }
} }
"""
RESUME = """
mutation($input: ResumeCameoInput!) { resumeCameo(input: $input) {
  __typename ... on ResumeCameoSuccess { cameo { state } } ... on Error { code message }
} }
"""
STEP_UP = """
mutation($input: StepUpInput!) { stepUp(input: $input) {
  __typename ... on StepUpSuccess { until } ... on Error { code field }
} }
"""
BY_HANDLE = "query($handle: String!) { cameo(handle: $handle) { handle } }"
CASTABLE = """
query($query: String, $first: Int!, $after: String) { castableCameos(query: $query, first: $first, after: $after) {
  edges { node { handle viewerMayUse { reason } } } pageInfo { hasNextPage endCursor }
} }
"""


def of(cameo: Cameo) -> str:
    return global_id("Cameo", cameo.id)


async def castable(who: Api, query: str | None = None) -> dict[str, str]:
    edges = (await who.run(CASTABLE, query=query, first=50))["castableCameos"]["edges"]
    return {edge["node"]["handle"]: edge["node"]["viewerMayUse"]["reason"] for edge in edges}


async def later_session(who: Api) -> None:
    """The caller's session was opened a while ago."""
    assert who.viewer is not None
    await connections.get("default").execute_query(
        "UPDATE session SET created_at = yume_now() - interval '16 minutes' WHERE account_id = $1", [who.viewer.id]
    )


async def test_only_the_owner_reads_what_is_the_owners_and_nobody_else_at_all(server: Server, ada: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE, preferences="a red hat")
    grantee, stranger, author = [await server.member(name) for name in ("grace", "sam", "ann")]
    asker = await server.member("abe")
    moderator = await server.member("mo", role=Role.MODERATOR)
    admin = await server.member("root", role=Role.ADMIN)
    await make_grant(cameo, grantee, Scope.FACE | Scope.VOICE)
    await make_grant(cameo, asker, Scope.VOICE, state=GrantState.PENDING, note="for a birthday")
    await make_video(server.stores, author, [cameo])
    await Decision.create(cameo_id=cameo.id, actor_id=account(author).id, stage=DecisionStage.REQUEST, allowed=True,
                          rule="permission")  # fmt: skip

    seen = (await ada.run(CAMEO, id=of(cameo)))["node"]
    assert [name for name in OWNERS_ONLY if seen[name] is None] == ["expiresAt"]
    assert (seen["state"], seen["audience"], seen["scopes"]) == ("ACTIVE", "EVERYONE", ["FACE"])
    assert [edge["node"]["note"] for edge in seen["grants"]["edges"]] == ["for a birthday", "", ""]
    assert len(seen["uses"]["edges"]) == 1
    assert seen["decisions"]["edges"][0]["node"] == {"rule": "permission", "actor": {"handle": "ann"}}

    for other in (server.anyone, stranger, grantee, asker, author, moderator, admin):
        seen = (await other.run(CAMEO, id=of(cameo)))["node"]
        assert (seen["handle"], seen["owner"]["handle"]) == ("ada", "ada")
        assert [name for name in OWNERS_ONLY if seen[name] is not None] == []
        assert seen["viewerHasAsked"] is (other is asker)


async def test_viewer_may_use_says_what_and_never_why_not(server: Server, ada: Api, bob: Api) -> None:
    nothing = dict.fromkeys(("face", "voice", "remix", "publish", "download"), False)
    cameo = await make_cameo(ada, audience=Audience.APPROVED)

    async def may(who: Api) -> dict[str, Any]:
        found = (await who.run(CAMEO, id=of(cameo)))["node"]
        return found and found["viewerMayUse"]

    assert await may(bob) == nothing | {"reason": "ASK"}
    assert await may(server.anyone) == nothing | {"reason": "UNAVAILABLE"}
    assert await may(ada) == dict.fromkeys(nothing, True) | {"reason": "OK"}
    await make_grant(cameo, bob, Scope.FACE | Scope.PUBLISH)
    assert await may(bob) == nothing | {"face": True, "publish": True, "reason": "OK"}

    # A block, a pause and a cameo for nobody look the same: there is none.
    await connections.get("default").execute_query("UPDATE cameo SET state = 'PAUSED'")
    assert await may(bob) is None
    assert await may(ada) == nothing | {"reason": "UNAVAILABLE"}


async def test_a_cameo_is_found_by_whoever_may_use_or_ask_for_it(server: Server, ada: Api, bob: Api) -> None:
    carl, dora = [await server.member(name) for name in ("carl", "dora")]
    await make_cameo(ada, audience=Audience.MUTUALS, scopes=Scope.FACE)
    await make_cameo(carl, audience=Audience.EVERYONE, scopes=Scope.VOICE)
    await make_cameo(dora)
    await make_cameo(bob)
    assert await castable(bob) == {"ada": "ASK", "carl": "OK", "bob": "OK"}
    assert (await bob.run(BY_HANDLE, handle="@Dora"))["cameo"] is None
    assert (await dora.run(BY_HANDLE, handle="@Dora"))["cameo"] == {"handle": "dora"}
    assert (await bob.run(BY_HANDLE, handle="nobody"))["cameo"] is None
    await follow(bob, ada)
    assert (await castable(bob))["ada"] == "ASK"
    await follow(ada, bob)
    assert (await castable(bob))["ada"] == "OK"
    await connections.get("default").execute_query(
        "INSERT INTO block (id, created_at, blocker_id, blocked_id) SELECT gen_random_uuid(), now(), $1, $2",
        [account(carl).id, account(bob).id],
    )
    assert await castable(bob) == {"ada": "OK", "bob": "OK"}
    assert (await bob.run(BY_HANDLE, handle="carl"))["cameo"] is None
    await connections.get("default").execute_query("UPDATE account SET suspended_at = now() WHERE handle = 'ada'")
    assert await castable(bob) == {"bob": "OK"}
    assert await server.anyone.refused(CASTABLE, first=10) == "UNAUTHENTICATED"


async def test_castable_cameos_page_by_keyset_and_match_the_start_of_a_name(server: Server, ada: Api) -> None:
    for number in range(5):
        other = await server.member(f"kim_{number}")
        await make_cameo(other, audience=Audience.EVERYONE, scopes=Scope.FACE)
    await make_cameo(await server.member("lee"), audience=Audience.EVERYONE, scopes=Scope.FACE)
    seen: list[str] = []
    after = None
    while True:
        page = (await ada.run(CASTABLE, query="@KIM", first=2, after=after))["castableCameos"]
        seen += [edge["node"]["handle"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [f"kim_{number}" for number in reversed(range(5))]
    assert await ada.refused(CASTABLE, query="lee", first=2, after=after) == "INVALID"


async def test_a_new_cameo_admits_nobody_and_access_is_set_whole(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada)
    first = await access_of(cameo)
    assert (first.audience, first.scopes) == (Audience.ONLY_ME, NO_SCOPES)
    done = await ada.mutate(
        SET, cameoId=of(cameo), audience="EVERYONE", scopes=["FACE", "PUBLISH"], preferences="a red hat",
        restrictions={"topics": ["POLITICS"], "text": "no cats"},
    )  # fmt: skip
    assert done["cameo"]["audience"] == "EVERYONE"
    assert done["cameo"]["restrictions"] == {"topics": ["POLITICS"], "text": "no cats"}
    second = await access_of(cameo)
    assert (second.supersedes_id, (await Grant.get(id=first.id)).state) == (first.id, GrantState.SUPERSEDED)
    # What is left out stays; what is given replaces.
    done = await ada.mutate(SET, cameoId=of(cameo), audience="EVERYONE", scopes=["FACE"])
    assert done["cameo"] == {
        "audience": "EVERYONE", "scopes": ["FACE"], "preferences": "a red hat",
        "restrictions": {"topics": ["POLITICS"], "text": "no cats"},
    }  # fmt: skip
    # The same again is no transition.
    await ada.mutate(SET, cameoId=of(cameo), audience="EVERYONE", scopes=["FACE"])
    assert await audited(chain_of(cameo.id)) == ["ACCESS_SET", "ACCESS_SET"]
    assert (await bob.mutate(SET, cameoId=of(cameo), audience="ONLY_ME", scopes=[]))["code"] == "NOT_FOUND"
    assert (await access_of(cameo)).audience == Audience.EVERYONE


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"restrictions": {"styles": ["no such style"]}}, "restrictions.styles"),
        ({"restrictions": {"languages": ["Klingon"]}}, "restrictions.languages"),
        ({"restrictions": {"text": "no \0"}}, "restrictions"),
        ({"preferences": "x" * 301}, "preferences"),
        ({"expiresAt": "2001-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "2301-01-01T00:00:00"}, "expiresAt"),
        ({"expiresAt": "9999-12-31T23:59:59-12:00"}, "expiresAt"),
    ],
)
async def test_access_that_makes_no_sense_changes_nothing(ada: Api, change: dict[str, Any], field: str) -> None:
    cameo = await make_cameo(ada)
    refused = await ada.mutate(SET, **{"cameoId": of(cameo), "audience": "EVERYONE", "scopes": ["FACE"]} | change)
    assert (refused["code"], refused["field"]) == ("INVALID", field)
    assert (await access_of(cameo)).audience == Audience.ONLY_ME
    assert await Grant.filter(cameo_id=cameo.id).count() == 1


async def test_words_that_cannot_be_made_into_a_rule_are_told_to_the_owner(ada: Api) -> None:
    cameo = await make_cameo(ada)
    done = await ada.mutate(
        SET, cameoId=of(cameo), audience="APPROVED", scopes=[], restrictions={"text": "no politics\nblorp the zind"},
        preferences="a red hat and juggling seven swords",
    )  # fmt: skip
    assert done["notUnderstood"] == ["blorp the zind"]
    assert done["unsupported"] == ["juggling seven swords"]


async def test_widening_needs_a_step_up_and_restricting_never_does(ada: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.MUTUALS, scopes=Scope.FACE)
    await later_session(ada)
    wider = ({"audience": "EVERYONE", "scopes": ["FACE"]}, {"audience": "MUTUALS", "scopes": ["FACE", "VOICE"]})
    for access in wider:
        assert (await ada.mutate(SET, cameoId=of(cameo), **access))["code"] == "STEP_UP_REQUIRED"
    assert await Grant.filter(cameo_id=cameo.id).count() == 1
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for access in (
        {"audience": "MUTUALS", "scopes": ["FACE"], "expiresAt": ends},
        {"audience": "APPROVED", "scopes": ["FACE"], "expiresAt": ends, "perUseApproval": True},
        {"audience": "ONLY_ME", "scopes": ["FACE", "VOICE"]},
    ):
        assert (await ada.mutate(SET, cameoId=of(cameo), **access))["__typename"] == "SetCameoAccessSuccess"
    assert ((await access_of(cameo)).audience, (await access_of(cameo)).scopes) == (Audience.ONLY_ME, NO_SCOPES)


async def test_step_up_takes_the_password_and_lasts_a_quarter_of_an_hour(server: Server, ada: Api) -> None:
    cameo = await make_cameo(ada)
    await later_session(ada)
    wider = {"cameoId": of(cameo), "audience": "EVERYONE", "scopes": ["FACE"]}
    assert (await ada.mutate(STEP_UP, password="anything"))["code"] == "CONFLICT"  # the account has none
    await Account.filter(id=account(ada).id).update(password_hash=await hash_password("correct horse battery"))
    assert (await ada.mutate(STEP_UP, password="wrong horse battery"))["code"] == "DENIED"
    assert (await ada.mutate(SET, **wider))["code"] == "STEP_UP_REQUIRED"
    assert (await ada.mutate(STEP_UP, password="correct horse battery"))["__typename"] == "StepUpSuccess"
    assert (await ada.mutate(SET, **wider))["__typename"] == "SetCameoAccessSuccess"
    await shift_clock("16 minutes")
    assert (await ada.mutate(SET, **wider | {"scopes": ["FACE", "VOICE"]}))["code"] == "STEP_UP_REQUIRED"


async def test_narrowing_stops_jobs_and_gives_their_quota_back_and_widening_stops_none(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    queued, running = await make_job(bob, [cameo]), await make_job(bob, [cameo], state=GenerationState.RUNNING)
    without = await make_job(bob)
    await ada.mutate(SET, cameoId=of(cameo), audience="EVERYONE", scopes=["FACE", "VOICE"])
    assert (await outcome(queued))[0] == "QUEUED"
    assert await epochs(cameo) == (0, 0)
    await ada.mutate(SET, cameoId=of(cameo), audience="MUTUALS", scopes=["FACE", "VOICE"])
    assert await outcome(queued) == ("FAILED", "CONSENT_ENDED", True)
    assert (await outcome(running))[0] == "RUNNING"  # its worker stops it at gate 3: the epoch has risen
    assert await epochs(cameo) == (1, 0)
    assert (await outcome(without))[0] == "QUEUED"


async def test_only_me_ends_every_permission_and_leaves_what_exists(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    given = await make_grant(cameo, bob)
    asked = await make_grant(cameo, await server.member("eve"), state=GrantState.PENDING)
    video = await make_video(server.stores, bob, [cameo])
    job = await make_job(bob, [cameo])
    await ada.mutate(SET, cameoId=of(cameo), audience="ONLY_ME", scopes=[])
    assert {(await Grant.get(id=row.id)).state for row in (given, asked)} == {GrantState.REVOKED}
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
    shown = await server.anyone.run("query($id: ID!) { video(id: $id) { id } }", id=global_id("Video", video.id))
    assert shown["video"] is not None
    assert await audited(chain_of(cameo.id)) == ["ACCESS_SET"]


async def test_a_paused_cameo_is_of_no_use_until_it_is_resumed_after_a_step_up(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=ALL_SCOPES)
    job = await make_job(bob, [cameo])
    await later_session(ada)
    for _ in range(2):  # twice is one transition
        assert (await ada.mutate(PAUSE, cameoId=of(cameo)))["cameo"]["state"] == "PAUSED"
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
    assert (await ada.mutate(RESUME, cameoId=of(cameo)))["code"] == "STEP_UP_REQUIRED"
    assert (await bob.mutate(RESUME, cameoId=of(cameo)))["code"] == "NOT_FOUND"
    assert (await Cameo.get(id=cameo.id)).state is CameoState.PAUSED
    await connections.get("default").execute_query("UPDATE session SET stepped_up_at = yume_now()")
    assert (await ada.mutate(RESUME, cameoId=of(cameo)))["cameo"]["state"] == "ACTIVE"
    assert await audited(chain_of(cameo.id)) == ["CAMEO_PAUSED", "CAMEO_RESUMED"]
    assert await epochs(cameo) == (1, 0)


async def test_a_cameo_without_a_recording_cannot_be_opened_to_anybody(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, state=CameoState.EMPTY)
    assert (await ada.mutate(SET, cameoId=of(cameo), audience="EVERYONE", scopes=["FACE"]))["code"] == "CONFLICT"
    assert (await ada.mutate(PAUSE, cameoId=of(cameo)))["code"] == "CONFLICT"
    assert (await bob.run(CAMEO, id=of(cameo)))["node"] is None
    assert await Grant.all().count() == 0


async def test_members_see_how_they_stand_to_each_other(server: Server, ada: Api, bob: Api) -> None:
    fields = "viewerFollows followsViewer isMutual viewerBlocks cameo { handle } cameos { handle }"
    await make_cameo(ada, audience=Audience.APPROVED)
    await make_cameo(bob)
    await follow(bob, ada)
    seen = (await bob.run('{ account(handle: "ada") { ' + fields + " } }"))["account"]
    assert seen == {
        "viewerFollows": True, "followsViewer": False, "isMutual": False, "viewerBlocks": False,
        "cameo": {"handle": "ada"}, "cameos": [{"handle": "ada"}],
    }  # fmt: skip
    await follow(ada, bob)
    seen = (await ada.run('{ account(handle: "bob") { ' + fields + " } }"))["account"]
    assert (seen["isMutual"], seen["cameo"]) == (True, None)
    seen = (await server.anyone.run('{ account(handle: "bob") { isMutual cameo { handle } } }'))["account"]
    assert seen == {"isMutual": False, "cameo": None}
    await mutuals(await server.member("eve"), ada)
    page = await bob.run('{ account(handle: "ada") { followers(first: 1) { edges { node { handle } } pageInfo '
                         "{ hasNextPage endCursor } } cameoRequests { edges { cursor } } } }")  # fmt: skip
    assert page["account"]["followers"]["edges"] == [{"node": {"handle": "eve"}}]
    assert page["account"]["cameoRequests"] is None
    more = await bob.run(
        'query($after: String) { account(handle: "ada") { followers(first: 5, after: $after) '
        "{ edges { node { handle } } pageInfo { hasNextPage } } } }",
        after=page["account"]["followers"]["pageInfo"]["endCursor"],
    )
    assert more["account"]["followers"]["edges"] == [{"node": {"handle": "bob"}}]


async def test_an_owner_is_told_what_an_access_would_mean_before_it_is_set(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    carl, dora = [await server.member(name) for name in ("carl", "dora")]
    await mutuals(ada, carl)
    await make_grant(cameo, bob)
    preview = """query($id: ID!, $audience: Audience!, $scopes: [CameoScope!]!) { node(id: $id) { ... on Cameo {
        usePreview(audience: $audience, scopes: $scopes) { admitted named sentences } } } }"""

    async def would(audience: str, *scopes: str, who: Api = ada) -> dict[str, Any]:
        return (await who.run(preview, id=of(cameo), audience=audience, scopes=list(scopes)))["node"]["usePreview"]

    counts = {audience: (await would(audience, "FACE")) for audience in ("ONLY_ME", "APPROVED", "MUTUALS", "EVERYONE")}
    assert {name: (found["admitted"], found["named"]) for name, found in counts.items()} == {
        "ONLY_ME": (0, 0), "APPROVED": (1, 1), "MUTUALS": (2, 1), "EVERYONE": (3, 1),
    }  # fmt: skip
    assert "They can show your face in clips they make." in counts["EVERYONE"]["sentences"]
    assert "They cannot use your voice." in counts["EVERYONE"]["sentences"]
    assert not any("voice says" in sentence for sentence in counts["EVERYONE"]["sentences"])
    assert await would("EVERYONE", "FACE", who=dora) is None
    assert (await access_of(cameo)).audience == Audience.APPROVED
