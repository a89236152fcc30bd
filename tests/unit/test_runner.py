"""The engine child and its driver: what arrives, what stops it, and what survives it."""

# ruff: noqa: ASYNC110, ASYNC240, PT012 - tests poll a process and step through streams
from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
import uvloop
from PIL import Image

from engine import protocol, runner
from engine.errors import (
    BackendUnavailable,
    ChildDied,
    EngineError,
    GenerationCancelled,
    InvalidRequest,
    OutOfMemory,
    TimedOut,
)
from engine.protocol import ClipMessage, SegmentMessage, StepMessage
from engine.runner import EngineChild
from engine.spec import GenerationSpec, Phase

TOY = (sys.executable, str(Path(__file__).with_name("toy_child.py")))


def spec(prompt: str = "a line", **changes: object) -> GenerationSpec:
    plain = GenerationSpec(prompt=prompt, seconds=1.0, width=64, height=96, fps=10, seed=7)
    return msgspec.structs.replace(plain, **changes)


@asynccontextmanager
async def toy(backend: str = "toy") -> AsyncIterator[EngineChild]:
    engine = await EngineChild.start(backend, start_timeout=30, command=TOY)
    try:
        yield engine
    finally:
        await engine.close()


async def run(engine: EngineChild, wish: GenerationSpec, scratch: Path, timeout: float = 30) -> list[StepMessage]:
    """All messages of a run; the last is the clip."""
    return [message async for message in engine.run(wish, scratch, timeout=timeout)]  # type: ignore[misc]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1].startswith("Z")


async def test_run_reports_every_step_then_the_clip(tmp_path: Path) -> None:
    async with toy() as engine:
        *steps, clip = await run(engine, spec(steps=4), tmp_path)
    assert isinstance(clip, ClipMessage)
    assert [(s.index, s.total) for s in steps if s.phase is Phase.DENOISE] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    fractions = [s.fraction for s in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert steps[-1].phase is Phase.ENCODE
    assert (clip.frames, clip.seconds, clip.width, clip.height, clip.has_audio) == (10, 1.0, 64, 96, True)
    assert Path(clip.path).stat().st_size == clip.bytes
    assert set(clip.timings) >= {"DENOISE", "ENCODE"}
    assert max(clip.waveform) == pytest.approx(0.5, abs=0.01)
    assert Path(clip.latent or "").exists()
    for picture in (clip.poster, clip.preview):
        with Image.open(picture) as opened:
            opened.verify()


async def test_previews_are_small_pictures_within_their_bound(tmp_path: Path) -> None:
    async with toy() as engine:
        small = msgspec.structs.replace(spec().preview, long_side=48, max_bytes=1_000)
        steps = (await run(engine, spec(preview=small), tmp_path))[:-1]
    paths = [Path(s.preview) for s in steps if s.preview is not None]
    assert len(paths) >= 3
    for path in paths:
        assert path.parent == tmp_path
        assert path.stat().st_size <= 1_000
        with Image.open(path) as opened:
            assert max(opened.size) <= 48


async def test_one_child_serves_many_runs(tmp_path: Path) -> None:
    async with toy() as engine:
        pid = engine.pid
        shas = {(await run(engine, spec(), tmp_path))[-1].sha256 for _ in range(2)}  # type: ignore[attr-defined]
        assert engine.pid == pid
    assert len(shas) == 1, "the same spec gives the same bytes"


async def test_a_streaming_backend_tells_of_each_playable_piece_before_the_clip(tmp_path: Path) -> None:
    async with toy("streamer") as engine:
        *messages, clip = await run(engine, spec(seconds=2.0), tmp_path)
    assert isinstance(clip, ClipMessage)
    segments = [message for message in messages if isinstance(message, SegmentMessage)]
    assert [(s.index, s.start, s.seconds) for s in segments] == [(1, 0.0, 0.5), (2, 0.5, 1.0), (3, 1.5, 0.5)]
    assert {Path(s.path).parent for s in segments} == {tmp_path / "live"}
    data = Path(segments[0].init).read_bytes() + b"".join(Path(s.path).read_bytes() for s in segments)
    with av.open(io.BytesIO(data)) as live, av.open(clip.path) as final:
        pictures = [[f.to_ndarray() for f in container.decode(video=0)] for container in (live, final)]
    assert len(pictures[0]) == clip.frames == 20
    assert all(np.array_equal(one, other) for one, other in zip(*pictures, strict=True))


async def test_a_backend_that_does_not_stream_tells_of_no_segment(tmp_path: Path) -> None:
    async with toy() as engine:
        messages = await run(engine, spec(), tmp_path)
    assert not any(isinstance(message, SegmentMessage) for message in messages)
    assert not (tmp_path / "live").exists()


async def test_stray_prints_do_not_reach_the_protocol(tmp_path: Path) -> None:
    async with toy() as engine:
        assert isinstance((await run(engine, spec("babble"), tmp_path))[-1], ClipMessage)


async def test_silent_backend_gives_a_clip_without_sound(tmp_path: Path) -> None:
    async with toy() as engine:
        clip = (await run(engine, spec("silent"), tmp_path))[-1]
    assert isinstance(clip, ClipMessage)
    assert not clip.has_audio
    assert set(clip.waveform) == {0.0}


@pytest.mark.parametrize(
    ("prompt", "kind", "words"),
    [
        ("fill", OutOfMemory, "memory"),
        ("bug", EngineError, "The engine failed on this clip."),
        ("short", EngineError, "drew 9 of the 10"),
    ],
)
async def test_failures_arrive_by_kind_and_the_child_goes_on(
    tmp_path: Path, prompt: str, kind: type[EngineError], words: str
) -> None:
    async with toy() as engine:
        pid = engine.pid
        with pytest.raises(kind) as caught:
            await run(engine, spec(prompt), tmp_path)
        assert words in caught.value.message
        assert "secret" not in caught.value.message
        assert isinstance((await run(engine, spec(), tmp_path))[-1], ClipMessage)
        assert engine.pid == pid


@pytest.mark.parametrize(
    ("changes", "field"), [({"seconds": 60.0}, "seconds"), ({"filters": ("no-such-filter",)}, "filters")]
)
async def test_what_a_backend_cannot_do_names_the_field(tmp_path: Path, changes: dict[str, object], field: str) -> None:
    async with toy() as engine:
        with pytest.raises(InvalidRequest) as caught:
            await run(engine, spec(**changes), tmp_path)
    assert caught.value.field == field


@pytest.mark.parametrize("prompt", ["slow", "paint slowly"])
async def test_cancel_stops_at_the_next_step_or_frame(tmp_path: Path, prompt: str) -> None:
    async with toy() as engine:
        pid, after = engine.pid, -1.0
        with pytest.raises(GenerationCancelled):
            async for message in engine.run(spec(prompt, steps=20 if prompt == "slow" else 1), tmp_path, timeout=30):
                if message.phase is (Phase.DENOISE if prompt == "slow" else Phase.ENCODE) and after < 0:  # type: ignore[union-attr]
                    started = time.monotonic()
                    await engine.cancel()
                    after = time.monotonic() - started
        assert 0 <= after < 0.6
        assert engine.pid == pid
        assert not engine.busy
        assert isinstance((await run(engine, spec(), tmp_path))[-1], ClipMessage)


@pytest.mark.parametrize("prompt", ["hang", "stubborn"])
async def test_cancel_ends_a_child_that_does_not_listen(
    tmp_path: Path, prompt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CANCEL_GRACE", 0.2)
    monkeypatch.setattr(runner, "KILL_GRACE", 0.2)
    async with toy() as engine:
        pid = engine.pid
        with pytest.raises(GenerationCancelled):
            async for _ in engine.run(spec(prompt), tmp_path, timeout=30):
                await engine.cancel()
        assert gone(pid)
        assert isinstance((await run(engine, spec(), tmp_path))[-1], ClipMessage), "a fresh child took over"
        assert engine.pid != pid


async def test_leaving_a_run_early_stops_its_work(tmp_path: Path) -> None:
    async with toy() as engine:
        task = asyncio.create_task(run(engine, spec("slow", steps=100), tmp_path))
        while not engine.busy:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not engine.busy
        assert isinstance((await run(engine, spec(), tmp_path))[-1], ClipMessage)


async def test_timeout_inside_a_step_boundary_is_reported_by_the_child(tmp_path: Path) -> None:
    async with toy() as engine:
        pid = engine.pid
        with pytest.raises(TimedOut):
            await run(engine, spec("slow", steps=100), tmp_path, timeout=0.3)
        assert engine.pid == pid
        assert engine.alive


async def test_timeout_of_a_hanging_step_kills_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "DEADLINE_GRACE", 0.2)
    async with toy() as engine:
        pid, started = engine.pid, time.monotonic()
        with pytest.raises(TimedOut):
            await run(engine, spec("hang"), tmp_path, timeout=0.3)
        assert time.monotonic() - started < 2
        assert gone(pid)


@pytest.mark.parametrize("prompt", ["hang", "stubborn"])
async def test_a_child_that_says_nothing_is_killed_however_far_its_deadline(
    tmp_path: Path, prompt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "KILL_GRACE", 0.2)
    async with toy() as engine:
        pid = engine.pid
        with pytest.raises(TimedOut, match=r"no progress for 0\.5 seconds"):
            async for _ in engine.run(spec(prompt), tmp_path, timeout=600, silence=0.5):
                pass
        assert gone(pid)
        assert isinstance((await run(engine, spec(), tmp_path))[-1], ClipMessage), "a fresh child took over"


async def test_silence_is_counted_from_the_last_word(tmp_path: Path) -> None:
    async with toy() as engine:
        messages = [m async for m in engine.run(spec("slow", steps=40), tmp_path, timeout=30, silence=1.0)]
    assert isinstance(messages[-1], ClipMessage)
    assert len(messages) > 40


async def test_killed_child_is_noticed_at_once_and_replaced(tmp_path: Path) -> None:
    async with toy() as engine:
        started = time.monotonic()
        with pytest.raises(ChildDied) as caught:
            async for _ in engine.run(spec("slow", steps=100), tmp_path, timeout=30):
                os.kill(engine.pid, signal.SIGKILL)
        assert caught.value.retryable
        assert time.monotonic() - started < 2
        assert not engine.alive
        assert isinstance((await run(engine, spec(), tmp_path))[-1], ClipMessage)


async def test_a_backend_that_kills_its_process_is_a_death_not_a_hang(tmp_path: Path) -> None:
    async with toy() as engine:
        with pytest.raises(ChildDied):
            await run(engine, spec("die"), tmp_path)


async def test_start_names_what_is_missing() -> None:
    with pytest.raises(BackendUnavailable, match="no weights for cpu"):
        await EngineChild.start("unloadable", command=TOY)
    with pytest.raises(InvalidRequest, match="no engine called"):
        await EngineChild.start("nonesuch", command=TOY)
    with pytest.raises(BackendUnavailable, match="not ready after 1 seconds"):
        await EngineChild.start("dawdler", start_timeout=1, command=TOY)


def test_uvloop_drives_it_through_death_and_cancel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CANCEL_GRACE", 0.2)

    async def story() -> None:
        async with toy() as engine:
            with pytest.raises(ChildDied):
                await run(engine, spec("die"), tmp_path)
            with pytest.raises(GenerationCancelled):
                async for _ in engine.run(spec("hang"), tmp_path, timeout=30):
                    await engine.cancel()
            assert not engine.alive

    uvloop.run(story())


async def test_close_ends_the_process() -> None:
    async with toy() as engine:
        pid = engine.pid
    assert gone(pid)


async def test_child_dies_with_its_parent() -> None:
    script = (
        "import asyncio, sys, time\n"
        "from engine.runner import EngineChild\n"
        f"async def main():\n    engine = await EngineChild.start('toy', command={TOY!r})\n"
        "    print(engine.pid, flush=True)\n    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 30))
    parent.kill()
    await parent.wait()
    deadline = time.monotonic() + 5
    while not gone(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert gone(pid)


def test_messages_survive_the_pipe() -> None:
    order = protocol.Run(job="j", spec=spec("é", filters=("visible-mark",)), scratch="/tmp/x", deadline=5.0)
    assert protocol.read_parent(io.BytesIO(protocol.pack(order))) == order
    assert protocol.read_parent(io.BytesIO(protocol.pack(order)[:-1])) is None
    with pytest.raises(ValueError, match="too long"):
        protocol.read_parent(io.BytesIO(b"HTTP/1.1 200 OK"))


def test_errors_keep_their_kind_across_the_pipe() -> None:
    for error in (InvalidRequest("no", field="fps"), OutOfMemory("full"), TimedOut("late"), EngineError("odd")):
        again = protocol.to_error(protocol.to_message(error, "j"))
        assert (type(again), again.code, again.message, again.retryable) == (
            type(error), error.code, error.message, error.retryable,
        )  # fmt: skip


async def test_the_next_job_waits_for_one_whose_caller_was_cancelled_while_it_was_being_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CANCEL_GRACE", 0.3)
    async with toy() as engine:
        stream = engine.run(spec("hang now"), tmp_path, timeout=30)
        await anext(stream)
        leaving = asyncio.ensure_future(stream.aclose())
        await asyncio.sleep(0)  # it waits for the engine to stop
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert isinstance((await run(engine, spec(), tmp_path))[-1], ClipMessage)
