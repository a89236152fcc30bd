"""Trends: what rises beats what is merely big, one person's many accounts make none, nothing hidden stands for one."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections

from jobs.trends.find import find_trends
from models.policy import set_policy
from models.video import Video, VideoVisibility
from tests.consent import shift_clock
from tests.trending import like, look, members, published, trend_row


async def branch(count: int) -> list[UUID]:
    """One member, those they invited, and those whom these invited: ``count`` in all."""
    [top] = await members(1)
    near = await members(4, invited_by=top)
    far: list[UUID] = []
    for inviter in near:
        far += await members((count - 5) // 4, invited_by=inviter)
    return [top, *near, *far]


async def test_what_rises_beats_what_is_merely_big_and_decays_when_nobody_follows(database: str) -> None:
    regulars, newcomers = await members(40), await members(9)
    for hours in (1, 100):
        await published(regulars, "morning coffee", hours_ago=hours)
    await published(newcomers, "Dancing robots in the rain")
    await published(regulars[:1] * 9, "my private joke")
    on = await look()
    assert [*on] == ["PROMPT:dancing robots in the rain"] or [*on] == ["PROMPT:robots in the rain"]
    [fresh] = on.values()
    row = await trend_row(fresh.sign.partition(":")[2])
    assert row is not None
    assert (row["title"][0], row["video_count"], row["ended_at"]) == (row["title"][0].upper(), 9, None)
    await shift_clock("24 hours")
    [later] = (await look()).values()
    assert 0.45 < later.score / fresh.score < 0.55, "its half-life is a day"
    await shift_clock("80 hours")
    assert await look() == {}
    row = await trend_row(fresh.sign.partition(":")[2])
    assert row is not None
    assert row["ended_at"] is not None


async def test_twenty_strangers_make_a_trend_and_one_members_twenty_accounts_do_not(database: str) -> None:
    strangers, puppets = await members(20), await branch(21)
    [operator] = await members(1, role="ADMIN")
    newcomers = await members(20, invited_by=operator)
    await published(strangers, "#lanterns")
    await published(puppets, "#buythis")
    await published(newcomers, "#firstday")
    assert {*await look()} == {"PROMPT:#lanterns", "PROMPT:#firstday"}
    [bought] = await published(puppets[:1], "#buythis")
    await like(bought, strangers)
    assert "PROMPT:#buythis" not in await look(), "who likes it does not make it"
    together = await look(trend_branch_levels=0)
    assert "PROMPT:#buythis" in together, "it is the branch that was counted together"
    [video, *_] = await published(await members(4), "#quiet")
    quiet = (await look())["PROMPT:#quiet"].score
    await like(video, puppets)
    assert (await look())["PROMPT:#quiet"].score - quiet < 0.5, "likes of one branch count together as well"
    await like(video, strangers)
    assert (await look())["PROMPT:#quiet"].score - quiet > 3


async def test_trees_and_sounds_trend_too_but_never_the_words_that_an_author_keeps(database: str) -> None:
    authors = await members(8)
    [root] = await published(authors[:1])
    await published(authors[1:], parent=root, prompt="golden octopus", mood="spooky", hours_ago=2)
    assert {*await look()} == {f"REMIX:{root}", "SOUND:spooky"}
    row = await trend_row("spooky")
    assert row is not None
    assert (row["title"], row["video_count"]) == ("Spooky music", 7)
    tree = await trend_row(str(root))
    assert tree is not None
    assert (tree["title"], tree["sample_id"], tree["video_count"]) == ("", root, 8)
    await Video.filter(author_id__in=authors[1:]).update(prompt_public=True)
    assert "PROMPT:golden octopus" not in await look(), "who changes it asks for another reading"
    await connections.get("default").execute_query("DELETE FROM trend_sign")
    assert "PROMPT:golden octopus" in await look()
    assert "PROMPT:golden octopus" not in await look(trend_never=["Octopus"])


async def test_what_is_hidden_counts_no_more_in_the_next_run(database: str) -> None:
    videos = await published(await members(6), "#kites")
    assert {*await look()} == {"PROMPT:#kites"}
    await VideoVisibility.filter(id__in=videos[:4]).update(consent="WITHDRAWN")
    assert await look() == {}


async def test_one_worker_looks_as_often_as_policy_says(database: str) -> None:
    await set_policy("trend_minutes", 10, set_by=None)
    await published(await members(6), "#kites")
    assert [await find_trends(), await find_trends()] == [True, False]
    assert await trend_row("#kites") is not None
    await shift_clock("11 minutes")
    assert await find_trends()
