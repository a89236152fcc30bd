"""A face that may be somebody else's waits for a moderator; whatever they look at, its owner can read that they did."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.routes.likeness import capture, thumbnail
from jobs.capture.end import sweep_captures
from jobs.consent.protected import ProtectedFace
from models.account import Role
from models.base import new_id
from models.cameo import Cameo, CameoState, Scope
from models.capture import Capture
from models.decision import Decision
from models.grant import Audience, GrantState
from models.protect import FACE_LABEL, BlockEntry, block_subject
from schema.node import global_id
from tests.api import Api, Server
from tests.checks_child import FACE_MODEL, embedding
from tests.consent import make_cameo, make_grant, shift_clock
from tests.recording import believed, capture_id, captured, checking, ended, hand_in, keep_promises, read, start

DECISIONS = 'query { cameo(handle: "bob") { decisions { edges { node { stage rule actor { handle } } } } } }'
WAITING = "query { capturesToReview { captureId cause account { handle } } }"
OPEN = """
mutation($input: OpenCaptureInput!) { openCapture(input: $input) {
  __typename ... on OpenCaptureSuccess { clipUrl thumbnailUrl expiresAt matches { handle } } ... on Error { code }
} }
"""
RESOLVE = """
mutation($input: ResolveCaptureInput!) { resolveCapture(input: $input) {
  __typename ... on ResolveCaptureSuccess { resolvedId } ... on Error { code field }
} }
"""
CANCEL = """
mutation($input: CancelCaptureInput!) { cancelCapture(input: $input) {
  __typename ... on CancelCaptureSuccess { capture { state } } ... on Error { code }
} }
"""
THUMBNAIL = "query($id: ID!) { node(id: $id) { ... on Cameo { thumbnailUrl captures { id state } } } }"


@pytest.fixture
async def web(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(
        routes=[
            Route("/media/cameo/{token}/thumbnail.webp", thumbnail),
            Route("/media/capture/{token}/{name}", capture),
        ]
    )
    app.state.stores = server.stores
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=server.stores.address) as client:
        yield client


@pytest.fixture
async def mod(server: Server) -> Api:
    return await server.member("mod", role=Role.MODERATOR)


@pytest.fixture
async def held(server: Server, ada: Api, bob: Api, tmp_path: Path) -> dict[str, Any]:
    """Bob's capture with Ada's face, waiting."""
    await captured(ada, tmp_path / "scratch", believed(face=1, fingerprint="aa"))
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(bob)
        await hand_in(bob, started, believed(face=1, fingerprint="bb"))
        while not (await read(bob, started["capture"]["id"]))["awaitsModerator"]:
            assert (await Capture.get(id=capture_id(started))).state == "CHECKING"
    return started


async def test_a_face_of_another_member_waits_and_serves_nobody_meanwhile(held: dict[str, Any], mod: Api) -> None:
    bobs = await Cameo.get(handle="bob")
    assert (bobs.state, bobs.version) == (CameoState.EMPTY, 0)
    [waiting] = (await mod.run(WAITING))["capturesToReview"]
    assert waiting == {"captureId": held["capture"]["id"], "cause": "FACE_MATCH", "account": {"handle": "bob"}}


async def test_a_voice_of_another_member_waits_too(
    server: Server, ada: Api, bob: Api, mod: Api, tmp_path: Path
) -> None:
    await captured(ada, tmp_path / "scratch", believed(face=1, voice=7, fingerprint="aa"))
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(bob)
        await hand_in(bob, started, believed(face=2, voice=7, fingerprint="bb"))
        while not (await read(bob, started["capture"]["id"]))["awaitsModerator"]:
            assert (await Capture.get(id=capture_id(started))).state == "CHECKING"
    [waiting] = (await mod.run(WAITING))["capturesToReview"]
    assert waiting["cause"] == "VOICE_MATCH"
    opened = await mod.mutate(OPEN, captureId=started["capture"]["id"])
    assert opened["matches"] == [{"handle": "ada"}]


async def test_only_moderators_list_open_and_decide(held: dict[str, Any], ada: Api, bob: Api, server: Server) -> None:
    capture = held["capture"]["id"]
    for somebody, code in ((ada, "DENIED"), (bob, "DENIED"), (server.anyone, "UNAUTHENTICATED")):
        assert await somebody.refused(WAITING) == code
        assert (await somebody.mutate(OPEN, captureId=capture))["code"] == code
        assert (await somebody.mutate(RESOLVE, captureId=capture, accept=True, reason="me"))["code"] == code
    assert (await Capture.get(id=capture_id(held))).review == "FACE_MATCH"
    assert await Decision.all().count() == 0


async def test_an_operator_opens_a_capture_is_recorded_in_the_owners_decision_log(
    held: dict[str, Any], mod: Api, bob: Api, web: httpx.AsyncClient
) -> None:
    opened = await mod.mutate(OPEN, captureId=held["capture"]["id"])
    assert opened["matches"] == [{"handle": "ada"}]
    [decision] = await Decision.all()
    bobs = await Cameo.get(handle="bob")
    assert mod.viewer is not None
    assert (decision.cameo_id, decision.actor_id) == (bobs.id, mod.viewer.id)
    assert (decision.stage, decision.rule) == ("OPERATOR", "operator.opened_capture")
    [edge] = (await bob.run(DECISIONS))["cameo"]["decisions"]["edges"]
    assert edge["node"] == {"stage": "OPERATOR", "rule": "operator.opened_capture", "actor": {"handle": "mod"}}
    shown = await web.get(opened["clipUrl"])
    assert (shown.status_code, shown.headers["cache-control"], b'"face": 1' in shown.content) == (200, "no-store", True)
    assert (await web.get(opened["thumbnailUrl"])).content == b"thumbnail of face 1"
    await shift_clock("20 minutes")
    assert (await web.get(opened["clipUrl"])).status_code == 404


async def test_what_a_moderator_accepts_becomes_the_version(
    held: dict[str, Any], mod: Api, bob: Api, server: Server, tmp_path: Path, web: httpx.AsyncClient
) -> None:
    opened = await mod.mutate(OPEN, captureId=held["capture"]["id"])
    done = await mod.mutate(RESOLVE, captureId=held["capture"]["id"], accept=True, reason="Twins.")
    assert done["__typename"] == "ResolveCaptureSuccess"
    async with checking(server.stores, tmp_path / "scratch"):
        events = await ended(bob, held["capture"]["id"])
    assert events[-1]["__typename"] == "CaptureAccepted"
    assert [e["check"]["name"] for e in events[:-1]][-1] == "REVIEW"
    assert (await Cameo.get(handle="bob")).state == CameoState.ACTIVE
    assert (await web.get(opened["clipUrl"])).status_code == 404
    again = await mod.mutate(RESOLVE, captureId=held["capture"]["id"], accept=False, reason="No.")
    assert again["code"] == "CONFLICT"


async def test_what_a_moderator_refuses_is_destroyed_with_a_reason(
    held: dict[str, Any], mod: Api, bob: Api, server: Server
) -> None:
    for reason in ("", "x" * 301):
        bad = await mod.mutate(RESOLVE, captureId=held["capture"]["id"], accept=False, reason=reason)
        assert (bad["code"], bad["field"]) == ("INVALID", "reason")
    await mod.mutate(RESOLVE, captureId=held["capture"]["id"], accept=False, reason="This is not you.")
    events = await ended(bob, held["capture"]["id"])
    assert events[-1]["reason"] == {"code": "REFUSED", "message": "This is not you."}
    await keep_promises(server.stores)
    adas = await Cameo.get(handle="ada")
    assert server.stores.vault.subjects() == [f"cameo/{adas.id}/1"]
    assert {key.split("/")[1] async for key in server.stores.media.list("captures")} == {str(adas.id)}
    assert (await Capture.get(id=capture_id(held))).carried is None


async def test_who_waits_for_a_moderator_can_take_it_all_back(
    held: dict[str, Any], bob: Api, ada: Api, server: Server
) -> None:
    assert (await ada.mutate(CANCEL, captureId=held["capture"]["id"]))["code"] == "NOT_FOUND"
    assert (await Capture.get(id=capture_id(held))).review == "FACE_MATCH"
    for _ in range(2):
        done = await bob.mutate(CANCEL, captureId=held["capture"]["id"])
        assert done["capture"]["state"] == "EXPIRED"
    await keep_promises(server.stores)
    adas = await Cameo.get(handle="ada")
    assert server.stores.vault.subjects() == [f"cameo/{adas.id}/1"]
    accepted = global_id("Capture", (await Capture.get(cameo_id=adas.id)).id)
    assert (await ada.mutate(CANCEL, captureId=accepted))["code"] == "CONFLICT"


async def test_nobody_is_held_for_ever(held: dict[str, Any], server: Server) -> None:
    await shift_clock("29 days")
    assert await sweep_captures() == 0
    await shift_clock("31 days")
    assert await sweep_captures() == 1
    row = await Capture.get(id=capture_id(held))
    assert (row.state, row.carried) == ("EXPIRED", None)


async def test_a_moderator_never_decides_on_themselves(held: dict[str, Any], bob: Api) -> None:
    assert bob.viewer is not None
    bob.viewer.role = Role.MODERATOR
    await bob.viewer.save(update_fields=["role"])
    assert (await bob.run(WAITING))["capturesToReview"] == []
    refused = await bob.mutate(RESOLVE, captureId=held["capture"]["id"], accept=True, reason="It is me.")
    assert refused["code"] == "DENIED"
    assert (await Capture.get(id=capture_id(held))).review == "FACE_MATCH"


async def test_a_cameos_picture_is_for_its_owner_and_for_those_who_may_show_the_face(
    ada: Api, bob: Api, server: Server, tmp_path: Path, web: httpx.AsyncClient
) -> None:
    cameo = await make_cameo(ada, audience=Audience.APPROVED)
    name = global_id("Cameo", cameo.id)
    await captured(ada, tmp_path / "scratch", cameoId=name)

    async def url(of: Api) -> str | None:
        node = (await of.run(THUMBNAIL, id=name))["node"]
        return None if node is None else node["thumbnailUrl"]

    own = await url(ada)
    assert own is not None
    assert (await web.get(own)).content == b"thumbnail of face 1"
    assert await url(bob) is None
    assert await url(server.anyone) is None
    await make_grant(cameo, bob, Scope.VOICE)
    assert await url(bob) is None
    grant = await make_grant(cameo, bob, Scope.FACE)
    shown = await url(bob)
    assert shown is not None
    assert (await web.get(shown)).status_code == 200
    assert (await bob.run(THUMBNAIL, id=name))["node"]["captures"] is None
    assert [c["state"] for c in (await ada.run(THUMBNAIL, id=name))["node"]["captures"]] == ["ACCEPTED"]
    grant.state = GrantState.REVOKED
    await grant.save(update_fields=["state"])
    assert await url(bob) is None
    assert (await web.get(shown)).status_code == 404
    assert (await web.get(own.replace("/media/cameo/", "/media/cameo/x"))).status_code == 404


async def test_a_face_that_is_protected_waits_and_names_nobody(
    server: Server, ada: Api, mod: Api, tmp_path: Path
) -> None:
    entry = new_id()
    server.stores.vault.create(block_subject(entry))
    face = msgspec.json.encode(ProtectedFace(model=FACE_MODEL, values=embedding(1)))
    await BlockEntry.create(id=entry, face=server.stores.vault.seal(block_subject(entry), face, label=FACE_LABEL))
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(ada)
        await hand_in(ada, started, believed(face=1))
        while not (await read(ada, started["capture"]["id"]))["awaitsModerator"]:
            assert (await Capture.get(id=capture_id(started))).state == "CHECKING"
    [waiting] = (await mod.run(WAITING))["capturesToReview"]
    assert waiting["cause"] == "PROTECTED"
    assert (await mod.mutate(OPEN, captureId=started["capture"]["id"]))["matches"] == []
    assert (await Cameo.get(handle="ada")).state == CameoState.EMPTY
