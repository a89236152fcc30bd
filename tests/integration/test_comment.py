"""Comments: threads one level deep, each under the rules of the moment in which it is read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.account import Role
from models.audit import SERVER
from models.comment import Comment
from models.counts import VideoCounts
from models.notification import Notification
from models.video import VideoVisibility
from tests.api import Api, Server
from tests.consent import account, audited, follow, make_video
from tests.integration.test_video import counted_statements
from tests.social import THREADS, change, said, say, threads, towards, vid

NODE = "query($id: ID!) { node(id: $id) { __typename ... on Comment { body } } }"


async def bodies(who: Api, video: Any, **more: Any) -> list[str]:
    return [one["body"] for one in await threads(who, video, **more)]


async def test_comments_stand_in_threads_and_pages(server: Server, ada: Api, bob: Api) -> None:
    video = await make_video(server.stores, ada)
    starts = [await said(bob, video, f"  start {number} ") for number in range(3)]
    answer = await say(ada, video, "answer", replyTo=starts[0])
    assert answer["edge"]["node"]["threadId"] == starts[0]
    assert answer["video"]["commentCount"] == 4
    joined = await say(bob, video, "to the answer", replyTo=answer["edge"]["node"]["id"])
    assert joined["edge"]["node"]["threadId"] == starts[0], "threads are one level deep"
    assert await bodies(server.anyone, video) == ["start 2", "start 1", "start 0"]
    oldest = (await threads(server.anyone, video))[2]
    assert [edge["node"]["body"] for edge in oldest["replies"]["edges"]] == ["answer", "to the answer"]
    assert await bodies(bob, video, order="NEWEST") == ["to the answer", "answer", "start 2", "start 1", "start 0"]
    for order in ("THREADS", "NEWEST"):
        page = (await bob.run(THREADS, id=vid(video), first=2, order=order))["video"]["comments"]["pageInfo"]
        assert page["hasNextPage"]
        rest = await bodies(bob, video, order=order, after=page["endCursor"])
        assert rest == (await bodies(bob, video, order=order))[2:]
        other = {"THREADS": "NEWEST", "NEWEST": "THREADS"}[order]
        assert await bob.refused(THREADS, id=vid(video), order=other, after=page["endCursor"]) == "INVALID"
    for first, code in ((0, "INVALID"), (-1, "INVALID"), (51, "INVALID"), (10_000, "QUERY_TOO_COSTLY")):
        assert await bob.refused(THREADS, id=vid(video), first=first) == code


WRONG = (
    ({"body": "  \n "}, "INVALID", "body"),
    ({"body": "x" * 1001}, "INVALID", "body"),
    ({"body": "a\0b"}, "INVALID", "body"),
    ({"body": "half \ud800"}, "INVALID", "body"),
    ({"idempotencyKey": ""}, "INVALID", "idempotencyKey"),
    ({"videoId": "nonsense"}, "NOT_FOUND", "videoId"),
    ({"videoId": "DRAFT"}, "NOT_FOUND", "videoId"),
    ({"replyTo": "nonsense"}, "NOT_FOUND", "replyTo"),
    ({"replyTo": "ELSEWHERE"}, "NOT_FOUND", "replyTo"),
)


async def test_what_is_wrong_with_a_comment_is_named_and_nothing_is_kept(server: Server, ada: Api, bob: Api) -> None:
    video, elsewhere = await make_video(server.stores, ada), await make_video(server.stores, ada)
    draft = await make_video(server.stores, ada, published=False)
    stand_ins = {"ELSEWHERE": await said(ada, elsewhere), "DRAFT": vid(draft)}
    for sent, code, field in WRONG:
        refused = await say(bob, video, **{key: stand_ins.get(value, value) for key, value in sent.items()})
        assert (refused["code"], refused["field"]) == (code, field), sent
    assert await Comment.filter(author_id=account(bob).id).count() == 0
    assert await VideoCounts.filter(id=video.id).count() == await Notification.all().count() == 0


async def test_a_comment_that_is_sent_again_is_the_same_one(server: Server, ada: Api, bob: Api) -> None:
    video = await make_video(server.stores, ada)
    answers = await asyncio.gather(*(say(bob, video, "once", idempotencyKey="k") for _ in range(4)))
    assert len({answer["edge"]["node"]["id"] for answer in answers}) == 1
    assert (await say(bob, video, "twice", idempotencyKey="k"))["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await say(ada, video, "mine", idempotencyKey="k"))["__typename"] == "CommentSuccess"
    assert (await Comment.all().count(), (await VideoCounts.get(id=video.id)).comment_count) == (2, 2)


async def test_deleted_comments_lose_their_words_and_keep_their_place_where_others_replied(
    server: Server, ada: Api, bob: Api
) -> None:
    video = await make_video(server.stores, ada)
    answered, alone = await said(bob, video, "answered"), await said(bob, video, "alone")
    await said(ada, video, "answer", replyTo=answered)
    for comment in (answered, alone, alone):
        assert (await change(bob, "delete", comment))["__typename"] == "DeleteCommentSuccess"
    for who in (ada, bob, server.anyone):
        [place] = await threads(who, video)
        assert (place["body"], place["author"], place["isDeleted"], place["replyCount"]) == ("", None, True, 1)
        assert [edge["node"]["body"] for edge in place["replies"]["edges"]] == ["answer"]
        assert (await who.run(NODE, id=alone))["node"] is None
    assert await Comment.filter(body__not="").count() == 1
    assert (await VideoCounts.get(id=video.id)).comment_count == 1
    assert (await say(ada, video, replyTo=alone))["code"] == "NOT_FOUND"
    assert await Notification.filter(kind="COMMENTED").count() == 0, "what is gone is not told of"


async def test_who_made_the_video_hides_comments_and_nobody_restores_what_is_not_theirs(
    server: Server, ada: Api, bob: Api
) -> None:
    cleo = await server.member("cleo")
    guard = await server.member("guard", role=Role.MODERATOR)
    video = await make_video(server.stores, ada)
    comment = await said(bob, video, "rude")
    for verb in ("delete", "hide", "unhide"):
        assert (await change(cleo, verb, comment))["code"] == "DENIED"
    assert (await change(bob, "hide", comment))["code"] == "DENIED"
    assert await bodies(server.anyone, video) == ["rude"]
    assert (await change(ada, "delete", comment))["video"]["commentCount"] == 0
    assert await bodies(server.anyone, video) == await bodies(cleo, video) == []
    for who in (bob, ada, guard):
        [hidden] = await threads(who, video)
        assert (hidden["body"], hidden["isHidden"]) == ("rude", True)
    assert (await change(guard, "unhide", comment))["code"] == "DENIED"
    assert (await change(ada, "unhide", comment))["comment"]["isHidden"] is False
    assert await bodies(cleo, video) == ["rude"]
    for who in (ada, guard):
        assert (await change(who, "hide", comment))["comment"]["isHidden"] is True
    assert (await change(ada, "unhide", comment))["code"] == "DENIED", "a moderator hid it as well"
    assert (await VideoCounts.get(id=video.id)).comment_count == 0
    assert (await change(guard, "unhide", comment))["comment"]["isHidden"] is False
    assert (await VideoCounts.get(id=video.id)).comment_count == 1
    assert await audited(SERVER) == ["COMMENT_HIDDEN", "COMMENT_SHOWN"], "what moderators do is written down"


async def test_blocked_people_read_nothing_of_each_other_and_muted_ones_are_not_met(
    server: Server, ada: Api, bob: Api
) -> None:
    cleo = await server.member("cleo")
    video, hers = await make_video(server.stores, ada), await make_video(server.stores, cleo)
    comment = await said(bob, video, "bob's")
    his = await make_video(server.stores, bob)
    await said(bob, hers, "under hers")
    await said(cleo, his, "under his")
    await towards(bob, "mute", cleo)
    await said(cleo, video, "cleo's")
    assert await bodies(bob, video) == ["bob's"]
    assert await bodies(cleo, video) == ["cleo's", "bob's"], "the muted never learn"
    await towards(cleo, "block", bob)
    assert (await bodies(cleo, video), await bodies(ada, video)) == (["cleo's"], ["cleo's", "bob's"])
    assert (await say(cleo, video, replyTo=comment))["code"] == "NOT_FOUND"
    assert (await say(bob, hers))["code"] == "NOT_FOUND"
    assert (await bob.run(NODE, id=(await threads(cleo, video))[0]["id"]))["node"] is None
    for video_of_theirs in (hers, his):
        assert await bodies(ada, video_of_theirs) == [], "what either wrote under the other's videos is hidden"
        assert (await VideoCounts.get(id=video_of_theirs.id)).comment_count == 0
    await towards(cleo, "unblock", bob)
    await towards(bob, "unmute", cleo)
    assert await bodies(bob, video) == ["cleo's", "bob's"]


async def test_what_is_written_while_its_writer_is_blocked_does_not_stay(server: Server, ada: Api) -> None:
    video = await make_video(server.stores, ada)
    writers = [await server.member(f"writer_{number}") for number in range(3)]
    for writer in writers:
        await asyncio.gather(say(writer, video), towards(ada, "block", writer), say(writer, video))
    assert not await Comment.filter(hidden_at=None).exists()
    counts = await VideoCounts.get_or_none(id=video.id)
    assert counts is None or counts.comment_count == 0


async def test_comments_vanish_with_the_video_at_once(server: Server, ada: Api, bob: Api) -> None:
    video = await make_video(server.stores, ada)
    comment = await said(bob, video)
    await VideoVisibility.filter(id=video.id).update(moderation="HIDDEN")
    for who in (ada, bob, server.anyone):
        assert (await who.run(NODE, id=comment))["node"] is None
        found = (await who.run(THREADS, id=vid(video)))["video"]
        assert found is None or (found["commentCount"], found["comments"]["edges"]) == (0, [])
    assert (await say(bob, video, replyTo=comment))["field"] == "videoId"
    await VideoVisibility.filter(id=video.id).update(moderation="CLEAR", audience="FOLLOWERS")
    cleo = await server.member("cleo")
    await follow(cleo, ada)
    await said(cleo, video, replyTo=comment)
    told = await Notification.filter(actor_id=account(cleo).id).values_list("account_id", "kind")
    assert told == [(account(ada).id, "COMMENTED")], "what goes on under it is told to who may see it"
    assert (await change(bob, "delete", comment))["deletedId"] == comment, "one's own words can always be taken back"
    assert await Comment.all().count() == 2


async def test_a_page_of_threads_with_replies_costs_the_same_whatever_its_size(
    server: Server, ada: Api, bob: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = await make_video(server.stores, ada)
    costs: list[int] = []
    for _ in range(2):
        for number in range(2):
            await said(ada, video, replyTo=await said(bob, video, f"start {number}"))
        with counted_statements(monkeypatch) as seen:
            await threads(bob, video)
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 7
