"""Erasing a cameo and an account: planted canaries are nowhere to be found, and what is not the person's stays."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from tortoise import Tortoise, connections

from app.servers import _postgres_bin
from jobs.progress import PreviewBytes, ProgressWriter
from jobs.restore import replay_erasures
from models.account import Account, Invite, Session
from models.audit import Personal, append, chain_of
from models.audit_proof import verify as verify_audit
from models.base import new_id
from models.block import Block
from models.cameo import Cameo, CameoState, CameoVersion, vault_subject
from models.capture import Capture, CaptureState, capture_subject, version_prefix
from models.decision import Decision, DecisionStage
from models.erasure import Erasure
from models.erasure_manifest import Of, counted_of
from models.follow import Follow
from models.generation import Generation
from models.grant import Audience, Grant, GrantState
from models.notification import NotificationKind, notify
from models.receipt import verify_receipt
from models.report import Evidence, Report, ReportReason, evidence_folder, evidence_subject
from models.sealed_media import SealedMedia
from models.tables import connect
from models.upload import Upload, UploadPurpose, upload_folder, upload_subject
from models.vault import Shredded, Vault
from models.video import Rendition, Video, VideoVisibility
from schema.node import global_id
from tests.api import Api, Server
from tests.canary import in_folder, in_postgres, in_redis
from tests.chores import do_chores
from tests.consent import FACE_AND_ALL, make_cameo, make_grant, make_job, make_video
from tests.jobs_stack import rows
from tests.traces import leave_traces, traces_left

WORD = "canary7731"
FACE = "CANARYFACE"
ERASE = """mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) {
  __typename ... on RevokeCameoSuccess { withdrawnVideos stoppedJobs cameo { state erasure { doneAt receiptUrl } } }
  ... on Error { code message }
} }"""
DELETE = """mutation($input: DeleteAccountInput!) { deleteAccount(input: $input) {
  __typename ... on DeleteAccountSuccess { erasure { doneAt receiptUrl } } ... on Error { code message field }
} }"""


@dataclass
class Planted:
    """Ada's cameo, a clip of hers with it, a clip of Bob's with it, Bob's remix of a clip of hers without it."""

    cameo: Cameo
    own: Video
    lent: Video
    plain: Video
    remix: Video
    capture: Capture


@pytest.fixture
async def ada(server: Server) -> Api:
    return await server.member(f"ada_{WORD}")


@pytest.fixture
async def planted(server: Server, ada: Api, bob: Api) -> Planted:
    """A canary in every class of the manifest that a test can reach."""
    await _profile(ada, bob)
    cameo = await make_cameo(
        ada, handle=f"face_{WORD}", audience=Audience.EVERYONE, scopes=FACE_AND_ALL,
        restrictions={"text": f"never with {WORD}"}, preferences=f"in {WORD} blue",
    )  # fmt: skip
    await make_grant(cameo, bob, FACE_AND_ALL, note=f"please, {WORD}")
    capture = await _capture(server, cameo)
    own = await make_video(server.stores, ada, [cameo])
    lent = await make_video(server.stores, bob, [cameo])
    plain = await make_video(server.stores, ada)
    remix = await make_video(server.stores, bob, parent=plain)
    await _words(server, own, plain)
    named = {"cast": [{"cameo_id": str(cameo.id), "name": f"face_{WORD}"}]}
    await Video.filter(id=lent.id).update(recipe=named)
    await Generation.filter(id=lent.generation_id).update(spec={"prompt": "a walk", **named}, recipe=named)
    await _about(server, cameo, bob, own)
    await _reported(server, cameo, lent)
    await leave_traces(server, ada, bob, WORD, own=[own, plain], others=[lent, remix])
    return Planted(cameo, own, lent, plain, remix, capture)


async def _profile(ada: Api, bob: Api) -> None:
    assert ada.viewer is not None
    assert bob.viewer is not None
    await Account.filter(id=ada.viewer.id).update(display_name=WORD, bio=f"I am {WORD}")
    await Follow.create(follower_id=bob.viewer.id, followee_id=ada.viewer.id)
    await Block.create(blocker_id=ada.viewer.id, blocked_id=bob.viewer.id)
    await Invite.create(created_by_id=ada.viewer.id, code_hmac=WORD)


async def _capture(server: Server, cameo: Cameo) -> Capture:
    """A capture, its upload and its version, sealed as a worker seals them."""
    vault, media = server.stores.vault, SealedMedia(server.stores.media, server.stores.vault)
    upload = await Upload.create(
        account_id=cameo.owner_id, purpose=UploadPurpose.CAPTURE, token_hash=new_id().hex, max_bytes=9,
        expires_at="2030-01-01T00:00:00Z", bytes=len(FACE), sha256="0" * 64,
    )  # fmt: skip
    capture = await Capture.create(
        account_id=cameo.owner_id, cameo_id=cameo.id, kind=cameo.kind, state=CaptureState.ACCEPTED,
        challenge={"phrase": WORD}, nonce_hash=new_id().hex, upload_id=upload.id, checks=[{"message": WORD}],
        expires_at="2030-01-01T00:00:00Z", consent_version=1, consent_hash="0" * 64, idempotency_key=WORD,
        request_hash="", version=1,
    )  # fmt: skip
    version = vault_subject(cameo.id, 1)
    for subject in (upload_subject(upload.id), capture_subject(capture.id), version):
        vault.create(subject)
    await media.keep(upload_subject(upload.id), upload_folder(upload.id), _bytes(FACE))
    await Upload.filter(id=upload.id).update(key=upload_folder(upload.id))
    folder = version_prefix(cameo.id, capture.id) + "crop-0"
    kept = await media.keep(version, folder, _bytes(FACE))
    sealed = vault.seal(version, FACE.encode(), label="face")
    await CameoVersion.filter(cameo_id=cameo.id).update(
        capture_id=capture.id, face_embedding=sealed, voice_embedding=sealed, fingerprint=sealed, sealed=sealed,
        files=[{"class": "CROP", "key": folder, "bytes": kept.bytes}],
    )  # fmt: skip
    carried = vault.seal(capture_subject(capture.id), FACE.encode(), label="carried")
    await Capture.filter(id=capture.id).update(carried=carried)
    return capture


async def _bytes(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def _words(server: Server, *videos: Video) -> None:
    for video in videos:
        await Video.filter(id=video.id).update(prompt=WORD, caption=WORD, recipe={"who": WORD})
        await Generation.filter(id=video.generation_id).update(spec={"prompt": WORD}, recipe={"who": WORD})
        for rendition in await Rendition.filter(video_id=video.id):
            await server.stores.media.put_bytes(rendition.key, WORD.encode(), "video/mp4")
        await server.stores.media.put_bytes(f"videos/{video.generation_id}/1/live/x.m4s", WORD.encode(), "video/mp4")
        writer = ProgressWriter(server.stores.redis, video.generation_id, 1, 1)
        preview = PreviewBytes(WORD.encode(), 1, 1)
        await writer.step(phase=WORD, step=1, total=1, fraction=0.5, eta_seconds=None, preview=preview)


async def _about(server: Server, cameo: Cameo, bob: Api, own: Video) -> None:
    """What the log, the decisions and the inbox say about the cameo."""
    assert bob.viewer is not None
    connection = connections.get("default")
    await Decision.create(
        cameo_id=cameo.id, actor_id=bob.viewer.id, stage=DecisionStage.PROMPT, allowed=False, rule=f"TEXT:{WORD}"
    )
    await notify(connection, cameo.owner_id, NotificationKind.CAMEO_USED, actor=bob.viewer.id, cameo=cameo.id)
    await notify(
        connection, cameo.owner_id, NotificationKind.CAMEO_REFUSED, actor=bob.viewer.id, cameo=cameo.id, rule=WORD
    )
    personal = Personal.seal(server.stores.vault, vault_subject(cameo.id, 1), WORD.encode())
    await append(connection, chain_of(cameo.id), "TEST_ENTRY", {"video": own.id}, personal=personal)


async def _reported(server: Server, cameo: Cameo, video: Video) -> None:
    """A report by the person shown, and the copy that moderators keep for it."""
    report = await Report.create(
        video_id=video.id, reporter_id=cameo.owner_id, reason=ReportReason.OTHER, text=WORD, note=WORD,
        idempotency_key=WORD, request_hash="",
    )  # fmt: skip
    server.stores.vault.create(evidence_subject(report.id))
    sealed = SealedMedia(server.stores.media, server.stores.vault)
    kept = await sealed.keep(evidence_subject(report.id), evidence_folder(report.id), _bytes(FACE))
    await Evidence.create(
        id=report.id, video_id=video.id, bytes=kept.bytes, kept_at="2026-01-01T00:00:00Z",
        expires_at="2030-01-01T00:00:00Z",
    )  # fmt: skip


async def everywhere(server: Server, folder: Path, *words: str) -> list[str]:
    return [*await in_postgres(*words), *await in_redis(server.stores.redis, *words), *in_folder(folder, *words)]


async def test_the_canary_is_found_where_it_was_planted(server: Server, planted: Planted, tmp_path: Path) -> None:
    found = " ".join(await everywhere(server, tmp_path, WORD))
    for place in ("account", "cameo", "capture", "cameo_grant", "decision", "generation", "video", "notification"):
        assert f"{place}: {WORD}" in found
    assert "preview:" in found
    assert "media/videos" in found
    assert await everywhere(server, tmp_path, FACE) == [], "faces are never stored in clear"


async def test_erasing_a_cameo_leaves_nothing_of_it_but_ids(
    server: Server, ada: Api, bob: Api, planted: Planted, tmp_path: Path
) -> None:
    cameo, vault = planted.cameo, server.stores.vault
    job = await make_job(bob, [cameo])
    sealed = (await CameoVersion.get(cameo_id=cameo.id)).face_embedding
    assert sealed is not None
    payload = await ada.mutate(ERASE, cameoId=global_id("Cameo", cameo.id), mode="ERASE")
    assert (payload["withdrawnVideos"], payload["stoppedJobs"]) == (2, 1)
    assert payload["cameo"]["state"] == "ERASING"
    assert (await Generation.get(id=job.id)).failure_code == "CONSENT_ENDED"
    with pytest.raises(Shredded):
        vault.open(vault_subject(cameo.id, 1), sealed, label="face")
    await do_chores(server.stores)
    row = await Cameo.get(id=cameo.id)
    assert (row.state, row.handle) == (CameoState.ERASED, None)
    version = await CameoVersion.get(cameo_id=cameo.id)
    assert (version.face_embedding, version.voice_embedding, version.fingerprint, version.sealed) == (None,) * 4
    assert (version.files, vault.subjects(f"cameo/{cameo.id}/")) == ([], [])
    assert [key async for key in server.stores.media.list("captures/")] == []
    assert [key async for key in server.stores.media.list("uploads/")] == []
    assert [key async for key in server.stores.media.list("evidence/")] == []
    assert vault.subjects("evidence/") == []
    assert {(row.text, row.note) for row in await Report.all()} == {("", "")}
    assert await Decision.filter(cameo_id=cameo.id).count() == 0
    assert await rows("SELECT 1 FROM audit_personal") == []
    assert {grant.state for grant in await Grant.filter(cameo_id=cameo.id)} == {GrantState.REVOKED}
    assert await in_postgres(FACE) == []
    for table in ("cameo", "capture", "cameo_grant", "decision", "notification", "audit_personal"):
        assert f"{table}: {WORD}" not in await in_postgres(WORD)
    assert (await VideoVisibility.get(id=planted.plain.id)).consent.value == "LIVE"
    theirs = await Generation.get(id=planted.lent.generation_id)
    assert (theirs.spec, theirs.recipe) == ({"prompt": "a walk"}, None)
    lent = await Video.get(id=planted.lent.id)
    assert (lent.recipe, lent.waveform) == ({}, [])
    assert (await Video.get(id=planted.plain.id)).recipe == {"who": WORD}


async def test_an_erasure_counts_every_class_in_a_receipt_that_verifies(
    server: Server, ada: Api, planted: Planted
) -> None:
    await ada.mutate(ERASE, cameoId=global_id("Cameo", planted.cameo.id), mode="ERASE")
    await do_chores(server.stores)
    erasure = await Erasure.get(subject_id=planted.cameo.id)
    assert erasure.receipt is not None
    body = verify_receipt(server.stores.keys.published, erasure.receipt)
    assert {each["class"] for each in body["classes"]} == set(counted_of(Of.CAMEO))
    empty = {each["class"] for each in body["classes"] if each["objects"] == 0}
    assert empty <= {"LIVE_SEGMENT"}
    assert body["audit"] is not None
    assert (await verify_audit(connections.get("default"), server.stores.keys.published)).sound


async def test_erasing_needs_a_fresh_proof_of_who_asks(server: Server, ada: Api, planted: Planted) -> None:
    await connections.get("default").execute_query("UPDATE session SET created_at = created_at - interval '1 hour'")
    payload = await ada.mutate(ERASE, cameoId=global_id("Cameo", planted.cameo.id), mode="ERASE")
    assert payload["code"] == "STEP_UP_REQUIRED"
    deleted = await ada.mutate(DELETE, handle=f"ada_{WORD}")
    assert deleted["code"] == "STEP_UP_REQUIRED"
    assert (await Cameo.get(id=planted.cameo.id)).state is CameoState.ACTIVE
    assert (await Account.get(handle=f"ada_{WORD}")).deleted_at is None
    assert await Erasure.all().count() == 0


async def test_nobody_erases_somebody_elses_cameo(server: Server, bob: Api, planted: Planted) -> None:
    payload = await bob.mutate(ERASE, cameoId=global_id("Cameo", planted.cameo.id), mode="ERASE")
    assert payload["code"] == "NOT_FOUND"
    assert (await Cameo.get(id=planted.cameo.id)).state is CameoState.ACTIVE


async def test_erasing_twice_is_success(server: Server, ada: Api, planted: Planted) -> None:
    for _ in range(2):
        payload = await ada.mutate(ERASE, cameoId=global_id("Cameo", planted.cameo.id), mode="ERASE")
        assert payload["__typename"] == "RevokeCameoSuccess"
        await do_chores(server.stores)
    assert await Erasure.filter(subject_id=planted.cameo.id).count() == 1


async def test_the_owner_finds_the_receipt_of_an_erased_cameo_by_its_id_and_nobody_else_does(
    server: Server, ada: Api, bob: Api, planted: Planted
) -> None:
    cameo_id = global_id("Cameo", planted.cameo.id)
    await ada.mutate(ERASE, cameoId=cameo_id, mode="ERASE")
    await do_chores(server.stores)
    look = "query($id: ID!) { node(id: $id) { ... on Cameo { state handle erasure { doneAt receiptUrl } } } }"
    node = (await ada.run(look, id=cameo_id))["node"]
    assert (node["state"], node["handle"]) == ("ERASED", None)
    assert node["erasure"]["doneAt"] is not None
    for other in (bob, server.anyone):
        assert (await other.run(look, id=cameo_id))["node"] is None


async def test_an_erasure_that_crashed_is_finished_by_the_next_worker(
    server: Server, ada: Api, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(self: Vault, subject: str) -> int:
        raise OSError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(Vault, "shred_all", dies)
        with pytest.raises(AssertionError):  # an INTERNAL error: the answer never came
            await ada.mutate(ERASE, cameoId=global_id("Cameo", planted.cameo.id), mode="ERASE")
    assert (await Cameo.get(id=planted.cameo.id)).state is CameoState.ERASING
    assert server.stores.vault.subjects("cameo/") != []
    await do_chores(server.stores)
    assert server.stores.vault.subjects("cameo/") == []
    assert (await Erasure.get(subject_id=planted.cameo.id)).done_at is not None


async def test_deleting_an_account_leaves_no_canary_anywhere(
    server: Server, ada: Api, planted: Planted, tmp_path: Path
) -> None:
    payload = await ada.mutate(DELETE, handle=f"@ada_{WORD}")
    assert payload["__typename"] == "DeleteAccountSuccess"
    assert await ada.run("{ viewer { id } }") == {"viewer": None}, "signed out at once"
    await do_chores(server.stores)
    assert await everywhere(server, tmp_path, WORD, FACE) == []
    assert {row.done_at is not None for row in await Erasure.all()} == {True}
    receipt = (await Erasure.get(kind="ACCOUNT")).receipt
    assert receipt is not None
    found = {each["class"]: each["objects"] for each in receipt["classes"]}
    assert found.keys() == set(counted_of(Of.ACCOUNT))
    for name in (
        "GENERATION_TEXT", "SESSION", "RELATION", "NAME", "KEY", "LATENT", "LIVE_SEGMENT", "AVATAR", "COMMENT",
        "TASTE", "MEANING", "TREND", "SCROLL",
    ):  # fmt: skip
        assert found[name] > 0, name
    assert await traces_left(ada, planted.lent) == {
        "rows": 0, "likes": 0, "comments": 1, "threads": [("", 1)], "trends": ["shared"], "texts": 0,
    }  # fmt: skip
    assert await Session.filter(account_id=ada.viewer.id).count() == 0  # type: ignore[union-attr]


async def test_deleting_an_account_asks_for_the_handle(ada: Api, planted: Planted) -> None:
    payload = await ada.mutate(DELETE, handle="somebody")
    assert (payload["code"], payload["field"]) == ("CONFLICT", "handle")
    assert (await Account.get(handle=f"ada_{WORD}")).deleted_at is None


async def test_the_freed_handle_can_be_taken_again(server: Server, ada: Api, planted: Planted) -> None:
    await ada.mutate(DELETE, handle=f"ada_{WORD}")
    again = await server.member(f"ada_{WORD}")
    assert (await make_cameo(again, handle="other")).handle == "other"


async def test_a_backup_from_before_holds_no_face_and_a_restore_erases_the_rest_again(
    server: Server, ada: Api, planted: Planted, database: str, tmp_path: Path
) -> None:
    dump, copy = tmp_path / "yume.dump", tmp_path / "media-backup"
    await _tool("pg_dump", "--format=custom", "--file", str(dump), database)
    shutil.copytree(tmp_path / "media", copy)
    await ada.mutate(DELETE, handle=f"ada_{WORD}")
    await do_chores(server.stores)
    dump_text = await _tool("pg_restore", "--file=-", str(dump))
    assert FACE.encode() not in dump_text
    assert FACE.encode().hex().encode() not in dump_text
    assert in_folder(copy / "captures", FACE) == []
    assert in_folder(copy / "uploads", FACE) == []
    restored = f"{database}_restored"
    await _restore(database, restored, dump)
    shutil.copytree(copy, tmp_path / "media", dirs_exist_ok=True)
    try:
        await connect(restored)
        sealed = (await CameoVersion.get(cameo_id=planted.cameo.id)).face_embedding
        assert sealed is not None
        with pytest.raises(Shredded):
            server.stores.vault.open(vault_subject(planted.cameo.id, 1), sealed, label="face")
        await replay_erasures(server.stores.vault)
        await do_chores(server.stores)
        shutil.rmtree(copy)
        dump.unlink()
        assert await everywhere(server, tmp_path, WORD, FACE) == []
    finally:
        await Tortoise.close_connections()
        await connect(database)


async def _tool(name: str, *arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        str(_postgres_bin() / name), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output


async def _restore(database: str, name: str, dump: Path) -> None:
    server = await asyncpg.connect(database)
    plain = name.rpartition("/")[2].partition("?")[0]
    await server.execute(f'DROP DATABASE IF EXISTS "{plain}" WITH (FORCE)')
    await server.execute(f'CREATE DATABASE "{plain}" TEMPLATE template0')
    await server.close()
    await _tool("pg_restore", "--dbname", name, "--no-owner", str(dump))
