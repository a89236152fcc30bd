"""Gate 1: asking for a clip with somebody in it. What a refusal says, what it leaves, and what a yes remembers."""

from __future__ import annotations

from typing import Any

import pytest

from models.cameo import Cameo, CameoState, Scope
from models.decision import Decision
from models.generation import Generation, Outbox, QuotaCharge
from models.grant import Audience
from models.likeness import GenerationLikeness, Via
from models.notification import Notification
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, follow, make_cameo, make_grant, make_video, mutuals

NOTICE = "query($cast: [CastInput!]!, $remixOf: ID) { castNotice(cast: $cast, remixOf: $remixOf) }"


def cast(cameo: Cameo, *scopes: str, **more: Any) -> dict[str, Any]:
    return {"cameoId": global_id("Cameo", cameo.id), "scopes": list(scopes or ("FACE",)), **more}


async def stored() -> tuple[int, int, int, int]:
    return (
        await Generation.all().count(), await QuotaCharge.all().count(), await Outbox.all().count(),
        await GenerationLikeness.all().count(),
    )  # fmt: skip


async def refusal(api: Api, **request: Any) -> tuple[str, str]:
    payload = await api.create(**request)
    assert payload["__typename"] == "ConsentError", payload
    return payload["reason"], payload["message"]


async def test_a_cast_clip_remembers_grant_version_epochs_and_scopes(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    grant = await make_grant(cameo, bob)
    payload = await bob.create(prompt="@ada walks", cast=[cast(cameo, "FACE", "VOICE")])
    assert payload["__typename"] == "CreateGenerationSuccess"
    assert "@ada sees this draft" in payload["castNotice"]
    [row] = await GenerationLikeness.all()
    assert (row.grant_id, row.version, row.cameo_epoch, row.account_epoch) == (grant.id, 1, 0, 0)
    assert (row.scopes, row.via) == (Scope.FACE | Scope.VOICE, Via.SHOWN)
    [decision] = await Decision.all()
    assert (decision.cameo_id, decision.actor_id, decision.allowed) == (cameo.id, account(bob).id, True)
    spec = (await Generation.get(id=row.generation_id)).spec
    assert [(one["name"], one["faces"], one["voice"]) for one in spec["cast"]] == [("ada", [], None)]


async def test_owners_use_their_own_cameo_without_any_grant(ada: Api) -> None:
    cameo = await make_cameo(ada)
    payload = await ada.create(prompt="a walk", cast=[cast(cameo, role="the baker")])
    assert payload["__typename"] == "CreateGenerationSuccess"
    assert payload["castNotice"] is None
    assert (await GenerationLikeness.get(cameo_id=cameo.id)).grant_id is None
    assert await Decision.all().count() == 0
    [generation] = await Generation.all()
    assert generation.spec["cast"][0]["name"] == "the baker"


async def test_owners_cannot_use_their_own_cameo_while_it_is_paused(ada: Api) -> None:
    cameo = await make_cameo(ada, state=CameoState.PAUSED)
    assert (await refusal(ada, cast=[cast(cameo)]))[0] == "UNAVAILABLE"
    assert await stored() == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("audience", "reason"),
    [(Audience.ONLY_ME, "UNAVAILABLE"), (Audience.APPROVED, "ASK"), (Audience.MUTUALS, "ASK")],
)
async def test_without_permission_nothing_is_stored_and_the_owner_reads_of_it(
    ada: Api, bob: Api, audience: Audience, reason: str
) -> None:
    cameo = await make_cameo(ada, audience=audience, scopes=Scope.FACE)
    assert (await refusal(bob, cast=[cast(cameo)]))[0] == reason
    assert await stored() == (0, 0, 0, 0)
    [decision] = await Decision.all()
    assert (decision.actor_id, decision.allowed, decision.rule) == (account(bob).id, False, "GRANT")


async def test_a_block_a_missing_cameo_and_a_private_one_are_refused_in_the_same_words(
    server: Server, ada: Api, bob: Api
) -> None:
    from models.block import Block

    open_to_all = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    private = await make_cameo(await server.member("cleo"))
    await Block.create(blocker_id=account(ada).id, blocked_id=account(bob).id)
    blocked = await bob.create(cast=[cast(open_to_all)])
    hidden = await bob.create(cast=[cast(private)])
    missing = await bob.create(cast=[{"cameoId": global_id("Cameo", account(bob).id), "scopes": ["FACE"]}])
    told = [
        {key: one[key] for key in ("__typename", "reason", "message", "field")} for one in (blocked, hidden, missing)
    ]
    assert told[0] == told[1] == told[2]
    assert told[0]["reason"] == "UNAVAILABLE"
    assert await stored() == (0, 0, 0, 0)


async def test_mutuals_only_rejects_one_way_follow(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.MUTUALS, scopes=Scope.FACE)
    await follow(bob, ada)
    assert (await refusal(bob, cast=[cast(cameo)]))[0] == "ASK"
    assert await stored() == (0, 0, 0, 0)
    await follow(ada, bob)
    assert (await bob.create(cast=[cast(cameo)]))["__typename"] == "CreateGenerationSuccess"


@pytest.mark.parametrize(("held", "asked"), [(Scope.FACE, "VOICE"), (Scope.VOICE, "FACE")])
async def test_a_grant_for_the_face_never_gives_the_voice_nor_the_reverse(
    ada: Api, bob: Api, held: Scope, asked: str
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    await make_grant(cameo, bob, held)
    assert (await refusal(bob, cast=[cast(cameo, asked)]))[0] == "ASK"
    assert (await refusal(bob, cast=[cast(cameo, "FACE", "VOICE")]))[0] == "ASK"
    assert await stored() == (0, 0, 0, 0)


async def test_two_grants_never_add_up_to_one_that_nobody_gave(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.VOICE)
    await make_grant(cameo, bob, Scope.FACE)
    assert (await refusal(bob, cast=[cast(cameo, "FACE", "VOICE")]))[0] == "ASK"


async def test_a_forbidden_prompt_names_no_rule_to_the_author_and_all_to_the_owner(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE, restrictions={"topics": ["WEAPONS"]})
    reason, message = await refusal(bob, prompt="@ada fires a machine gun", cast=[cast(cameo)])
    assert reason == "RESTRICTED"
    assert "WEAPONS" not in message.upper()
    assert await stored() == (0, 0, 0, 0)
    [decision] = await Decision.all()
    assert (decision.stage, decision.rule, decision.allowed) == ("PROMPT", "TOPIC:WEAPONS", False)
    told = await Notification.get(account_id=account(ada).id)
    assert (told.kind, told.rule, told.actor_id) == ("CAMEO_REFUSED", "TOPIC:WEAPONS", account(bob).id)
    assert (await bob.create(prompt="@ada walks a dog", cast=[cast(cameo)]))["__typename"] == "CreateGenerationSuccess"


async def test_restrictions_bind_whichever_grant_admits_and_even_a_named_one(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED, restrictions={"topics": ["WEAPONS"]})
    await make_grant(cameo, bob, restrictions={"other_people": "NOBODY"})
    assert (await refusal(bob, prompt="@ada fires a machine gun", cast=[cast(cameo)]))[0] == "RESTRICTED"
    other = await make_cameo(bob)
    together = await refusal(bob, prompt="@ada and @bob dance", cast=[cast(cameo), cast(other)])
    assert together[0] == "RESTRICTED"
    assert {one.rule for one in await Decision.all()} == {"TOPIC:WEAPONS", "PEOPLE"}


async def test_strangers_beside_me_are_refused_and_mutuals_are_not(server: Server, ada: Api, bob: Api) -> None:
    cleo = await server.member("cleo")
    mine = await make_cameo(
        ada, audience=Audience.EVERYONE, scopes=Scope.FACE, restrictions={"other_people": "NO_STRANGERS"}
    )
    theirs = await make_cameo(cleo, audience=Audience.EVERYONE, scopes=Scope.FACE)
    asked: dict[str, Any] = {"prompt": "@ada and @cleo dance", "cast": [cast(mine), cast(theirs)]}
    assert (await refusal(bob, **asked))[0] == "RESTRICTED"
    await mutuals(ada, cleo)
    assert (await bob.create(**asked))["__typename"] == "CreateGenerationSuccess"


async def test_nobody_can_probe_the_rules_of_a_cameo_for_ever(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE, restrictions={"topics": ["WEAPONS"]})
    for _ in range(10):
        assert (await refusal(bob, prompt="@ada fires a machine gun", cast=[cast(cameo)]))[0] == "RESTRICTED"
    limited = await bob.create(prompt="@ada walks a dog", cast=[cast(cameo)])
    assert limited["__typename"] == "RateLimitedError"
    assert await Decision.all().count() == 10
    assert (await bob.create(prompt="a dog"))["__typename"] == "CreateGenerationSuccess"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"prompt": "@zoe dances"}, "prompt"),
        ({"scopes": []}, "cast"),
        ({"scopes": ["REMIX"]}, "cast"),
        ({"scopes": ["FACE"], "role": ""}, "cast"),
        ({"scopes": ["FACE"], "role": "x" * 81}, "cast"),
        ({"scopes": ["FACE"], "role": "the baker\nwithout clothes"}, "cast"),
        ({"scopes": ["FACE"], "role": "\u202erekab"}, "cast"),
        ({"scopes": ["FACE"], "twice": True}, "cast"),
    ],
)
async def test_a_cast_that_makes_no_sense_is_named_and_leaves_nothing(
    ada: Api, request_: dict[str, Any], field: str
) -> None:
    cameo = await make_cameo(ada)
    member = {"cameoId": global_id("Cameo", cameo.id), **{k: request_[k] for k in ("scopes", "role") if k in request_}}
    people = [member] * (2 if request_.get("twice") else 1) if "scopes" in request_ else []
    payload = await ada.create(prompt=request_.get("prompt", "a walk"), cast=people)
    assert (payload["__typename"], payload["field"]) == ("InvalidError", field)
    assert await stored() == (0, 0, 0, 0)


async def test_an_engine_takes_so_many_people_and_no_more(server: Server, ada: Api) -> None:
    people = [await make_cameo(ada, handle=f"pet{n}") for n in range(3)]
    payload = await ada.create(prompt="a party", cast=[cast(one) for one in people])
    assert (payload["__typename"], payload["field"]) == ("InvalidError", "cast")
    assert await stored() == (0, 0, 0, 0)


async def test_a_retry_is_answered_as_the_first_send_was_whatever_was_restricted_since(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE)
    first = await bob.create(cast=[cast(cameo)], idempotencyKey="once")
    await Cameo.filter(id=cameo.id).update(state=CameoState.PAUSED)
    again = await bob.create(cast=[cast(cameo)], idempotencyKey="once")
    assert again["generation"]["id"] == first["generation"]["id"]
    assert (await bob.create(cast=[cast(cameo)]))["__typename"] == "ConsentError"


async def test_the_composer_says_who_sees_the_draft_before_it_is_asked_for(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=Scope.FACE | Scope.REMIX, per_use_approval=True)
    told = (await bob.run(NOTICE, cast=[cast(cameo)]))["castNotice"]
    assert told.startswith("@ada sees this draft, with its prompt")
    assert "once @ada agrees" in told
    video = await make_video(server.stores, bob, [cameo])
    told = (await bob.run(NOTICE, cast=[], remixOf=global_id("Video", video.id)))["castNotice"]
    assert "carries @ada on from the video it remixes" in told
    assert (await ada.run(NOTICE, cast=[cast(cameo)]))["castNotice"] is None
