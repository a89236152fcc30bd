"""Mutes and what is told of social life: nobody learns that they are muted, and muted people are not heard of."""

from __future__ import annotations

from typing import Any

from tortoise import connections

from jobs.inbox import deliver
from models.block import Block
from models.cameo import ALL_SCOPES
from models.follow import Follow
from models.grant import Audience, Grant
from models.mute import Mute
from models.notification import MOST_TOGETHER, Notification, NotificationKind, notify
from models.taste import SeeLess
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, make_cameo, make_video, shift_clock
from tests.social import WITH, change, like, said, towards, unlike, vid

PUBLISH = "mutation($input: PublishVideoInput!) { publishVideo(input: $input) { __typename } }"
MUTED = """query($handle: String!) {
  viewer { mutes { edges { node { handle } } } } account(handle: $handle) { viewerMutes mutes { edges { cursor } } }
}"""
LESS, GRANT = WITH % ("SeeLess", "seeLess"), WITH % ("GrantCameo", "grantCameo")
HEARD = """{ notifications { unreadCount edges { node {
  __typename count actor { handle } video { id }
  ... on Commented { comment { body } } ... on Replied { comment { body } } ... on Remixed { original { id } }
} } } }"""


async def heard(server: Server, who: Api) -> list[dict[str, Any]]:
    await deliver(server.stores.redis)
    found = (await who.run(HEARD))["notifications"]
    assert found["unreadCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


async def kinds(server: Server, who: Api) -> list[str]:
    return sorted(told["__typename"] for told in await heard(server, who))


async def test_mutes_and_blocks_are_the_business_of_whoever_made_them(server: Server, ada: Api, bob: Api) -> None:
    for _ in range(2):
        assert await towards(ada, "mute", bob) == "MuteSuccess"
    assert await towards(ada, "mute", ada) == "InvalidError"
    found = await ada.run(MUTED, handle="bob")
    assert found["viewer"]["mutes"]["edges"] == [{"node": {"handle": "bob"}}]
    assert found["account"] == {"viewerMutes": True, "mutes": None}
    theirs = await bob.run(MUTED, handle="ada")
    assert (theirs["viewer"]["mutes"]["edges"], theirs["account"]["viewerMutes"]) == ([], False)
    for _ in range(2):
        assert await towards(ada, "unmute", bob) == "UnmuteSuccess"
    assert await Mute.all().count() == 0
    await towards(ada, "block", bob)
    blocked = "{ edges { node { handle } } }"
    for who, theirs in ((ada, [{"node": {"handle": "bob"}}]), (bob, [])):
        assert (await who.run(f"{{ viewer {{ blocks {blocked} }} }}"))["viewer"]["blocks"]["edges"] == theirs
    assert (await ada.run(f'{{ account(handle: "bob") {{ blocks {blocked} }} }}'))["account"]["blocks"] is None
    cleo = await server.member("cleo")
    await towards(ada, "follow", cleo)
    asked = f"""query($id: ID!) {{
        node(id: $id) {{ id }} account(handle: "ada") {{ id }} known: account(handle: "cleo") {{ followers {blocked} }}
    }}"""
    hers = {"id": global_id("Account", account(ada).id)}
    for who, there in ((cleo, True), (server.anyone, True), (bob, False)):
        found = await who.run(asked, **hers)
        assert [found["node"], found["account"]] == ([hers, hers] if there else [None, None])
        assert len(found["known"]["followers"]["edges"]) == there, "whoever blocks is nowhere to be found"


async def test_whoever_blocks_answers_nothing_but_a_block(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED, scopes=ALL_SCOPES)
    dee = await server.member("dee")
    await towards(ada, "mute", bob)
    await towards(bob, "block", ada)
    assert await towards(ada, "unmute", bob) == "UnmuteSuccess", "what was done before can be taken back"
    less = {"of": "AUTHOR", "id": global_id("Account", account(bob).id)}
    given = {"cameoId": global_id("Cameo", cameo.id), "subject": less["id"], "idempotencyKey": "k"}

    async def left() -> list[int]:
        return [await rows.all().count() for rows in (Mute, SeeLess, Follow, Block, Grant)]

    before = await left()
    for verb in ("follow", "unfollow", "mute", "unmute", "unblock"):
        assert await towards(ada, verb, bob) == "NotFoundError", verb
    assert (await ada.mutate(LESS, **less))["code"] == "NOT_FOUND"
    assert (await ada.mutate(GRANT, **given, scopes=["FACE"]))["code"] == "NOT_FOUND"
    assert await left() == before
    assert await towards(ada, "block", bob) == "BlockSuccess", "they may be blocked back"
    assert [await towards(ada, "unblock", bob) for _ in range(2)] == ["UnblockSuccess", "NotFoundError"]
    assert await towards(ada, "mute", dee) == "MuteSuccess"


async def test_what_people_do_is_told_together_and_taken_back_with_what_they_did(
    server: Server, ada: Api, bob: Api
) -> None:
    cleo = await server.member("cleo")
    video = await make_video(server.stores, ada)
    await towards(bob, "follow", ada)
    for fan in (bob, cleo):
        await like(fan, video)
    comment = await said(bob, video, "nice")
    await said(ada, video, "thanks", replyTo=comment)
    remix = await make_video(server.stores, bob, parent=video, published=False)
    assert await bob.mutate(PUBLISH, videoId=vid(remix)) == {"__typename": "PublishVideoSuccess"}
    told = {one["__typename"]: one for one in await heard(server, ada)}
    assert {name: (one["count"], one["actor"]["handle"]) for name, one in told.items()} == {
        "Followed": (1, "bob"), "Liked": (2, "cleo"), "Commented": (1, "bob"), "Remixed": (1, "bob"),
    }  # fmt: skip
    assert (told["Remixed"]["video"]["id"], told["Remixed"]["original"]["id"]) == (vid(remix), vid(video))
    assert told["Commented"]["comment"]["body"] == "nice"
    [answer] = await heard(server, bob)
    assert (answer["__typename"], answer["comment"]["body"]) == ("Replied", "thanks")
    await unlike(bob, video)
    await unlike(cleo, video)
    await change(bob, "delete", comment)
    await towards(bob, "unfollow", ada)
    assert await kinds(server, ada) == ["Remixed"]
    await like(bob, video)
    await shift_clock("1 day")
    await like(cleo, video)
    assert await kinds(server, ada) == ["Liked", "Liked", "Remixed"], "another day is told anew"


async def test_nothing_is_heard_of_muted_and_blocked_people_but_what_consent_is_about(
    server: Server, ada: Api, bob: Api
) -> None:
    cleo = await server.member("cleo")
    video = await make_video(server.stores, ada)
    await like(bob, video)
    await said(cleo, video)
    assert await kinds(server, ada) == ["Commented", "Liked"]
    await towards(ada, "mute", bob)
    await said(bob, video)
    assert await Notification.filter(kind="COMMENTED").count() == 1, "it is not even written down"
    await towards(cleo, "block", ada)
    await notify(
        connections.get("default"), account(ada).id, NotificationKind.CAMEO_USED, actor=account(bob).id,
        cameo=video.id, video=video.id,
    )  # fmt: skip
    assert await kinds(server, ada) == ["CameoUsed"]
    await towards(ada, "unmute", bob)
    assert await kinds(server, ada) == ["CameoUsed", "Liked"]


async def test_a_video_that_thousands_like_does_not_fill_the_list(server: Server, ada: Api, bob: Api) -> None:
    connection, video = connections.get("default"), await make_video(server.stores, ada)

    async def tell() -> Any:
        who, actor = account(ada).id, account(bob).id
        return await notify(connection, who, NotificationKind.LIKED, actor=actor, video=video.id, together=video.id)

    assert await tell() is not None
    await connection.execute_query(
        """
        INSERT INTO notification (id, created_at, account_id, kind, group_key, actor_id, video_id)
        SELECT gen_random_uuid(), created_at, account_id, kind, group_key, actor_id, video_id
        FROM notification, generate_series(3, $1)
        """,
        [MOST_TOGETHER],
    )
    assert [await tell() is None for _ in range(2)] == [False, True]
    [told] = await heard(server, ada)
    assert (told["count"], told["video"]["id"]) == (MOST_TOGETHER, global_id("Video", video.id))
