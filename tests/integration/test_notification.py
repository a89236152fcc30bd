"""Notifications: ids at rest, rendered under today's rules, told together, resumed without gap, delivered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.inbox import deliver, forget_old
from models.account import Account, Session
from models.block import Block
from models.cameo import Cameo
from models.generation import Generation
from models.notification import Notification, NotificationKind, notify
from models.video import Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Refused, Server
from tests.chores import do_chores
from tests.consent import FACE_AND_ALL, make_cameo, make_grant, make_video, shift_clock
from tests.jobs_stack import PATIENCE, until_listening

LIST = """query($first: Int! = 20, $after: String) { notifications(first: $first, after: $after) {
  unreadCount pageInfo { hasNextPage endCursor }
  edges { cursor node {
    __typename id cursor readAt count unread actor { handle } cameo { handle } video { id prompt }
    ... on CameoRefused { rule } ... on VideoWithdrawn { makeAgainWithout { handle } makeAgainAsOriginal }
  } }
} }"""
WATCH = """subscription($after: String) { notifications(after: $after) {
  __typename id cursor count unread ... on CameoRefused { rule }
} }"""
READ = """mutation($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) {
  ... on MarkNotificationsReadSuccess { unreadCount } ... on Error { code field }
} }"""


@pytest.fixture
async def cameo(ada: Api) -> Cameo:
    return await make_cameo(ada)


def id_of(caller: Api) -> UUID:
    assert caller.viewer is not None
    return caller.viewer.id


async def tell(server: Server, to: Api, kind: NotificationKind, **about: Any) -> None:
    """One notification, delivered."""
    await notify(connections.get("default"), id_of(to), kind, **about)
    await deliver(server.stores.redis)


async def listed(caller: Api, **variables: Any) -> list[dict[str, Any]]:
    data = await caller.run(LIST, **variables)
    return [edge["node"] for edge in data["notifications"]["edges"]]


async def heard(stream: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        return (await anext(stream))["notifications"]


async def test_uses_of_a_popular_cameo_are_told_together(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    for _ in range(12):
        await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
    await tell(server, ada, NotificationKind.CAMEO_REQUESTED, actor=id_of(bob), cameo=cameo.id)
    asked, used = await listed(ada)
    assert (asked["__typename"], asked["count"]) == ("CameoRequested", 1)
    assert (used["__typename"], used["count"], used["unread"]) == ("CameoUsed", 12, 12)
    assert (used["actor"]["handle"], used["cameo"]["handle"]) == ("bob", "ada")


async def test_the_next_day_starts_a_new_group(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
    await shift_clock("1 day")
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
    assert [each["count"] for each in await listed(ada)] == [1, 1]


async def test_nobody_is_told_of_what_they_did_themselves(server: Server, ada: Api, cameo: Cameo) -> None:
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(ada), cameo=cameo.id)
    assert await Notification.all().count() == 0


async def test_a_notification_goes_with_its_transaction(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    async def fails() -> None:
        async with in_transaction() as connection:
            await notify(connection, id_of(ada), NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    await deliver(server.stores.redis)
    assert await listed(ada) == []


async def test_everybody_reads_only_their_own(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
    [mine] = await listed(ada)
    assert await listed(bob) == []
    assert await server.anyone.refused(LIST) == "UNAUTHENTICATED"
    node = "query($id: ID!) { node(id: $id) { __typename id } }"
    assert (await ada.run(node, id=mine["id"]))["node"]["__typename"] == "CameoUsed"
    for other in (bob, server.anyone):
        assert (await other.run(node, id=mine["id"]))["node"] is None
    foreign = await bob.mutate(READ, through=mine["cursor"])
    assert (foreign["code"], foreign["field"]) == ("INVALID", "through")


async def test_pages_and_marks_follow_the_cursor(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    for _ in range(5):
        await tell(server, ada, NotificationKind.CAMEO_REQUESTED, actor=id_of(bob), cameo=cameo.id)
    everything = await listed(ada)
    page = (await ada.run(LIST, first=2))["notifications"]
    assert page["pageInfo"]["hasNextPage"]
    rest = await listed(ada, after=page["pageInfo"]["endCursor"])
    assert [each["id"] for each in rest] == [each["id"] for each in everything[2:]]
    done = await ada.mutate(READ, through=everything[2]["cursor"])
    assert done["unreadCount"] == 2
    assert [each["readAt"] is None for each in await listed(ada)] == [True, True, False, False, False]
    assert (await ada.mutate(READ))["unreadCount"] == 0


async def test_a_subscriber_hears_what_arrives_and_resumes_where_it_stopped(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    stream = ada.subscribe(WATCH)
    waiting = asyncio.ensure_future(heard(stream))
    await until_listening(server.stores.inbox)
    await tell(server, bob, NotificationKind.GRANT_CHANGED, actor=id_of(ada), cameo=cameo.id)
    await tell(server, ada, NotificationKind.CAMEO_REFUSED, actor=id_of(bob), cameo=cameo.id, rule="TOPIC:POLITICS")
    first = await waiting
    assert (first["__typename"], first["rule"], first["count"]) == ("CameoRefused", "TOPIC:POLITICS", 1)
    await tell(server, ada, NotificationKind.CAMEO_REQUESTED, actor=id_of(bob), cameo=cameo.id)
    await tell(server, ada, NotificationKind.CAMEO_REFUSED, actor=id_of(bob), cameo=cameo.id, rule="PLACE")
    resumed = ada.subscribe(WATCH, after=first["cursor"])
    second, third = await heard(resumed), await heard(resumed)
    assert second["__typename"] == "CameoRequested"
    assert (third["id"], third["count"], third["rule"]) == (first["id"], 2, "PLACE")


async def test_numbers_follow_the_order_of_commits(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    """One that was written first and committed last is delivered last, so that no cursor ever passes it."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with in_transaction() as connection:
            await notify(connection, id_of(ada), NotificationKind.CAMEO_REQUESTED, actor=id_of(bob), cameo=cameo.id)
            begun.set()
            await go_on.wait()

    writing = asyncio.create_task(slow())
    await begun.wait()
    await tell(server, ada, NotificationKind.GRANT_CHANGED, actor=id_of(bob), cameo=cameo.id)
    [only] = await listed(ada)
    assert only["__typename"] == "GrantChanged"
    go_on.set()
    await writing
    await asyncio.gather(*(deliver(server.stores.redis) for _ in range(4)))
    resumed = ada.subscribe(WATCH, after=only["cursor"])
    assert (await heard(resumed))["__typename"] == "CameoRequested"
    assert await Notification.filter(seq__isnull=True).count() == 0


async def test_a_subscription_ends_with_its_session(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    stream = ada.subscribe(WATCH)
    waiting = asyncio.ensure_future(heard(stream))
    await until_listening(server.stores.inbox)
    await Session.filter(account_id=id_of(ada)).delete()
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
    with pytest.raises(Refused, match="UNAUTHENTICATED"):
        await waiting


async def test_what_may_no_longer_be_seen_is_null_when_it_is_read(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    await make_grant(cameo, bob, FACE_AND_ALL)
    video = await make_video(server.stores, bob, [cameo], published=False)
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id, video=video.id)
    [note] = await listed(ada)
    assert (note["video"]["id"], note["video"]["prompt"]) == (global_id("Video", video.id), "a fox")
    await VideoVisibility.filter(id=video.id).update(author_state="DELETED")
    [note] = await listed(ada)
    assert note["video"] is None


async def test_notifications_are_forgotten_after_ninety_days(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
    await shift_clock("89 days")
    await forget_old()
    assert await Notification.all().count() == 1
    await shift_clock("91 days")
    await forget_old()
    assert await Notification.all().count() == 0


async def test_who_is_gone_is_not_named(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    await tell(server, ada, NotificationKind.CAMEO_USED, actor=id_of(bob), cameo=cameo.id)
    await Account.filter(id=id_of(bob)).update(suspended_at=datetime.now(UTC))
    [note] = await listed(ada)
    assert note["actor"] is None


APPEARANCES = """{ viewer { appearances { edges { node { id state prompt media { url } consent { state } } } } } }"""


async def appearances(caller: Api) -> list[dict[str, Any]]:
    data = await caller.run(APPEARANCES)
    return [edge["node"] for edge in data["viewer"]["appearances"]["edges"]]


async def test_appearances_show_everything_with_the_viewers_likeness_and_nothing_else(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    await make_grant(cameo, bob, FACE_AND_ALL)
    draft = await make_video(server.stores, bob, [cameo], published=False)
    published = await make_video(server.stores, bob, [cameo])
    remix = await make_video(server.stores, bob, parent=published)
    await make_video(server.stores, bob)
    found = await appearances(ada)
    assert [each["id"] for each in found] == [global_id("Video", each.id) for each in (remix, published, draft)]
    assert {each["prompt"] for each in found} == {"a fox"}
    assert await appearances(bob) == []


async def test_author_blocks_owner_changes_nothing_for_the_owners_appearances(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    await make_grant(cameo, bob, FACE_AND_ALL)
    video = await make_video(server.stores, bob, [cameo])
    before = await appearances(ada)
    await Block.create(blocker_id=id_of(bob), blocked_id=id_of(ada))
    await VideoVisibility.filter(id=video.id).update(audience="FOLLOWERS")
    assert [each["id"] for each in await appearances(ada)] == [each["id"] for each in before]
    withdraw = "mutation($input: WithdrawLikenessInput!) { withdrawLikeness(input: $input) { __typename } }"
    payload = await ada.mutate(withdraw, videoId=global_id("Video", video.id))
    assert payload["__typename"] == "WithdrawLikenessSuccess"


async def test_two_shown_one_revokes_the_author_is_offered_another_make_and_the_other_sees_withdrawn(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    cass = await server.member("cass")
    other = await make_cameo(cass)
    for each in (cameo, other):
        await make_grant(each, bob, FACE_AND_ALL)
    video = await make_video(server.stores, bob, [cameo, other])
    withdraw = "mutation($input: WithdrawLikenessInput!) { withdrawLikeness(input: $input) { __typename } }"
    await ada.mutate(withdraw, videoId=global_id("Video", video.id))
    await do_chores(server.stores)
    [author], [shown] = await listed(bob), await listed(cass)
    assert (author["__typename"], author["makeAgainWithout"]) == ("VideoWithdrawn", {"handle": "ada"})
    assert not author["makeAgainAsOriginal"]
    assert author["actor"] is None
    assert (shown["__typename"], shown["makeAgainWithout"], shown["cameo"]["handle"]) == (
        "VideoWithdrawn",
        None,
        "cass",
    )
    [stub] = await appearances(cass)
    assert (stub["state"], stub["media"], stub["consent"]["state"]) == ("WITHDRAWN", None, "NOT_CONSENTED")
    assert await listed(ada) == [], "her own log has it"


async def test_who_remixed_is_not_told_which_of_the_people_they_inherited_took_it_away(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    dan = await server.member("dan")
    other = await make_cameo(await server.member("cass"))
    for each in (cameo, other):
        await make_grant(each, bob, FACE_AND_ALL)
        await make_grant(each, dan, FACE_AND_ALL)
    video = await make_video(server.stores, bob, [cameo, other])
    remix = await make_video(server.stores, dan, parent=video)
    withdraw = "mutation($input: WithdrawLikenessInput!) { withdrawLikeness(input: $input) { __typename } }"
    await ada.mutate(withdraw, videoId=global_id("Video", video.id))
    await do_chores(server.stores)
    [told] = await listed(dan)
    assert (told["__typename"], told["actor"], told["cameo"]) == ("VideoWithdrawn", None, None)
    assert await Notification.filter(account_id=id_of(dan), cameo_id__isnull=False).count() == 0
    assert (told["makeAgainWithout"], told["makeAgainAsOriginal"]) == (None, True)
    again = await dan.create(prompt=told["video"]["prompt"], remixOf=global_id("Video", remix.id))
    assert again["__typename"] == "NotFoundError", "what is withdrawn is nobody's to remix"
    assert (await dan.create(prompt=told["video"]["prompt"]))["__typename"] == "CreateGenerationSuccess"


async def test_who_takes_back_what_a_remixer_was_permitted_is_named_to_them_alone(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    dan, eve = await server.member("dan"), await server.member("eve")
    await make_grant(cameo, bob, FACE_AND_ALL)
    grants = {who: await make_grant(cameo, who, FACE_AND_ALL) for who in (dan, eve)}
    video = await make_video(server.stores, bob, [cameo])
    remix = await make_video(server.stores, dan, parent=video)
    await make_video(server.stores, eve, parent=remix)
    await make_video(server.stores, eve, parent=video)
    revoke = "mutation($input: RevokeGrantInput!) { revokeGrant(input: $input) { __typename } }"
    await ada.mutate(revoke, grantId=global_id("Grant", grants[dan].id))
    await do_chores(server.stores)

    async def withdrawn(who: Api) -> list[dict[str, Any]]:
        return [each for each in await listed(who) if each["__typename"] == "VideoWithdrawn"]

    [told], [of_descendant] = await withdrawn(dan), await withdrawn(eve)
    assert (told["makeAgainWithout"], told["makeAgainAsOriginal"]) == ({"handle": "ada"}, True)
    assert (of_descendant["makeAgainWithout"], of_descendant["makeAgainAsOriginal"]) == (None, True)
    block = "mutation($input: BlockInput!) { block(input: $input) { __typename } }"
    await ada.mutate(block, accountId=global_id("Account", id_of(eve)))
    await do_chores(server.stores)
    assert [each["makeAgainWithout"] for each in await withdrawn(eve)] == [None, None], "who blocks is named to nobody"


async def test_what_is_made_again_passes_the_first_gate_again(server: Server, ada: Api, bob: Api, cameo: Cameo) -> None:
    grant = await make_grant(cameo, bob, FACE_AND_ALL)
    wish = {"prompt": "a walk", "cast": [{"cameoId": global_id("Cameo", cameo.id), "scopes": ["FACE"]}]}
    assert (await bob.create(**wish))["__typename"] == "CreateGenerationSuccess"
    revoke = "mutation($input: RevokeGrantInput!) { revokeGrant(input: $input) { __typename } }"
    await ada.mutate(revoke, grantId=global_id("Grant", grant.id))
    before = await Generation.all().count()
    assert (await bob.create(**wish))["__typename"] == "ConsentError"
    assert await Generation.all().count() == before
    assert (await bob.create(prompt=wish["prompt"]))["__typename"] == "CreateGenerationSuccess"


async def test_a_withdrawal_of_many_is_one_notification_for_each_author(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    await make_grant(cameo, bob, FACE_AND_ALL)
    videos: list[Video] = [await make_video(server.stores, bob, [cameo]) for _ in range(3)]
    revoke = "mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) { __typename } }"
    await ada.mutate(revoke, cameoId=global_id("Cameo", cameo.id))
    await do_chores(server.stores)
    await do_chores(server.stores)
    [told] = [each for each in await listed(bob) if each["__typename"] == "VideoWithdrawn"]
    assert told["count"] == len(videos)
