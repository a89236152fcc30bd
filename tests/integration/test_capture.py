"""A capture from challenge to version: what is asked, repeated, kept, refused and destroyed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tortoise import connections

from jobs.capture.end import sweep_captures
from jobs.capture.lease import claim
from jobs.uploads import sweep_uploads
from models.account import Account
from models.cameo import Cameo, CameoState, CameoVersion
from models.capture import Capture
from models.grant import Grant
from models.upload import Upload
from tests.api import Api, Refused, Server
from tests.consent import shift_clock
from tests.jobs_stack import rows, until
from tests.recording import (
    FINISH,
    WATCH,
    believed,
    capture_id,
    captured,
    checking,
    ended,
    failed,
    hand_in,
    keep_promises,
    nothing_is_kept,
    objects,
    read,
    send,
    start,
)


async def test_a_recording_that_passes_makes_the_cameo_active_for_nobody_else(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(ada)
        assert (started["capture"]["state"], started["capture"]["cameo"]["handle"]) == ("CHALLENGED", "ada")
        assert started["challenge"]["steps"] == ["LOOK", "TURNS", "SAY"]
        assert " ".join(started["challenge"]["digits"]) in started["challenge"]["text"]
        finished = await hand_in(ada, started, believed())
        assert finished["__typename"] == "FinishCaptureSuccess"
        events = await ended(ada, started["capture"]["id"])
    assert [e["check"]["name"] for e in events[:-1]] == [
        "FILE", "NOT_REPLAYED", "ONE_FACE", "SAME_FACE", "TURNS", "DIGITS",
    ]  # fmt: skip
    assert (events[-1]["__typename"], events[-1]["version"]) == ("CaptureAccepted", 1)
    cameo = await Cameo.get(handle="ada")
    assert (cameo.state, cameo.version, cameo.captured_minor) == ("ACTIVE", 1, False)
    [grant] = await Grant.filter(cameo_id=cameo.id)
    assert (grant.audience, grant.scopes, grant.state, grant.subject_id) == ("ONLY_ME", 0, "ACTIVE", None)
    assert [row["kind"] for row in await rows("SELECT kind FROM notification")] == ["CAPTURE_ACCEPTED"]
    await keep_promises(server.stores)
    version = await CameoVersion.get(cameo_id=cameo.id)
    assert sorted(file["class"] for file in version.files) == ["CROP", "CROP", "THUMBNAIL", "VOICE"]
    assert sorted(await objects(server)) == sorted(f"{file['key']}/000000" for file in version.files)
    assert server.stores.vault.subjects() == [f"cameo/{cameo.id}/1"]
    assert not list((tmp_path / "scratch").glob("*"))
    kinds = await rows("SELECT kind FROM audit_entry WHERE chain = $1 ORDER BY seq", f"cameo/{cameo.id}")
    assert [row["kind"] for row in kinds] == ["CAPTURE_STARTED", "CAPTURE_SENT", "CAPTURE_ACCEPTED"]


async def test_a_failed_check_repeats_that_step_only_and_keeps_the_rest(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(ada)
        await hand_in(ada, started, believed(fail=["DIGITS"]))
        events = await ended(ada, started["capture"]["id"])
        retry = events[-1]
        assert failed(events) == [("DIGITS", "FAILED")]
        assert (retry["__typename"], retry["challenge"]["steps"], retry["triesLeft"]) == ("CaptureRetry", ["SAY"], 2)
        assert retry["challenge"]["nonce"] != started["challenge"]["nonce"]
        assert retry["upload"]["url"] != started["upload"]["url"]
        await keep_promises(server.stores)
        assert {key.partition("/")[0] for key in await objects(server)} == {"captures"}
        await hand_in(ada, retry, believed(voice=7))
        more = [data["capture"] async for data in ada.subscribe(WATCH, id=retry["captureId"], after=retry["cursor"])]
    assert {event["check"]["recording"] for event in more[:-1]} == {2}
    assert "TURNS" not in {event["check"]["name"] for event in more[:-1]}
    assert more[-1]["__typename"] == "CaptureAccepted"
    version = await CameoVersion.get(number=1)
    assert sorted(file["class"] for file in version.files) == ["CROP", "CROP", "THUMBNAIL", "VOICE"]
    await keep_promises(server.stores)
    assert len(await objects(server)) == 4


async def test_somebody_else_cannot_finish_what_one_person_began(server: Server, ada: Api, tmp_path: Path) -> None:
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(ada)
        await hand_in(ada, started, believed(face=1, fail=["DIGITS"]))
        retry = (await ended(ada, started["capture"]["id"]))[-1]
        await hand_in(ada, retry, believed(face=2))
        events = await ended(ada, started["capture"]["id"])
        assert ("SAME_FACE", "OTHER_FACE") in failed(events)
    assert (await Cameo.get(handle="ada")).state == CameoState.EMPTY


async def test_three_failures_end_a_capture_and_nothing_is_kept(server: Server, ada: Api, tmp_path: Path) -> None:
    async with checking(server.stores, tmp_path / "scratch"):
        turn: dict[str, Any] = await start(ada)
        capture = turn["capture"]["id"]
        for _ in range(3):
            await hand_in(ada, turn, believed(fail=["TURNS"]))
            turn = (await ended(ada, capture))[-1]
    assert (turn["__typename"], turn["reason"]["code"]) == ("CaptureRejected", "FAILED")
    assert (await read(ada, capture))["state"] == "REJECTED"
    assert (await Cameo.get(handle="ada")).state == CameoState.EMPTY
    await nothing_is_kept(server)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"just some words", "FILE", "NOT_MEDIA"),
        (believed(fail=["ONE_FACE"]), "ONE_FACE", "FAILED"),
        (believed(die=True), "FILE", "CHECK_DIED"),
    ],
)
async def test_a_bad_recording_is_a_named_failure_and_all_is_recorded_again(
    server: Server, ada: Api, tmp_path: Path, content: bytes, name: str, code: str
) -> None:
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(ada)
        await hand_in(ada, started, content)
        events = await ended(ada, started["capture"]["id"])
    assert failed(events) == [(name, code)]
    assert events[-1]["challenge"]["steps"] == ["LOOK", "TURNS", "SAY"]
    await nothing_is_kept(server)


async def test_a_recording_sent_twice_by_anybody_is_refused(server: Server, ada: Api, bob: Api, tmp_path: Path) -> None:
    await captured(ada, tmp_path / "scratch", believed(face=1, fingerprint="abcd"))
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(bob)
        await hand_in(bob, started, believed(face=9, fingerprint="abcd"))
        events = await ended(bob, started["capture"]["id"])
    assert failed(events) == [("NOT_REPLAYED", "REPLAYED")]
    assert (await Cameo.get(handle="bob")).version == 0


async def test_a_nonce_is_good_once_and_for_its_own_challenge(server: Server, ada: Api, tmp_path: Path) -> None:
    started = await start(ada)
    capture, nonce = started["capture"]["id"], started["challenge"]["nonce"]
    unsent = await ada.mutate(FINISH, captureId=capture, nonce=nonce)
    assert unsent["code"] == "CONFLICT"
    await send(ada, started["upload"], believed(fail=["DIGITS"]))
    wrong = await ada.mutate(FINISH, captureId=capture, nonce="not the nonce")
    assert (wrong["code"], wrong["field"]) == ("INVALID", "nonce")
    assert (await read(ada, capture))["state"] == "CHALLENGED"
    for _ in range(2):
        assert (await ada.mutate(FINISH, captureId=capture, nonce=nonce))["capture"]["state"] == "CHECKING"
    async with checking(server.stores, tmp_path / "scratch"):
        retry = (await ended(ada, capture))[-1]
    await send(ada, retry["upload"], believed())
    old = await ada.mutate(FINISH, captureId=capture, nonce=nonce)
    assert (old["code"], old["field"]) == ("INVALID", "nonce")
    assert (await read(ada, capture))["state"] == "CHALLENGED"


async def test_a_challenge_that_nobody_answered_in_time_is_over(server: Server, ada: Api) -> None:
    started = await start(ada)
    capture = started["capture"]["id"]
    await send(ada, started["upload"], believed())
    await shift_clock("7 minutes")
    assert (await read(ada, capture))["state"] == "EXPIRED"
    assert (await read(ada, capture))["challenge"] is None
    late = await ada.mutate(FINISH, captureId=capture, nonce=started["challenge"]["nonce"])
    assert (late["code"], "over" in late["message"]) == ("CONFLICT", True)
    [event] = await ended(ada, capture)
    assert (event["__typename"], event["reason"]["code"]) == ("CaptureRejected", "EXPIRED")
    await nothing_is_kept(server)


async def test_the_sweep_ends_what_is_over_and_forgets_old_tickets(server: Server, ada: Api) -> None:
    started = await start(ada)
    await send(ada, started["upload"], believed())
    assert (await sweep_captures(), await sweep_uploads()) == (0, 0)
    await shift_clock("7 minutes")
    assert (await sweep_captures(), await sweep_captures()) == (1, 0)
    await nothing_is_kept(server)
    await shift_clock("2 hours")
    assert await sweep_uploads() == 1
    assert await Upload.all().count() == 0


async def test_a_capture_is_its_owners_alone(ada: Api, bob: Api, server: Server) -> None:
    started = await start(ada)
    capture = started["capture"]["id"]
    assert await read(bob, capture) is None
    assert await read(server.anyone, capture) is None
    refused = await bob.mutate(FINISH, captureId=capture, nonce=started["challenge"]["nonce"])
    assert refused["code"] == "NOT_FOUND"
    with pytest.raises(Refused, match="NOT_FOUND"):
        await anext(bob.subscribe(WATCH, id=capture))
    again = await start(bob, cameoId=started["capture"]["cameo"]["id"])
    assert (again["code"], again["field"]) == ("NOT_FOUND", "cameoId")
    assert (await Capture.get(id=capture_id(started))).state == "CHALLENGED"


async def test_a_subscription_to_a_capture_ends_with_its_session(ada: Api) -> None:
    started = await start(ada)
    stream = ada.subscribe(WATCH, id=started["capture"]["id"])
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.wait({waiting}, timeout=0.2)
    await connections.get("default").execute_query("UPDATE session SET revoked_at = yume_now()")
    with pytest.raises(Refused, match="UNAUTHENTICATED"):
        await asyncio.wait_for(waiting, 10)


async def test_a_retried_start_gives_the_same_challenge_and_another_wish_is_refused(ada: Api) -> None:
    one = await start(ada, idempotencyKey="k")
    assert await start(ada, idempotencyKey="k") == one
    assert (await start(ada, idempotencyKey="k", retireOld=True))["code"] == "IDEMPOTENCY_CONFLICT"
    assert await Capture.all().count() == 1


async def test_a_new_start_ends_the_one_before(ada: Api) -> None:
    one, other = await start(ada), await start(ada)
    assert one["capture"]["id"] != other["capture"]["id"]
    assert (await read(ada, one["capture"]["id"]))["state"] == "EXPIRED"
    assert await Cameo.all().count() == 1


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        ({"consentVersion": 0}, "INVALID", "consentVersion"),
        ({"handle": "bob"}, "CONFLICT", "handle"),
        ({"handle": "no!"}, "INVALID", "handle"),
        ({"handle": "admin"}, "INVALID", "handle"),
        ({"kind": "PET"}, "INVALID", "handle"),
        ({"idempotencyKey": ""}, "INVALID", "idempotencyKey"),
    ],
)
async def test_a_wish_that_cannot_be_is_refused_by_name(
    ada: Api, bob: Api, wish: dict[str, Any], code: str, field: str
) -> None:
    refused = await start(ada, **wish)
    assert (refused["code"], refused["field"]) == (code, field)
    assert await Capture.all().count() == await Cameo.all().count() == await Upload.all().count() == 0


async def test_who_is_too_young_lends_no_face_but_may_lend_a_cat(ada: Api) -> None:
    await Account.filter(id=ada.viewer.id).update(birth_date="2012-01-01")  # type: ignore[union-attr]
    assert (await start(ada))["code"] == "DENIED"
    assert await Cameo.all().count() == 0
    assert (await start(ada, kind="PET", handle="mimi"))["__typename"] == "StartCaptureSuccess"


async def test_a_name_that_was_never_recorded_is_free_again(ada: Api, bob: Api) -> None:
    await start(ada, kind="PET", handle="mimi")
    assert (await start(bob, kind="PET", handle="mimi"))["code"] == "CONFLICT"
    await shift_clock("10 minutes")
    await sweep_captures()
    assert (await start(bob, kind="PET", handle="mimi"))["__typename"] == "StartCaptureSuccess"
    assert await Cameo.filter(handle="mimi", owner_id=bob.viewer.id).exists()  # type: ignore[union-attr]


async def test_a_capture_whose_worker_died_is_checked_by_another(server: Server, ada: Api, tmp_path: Path) -> None:
    started = await start(ada)
    await hand_in(ada, started, believed())
    lost = await claim(connections.get("default"))
    assert lost is not None
    assert await claim(connections.get("default")) is None
    await shift_clock("11 seconds")
    async with checking(server.stores, tmp_path / "scratch"):
        events = await ended(ada, started["capture"]["id"])
    assert events[-1]["__typename"] == "CaptureAccepted"
    row = await Capture.get(id=capture_id(started))
    assert (row.fence, row.attempt) == (2, 2)
    assert [check["name"] for check in row.checks].count("FILE") == 1


async def test_a_capture_that_kills_every_worker_ends(server: Server, ada: Api) -> None:
    started = await start(ada)
    await hand_in(ada, started, believed())
    for minute in (0, 1, 2):
        await shift_clock(f"{minute} minutes")
        assert await claim(connections.get("default")) is not None
    await shift_clock("3 minutes")
    assert await claim(connections.get("default")) is None
    assert await sweep_captures() == 1
    [event] = [e for e in await ended(ada, started["capture"]["id"]) if e["__typename"] == "CaptureRejected"]
    assert event["reason"]["code"] == "CHECK_DIED"
    await nothing_is_kept(server)


async def test_a_worker_that_stops_hands_its_capture_back(server: Server, ada: Api, tmp_path: Path) -> None:
    started = await start(ada)
    await hand_in(ada, started, believed(wait=30))

    async def at_work() -> bool:
        return (await Capture.get(id=capture_id(started))).attempt == 1

    async with checking(server.stores, tmp_path / "scratch"):
        await until(at_work)
    row = await Capture.get(id=capture_id(started))
    assert (row.state, row.attempt, row.heartbeat_at) == ("CHECKING", 0, None)
    assert not list((tmp_path / "scratch").glob("*"))
