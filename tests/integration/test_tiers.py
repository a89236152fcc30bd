"""Teens and adults: what strangers may do with teens' things, what their lists leave out, what a birthday changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tortoise import connections

from engine.text.restrictions import Topic
from models.account import Account
from models.cameo import ALL_SCOPES, CameoKind, Scope
from models.consent.gates import may_widen
from models.errors import Invalid
from models.grant import Audience, Grant
from models.policy import TOPICS, set_policy
from models.rules.sql import account as literal
from models.rules.sql import holding
from models.rules.video import may_be_listed, may_be_met, published_by_followed
from models.video import Video, VideoVisibility
from resolvers.tier import is_of_age
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, follow, make_cameo, make_grant, make_video, mutuals, shift_clock

ACCESS = """
mutation($input: SetCameoAccessInput!) { setCameoAccess(input: $input) { __typename ... on Error { code field } } }
"""
GRANT = """
mutation($input: GrantCameoInput!) { grantCameo(input: $input) { __typename ... on Error { code field } } }
"""
PROFILE = """
mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename ... on Error { code field } } }
"""
MAY_USE = "query($handle: String!) { cameo(handle: $handle) { viewerMayUse { face reason } } }"
REMIXABLE = "query($id: ID!) { video(id: $id) { remixable } }"
TIER = "{ viewer { ageTier } }"


async def born(of: Api, years_ago: int) -> None:
    today = datetime.now(UTC).date()
    await Account.filter(id=account(of).id).update(
        birth_date=date(today.year - years_ago, today.month, min(today.day, 28))
    )


async def about(video: Video, *topics: str) -> None:
    await connections.get("default").execute_query(
        "INSERT INTO video_text (id, topics) VALUES ($1, $2::text[])",
        [video.id, list(topics)],
    )


async def met(viewer: Api | None, rule: Any = may_be_listed) -> set[str]:
    whose = literal(None if viewer is None else account(viewer).id)
    rows = await holding(VideoVisibility.all(), rule(whose))
    return {str(row.id) for row in rows}


def remix(video: Video) -> dict[str, Any]:
    return {"remixOf": global_id("Video", video.id), "prompt": "the same but blue"}


async def test_only_mutuals_remix_what_a_teen_published_also_after_the_birthday(
    server: Server, ada: Api, bob: Api
) -> None:
    await born(ada, 17)
    assert (await ada.run(TIER), await bob.run(TIER)) == (
        {"viewer": {"ageTier": "TEEN"}}, {"viewer": {"ageTier": "ADULT"}},
    )  # fmt: skip
    teens, adults = await make_video(server.stores, ada), await make_video(server.stores, bob)
    await follow(bob, ada)
    shown = {"id": global_id("Video", teens.id)}
    assert (await bob.run(REMIXABLE, **shown), await ada.run(REMIXABLE, **shown)) == (
        {"video": {"remixable": False}}, {"video": {"remixable": True}},
    )  # fmt: skip
    listed = await bob.run("{ feed(kind: LATEST) { edges { node { remixable } } } }")
    assert [edge["node"]["remixable"] for edge in listed["feed"]["edges"]] == [True, False]
    refused = await bob.create(**remix(teens))
    assert refused["__typename"] == "DeniedError"
    # The answer is the one for whoever does not want remixes: it tells nobody's age.
    await Video.filter(id=adults.id).update(remixable=False)
    assert (await ada.create(**remix(adults)))["message"] == refused["message"]
    await Video.filter(id=adults.id).update(remixable=True)
    assert (await ada.create(**remix(adults)))["__typename"] == "CreateGenerationSuccess"
    assert (await ada.create(**remix(teens)))["__typename"] == "CreateGenerationSuccess"

    await follow(ada, bob)
    assert (await bob.create(**remix(teens)))["__typename"] == "CreateGenerationSuccess"
    child = await make_video(server.stores, bob, parent=teens, published=False)
    connection = connections.get("default")
    assert await may_widen(connection, child.id, account(bob).id, Scope.PUBLISH) is None
    await connection.execute_query("DELETE FROM follow WHERE follower_id = $1", [account(ada).id])
    assert await may_widen(connection, child.id, account(bob).id, Scope.PUBLISH) == (child.id, "parent")

    await shift_clock("400 days")
    assert await is_of_age(account(ada).id)
    assert await may_widen(connection, child.id, account(bob).id, Scope.PUBLISH) == (child.id, "parent")
    await connection.execute_query("UPDATE video_visibility SET published_at = yume_now() WHERE id = $1", [teens.id])
    assert await may_widen(connection, child.id, account(bob).id, Scope.PUBLISH) is None


async def test_lists_of_teens_and_of_visitors_leave_topics_out(server: Server, ada: Api, bob: Api) -> None:
    await born(ada, 15)
    calm, rough, unread = [await make_video(server.stores, bob) for _ in range(3)]
    await about(calm, "ADVERTISING")
    await about(rough, "ADVERTISING", "VIOLENCE")
    await follow(ada, bob)
    every = {str(calm.id), str(rough.id), str(unread.id)}
    for rule in (may_be_listed, may_be_met, published_by_followed):
        assert await met(ada, rule) == {str(calm.id)}
    assert await met(bob) == every
    assert await met(None) == {str(calm.id), str(unread.id)}
    assert await met(await server.member("cleo")) == every
    # By name it is still found: the rule is about what is put before somebody.
    found = await ada.run("query($id: ID!) { video(id: $id) { id } }", id=global_id("Video", rough.id))
    assert found["video"] is not None
    await set_policy("teen_filtered_topics", [], set_by=None)
    assert await met(ada) == {str(calm.id), str(rough.id)}
    await shift_clock("1200 days")
    await set_policy("teen_filtered_topics", ["VIOLENCE"], set_by=None)
    assert await met(ada) == every


async def test_a_teens_cameo_is_for_nobody_else_and_no_permission_waits_for_the_birthday(ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.EVERYONE, scopes=ALL_SCOPES)
    await make_grant(cameo, bob)
    await mutuals(ada, bob)
    assert (await bob.run(MAY_USE, handle="ada"))["cameo"]["viewerMayUse"] == {"face": True, "reason": "OK"}
    await born(ada, 17)
    assert (await bob.run(MAY_USE, handle="ada"))["cameo"] is None
    asked = {"cameoId": global_id("Cameo", cameo.id), "scopes": ["FACE"]}
    assert (await bob.create(cast=[asked]))["__typename"] == "ConsentError"
    assert (await ada.create(cast=[asked]))["__typename"] == "CreateGenerationSuccess"

    closed = await make_cameo(ada, handle="ada2", kind=CameoKind.DRAWN)
    own = global_id("Cameo", closed.id)
    before = await Grant.all().count()
    for audience in ("APPROVED", "MUTUALS", "EVERYONE"):
        wider = await ada.mutate(ACCESS, cameoId=own, audience=audience, scopes=["FACE"])
        assert (wider["__typename"], wider["field"]) == ("ConflictError", "cameoId")
    given = await ada.mutate(
        GRANT, cameoId=own, subject=global_id("Account", account(bob).id), scopes=["FACE"], idempotencyKey="a"
    )
    assert given["__typename"] == "ConflictError"
    assert (await ada.mutate(PROFILE, onLeaderboards=True))["field"] == "onLeaderboards"
    assert await Grant.all().count() == before
    assert not (await Account.get(id=account(ada).id)).on_leaderboards


async def test_the_age_of_adults_is_a_rule_that_is_never_lower_than_the_law(ada: Api) -> None:
    await born(ada, 19)
    assert await is_of_age(account(ada).id)
    await set_policy("adult_age", 21, set_by=None)
    assert not await is_of_age(account(ada).id)
    for value in (17, 22, "18", True):
        with pytest.raises(Invalid):
            await set_policy("adult_age", value, set_by=None)
    for value in (["violence"], "VIOLENCE", [1], None):
        with pytest.raises(Invalid):
            await set_policy("teen_filtered_topics", value, set_by=None)
    assert tuple(Topic) == TOPICS
