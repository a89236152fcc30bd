"""Rows of the law's table of outcomes that are about moderators, each named by its row."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tortoise import connections

from app.routes.likeness import evidence
from jobs.consent.evidence import destroy_copies, keep_copies
from models.account import Account, Role
from models.audit import chain_of
from models.cameo import Cameo
from models.decision import Decision
from models.errors import NotFound
from models.receipt import verify_receipt
from models.report import Evidence, Report, evidence_folder, evidence_subject
from models.sealed_media import SealedMedia
from models.storage import MediaStore
from models.vault import Shredded
from models.video import Rendition, Video
from models.withdrawal import Withdrawal
from resolvers.report_media import read_evidence
from schema.node import global_id, parse_global_id
from tests.api import Api, Server
from tests.chores import do_chores
from tests.consent import FACE_AND_ALL, audited, consent_of, make_cameo, make_grant, make_video, shift_clock
from tests.integration.test_erase import DELETE, ERASE
from tests.integration.test_report import appealed, column, decide, reported

OPEN = """mutation($input: OpenEvidenceInput!) { openEvidence(input: $input) {
  __typename ... on OpenEvidenceSuccess { url expiresAt } ... on Error { code }
} }"""
WITHDRAW = """mutation($input: WithdrawLikenessInput!) { withdrawLikeness(input: $input) {
  __typename ... on WithdrawLikenessSuccess { withdrawnVideos } ... on Error { code }
} }"""
VIDEO = "query($id: ID!) { video(id: $id) { state media { url } } }"
DECISIONS = """query($handle: String!) { cameo(handle: $handle) {
  decisions { edges { node { stage rule allowed actor { handle } } } }
} }"""
CLIP = b"mp4"


@pytest.fixture
async def mod(server: Server) -> Api:
    return await server.member("mod", role=Role.MODERATOR)


@pytest.fixture
async def cass(server: Server) -> Api:
    return await server.member("cass")


@pytest.fixture
async def clip(server: Server, ada: Api, bob: Api) -> tuple[Cameo, Video]:
    """Bob's published video with Ada's cameo."""
    cameo = await make_cameo(ada, handle="ada")
    await make_grant(cameo, bob, FACE_AND_ALL)
    return cameo, await make_video(server.stores, bob, [cameo])


async def take_out(owner: Api, video: Video) -> None:
    payload = await owner.mutate(WITHDRAW, videoId=global_id("Video", video.id))
    assert payload["__typename"] == "WithdrawLikenessSuccess"


async def open_copy(mod: Api, report_id: str) -> str:
    """The token of the copy's address, or the error's code."""
    payload = await mod.mutate(OPEN, reportId=report_id)
    return payload.get("code") or urlsplit(payload["url"]).path.split("/")[3]


async def watched(server: Server, token: str) -> bytes:
    return b"".join([piece async for piece in await read_evidence(server.stores, token)])


async def copies(server: Server) -> list[str]:
    return [key async for key in server.stores.media.list("evidence/")]


async def test_withdrawal_under_an_open_report_hidden_at_once_and_a_sealed_copy_for_moderators(
    server: Server, ada: Api, bob: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    cameo, video = clip
    report_id = await reported(cass, video)
    await take_out(ada, video)
    for viewer in (cass, mod, server.anyone):
        assert (await viewer.run(VIDEO, id=global_id("Video", video.id)))["video"] is None
    assert await open_copy(mod, report_id) == "CONFLICT", "there is no copy yet"
    await do_chores(server.stores)
    assert await Rendition.filter(video_id=video.id).count() == 0
    assert [key async for key in server.stores.media.list("videos/")] == []
    [stored] = await copies(server)
    sealed = b"".join([part async for part in server.stores.media.stream(stored)])
    assert CLIP not in sealed
    token = await open_copy(mod, report_id)
    assert await watched(server, token) == CLIP
    for caller, code in ((ada, "DENIED"), (bob, "DENIED"), (cass, "DENIED"), (server.anyone, "UNAUTHENTICATED")):
        assert await open_copy(caller, report_id) == code
    kinds = await audited(chain_of(cameo.id))
    assert (kinds.count("EVIDENCE_KEPT"), kinds.count("EVIDENCE_OPENED")) == (1, 1)


async def test_the_address_of_a_copy_answers_with_the_clip_and_keeps_it_out_of_caches(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    app = Starlette(routes=[Route("/media/evidence/{token}/clip.mp4", evidence)])
    app.state.stores = server.stores
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=server.stores.address) as site:
        url = (await mod.mutate(OPEN, reportId=report_id))["url"]
        found = await site.get(url)
        assert (found.status_code, found.content, found.headers["content-type"]) == (200, CLIP, "video/mp4")
        assert found.headers["cache-control"] == "no-store"
        await shift_clock("20 minutes")
        assert (await site.get(url)).status_code == 404


async def test_the_receipt_of_such_a_withdrawal_says_that_a_copy_is_kept(
    server: Server, ada: Api, cass: Api, clip: tuple[Cameo, Video]
) -> None:
    await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    row = await Withdrawal.get(cameo_id=clip[0].id)
    assert row.receipt is not None
    assert verify_receipt(server.stores.keys.published, row.receipt)["retained"] == 1


async def test_without_an_open_report_no_copy_is_kept(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await decide(mod, report_id, "CLEAR")
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    assert (await copies(server), await Evidence.all().count()) == ([], 0)
    assert await open_copy(mod, report_id) == "CONFLICT"
    row = await Withdrawal.get(cameo_id=clip[0].id)
    assert "retained" not in (row.receipt or {})


async def test_an_operator_opens_a_sealed_copy_is_recorded_in_the_owners_decision_log(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    assert await Decision.filter(rule="operator.opened_evidence").count() == 0
    await open_copy(mod, report_id)
    [edge] = (await ada.run(DECISIONS, handle="ada"))["cameo"]["decisions"]["edges"]
    assert edge["node"] == {
        "stage": "OPERATOR", "rule": "operator.opened_evidence", "allowed": True, "actor": {"handle": "mod"}
    }  # fmt: skip


async def test_the_copy_is_destroyed_when_the_report_is_decided(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    token = await open_copy(mod, report_id)
    assert await decide(mod, report_id, "REMOVE") == "ResolveReportSuccess"
    with pytest.raises(NotFound):
        await read_evidence(server.stores, token)
    await do_chores(server.stores)
    assert await copies(server) == []
    assert server.stores.vault.subjects("evidence/") == []
    assert await column(clip[1]) == ("PUBLISHED", "WITHDRAWN", "REMOVED")
    assert (await audited(chain_of(clip[0].id)))[-1] == "EVIDENCE_DESTROYED"


async def test_the_copy_is_destroyed_after_thirty_days_at_the_latest(
    server: Server, ada: Api, cass: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    await shift_clock("29 days 23 hours")
    assert await destroy_copies(server.stores.media, server.stores.vault) == 0
    await shift_clock("30 days 1 hour")
    later = await server.member("later", role=Role.MODERATOR)  # the others' sessions are over
    assert await open_copy(later, report_id) == "CONFLICT", "evaluated when reading, not by a timer"
    assert await destroy_copies(server.stores.media, server.stores.vault) == 1
    assert (await copies(server), server.stores.vault.subjects("evidence/")) == ([], [])
    assert (await Report.get()).verdict is None, "the report itself still waits"


async def test_never_after_erase_the_copy_is_unreadable_at_once(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    token = await open_copy(mod, report_id)
    await ada.mutate(ERASE, cameoId=global_id("Cameo", clip[0].id), mode="ERASE")
    with pytest.raises(NotFound):
        await read_evidence(server.stores, token)
    evidence_id = parse_global_id(report_id)[1]
    pieces = SealedMedia(server.stores.media, server.stores.vault).read(
        evidence_subject(evidence_id), evidence_folder(evidence_id)
    )
    with pytest.raises(Shredded):
        await anext(aiter(pieces))
    assert await open_copy(mod, report_id) == "CONFLICT"
    await do_chores(server.stores)
    assert await copies(server) == []


async def test_never_after_erase_no_copy_is_made_of_what_an_erasure_withdraws(
    server: Server, ada: Api, cass: Api, clip: tuple[Cameo, Video]
) -> None:
    await reported(cass, clip[1])
    await ada.mutate(ERASE, cameoId=global_id("Cameo", clip[0].id), mode="ERASE")
    await do_chores(server.stores)
    assert await consent_of(clip[1]) == ["WITHDRAWN"]
    assert (await copies(server), await Evidence.all().count()) == ([], 0)
    assert await Rendition.filter(video_id=clip[1].id).count() == 0


async def test_an_author_who_deletes_their_account_ends_the_copy_as_well(
    server: Server, ada: Api, bob: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    token = await open_copy(mod, report_id)
    assert (await bob.mutate(DELETE, handle="bob"))["__typename"] == "DeleteAccountSuccess"
    with pytest.raises(NotFound):
        await read_evidence(server.stores, token)
    await do_chores(server.stores)
    assert (await copies(server), server.stores.vault.subjects("evidence/")) == ([], [])


async def test_an_erasure_while_the_copy_is_being_made_leaves_none(
    server: Server, ada: Api, cass: Api, clip: tuple[Cameo, Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    await reported(cass, clip[1])
    await take_out(ada, clip[1])
    keep = SealedMedia.keep

    async def erased_meanwhile(self: SealedMedia, *arguments: object) -> object:
        kept = await keep(self, *arguments)  # type: ignore[arg-type]
        await ada.mutate(ERASE, cameoId=global_id("Cameo", clip[0].id), mode="ERASE")
        return kept

    monkeypatch.setattr(SealedMedia, "keep", erased_meanwhile)
    assert await keep_copies(server.stores.media, server.stores.vault) == 0
    monkeypatch.undo()
    await do_chores(server.stores)
    assert (await copies(server), server.stores.vault.subjects("evidence/")) == ([], [])


async def test_a_copy_that_storage_interrupts_keeps_the_bytes_until_it_is_made(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    report_id = await reported(cass, clip[1])
    other = await make_video(server.stores, cass)
    await take_out(ada, clip[1])

    async def fails(self: MediaStore, key: str, content: bytes, kind: str) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(MediaStore, "put_bytes", fails)
        with pytest.raises(OSError, match="the disk"):
            await do_chores(server.stores)
    assert await Rendition.filter(video_id=clip[1].id, kind="MP4").exists()
    await asyncio.gather(do_chores(server.stores), do_chores(server.stores))
    assert await watched(server, await open_copy(mod, report_id)) == CLIP
    assert await Rendition.filter(video_id=clip[1].id).count() == 0
    assert await Rendition.filter(video_id=other.id).count() == 4


async def test_the_address_of_a_copy_ends_with_the_moderators_role(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    await do_chores(server.stores)
    token = await open_copy(mod, report_id)
    await Account.filter(handle="mod").update(role=Role.MEMBER)
    with pytest.raises(NotFound):
        await read_evidence(server.stores, token)
    with pytest.raises(NotFound):
        await read_evidence(server.stores, token[:-2] + "AA")


async def test_author_appeals_a_consent_withdrawal_no_appeal_only_moderation_has_appeals(
    server: Server, ada: Api, bob: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    await decide(mod, await reported(cass, clip[1]), "HIDE")
    await take_out(ada, clip[1])
    before = await Report.all().count()
    payload = await appealed(bob, clip[1])
    assert payload["code"] == "CONFLICT"
    assert payload["message"] == "There is no appeal against the decision of a person shown."
    assert await Report.all().count() == before
    assert await column(clip[1]) == ("PUBLISHED", "WITHDRAWN", "HIDDEN")


async def test_author_appeals_moderation_and_it_is_undone(
    ada: Api, bob: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    await decide(mod, await reported(cass, clip[1]), "HIDE")
    appeal = await appealed(bob, clip[1])
    assert await decide(mod, appeal["reportId"], "CLEAR") == "ResolveReportSuccess"
    assert await column(clip[1]) == ("PUBLISHED", "LIVE", "CLEAR")


async def test_moderators_restore_nothing_that_a_person_shown_took_out(
    server: Server, ada: Api, cass: Api, mod: Api, clip: tuple[Cameo, Video]
) -> None:
    report_id = await reported(cass, clip[1])
    await take_out(ada, clip[1])
    assert await decide(mod, report_id, "CLEAR") == "ResolveReportSuccess"
    assert await column(clip[1]) == ("PUBLISHED", "WITHDRAWN", "CLEAR")
    [row] = await connections.get("default").execute_query_dict("SELECT count(*) AS n FROM evidence")
    assert row["n"] == 0
