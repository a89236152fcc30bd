"""Recordings as phones send them, checked for real: a drawn head that reads aloud, and what is no recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.embedded import Stores as RunningStores
from engine.capture.runner import CHILD_COMMAND
from engine.capture.spec import Turn
from engine.spec import CastMember
from jobs.capture.end import sweep_captures
from jobs.clip.likeness_files import lay_out
from models.cameo import Cameo, CameoState, CameoVersion, Scope
from tests.api import Api, Server
from tests.captures import record
from tests.consent import shift_clock
from tests.jobs_stack import Worker, ready_workers, until
from tests.recording import (
    checking,
    ended,
    failed,
    hand_in,
    keep_promises,
    nothing_is_kept,
    objects,
    start,
)
from tests.voices import say_digits


async def test_a_drawn_head_that_turns_and_reads_passes_the_real_checks(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    async with checking(server.stores, tmp_path / "scratch", CHILD_COMMAND):
        started = await start(ada)
        asked = started["challenge"]
        voice = await asyncio.to_thread(say_digits, asked["digits"])
        turns = [Turn(turn) for turn in asked["turns"]]
        clip = await asyncio.to_thread(record, tmp_path / "phone.mp4", 1, turns, wav=voice)
        await hand_in(ada, started, clip.read_bytes())
        events = await ended(ada, started["capture"]["id"])
    assert failed(events) == []
    assert events[-1]["__typename"] == "CaptureAccepted"
    cameo = await Cameo.get(handle="ada")
    place = tmp_path / "job"
    place.mkdir(mode=0o700)
    laid = await lay_out(server.stores.vault, server.stores.media, cameo.id, 1, Scope.FACE | Scope.VOICE, place)
    CastMember(cameo_id=str(cameo.id), version=1, name="ada", faces=laid.faces, voice=laid.voice).validate()
    assert laid.faces
    assert laid.voice is not None


async def test_a_text_file_named_mp4_is_a_named_error_of_the_real_checks(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    async with checking(server.stores, tmp_path / "scratch", CHILD_COMMAND):
        started = await start(ada)
        await hand_in(ada, started, b"This is a letter, not a film.\n" * 40)
        events = await ended(ada, started["capture"]["id"])
    [(name, code)] = failed(events)
    assert (name, code != "CHECK_DIED") == ("FILE", True)
    await nothing_is_kept(server)


async def test_a_worker_process_hears_of_a_recording_checks_it_and_destroys_what_failed(
    server: Server, ada: Api, database: str, stores: RunningStores, tmp_path: Path
) -> None:
    worker = await Worker(database, stores.urls.redis_url, tmp_path).start()
    try:
        await until(ready_workers, what="the worker is ready")
        started = await start(ada)
        await hand_in(ada, started, b"This is a letter, not a film.\n" * 40)
        events = await ended(ada, started["capture"]["id"])
        [(name, _)] = failed(events)
        assert (name, events[-1]["__typename"]) == ("FILE", "CaptureRetry")

        async def destroyed() -> bool:
            return not await objects(server) and not server.stores.vault.subjects()

        await until(destroyed, what="what failed is destroyed")
    finally:
        worker.kill()
        await worker.ended()


BAD: list[tuple[str, dict[str, Any], set[str]]] = [
    ("nobody", {"variant": "no_face"}, {"ONE_FACE"}),
    ("silent", {"silent": True}, {"VOICE"}),
    ("two people", {"variant": "two_faces"}, {"ONE_FACE"}),
    ("a photo", {"variant": "photo"}, {"LIVE", "TURNS"}),
    ("other digits", {"digits": True}, {"DIGITS"}),
]


async def test_what_a_phone_should_not_have_sent_is_named_and_not_kept(
    server: Server, ada: Api, tmp_path: Path, rounds: Callable[[int, int], int]
) -> None:
    capture = ""
    async with checking(server.stores, tmp_path / "scratch", CHILD_COMMAND):
        for what, how, names in BAD[: rounds(1, len(BAD))]:
            started = await start(ada)
            capture, asked = started["capture"]["id"], started["challenge"]
            digits = (
                "".join(str((int(digit) + 3) % 10) for digit in asked["digits"])
                if how.get("digits")
                else asked["digits"]
            )
            voice = None if how.get("silent") else await asyncio.to_thread(say_digits, digits)
            turns = [Turn(turn) for turn in asked["turns"]]
            variant = how.get("variant", "good")
            clip = await asyncio.to_thread(record, tmp_path / "phone.mp4", 1, turns, wav=voice, variant=variant)
            await hand_in(ada, started, clip.read_bytes())
            events = await ended(ada, capture, seconds=110.0)
            assert events[-1]["__typename"] == "CaptureRetry", what
            assert {name for name, _ in failed(events)} & names, (what, failed(events))
    assert (await Cameo.get(handle="ada")).state == CameoState.EMPTY
    assert await CameoVersion.all().count() == 0
    await shift_clock("7 minutes")
    await sweep_captures()
    await keep_promises(server.stores)
    assert (await objects(server), server.stores.vault.subjects()) == ([], [])


async def test_a_recording_that_breaks_off_is_named_and_not_kept(server: Server, ada: Api, tmp_path: Path) -> None:
    clip = await asyncio.to_thread(record, tmp_path / "phone.mp4", 1, variant="no_face")
    whole = clip.read_bytes()
    async with checking(server.stores, tmp_path / "scratch", CHILD_COMMAND):
        started = await start(ada)
        await hand_in(ada, started, whole[: len(whole) * 2 // 3])
        events = await ended(ada, started["capture"]["id"])
    [(name, _)] = failed(events)
    assert (name, events[-1]["challenge"]["steps"]) == ("FILE", ["LOOK", "TURNS", "SAY"])
    await nothing_is_kept(server)
