"""Leaderboards: only who asked, adults, in good standing; what one does for oneself does not count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.derived.counts import enqueue_counts, settle_counts
from jobs.derived.leaders import count_leaders, rank_leaders
from jobs.derived.recount import recount
from models.account import Account
from models.base import new_id
from models.leader import Leader
from models.like import Like
from models.video import Video
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import account, make_video, shift_clock

BOARD = """query($kind: LeaderboardKind!, $period: LeaderboardPeriod!, $first: Int!, $after: String) {
  leaderboard(kind: $kind, period: $period, first: $first, after: $after) {
    edges { cursor rank score node { handle } } pageInfo { hasNextPage endCursor }
  }
}"""
PROFILE = "mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }"
BLOCK = "mutation($input: BlockInput!) { block(input: $input) { __typename } }"


async def board(caller: Api, kind: str = "MOST_LIKED", period: str = "ALL", **more: Any) -> list[tuple[Any, ...]]:
    data = await caller.run(BOARD, **{"kind": kind, "period": period, "first": 10} | more)
    return [(edge["node"]["handle"], edge["rank"], edge["score"]) for edge in data["leaderboard"]["edges"]]


async def likes(video: Video, *fans: Api) -> None:
    for fan in fans:
        await Like.create(id=new_id(), account_id=account(fan).id, video_id=video.id)


async def hide(server: Server, video: Video) -> None:
    async with in_transaction() as connection:
        await connection.execute_query("UPDATE video_visibility SET moderation = 'HIDDEN' WHERE id = $1", [video.id])
        await enqueue_counts(connection, [video.id])
    await settle_counts(server.stores.redis)


async def turn() -> None:
    await recount()
    async with in_transaction() as connection:
        await count_leaders(connection)


async def test_only_members_who_asked_are_ranked_and_who_leaves_is_gone_at_once(
    server: Server, ada: Api, bob: Api
) -> None:
    cleo, teen, quiet = [await server.member(name) for name in ("cleo", "teen", "quiet")]
    await Account.filter(id=account(teen).id).update(birth_date=date(2012, 1, 1), on_leaderboards=True)
    for each in (ada, bob, cleo):
        assert (await each.mutate(PROFILE, onLeaderboards=True))["__typename"] == "UpdateProfileSuccess"
    made = {who: await make_video(server.stores, who) for who in (ada, bob, cleo, teen, quiet)}
    await likes(made[ada], ada, bob, cleo, quiet)
    await likes(made[bob], ada, cleo)
    await likes(made[cleo], teen)
    await likes(made[teen], ada)
    await likes(made[quiet], ada)
    await make_video(server.stores, bob, parent=made[ada])
    await make_video(server.stores, ada, parent=made[ada])
    await turn()
    everybody = [("ada", 1, 3), ("bob", 2, 2), ("cleo", 3, 1)]
    assert await board(server.anyone) == everybody
    assert await board(server.anyone, "MOST_REMIXED", "WEEK") == [("ada", 1, 1)]
    first = (await server.anyone.run(BOARD, kind="MOST_LIKED", period="ALL", first=1))["leaderboard"]
    assert first["pageInfo"]["hasNextPage"]
    assert await board(server.anyone, after=first["pageInfo"]["endCursor"]) == everybody[1:]
    foreign = {"kind": "MOST_REMIXED", "period": "ALL", "first": 1, "after": first["pageInfo"]["endCursor"]}
    assert await server.anyone.refused(BOARD, **foreign) == "INVALID"
    await cleo.mutate(BLOCK, accountId=global_id("Account", account(ada).id))
    assert await board(cleo) == [("bob", 1, 2), ("cleo", 2, 1)]
    assert await board(ada) == everybody[:2]
    await Account.filter(id=account(bob).id).update(suspended_at=datetime.now(UTC))
    assert await board(server.anyone) == [("ada", 1, 3), ("cleo", 2, 1)]
    assert (await ada.mutate(PROFILE, onLeaderboards=False))["__typename"] == "UpdateProfileSuccess"
    assert await board(server.anyone) == [("cleo", 1, 1)]
    assert await Leader.filter(account_id=account(ada).id).count() == 0


async def test_what_a_hidden_video_brought_is_off_the_boards_before_they_are_counted_again(
    server: Server, ada: Api, bob: Api
) -> None:
    cleo = await server.member("cleo")
    await Account.filter(id__in=[account(each).id for each in (ada, bob)]).update(on_leaderboards=True)
    first, second = await make_video(server.stores, ada), await make_video(server.stores, ada)
    its_remix = await make_video(server.stores, bob, parent=first)
    other = await make_video(server.stores, bob, parent=second)
    await likes(first, bob, cleo)
    await likes(second, cleo)
    await likes(its_remix, cleo)
    await turn()
    remixed = {"kind": "MOST_REMIXED", "period": "MONTH"}
    assert (await board(cleo), await board(cleo, **remixed)) == ([("ada", 1, 3), ("bob", 2, 1)], [("ada", 1, 2)])
    await likes(second, bob)
    await hide(server, other)
    assert (await board(cleo), await board(cleo, **remixed)) == ([("ada", 1, 3), ("bob", 2, 1)], [("ada", 1, 1)])
    await hide(server, first)
    assert (await board(cleo), await board(cleo, **remixed)) == ([("ada", 1, 2), ("bob", 2, 1)], [])
    await hide(server, its_remix)
    assert await board(cleo) == [("ada", 1, 2)]


async def test_a_board_is_counted_once_an_hour_and_forgets_what_is_old(server: Server, ada: Api, bob: Api) -> None:
    await Account.filter(id=account(ada).id).update(on_leaderboards=True)
    await likes(await make_video(server.stores, ada), bob)
    await recount()
    assert await rank_leaders()
    assert not await rank_leaders(), "another worker asks"
    assert await board(bob, period="WEEK") == [("ada", 1, 1)]
    await shift_clock("8 days")
    assert await rank_leaders()
    assert (await board(bob, period="WEEK"), await board(bob, period="MONTH")) == ([], [("ada", 1, 1)])
    await connections.get("default").execute_query("UPDATE video_visibility SET moderation = 'HIDDEN'")
    await shift_clock("9 days")
    assert await rank_leaders()
    assert await board(bob, period="ALL") == []
