"""The process that opens recordings: it ends when nobody waits for it, and can do its work and nothing else."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from engine.capture import protocol, runner
from engine.capture.protocol import CheckDone, CheckOrder, Report
from engine.capture.spec import (
    CameoKind,
    CaptureRefused,
    CaptureReport,
    CaptureRequest,
    Challenge,
    CheckName,
    CheckResult,
    Cleaned,
    Step,
)

LOOK = Challenge(kind=CameoKind.PERSON, language="en", steps=(Step.LOOK,))


@pytest.fixture
def wish(tmp_path: Path) -> CaptureRequest:
    """A request that no real child will ever see, and a folder with something left in it."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "left.png").touch()
    return CaptureRequest(path=str(tmp_path / "any.mp4"), challenge=LOOK, out_dir=str(tmp_path / "out"))


ASLEEP = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
MUMBLING = "import sys; sys.stdout.write('no message at all'); sys.stdout.flush()"
GONE = "raise SystemExit(3)"


async def test_leaving_kills_the_child(wish: CaptureRequest, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(_first(wish, (sys.executable, "-c", ASLEEP, str(note))))
    while not (note.exists() and note.read_text()):  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(int(note.read_text()))


@pytest.mark.parametrize(
    ("program", "timeout", "code"), [(ASLEEP, 0.3, "TOO_SLOW"), (MUMBLING, 30, "CHECK_DIED"), (GONE, 30, "CHECK_DIED")]
)
async def test_a_child_that_hangs_mumbles_or_dies_is_told_in_words(
    program: str, timeout: float, code: str, wish: CaptureRequest, tmp_path: Path
) -> None:
    with pytest.raises(CaptureRefused) as refused:
        await _first(wish, (sys.executable, "-c", program, str(tmp_path / "pid")), timeout)
    assert (refused.value.code, refused.value.retryable) == (code, True)
    assert list((tmp_path / "out").iterdir()) == []


async def _first(wish: CaptureRequest, command: tuple[str, ...], timeout: float = 30) -> object:
    async with aclosing(runner.check_capture(wish, timeout=timeout, command=command)) as answers:
        return await anext(answers)


PRISONER = """
import ctypes, json, os, platform, resource, signal, socket, subprocess, sys, threading
from pathlib import Path
from engine.capture.confine import confine, limit
limit(memory=1 << 30, cpu=20, file_size=1 << 20)
mine = Path(sys.argv[1])
walls = confine(readable=[mine / "own"], writable=mine / "out")
def tried(action):
    try:
        action()
    except BaseException as error:
        return type(error).__name__
    return "done"
def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
def signal_threads_of(process):
    number = {"x86_64": 234, "aarch64": 131}[platform.machine()]
    if ctypes.CDLL(None, use_errno=True).syscall(number, process, process, 0) != 0:
        raise OSError(ctypes.get_errno(), "tgkill")
thread = threading.Thread(target=lambda: None)
print(json.dumps({"walls": walls,
    "socket": tried(socket.socket), "fork": tried(fork), "run": tried(lambda: subprocess.run(["true"])),
    "kill": tried(lambda: os.kill(os.getppid(), 0)), "thread": tried(lambda: (thread.start(), thread.join())),
    "signal": tried(lambda: signal_threads_of(os.getppid())), "own signal": tried(lambda: signal.raise_signal(0)),
    "limits": tried(lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU)),
    "own limits": tried(lambda: resource.getrlimit(resource.RLIMIT_CPU)),
    "priority": tried(lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)),
    "mode": tried(lambda: os.chmod(mine / "secret", 0o777)), "times": tried(lambda: os.utime(mine / "secret")),
    "read own": tried(lambda: open(mine / "own").read()), "read other": tried(lambda: open(mine / "secret").read()),
    "write out": tried(lambda: (mine / "out" / "new").write_text("x")),
    "write other": tried(lambda: (mine / "stray").write_text("x")),
    "large file": tried(lambda: (mine / "out" / "large").write_bytes(bytes(2 << 20))),
    "much memory": tried(lambda: bytearray(2 << 30))}))
"""


def test_a_confined_process_can_do_its_work_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("x")
    (tmp_path / "secret").write_text("x")
    (tmp_path / "out").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", PRISONER, str(tmp_path)], capture_output=True, check=True, timeout=60,
        env={"PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    found = json.loads(run.stdout)
    for able in ("thread", "read own", "write out", "own signal", "own limits"):
        assert found[able] == "done"
    assert (found["large file"], found["much memory"]) == ("OSError", "MemoryError")
    walls = {
        "files": ("read other", "write other"),
        "calls": ("socket", "fork", "run", "kill", "signal", "limits", "priority", "mode", "times"),
    }
    for wall in found["walls"]:
        assert {found[act] for act in walls[wall]} == {"PermissionError"}
    assert not (tmp_path / "stray").exists() or "files" not in found["walls"]


def test_the_child_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUME_MASTER_KEY", "secret")
    assert not [name for name in runner._ENVIRONMENT if name.startswith("YUME_")]


def test_what_crosses_the_pipe_comes_out_as_it_went_in() -> None:
    for message in _messages():
        data = protocol.pack(message)  # type: ignore[arg-type]
        decode_ = protocol.decode_answer if isinstance(message, (CheckDone, Report)) else protocol.decode_order
        assert decode_(data[4 : 4 + protocol.body_length(data[:4])]) == message
    with pytest.raises(ValueError, match="too long"):
        protocol.body_length(b"HTTP")


def _messages() -> Iterator[object]:
    result = CheckResult(name=CheckName.LIT, passed=False, code="TOO_DARK", message="Dark.", detail={"light": 3.0})
    yield CheckDone(result=result)
    yield Report(report=CaptureReport(checks=(result,), seconds=3.0, fingerprint=b"\x00\xff", voice_embedding=(0.5,)))
    cleaned = Cleaned(clip="/a", width=3, height=4)
    yield CheckOrder(cleaned=cleaned, challenge=LOOK, out_dir="/b", known_fingerprints=(b"\x01\xfe",))
