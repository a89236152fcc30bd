"""Verification and receipts: anybody may ask whether a use is consented to, and learns nothing else."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tortoise import connections

from app.routes.receipt import receipt
from models.base import new_id
from models.cameo import Cameo
from models.file_hash import FileHash
from models.grant import OnExpiry
from models.receipt import verify_receipt
from models.signed import NotSigned
from models.upload import Upload, UploadPurpose
from models.video import Rendition, RenditionKind, Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.chores import do_chores
from tests.consent import FACE_AND_ALL, make_cameo, make_grant, make_video, shift_clock

ROOT = Path(__file__).parents[2]
VERIFY = """query($sha256: String, $videoId: ID, $uploadId: ID) {
  verify(sha256: $sha256, videoId: $videoId, uploadId: $uploadId) { answer checkedAt videoId receipt }
}"""
CONSENT = "query($id: ID!) { video(id: $id) { consent { state receiptUrl } } }"
ERASE = """mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) {
  ... on RevokeCameoSuccess { cameo { erasure { receiptUrl doneAt } } }
} }"""


@pytest.fixture
async def cameo(ada: Api, bob: Api) -> Cameo:
    made = await make_cameo(ada)
    await make_grant(made, bob, FACE_AND_ALL)
    return made


async def clip(server: Server, author: Api, cast: list[Cameo], digest: str, **options: Any) -> Video:
    """A video whose MP4 has the hash of 64 times the digit ``digest``."""
    video = await make_video(server.stores, author, cast, **options)
    await Rendition.filter(video_id=video.id, kind=RenditionKind.MP4).update(sha256=digest * 64)
    return video


async def asked(server: Server, **about: str) -> dict[str, Any]:
    return (await server.anyone.run(VERIFY, **about))["verify"]


@pytest.fixture
def site(server: Server) -> httpx.AsyncClient:
    """The receipts' route, over the test's stores."""
    app = Starlette(routes=[Route("/receipts/{token}", receipt)])
    app.state.stores = server.stores
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=server.stores.address)


async def test_a_published_video_is_consented_to_until_it_is_not(server: Server, bob: Api, cameo: Cameo) -> None:
    video = await clip(server, bob, [cameo], "a")
    for about in ({"sha256": "A" * 64}, {"videoId": global_id("Video", video.id)}):
        found = await asked(server, **about)
        assert (found["answer"], found["videoId"]) == ("CONSENTED", global_id("Video", video.id))
        body = verify_receipt(server.stores.keys.published, found["receipt"])
        assert (body["answer"], len(body["likenesses"])) == ("CONSENTED", 1)
        text = json.dumps(found)
        assert str(cameo.id) not in text
        assert "ada" not in text.replace("metadata", "")


async def test_receipts_of_two_videos_of_one_person_cannot_be_linked(server: Server, bob: Api, cameo: Cameo) -> None:
    receipts = []
    for digest in "ab":
        await clip(server, bob, [cameo], digest)
        receipts.append((await asked(server, sha256=digest * 64))["receipt"])
    one, other = receipts
    assert one["id"] != other["id"]
    assert one["likenesses"][0]["id"] != other["likenesses"][0]["id"]


async def test_downloaded_copy_after_erase_answers_not_consented_and_nothing_more(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    video = await clip(server, bob, [cameo], "c")
    await ada.mutate(ERASE, cameoId=global_id("Cameo", cameo.id), mode="ERASE")
    await do_chores(server.stores)
    assert await Rendition.filter(video_id=video.id).count() == 0
    assert (await FileHash.get(id=video.id)).sha256 == "c" * 64
    found = await asked(server, sha256="c" * 64)
    assert (found["answer"], found["videoId"], found["receipt"]) == ("NOT_CONSENTED", None, None)


async def test_a_withdrawn_video_still_answers_by_its_id_with_a_signed_no(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    video = await clip(server, bob, [cameo], "c")
    await ada.mutate(ERASE, cameoId=global_id("Cameo", cameo.id), mode="WITHDRAW")
    found = await asked(server, videoId=global_id("Video", video.id))
    assert found["answer"] == "NOT_CONSENTED"
    body = verify_receipt(server.stores.keys.published, found["receipt"])
    assert (body["answer"], body["likenesses"]) == ("NOT_CONSENTED", [])


async def test_a_grant_that_ran_out_with_withdraw_is_no_consent(server: Server, ada: Api, bob: Api) -> None:
    cameo = await make_cameo(ada)
    [row] = await connections.get("default").execute_query_dict("SELECT yume_now() + interval '1 hour' AS at")
    await make_grant(cameo, bob, FACE_AND_ALL, expires_at=row["at"], on_expiry=OnExpiry.WITHDRAW)
    await clip(server, bob, [cameo], "d")
    assert (await asked(server, sha256="d" * 64))["answer"] == "CONSENTED"
    await shift_clock("2 hours")
    assert (await asked(server, sha256="d" * 64))["answer"] == "NOT_CONSENTED"


async def test_drafts_and_deleted_clips_are_uses_that_nobody_consented_to(
    server: Server, bob: Api, cameo: Cameo
) -> None:
    draft = await clip(server, bob, [cameo], "e", published=False)
    found = await asked(server, sha256="e" * 64)
    assert (found["answer"], found["videoId"], found["receipt"]) == ("NOT_CONSENTED", None, None)
    assert (await asked(server, videoId=global_id("Video", draft.id)))["answer"] == "UNKNOWN"
    gone = await clip(server, bob, [cameo], "f")
    await VideoVisibility.filter(id=gone.id).update(author_state="DELETED")
    assert (await asked(server, sha256="f" * 64))["answer"] == "NOT_CONSENTED"
    assert (await asked(server, videoId=global_id("Video", gone.id)))["answer"] == "UNKNOWN"


async def test_what_shows_nobody_and_what_was_not_made_here(server: Server, bob: Api) -> None:
    await clip(server, bob, [], "1")
    assert (await asked(server, sha256="1" * 64))["answer"] == "NO_LIKENESS"
    assert (await asked(server, sha256="2" * 64))["answer"] == "UNKNOWN"
    assert (await asked(server, videoId=global_id("Video", new_id())))["answer"] == "UNKNOWN"


async def test_a_video_for_followers_is_not_told_of_by_its_id(server: Server, bob: Api, cameo: Cameo) -> None:
    video = await clip(server, bob, [cameo], "3")
    await VideoVisibility.filter(id=video.id).update(audience="FOLLOWERS")
    assert (await asked(server, videoId=global_id("Video", video.id)))["answer"] == "UNKNOWN"
    found = await asked(server, sha256="3" * 64)
    assert (found["answer"], found["videoId"], found["receipt"]) == ("CONSENTED", None, None)


async def test_an_uploaded_file_is_known_by_its_very_bytes(server: Server, bob: Api, cameo: Cameo) -> None:
    await clip(server, bob, [cameo], "4")
    kept = {"token_hash": new_id().hex, "max_bytes": 9, "expires_at": "2030-01-01T00:00:00Z", "sha256": "4" * 64}
    upload = await Upload.create(purpose=UploadPurpose.VERIFY, **kept)
    assert (await asked(server, uploadId=global_id("Upload", upload.id)))["answer"] == "CONSENTED"
    other = await Upload.create(purpose=UploadPurpose.NOTICE, **kept | {"token_hash": new_id().hex})
    assert await server.anyone.refused(VERIFY, uploadId=global_id("Upload", other.id)) == "NOT_FOUND"


async def test_exactly_one_thing_is_asked_about_and_not_too_often(server: Server) -> None:
    assert await server.anyone.refused(VERIFY) == "INVALID"
    assert await server.anyone.refused(VERIFY, sha256="1" * 64, videoId=global_id("Video", new_id())) == "INVALID"
    assert await server.anyone.refused(VERIFY, sha256="xyz") == "INVALID"
    for _ in range(117):
        await asked(server, sha256="1" * 64)
    assert await server.anyone.refused(VERIFY, sha256="1" * 64) == "RATE_LIMITED"


@pytest.mark.parametrize("moderation", ["HIDDEN", "REMOVED"])
async def test_nothing_is_signed_about_a_video_that_moderators_took_away(
    server: Server, bob: Api, cameo: Cameo, site: httpx.AsyncClient, moderation: str
) -> None:
    video = await clip(server, bob, [cameo], "a")
    consent = (await server.anyone.run(CONSENT, id=global_id("Video", video.id)))["video"]["consent"]
    assert (await site.get(consent["receiptUrl"])).json()["answer"] == "CONSENTED"
    await VideoVisibility.filter(id=video.id).update(moderation=moderation)
    assert (await site.get(consent["receiptUrl"])).status_code == 404


async def test_a_videos_consent_receipt_is_public_and_forgeries_are_not_found(
    server: Server, ada: Api, bob: Api, cameo: Cameo, site: httpx.AsyncClient
) -> None:
    video = await clip(server, bob, [cameo], "5")
    consent = (await server.anyone.run(CONSENT, id=global_id("Video", video.id)))["video"]["consent"]
    assert consent["state"] == "CONSENTED"
    answer = await site.get(consent["receiptUrl"])
    assert answer.status_code == 200
    assert verify_receipt(server.stores.keys.published, answer.json())["answer"] == "CONSENTED"
    assert (await site.get(consent["receiptUrl"][:-2] + "xx")).status_code == 404
    await ada.mutate(ERASE, cameoId=global_id("Cameo", cameo.id), mode="WITHDRAW")
    assert (await site.get(consent["receiptUrl"])).json()["answer"] == "NOT_CONSENTED"
    plain = await clip(server, bob, [], "6")
    nobody = (await server.anyone.run(CONSENT, id=global_id("Video", plain.id)))["video"]["consent"]
    assert nobody == {"state": "NO_LIKENESS", "receiptUrl": None}


async def test_a_deletion_receipt_comes_when_all_is_destroyed_and_its_address_ends(
    server: Server, ada: Api, bob: Api, cameo: Cameo, site: httpx.AsyncClient, tmp_path: Path
) -> None:
    await clip(server, bob, [cameo], "7")
    payload = await ada.mutate(ERASE, cameoId=global_id("Cameo", cameo.id), mode="ERASE")
    url = payload["cameo"]["erasure"]["receiptUrl"]
    assert (await site.get(url)).status_code == 404
    await do_chores(server.stores)
    answer = await site.get(url)
    assert answer.headers["content-disposition"].startswith("attachment")
    body = verify_receipt(server.stores.keys.published, answer.json())
    assert (body["kind"], body["subject"]) == ("DELETION", f"cameo/{cameo.id}")
    with pytest.raises(NotSigned):
        verify_receipt(server.stores.keys.published, answer.json() | {"bytes": 0})
    await shift_clock("25 hours")
    assert (await site.get(url)).status_code == 404


async def test_a_receipt_is_checked_without_the_server(server: Server, bob: Api, cameo: Cameo, tmp_path: Path) -> None:
    await clip(server, bob, [cameo], "8")
    file = tmp_path / "receipt.json"
    document = (await asked(server, sha256="8" * 64))["receipt"]
    published = [key.to_jwk() for key in server.stores.keys.published.values()]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": published}))
    for content, status in ((document, 0), (document | {"answer": "NOT_CONSENTED"}, 1)):
        file.write_text(json.dumps(content))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "receipt", "verify", str(file), "--keys", str(tmp_path / "keys.json"),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=ROOT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == status, output
