"""The engine's own process: `python -m engine.child` loads one backend, then makes clips as its parent asks."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from engine import registry
from engine.errors import Cancelled, EngineError, OutOfMemory
from engine.job import Job
from engine.progress import PhaseTimes
from engine.protocol import (
    Cancel,
    CancelledMessage,
    ChildMessage,
    ErrorMessage,
    Exit,
    Ready,
    Run,
    pack,
    read_parent,
    to_message,
)
from engine.spec import Backend

_PR_SET_PDEATHSIG = 1
_OPEN_FILES = 4096
_OOM_SCORE_ADJ = 500


class Pipe:
    """The parent's ear: writes whole messages to what was standard output."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def send(self, message: ChildMessage) -> None:
        """Write ``message`` and flush."""
        with self._lock:
            self._file.write(pack(message))
            self._file.flush()


class Orders:
    """What the parent asked for, as its reading thread hears it: jobs to run, and whether to stop the one at work."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Run | None] = queue.Queue()
        self._stopped: set[str] = set()
        self._ending = False

    def listen(self, pipe: BinaryIO) -> None:
        """Read until the parent says exit or closes the pipe; both stop the job at work."""
        try:
            while (message := read_parent(pipe)) is not None:
                match message:
                    case Run():
                        self._jobs.put(message)
                    case Cancel():
                        self._stopped.add(message.job)
                    case Exit():
                        break
        except (msgspec.MsgspecError, ValueError):
            traceback.print_exc()
        finally:
            self._ending = True
            self._jobs.put(None)

    def next(self) -> Run | None:
        """Wait for the next job; None when there is to be no more."""
        return None if self._ending else self._jobs.get()

    def stopped(self, job: str) -> bool:
        """Whether ``job`` was cancelled, or everything is to end."""
        return self._ending or job in self._stopped


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes for ourselves; whatever else prints (Python or C) goes to standard error."""
    commands = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return commands, answers


def _settle_in() -> None:
    """Die with the parent, be the kernel's first choice when memory runs out, and leave no core files."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with contextlib.suppress(OSError):  # some containers make it read-only; then the kernel chooses
            Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE_ADJ))
    if os.getppid() != parent:
        raise SystemExit(1)  # the parent ended before the kernel knew to tell us
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def explain(error: Exception, job: str | None) -> ErrorMessage:
    """``error`` as a message fit to be shown; what was not foreseen is masked, its trace goes to standard error."""
    if isinstance(error, EngineError):
        if error.__cause__ is not None:
            traceback.print_exception(error)
        return to_message(error, job)
    traceback.print_exception(error)
    # By name: importing torch to compare classes would break the promise of a light process before `load`.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return to_message(OutOfMemory("There was not enough memory for this clip. Try a shorter or smaller one."), job)
    return to_message(EngineError("The engine failed on this clip."), job)


def _work(backend: Backend, orders: Orders, pipe: Pipe) -> None:
    times = PhaseTimes()
    while (order := orders.next()) is not None:
        stopped = partial(orders.stopped, order.job)
        try:
            pipe.send(Job(backend, order, stopped=stopped, report=pipe.send, times=times).make())
        except Cancelled:
            pipe.send(CancelledMessage(job=order.job))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a backend raises, the parent hears of it
            pipe.send(explain(error, order.job))
        _give_back()


def _give_back() -> None:
    """Let the system have what one clip's threads freed, or each clip's holes add to the next one's peak."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)


def main(arguments: list[str] | None = None) -> int:
    """Load the backend, say ``ready``, and serve until the parent ends it. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engine.child", description=__doc__)
    parser.add_argument("--backend", required=True)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    _settle_in()
    commands, answers = _take_pipes()
    pipe, orders = Pipe(answers), Orders()
    threading.Thread(target=orders.listen, args=(commands,), name="orders", daemon=True).start()
    try:
        backend = registry.create(options.backend)
        backend.load(options.device)
        pipe.send(Ready(backend=backend.name, capabilities=backend.capabilities, weights=backend.weights))
        _work(backend, orders, pipe)
    except BrokenPipeError:
        return 1  # the parent is gone: nobody is left to tell
    except Exception as error:  # noqa: BLE001 - as above, before the first job
        pipe.send(explain(error, None))
        return 1
    return 0


if __name__ == "__main__":
    # Not sys.exit alone: threads of torch or ONNX runtime must not delay the end.
    status = main()
    sys.stderr.flush()
    os._exit(status)
