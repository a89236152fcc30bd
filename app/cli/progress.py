"""The progress bar of `yume make`: phase, fraction, time left, previews; plain lines where there is no terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

PHASES = {
    "LOADING": "Loading the engine",
    "TEXT": "Reading the prompt",
    "DENOISE": "Imagining",
    "DECODE": "Painting",
    "ENCODE": "Filming",
    "CHECK": "Checking",
    "STORE": "Storing",
}


class TimeLeft(ProgressColumn):
    """The server's estimate, counted down between its events; or another remark."""

    def render(self, task: Task) -> Text:
        """What the column shows."""
        remark: str | float = task.fields["left"]
        if isinstance(remark, str):
            return Text(remark, style="yellow")
        return Text(f"{max(0.0, remark - time.monotonic()):.0f} s left")


class Display:
    """Shows the events of one generation."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeLeft(),
            TextColumn("[dim]{task.fields[previews]}[/dim]"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("In the queue", total=1.0, left="", previews="")
        self._previews = 0
        self._phase = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Show one event of the subscription."""
        match event["__typename"]:
            case "GenerationQueued":
                position = event["position"]
                self._describe("In the queue" if not position else f"In the queue, place {position}")
            case "GenerationStep":
                self._step(event)
            case "GenerationSnapshot":
                self._progress.update(self._task, completed=event["generation"]["progress"])
            case "GenerationFinished":
                self._describe("Done")
                self._progress.update(self._task, completed=1.0, left="")
            case _:
                pass

    def dropped(self, why: str) -> None:
        """Say that the connection is gone and will be opened again."""
        self._progress.update(self._task, left=f"reconnecting ({why[:40]})")

    def downloaded(self, received: int, total: int) -> None:
        """Show how much of the file is here, in bytes."""
        self._describe("Downloading")
        self._progress.update(self._task, completed=received, total=max(total, 1), left="")

    def say(self, words: str) -> None:
        """A line of its own above the bar."""
        self._console.print(words)

    def _step(self, event: dict[str, Any]) -> None:
        if event["preview"] is not None:
            self._previews += 1
        name = PHASES.get(event["phase"], event["phase"].title())
        steps = f" {event['step']}/{event['total']}" if event["total"] and event["total"] > 1 else ""
        again = f" (attempt {event['attempt']})" if event["attempt"] > 1 else ""
        self._describe(f"{name}{again}", steps)
        eta = event["etaSeconds"]
        self._progress.update(
            self._task,
            completed=event["fraction"],
            left="" if eta is None else time.monotonic() + eta,
            previews=f"{self._previews} previews" if self._previews else "",
        )

    def _describe(self, phase: str, steps: str = "") -> None:
        if phase != self._phase and not self._console.is_terminal:
            self._console.print(phase)
        self._phase = phase
        self._progress.update(self._task, description=phase + steps)
