"""People without an account: their notices, what moderators make of them, and what is refused from then on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
import PIL.Image
import pytest
from tortoise import connections

from engine.capture.spec import PictureReport
from jobs.capture.lookalikes import FACE_LABEL as CAMEO_FACE
from jobs.capture.lookalikes import pack_embedding
from jobs.clip.gate import ResultForbidden
from jobs.clip.lease import claim
from jobs.consent.notices import examine_notices
from jobs.consent.protected import ProtectedFace, check_cast, check_faces, is_protected, protected_faces
from models.account import Role
from models.base import new_id
from models.cameo import Cameo, CameoVersion, vault_subject
from models.generation import Generation
from models.protect import BlockEntry, Notice, NoticeState, notice_subject
from models.sealed_media import SealedMedia
from models.upload import Upload, UploadPurpose, upload_folder, upload_subject
from resolvers.protect import NAME_RULE
from schema.node import global_id, parse_global_id
from tests.api import Api, Server
from tests.chores import do_chores
from tests.consent import FACE_AND_ALL, make_cameo, make_grant, make_job
from tests.jobs_stack import rows

FILE = """mutation($input: FileNoticeInput!) { fileNotice(input: $input) {
  __typename ... on FileNoticeSuccess { noticeId state } ... on Error { code message field }
} }"""
RESOLVE = """mutation($input: ResolveNoticeInput!) { resolveNotice(input: $input) {
  __typename ... on ResolveNoticeSuccess { notice { state name photo } } ... on Error { code }
} }"""
LIFT = """mutation($input: LiftBlockEntryInput!) { liftBlockEntry(input: $input) {
  __typename ... on LiftBlockEntrySuccess { liftedId } ... on Error { code }
} }"""
NOTICES = "{ notices { edges { node { id state name contact words photo } } } }"
ENTRIES = "{ blockEntries { edges { node { id name hasFace } } } }"
NAME = "Zoé Quatrefages"
CREATE = """mutation($input: CreateGenerationInput!) { createGeneration(input: $input) {
  __typename ... on BlockedError { rule excerpt appealable } ... on Error { code message field }
} }"""
FACE = ProtectedFace("net", (1.0, 0.0))


@pytest.fixture
async def mod(server: Server) -> Api:
    return await server.member("mod", role=Role.MODERATOR)


def said(**extra: object) -> dict[str, object]:
    return {
        "name": NAME, "contact": "zoe@example.org", "words": "I am no member.", "idempotencyKey": str(new_id())
    } | extra  # fmt: skip


async def photo(server: Server, content: bytes) -> Upload:
    """A file sent to a ticket of purpose NOTICE."""
    upload = await Upload.create(
        purpose=UploadPurpose.NOTICE, token_hash=new_id().hex, max_bytes=1 << 20, expires_at="2030-01-01T00:00:00Z",
        received_at="2029-01-01T00:00:00Z", bytes=len(content), sha256="0" * 64,
    )  # fmt: skip
    server.stores.vault.create(upload_subject(upload.id))

    async def parts():  # noqa: ANN202
        yield content

    await SealedMedia(server.stores.media, server.stores.vault).keep(
        upload_subject(upload.id), upload_folder(upload.id), parts()
    )
    upload.key = upload_folder(upload.id)
    await upload.save()
    return upload


async def filed(server: Server, mod: Api, face: ProtectedFace | None = None, *, name: str = NAME) -> UUID:
    """A block entry from a notice, its face put in as the examination would."""
    payload = await server.anyone.mutate(FILE, **said(name=name))
    _, notice_id = parse_global_id(payload["noticeId"])
    if face is not None:
        sealed = server.stores.vault.seal(notice_subject(notice_id), msgspec.json.encode(face), label="face")
        await Notice.filter(id=notice_id).update(face=sealed, photo="FACE")
    await mod.mutate(RESOLVE, noticeId=payload["noticeId"], file=True)
    return (await BlockEntry.get(notice_id=notice_id)).id


async def cast_job(owner: Api, author: Api, server: Server, values: tuple[float, ...]) -> tuple[Cameo, Generation]:
    """A job whose cast has this face."""
    cameo = await make_cameo(owner)
    await make_grant(cameo, author, FACE_AND_ALL)
    subject = vault_subject(cameo.id, 1)
    server.stores.vault.create(subject)
    sealed = server.stores.vault.seal(subject, pack_embedding(values), label=CAMEO_FACE)
    await CameoVersion.filter(cameo_id=cameo.id).update(face_embedding=sealed, face_model="net")
    return cameo, await make_job(author, [cameo])


async def test_anybody_files_a_notice_and_only_moderators_read_it(server: Server, ada: Api, mod: Api) -> None:
    payload = await server.anyone.mutate(FILE, **said())
    assert payload["state"] == "OPEN"
    for caller in (server.anyone, ada):
        assert await caller.refused(NOTICES) in ("DENIED", "UNAUTHENTICATED")
        assert await caller.refused(ENTRIES) in ("DENIED", "UNAUTHENTICATED")
    [edge] = (await mod.run(NOTICES))["notices"]["edges"]
    assert (edge["node"]["name"], edge["node"]["contact"], edge["node"]["photo"]) == (NAME, "zoe@example.org", None)
    [stored] = await rows("SELECT encode(sealed, 'escape') AS text FROM notice")
    assert "example.org" not in stored["text"]


async def test_a_repeated_notice_is_one_notice_and_another_body_is_refused(server: Server) -> None:
    request = said()
    first, second = [await server.anyone.mutate(FILE, **request) for _ in range(2)]
    assert first == second
    other = await server.anyone.mutate(FILE, **request | {"words": "Something else."})
    assert other["code"] == "IDEMPOTENCY_CONFLICT"
    assert await Notice.all().count() == 1


async def test_notices_are_limited_and_checked(server: Server) -> None:
    assert (await server.anyone.mutate(FILE, **said(name=" ")))["field"] == "name"
    assert (await server.anyone.mutate(FILE, **said(words="x" * 2001)))["field"] == "words"
    missing = await server.anyone.mutate(FILE, **said(uploadId=global_id("Upload", new_id())))
    assert (missing["code"], missing["field"]) == ("NOT_FOUND", "uploadId")
    codes = [(await server.anyone.mutate(FILE, **said())).get("code") for _ in range(6)]
    assert codes[-1] == "RATE_LIMITED"
    assert await Notice.all().count() == codes.count(None)


async def test_members_decide_nothing_about_notices(server: Server, ada: Api, mod: Api) -> None:
    payload = await server.anyone.mutate(FILE, **said())
    assert (await ada.mutate(RESOLVE, noticeId=payload["noticeId"], file=True))["code"] == "DENIED"
    entry = await filed(server, mod)
    assert (await ada.mutate(LIFT, entryId=global_id("BlockEntry", entry)))["code"] == "DENIED"
    assert await BlockEntry.filter(lifted_at__isnull=True).count() == 1
    assert await Notice.filter(state=NoticeState.OPEN).count() == 1


async def test_a_decided_notice_is_destroyed_and_the_entry_keeps_the_name(server: Server, mod: Api) -> None:
    entry = await filed(server, mod, FACE)
    await do_chores(server.stores)
    notice = await Notice.get()
    assert (notice.state, notice.sealed, notice.face) == (NoticeState.FILED, None, None)
    assert server.stores.vault.subjects("notice/") == []
    [edge] = (await mod.run(ENTRIES))["blockEntries"]["edges"]
    assert edge["node"] == {"id": global_id("BlockEntry", entry), "name": NAME, "hasFace": True}
    assert await rows("SELECT kind FROM audit_entry WHERE chain = 'server'") == [{"kind": "NOTICE_FILED"}]


async def test_a_refused_notice_leaves_nothing(server: Server, mod: Api) -> None:
    payload = await server.anyone.mutate(FILE, **said())
    done = await mod.mutate(RESOLVE, noticeId=payload["noticeId"], file=False)
    assert done["notice"]["state"] == "REFUSED"
    again = await mod.mutate(RESOLVE, noticeId=payload["noticeId"], file=True)
    assert again["code"] == "CONFLICT"
    await do_chores(server.stores)
    assert await BlockEntry.all().count() == 0
    assert server.stores.vault.subjects("notice/") == []


@pytest.mark.parametrize("prompt", [f"{NAME} dances", "zoe QUATREFAGES at sea", "Quatrefages, Zoé, laughing"])
async def test_a_prompt_that_names_a_protected_person_is_refused(
    server: Server, ada: Api, mod: Api, prompt: str
) -> None:
    await filed(server, mod)
    payload = await ada.mutate(CREATE, prompt=prompt, idempotencyKey=str(new_id()))
    assert (payload["code"], payload["rule"], payload["appealable"], payload["field"]) == (
        "BLOCKED", NAME_RULE, True, "prompt"
    )  # fmt: skip
    assert await Generation.all().count() == 0
    assert "code" not in await ada.mutate(CREATE, prompt="a fox called Zoé", idempotencyKey=str(new_id()))


async def test_the_list_cannot_be_probed_without_end(server: Server, ada: Api, mod: Api) -> None:
    await filed(server, mod)
    codes = [
        (await ada.mutate(CREATE, prompt=f"{NAME} dances", idempotencyKey=str(new_id())))["code"] for _ in range(21)
    ]
    assert codes == ["BLOCKED"] * 20 + ["RATE_LIMITED"]


async def test_a_lifted_entry_refuses_nothing_and_is_destroyed(server: Server, ada: Api, mod: Api) -> None:
    entry = await filed(server, mod, FACE)
    assert (await ada.mutate(CREATE, prompt=NAME, idempotencyKey=str(new_id())))["code"] == "BLOCKED"
    await mod.mutate(LIFT, entryId=global_id("BlockEntry", entry))
    await do_chores(server.stores)
    assert "code" not in await ada.mutate(CREATE, prompt=NAME, idempotencyKey=str(new_id()))
    row = await BlockEntry.get(id=entry)
    assert (row.name, row.face) == (None, None)
    assert server.stores.vault.subjects("block/") == []
    assert (await mod.mutate(LIFT, entryId=global_id("BlockEntry", entry)))["code"] == "NOT_FOUND"


async def test_a_photo_is_measured_and_never_kept(
    server: Server, mod: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sees(picture: Path, scratch: Path, *, timeout: float) -> PictureReport:
        assert await asyncio.to_thread(picture.read_bytes) == b"a photo"
        return PictureReport(faces=1, embedding=FACE.values, face_model=FACE.model, width=9, height=9)

    monkeypatch.setattr("engine.capture.runner.examine_picture", sees)
    upload = await photo(server, b"a photo")
    payload = await server.anyone.mutate(FILE, **said(uploadId=global_id("Upload", upload.id)))
    assert payload["state"] == "EXAMINING"
    early = await mod.mutate(RESOLVE, noticeId=payload["noticeId"], file=True)
    assert early["code"] == "CONFLICT"
    done = await asyncio.gather(
        *(examine_notices(server.stores.vault, server.stores.media, tmp_path) for _ in range(3))
    )
    assert sum(done) == 1
    await do_chores(server.stores)
    [edge] = (await mod.run(NOTICES))["notices"]["edges"]
    assert (edge["node"]["state"], edge["node"]["photo"]) == ("OPEN", "FACE")
    assert [key async for key in server.stores.media.list("uploads/")] == []
    assert server.stores.vault.subjects("upload/") == []
    assert await asyncio.to_thread(lambda: list(tmp_path.glob("notice-*"))) == []
    await mod.mutate(RESOLVE, noticeId=payload["noticeId"], file=True)
    [entry] = await protected_faces(connections.get("default"), server.stores.vault)
    assert entry.face == FACE


async def test_a_photo_without_a_face_is_examined_for_real(server: Server, mod: Api, tmp_path: Path) -> None:
    picture = tmp_path / "grey.png"
    PIL.Image.new("RGB", (96, 96), "grey").save(picture)
    upload = await photo(server, picture.read_bytes())
    broken = await photo(server, b"this is no picture")
    for each in (upload, broken):
        await server.anyone.mutate(FILE, **said(uploadId=global_id("Upload", each.id)))
    assert await examine_notices(server.stores.vault, server.stores.media, tmp_path) == 2
    notices = await Notice.all().order_by("created_at")
    assert [notice.face for notice in notices] == [None, None]
    assert notices[0].photo == "NO_FACE"
    assert notices[1].photo not in (None, "NO_FACE", "FACE")


async def test_a_face_is_compared_with_those_of_its_own_network_only(server: Server, mod: Api) -> None:
    await filed(server, mod, FACE)
    vault = server.stores.vault
    assert await is_protected(vault, (0.99, 0.14), "net", threshold=0.92)
    assert not await is_protected(vault, (0.0, 1.0), "net", threshold=0.92)
    assert not await is_protected(vault, (1.0, 0.0), "another net", threshold=0.92)


async def test_a_cameo_made_before_the_entry_is_no_longer_generated(
    server: Server, ada: Api, bob: Api, mod: Api
) -> None:
    cameo, _ = await cast_job(ada, bob, server, (1.0, 0.0))
    lease = await claim(connections.get("default"), new_id(), "test")
    assert lease is not None
    await check_cast(server.stores.vault, lease)
    await filed(server, mod, FACE)
    with pytest.raises(ResultForbidden) as refused:
        await check_cast(server.stores.vault, lease)
    assert [(fault.cameo_id, fault.rule) for fault in refused.value.faults] == [(cameo.id, "protected.face")]


async def test_a_cameo_that_a_moderator_let_pass_later_stays_usable(
    server: Server, ada: Api, bob: Api, mod: Api
) -> None:
    await filed(server, mod, FACE)
    await cast_job(ada, bob, server, (1.0, 0.0))
    lease = await claim(connections.get("default"), new_id(), "test")
    assert lease is not None
    await check_cast(server.stores.vault, lease)


async def test_a_finished_clip_that_shows_a_protected_face_is_refused(
    server: Server, ada: Api, bob: Api, mod: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sees(clips: list[Path], *, timeout: float) -> list[tuple[float, ...]]:
        return [(0.0, 1.0), (1.0, 0.0)]

    monkeypatch.setattr("engine.capture.runner.faces_in", sees)
    await make_job(bob)
    lease = await claim(connections.get("default"), new_id(), "test")
    assert lease is not None
    await check_faces(server.stores.vault, lease, Path("clip.mp4"))
    await filed(server, mod, FACE)
    with pytest.raises(ResultForbidden):
        await check_faces(server.stores.vault, lease, Path("clip.mp4"))
