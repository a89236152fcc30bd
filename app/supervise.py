"""Child programs that are started, watched, restarted when they die, and stopped in reverse order."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from app.trouble import ProgramFailed

log = structlog.get_logger()

Report = Callable[[str], None]
"""Told, in words for people, what is being done."""

BACKOFF_SECONDS = (0.05, 0.5, 1.0, 2.0, 5.0)
"""Pause before the n-th restart of a program that keeps dying; the last one repeats."""
HEALTHY_SECONDS = 10.0
"""A program that ran this long is forgiven its earlier deaths."""
LOG_BYTES_MAX = 8 << 20


@dataclass(frozen=True)
class Program:
    """What to run and how to tell that it is of use.

    ``ready`` answers whether it can be used yet; ``prepare`` runs before every start and clears what a killed
    predecessor left. Output goes to ``output`` when given, else to this process's own.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[bool]] | None = None
    prepare: Callable[[], Awaitable[None]] | None = None
    output: Path | None = None
    cwd: Path | None = None
    pass_fds: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 15.0
    ready_seconds: float = 30.0


def dying_with_parent(command: Sequence[str], death_signal: signal.Signals) -> list[str]:
    """``command`` wrapped so that it gets ``death_signal`` when this process is killed without a chance to stop it."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", death_signal.name[3:], "--", *command] if setpriv else list(command)


@dataclass
class Child:
    """One program under watch. ``restarts`` counts its deaths."""

    program: Program
    report: Report
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    on_restart: Callable[[], None] | None = None
    _watch: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """Process id; 0 while there is none."""
        return self.process.pid if self.process is not None and self.process.returncode is None else 0

    async def start(self) -> None:
        """Start the program, wait until it is of use, and watch it from then on. Raises `ProgramFailed`."""
        await self._launch()
        try:
            await self._until_ready()
        except BaseException:
            await self._end()
            raise
        self._watch = asyncio.create_task(self._keep_alive(), name=f"watch {self.program.name}")

    async def stop(self) -> None:
        """Ask the program to end, and kill it when its grace is over."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        await self._end()

    async def _launch(self) -> None:
        program = self.program
        if program.prepare is not None:
            await program.prepare()
        output = _open_log(program.output) if program.output is not None else None
        try:
            self.process = await asyncio.create_subprocess_exec(
                *dying_with_parent(program.command, program.stop_signal),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=program.cwd,
                pass_fds=program.pass_fds,
                # Ctrl-C reaches every process of the terminal's group; only this process is to act on it.
                start_new_session=True,
            )
        finally:
            if output is not None:
                os.close(output)

    async def _until_ready(self) -> None:
        program, process = self.program, self.process
        assert process is not None
        deadline = asyncio.get_running_loop().time() + program.ready_seconds
        pause = 0.02
        while program.ready is not None and not await program.ready():
            if process.returncode is not None:
                raise self._failed(f"{program.name} ended at its start with status {process.returncode}.")
            if asyncio.get_running_loop().time() > deadline:
                raise self._failed(f"{program.name} did not answer within {program.ready_seconds:.0f} s.")
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, 0.2)

    def _failed(self, message: str) -> ProgramFailed:
        if self.program.output is None:
            return ProgramFailed(message, mend="Its own words are above.")
        last = "\n".join(self.program.output.read_text(errors="replace").splitlines()[-6:])
        return ProgramFailed(f"{message}\n{last}", mend=f"Read {self.program.output}.")

    async def _keep_alive(self) -> None:
        """Restart the program whenever it ends, at once the first time and ever slower while it keeps dying."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            assert self.process is not None
            started = loop.time()
            status = await self.process.wait()
            deaths = 0 if loop.time() - started > HEALTHY_SECONDS else deaths
            pause = BACKOFF_SECONDS[min(deaths, len(BACKOFF_SECONDS) - 1)]
            deaths += 1
            self.restarts += 1
            log.warning("program died", program=self.program.name, status=status, restarts=self.restarts)
            where = f" (log: {self.program.output})" if self.program.output is not None else ""
            self.report(f"{self.program.name} ended ({_words(status)}), starting it again{where}")
            await asyncio.sleep(pause)
            try:
                await self._launch()
                await self._until_ready()
            except (ProgramFailed, OSError) as failure:
                # The next round of the loop meets a dead process and tries again, later.
                log.warning("program not ready", program=self.program.name, failure=str(failure))
                await self._end()
                continue
            if self.on_restart is not None:
                self.on_restart()

    async def _end(self) -> None:
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), self.program.grace_seconds)
        except TimeoutError:
            log.warning("program did not stop, killing it", program=self.program.name)
            process.kill()
            await process.wait()


def _open_log(path: Path) -> int:
    """A descriptor that appends to ``path``; a log that has grown large becomes ``….1``."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _words(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
