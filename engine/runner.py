"""Drives the engine from an asyncio process: one warm child per device, with cancel, time limits and restart."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import uuid
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec

from engine import protocol
from engine.errors import BackendUnavailable, ChildDied, EngineError, GenerationCancelled, TimedOut
from engine.protocol import (
    Cancel,
    CancelledMessage,
    ChildMessage,
    ClipMessage,
    ErrorMessage,
    Exit,
    ParentMessage,
    Ready,
    Run,
    SegmentMessage,
    StepMessage,
)
from engine.spec import Capabilities, GenerationSpec

CHILD_COMMAND = (sys.executable, "-m", "engine.child")
CANCEL_GRACE = 2.0
"""Seconds a child has to stop at its next step; then SIGTERM."""
KILL_GRACE = 2.0
"""Seconds after SIGTERM; then SIGKILL."""
DEADLINE_GRACE = 2.0
"""Seconds past its deadline in which the child may still report by itself."""
SILENCE = 120.0
"""Seconds without a word of the child, which speaks every second or so, after which it is taken to hang."""


class _Child:
    """One process: its pipes, and the task that turns its bytes into messages of the job at work."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.messages: asyncio.Queue[ChildMessage | ChildDied] = asyncio.Queue()
        self.job: str | None = None
        self.idle = asyncio.Event()
        self.idle.set()
        self._reader = asyncio.create_task(self._read(), name=f"engine-child-{process.pid}")

    @property
    def alive(self) -> bool:
        return self.process.returncode is None and not self._reader.done()

    def begin(self, job: str) -> None:
        """From here on messages belong to ``job``."""
        self.messages = asyncio.Queue()
        self.job = job
        self.idle.clear()

    async def send(self, message: ParentMessage) -> None:
        """Write ``message``. Raises `ChildDied` when the pipe is gone."""
        if self.process.stdin is None or self.process.stdin.is_closing():
            raise ChildDied("The engine stopped unexpectedly.")
        try:
            self.process.stdin.write(protocol.pack(message))
            await self.process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ChildDied("The engine stopped unexpectedly.") from error

    async def stop(self) -> None:
        """End the process: SIGTERM, then SIGKILL, and wait until it is gone."""
        for number, grace in ((signal.SIGTERM, KILL_GRACE), (signal.SIGKILL, None)):
            if self.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    self.process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), grace)
                break
        # Something the child forked may hold the pipe open after it.
        _, unread = await asyncio.wait({self._reader}, timeout=1.0)
        for reader in unread:
            reader.cancel()

    async def _read(self) -> None:
        output = self.process.stdout
        try:
            while output is not None:
                head = await output.readexactly(4)
                self._dispatch(protocol.decode_child(await output.readexactly(protocol.body_length(head))))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass  # the process ended; its last word, or ChildDied below, tells the job
        except (msgspec.MsgspecError, ValueError) as error:
            # Bytes that are no message leave no way to find the next one, so this child cannot go on.
            self.messages.put_nowait(ChildDied(f"The engine said something unreadable: {error}"))
            self.process.kill()
        finally:
            self.messages.put_nowait(ChildDied("The engine stopped unexpectedly."))
            self.idle.set()

    def _dispatch(self, message: ChildMessage) -> None:
        if not isinstance(message, Ready) and message.job is not None and message.job != self.job:
            return  # the last words of a job that nobody waits for any more
        self.messages.put_nowait(message)
        if isinstance(message, (ClipMessage, ErrorMessage, CancelledMessage)):
            self.idle.set()


class EngineChild:
    """The engine of one device, for one job at a time.

    Start it from a thread that lives as long as the child may: the kernel ends the child with the *thread* that
    started it.
    """

    def __init__(self, backend: str, device: str, start_timeout: float, command: Sequence[str]) -> None:
        self._backend, self._device = backend, device
        self._start_timeout, self._command = start_timeout, tuple(command)
        self._child: _Child | None = None
        self._ready: Ready | None = None
        self._turn = asyncio.Lock()
        self._cancel_asked = False
        self._halting: asyncio.Future[None] | None = None

    @classmethod
    async def start(
        cls,
        backend: str,
        device: str = "cpu",
        *,
        start_timeout: float = 120,
        command: Sequence[str] = CHILD_COMMAND,
    ) -> EngineChild:
        """Start the child and wait until ``backend`` is loaded on ``device`` ("cpu", "cuda:0").

        Raises `BackendUnavailable` when it cannot be loaded or takes more than ``start_timeout`` seconds, `ChildDied`
        when the process ends first, `InvalidRequest` for an unknown backend.
        """
        engine = cls(backend, device, start_timeout, command)
        await engine._spawn()
        return engine

    @property
    def capabilities(self) -> Capabilities:
        """What the loaded backend can do."""
        return self._loaded.capabilities

    @property
    def weights(self) -> str:
        """SHA-256 of the loaded weights."""
        return self._loaded.weights

    @property
    def pid(self) -> int:
        """Process id of the child; another one after a restart."""
        return self._process.process.pid

    @property
    def busy(self) -> bool:
        """Whether a job is at work."""
        return self._child is not None and not self._child.idle.is_set()

    @property
    def alive(self) -> bool:
        """Whether the child runs. A dead one is replaced by the next `run`."""
        return self._child is not None and self._child.alive

    async def run(
        self, spec: GenerationSpec, scratch: Path, *, timeout: float, silence: float = SILENCE
    ) -> AsyncGenerator[StepMessage | SegmentMessage | ClipMessage, None]:
        """Make ``spec`` in the existing folder ``scratch``: yield steps and at last one `ClipMessage`.

        A streaming backend yields a `SegmentMessage` too as soon as a further piece of the clip can be played.

        One job at a time: a second call waits for the first. A dead child is replaced first. Raises the engine's own
        errors (`InvalidRequest`, `OutOfMemory`, …), `TimedOut` after ``timeout`` seconds (the child is killed when it
        does not stop by itself) or once the child said nothing for ``silence`` seconds (it is killed, however far the
        deadline), `ChildDied` as soon as the process ends without an answer, `GenerationCancelled` after `cancel`.
        Leaving early (``aclose``, a cancelled task) cancels the job and waits until it has stopped.
        """
        async with self._turn:
            if self._halting is not None:
                # Who was cancelled twice has left while its job was still being stopped: that must not hit this one.
                await asyncio.wait({self._halting})
            self._cancel_asked = False
            child = self._child if self._child is not None and self._child.alive else await self._spawn()
            if self._cancel_asked:  # while the child was starting
                raise GenerationCancelled("The clip was cancelled.")
            job = uuid.uuid4().hex
            child.begin(job)
            try:
                await child.send(Run(job=job, spec=spec, scratch=str(scratch), deadline=timeout))
                async for message in self._follow(child, timeout, silence):
                    yield message
            finally:
                if not child.idle.is_set():
                    self._halting = asyncio.ensure_future(self._halt(child))
                    await asyncio.shield(self._halting)

    async def cancel(self) -> None:
        """Stop the job at work and return when it has stopped; nothing at work: return at once.

        The child has 2 s to stop at its next step. After that it is ended (SIGTERM, 2 s later SIGKILL), and the next
        `run` starts a fresh one.
        """
        self._cancel_asked = True
        if self._child is not None:
            await self._halt(self._child)

    async def close(self) -> None:
        """Cancel what is at work and end the child."""
        child, self._child = self._child, None
        if child is None:
            return
        await self._halt(child)
        with contextlib.suppress(ChildDied):
            await child.send(Exit())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.process.wait(), CANCEL_GRACE)
        await child.stop()

    @property
    def _loaded(self) -> Ready:
        if self._ready is None:
            raise RuntimeError("the engine child has not been started: use EngineChild.start")
        return self._ready

    @property
    def _process(self) -> _Child:
        if self._child is None:
            raise RuntimeError("the engine child is closed")
        return self._child

    async def _spawn(self) -> _Child:
        if self._child is not None:
            await self._child.stop()
        process = await asyncio.create_subprocess_exec(
            *self._command, "--backend", self._backend, "--device", self._device,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal is the worker's to handle
        )  # fmt: skip
        child = self._child = _Child(process)
        try:
            message = await asyncio.wait_for(child.messages.get(), self._start_timeout)
        except TimeoutError:
            await child.stop()
            raise BackendUnavailable(f"The engine was not ready after {self._start_timeout:g} seconds.") from None
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.ensure_future(child.stop()))
            raise
        if isinstance(message, Ready):
            self._ready = message
            return child
        await child.stop()
        raise _as_error(message)

    async def _follow(
        self, child: _Child, timeout: float, silence: float
    ) -> AsyncGenerator[StepMessage | SegmentMessage | ClipMessage, None]:
        clock = asyncio.get_running_loop().time
        end = clock() + timeout + DEADLINE_GRACE
        while True:
            left = max(0.0, end - clock())
            try:
                message = await asyncio.wait_for(child.messages.get(), min(left, silence))
            except TimeoutError:
                # A step that never returns defeats the child's own check of the deadline.
                await child.stop()
                late = f"was not done after {timeout:g}" if left <= silence else f"made no progress for {silence:g}"
                raise TimedOut(f"The clip {late} seconds.") from None
            match message:
                case StepMessage() | SegmentMessage():
                    yield message
                case ClipMessage():
                    yield message
                    return
                case _:
                    raise _as_error(message)

    async def _halt(self, child: _Child) -> None:
        if child.idle.is_set() or child.job is None:
            return
        with contextlib.suppress(ChildDied):
            await child.send(Cancel(job=child.job))
        try:
            await asyncio.wait_for(child.idle.wait(), CANCEL_GRACE)
        except TimeoutError:
            # Whoever follows the job hears that it was cancelled, not that its process died of it.
            child.messages.put_nowait(CancelledMessage(job=child.job))
            await child.stop()


def _as_error(message: ChildMessage | ChildDied) -> EngineError:
    match message:
        case ChildDied():
            return message
        case ErrorMessage():
            return protocol.to_error(message)
        case CancelledMessage():
            return GenerationCancelled("The clip was cancelled.")
        case _:
            return ChildDied(f"The engine said {type(message).__name__} out of turn.")
