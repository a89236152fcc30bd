"""Reports and appeals: who may send them, what moderators' decisions change, and what they never change."""

from __future__ import annotations

import asyncio

import pytest
from tortoise import connections

from jobs.feed.stream import TOPIC_FEED
from models.account import Role
from models.audit import SERVER
from models.base import new_id
from models.cameo import Cameo
from models.generation import Outbox
from models.report import Report, ReportKind, Verdict
from models.video import Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.chores import chores_of
from tests.consent import FACE_AND_ALL, audited, consent_of, make_cameo, make_grant, make_video
from tests.integration.test_withdrawn import FEED, heard

REPORT = """mutation($input: ReportInput!) { report(input: $input) {
  __typename ... on ReportSuccess { reportId } ... on Error { code field message }
} }"""
APPEAL = """mutation($input: AppealInput!) { appeal(input: $input) {
  __typename ... on AppealSuccess { reportId } ... on Error { code message }
} }"""
RESOLVE = """mutation($input: ResolveReportInput!) { resolveReport(input: $input) {
  __typename ... on ResolveReportSuccess { report { verdict note resolvedAt } } ... on Error { code }
} }"""
REPORTS = """query($waiting: Boolean!, $first: Int!, $after: String) {
  reports(waiting: $waiting, first: $first, after: $after) {
    edges { node { id kind reason text verdict videoId reporter { handle } } } pageInfo { hasNextPage endCursor }
  }
}"""
VIDEO = "query($id: ID!) { video(id: $id) { state } }"


@pytest.fixture
async def mod(server: Server) -> Api:
    return await server.member("mod", role=Role.MODERATOR)


@pytest.fixture
async def clip(server: Server, ada: Api, bob: Api) -> tuple[Cameo, Video]:
    """Bob's published video with Ada's cameo."""
    cameo = await make_cameo(ada, handle="ada")
    await make_grant(cameo, bob, FACE_AND_ALL)
    return cameo, await make_video(server.stores, bob, [cameo])


def said(video: Video, **extra: object) -> dict[str, object]:
    return {
        "videoId": global_id("Video", video.id), "reason": "HATE", "text": "Look.", "idempotencyKey": str(new_id())
    } | extra  # fmt: skip


async def reported(by: Api, video: Video) -> str:
    return (await by.mutate(REPORT, **said(video)))["reportId"]


async def decide(mod: Api, report_id: str, verdict: str) -> str:
    """The payload's type, or the error's code."""
    payload = await mod.mutate(RESOLVE, reportId=report_id, verdict=verdict, note="seen")
    return payload.get("code", payload["__typename"])


async def appealed(author: Api, video: Video) -> dict[str, str]:
    return await author.mutate(APPEAL, videoId=global_id("Video", video.id), text="It is satire.")


async def column(video: Video) -> tuple[str, str, str]:
    """The author's, the consent and the moderation column."""
    row = await VideoVisibility.get(id=video.id)
    return row.author_state.value, row.consent.value, row.moderation.value


async def test_a_member_reports_what_they_may_see_and_a_retry_is_the_same_report(
    server: Server, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    cass = await server.member("cass")
    body = said(clip[1])
    first = await cass.mutate(REPORT, **body)
    assert first == await cass.mutate(REPORT, **body)
    assert first["reportId"] == await reported(cass, clip[1]), "one open report a member and video"
    assert (await cass.mutate(REPORT, **body | {"text": "Else."}))["code"] == "IDEMPOTENCY_CONFLICT"
    [edge] = (await mod.run(REPORTS, waiting=True, first=5))["reports"]["edges"]
    node = edge["node"]
    assert (node["kind"], node["reason"], node["text"], node["verdict"]) == ("REPORT", "HATE", "Look.", None)
    assert (node["videoId"], node["reporter"]["handle"]) == (global_id("Video", clip[1].id), "cass")


async def test_nobody_reports_what_they_may_not_see_or_without_being_a_member(
    server: Server, bob: Api, clip: tuple[Cameo, Video]
) -> None:
    cass = await server.member("cass")
    draft = await make_video(server.stores, bob, published=False)
    assert (await cass.mutate(REPORT, **said(draft)))["code"] == "NOT_FOUND"
    assert (await server.anyone.mutate(REPORT, **said(clip[1])))["code"] == "UNAUTHENTICATED"
    assert (await bob.mutate(REPORT, **said(clip[1])))["code"] == "CONFLICT", "one's own"
    assert (await cass.mutate(REPORT, **said(clip[1], text="x" * 1001)))["field"] == "text"
    assert await Report.all().count() == 0


async def test_reports_are_rationed(server: Server, bob: Api) -> None:
    cass = await server.member("cass")
    video = await make_video(server.stores, bob)
    for _ in range(20):
        await reported(cass, video)
    assert (await cass.mutate(REPORT, **said(video)))["code"] == "RATE_LIMITED"
    assert await Report.all().count() == 1


async def test_only_moderators_read_and_decide(server: Server, ada: Api, bob: Api, clip: tuple[Cameo, Video]) -> None:
    report_id = await reported(ada, clip[1])
    for caller, code in ((ada, "DENIED"), (bob, "DENIED"), (server.anyone, "UNAUTHENTICATED")):
        assert await caller.refused(REPORTS, waiting=True, first=5) == code
        assert await decide(caller, report_id, "REMOVE") == code
    assert await column(clip[1]) == ("PUBLISHED", "LIVE", "CLEAR")
    assert (await Report.get()).verdict is None


async def test_a_moderator_does_not_decide_about_their_own_video(server: Server, ada: Api, mod: Api) -> None:
    video = await make_video(server.stores, mod)
    assert await decide(mod, await reported(ada, video), "CLEAR") == "DENIED"
    assert (await Report.get()).verdict is None


@pytest.mark.parametrize(("verdict", "state"), [("HIDE", "HIDDEN"), ("REMOVE", "REMOVED")])
async def test_hiding_and_removing_change_moderations_column_alone_and_feeds_are_told(
    server: Server, ada: Api, bob: Api, mod: Api, clip: tuple[Cameo, Video], verdict: str, state: str
) -> None:
    video_id = global_id("Video", clip[1].id)
    stream = ada.subscribe(FEED)
    listening = asyncio.create_task(heard(stream))
    report_id = await reported(ada, clip[1])
    assert await decide(mod, report_id, verdict) == "ResolveReportSuccess"
    await chores_of(server.stores).tell()
    event = await listening
    await stream.aclose()  # type: ignore[attr-defined]
    assert (event["__typename"], event["id"]) == ("VideoGone", video_id)
    assert await column(clip[1]) == ("PUBLISHED", "LIVE", state)
    assert (await server.anyone.run(VIDEO, id=video_id))["video"] is None
    assert (await bob.run(VIDEO, id=video_id))["video"]["state"] == state
    assert await audited(SERVER) == ["REPORT_RESOLVED"]
    assert await decide(mod, report_id, "CLEAR") == "CONFLICT", "decided already"
    assert await column(clip[1]) == ("PUBLISHED", "LIVE", state)


async def test_one_decision_settles_every_open_report_about_the_video(
    server: Server, ada: Api, bob: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    cass = await server.member("cass")
    other = await make_video(server.stores, bob)
    one, two = await reported(ada, clip[1]), await reported(cass, clip[1])
    await reported(cass, other)
    assert await decide(mod, one, "CLEAR") == "ResolveReportSuccess"
    assert await column(clip[1]) == ("PUBLISHED", "LIVE", "CLEAR")
    assert await decide(mod, two, "REMOVE") == "CONFLICT"
    open_ids = [row.video_id for row in await Report.filter(verdict__isnull=True)]
    assert open_ids == [other.id]


async def test_moderators_page_through_what_waits_and_through_all(server: Server, ada: Api, bob: Api, mod: Api) -> None:
    ids = [await reported(ada, await make_video(server.stores, bob)) for _ in range(3)]
    await decide(mod, ids[2], "CLEAR")
    first = (await mod.run(REPORTS, waiting=False, first=2))["reports"]
    assert [edge["node"]["id"] for edge in first["edges"]] == [ids[2], ids[1]]
    rest = await mod.run(REPORTS, waiting=False, first=2, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["id"] for edge in rest["reports"]["edges"]] == [ids[0]]
    waiting = (await mod.run(REPORTS, waiting=True, first=5))["reports"]["edges"]
    assert [edge["node"]["id"] for edge in waiting] == [ids[1], ids[0]]


async def test_an_appeal_that_is_granted_gives_back_what_moderation_took_and_nothing_else(
    ada: Api, bob: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    await VideoVisibility.filter(id=clip[1].id).update(audience="LINK")
    await decide(mod, await reported(ada, clip[1]), "REMOVE")
    assert not await Outbox.filter(topic=TOPIC_FEED).exists(), "all feeds would be told its secret, which is its id"
    appeal = await appealed(bob, clip[1])
    assert appeal == await appealed(bob, clip[1]), "twice is the same appeal"
    await connections.get("default").execute_query(
        "UPDATE video_visibility SET consent = 'WITHDRAWN' WHERE id = $1", [clip[1].id]
    )
    assert await decide(mod, appeal["reportId"], "CLEAR") == "ResolveReportSuccess"
    assert await column(clip[1]) == ("PUBLISHED", "WITHDRAWN", "CLEAR")
    assert (await bob.run(VIDEO, id=global_id("Video", clip[1].id)))["video"]["state"] == "WITHDRAWN"


async def test_a_refused_appeal_is_the_last_until_moderators_decide_anew(
    ada: Api, bob: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    await decide(mod, await reported(ada, clip[1]), "REMOVE")
    appeal = await appealed(bob, clip[1])
    assert await decide(mod, appeal["reportId"], "HIDE") == "ResolveReportSuccess"
    assert await column(clip[1]) == ("PUBLISHED", "LIVE", "REMOVED"), "hiding never restores"
    assert (await appealed(bob, clip[1]))["code"] == "CONFLICT"
    assert await Report.filter(kind=ReportKind.APPEAL, verdict=Verdict.HIDE).count() == 1


async def test_only_the_author_appeals_and_only_against_moderators(
    ada: Api, bob: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    assert (await appealed(bob, clip[1]))["code"] == "CONFLICT", "nobody took it away"
    await decide(mod, await reported(ada, clip[1]), "HIDE")
    assert (await appealed(ada, clip[1]))["code"] == "NOT_FOUND"
    assert await Report.filter(kind=ReportKind.APPEAL).count() == 0
    assert await consent_of(clip[1]) == ["LIVE"]
