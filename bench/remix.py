"""Measures remixes beside new clips of the same length in one warm engine: seconds of each, and their ratio.

    python bench/remix.py [--runs 3] [--seconds 10] [--out remix.json]

Parent and new clips say other words in each run, so that nothing said is at hand; a remix says its parent's again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from clip import NAMES, PROMPT, cpu_seconds
from rich.console import Console
from rich.table import Table

from engine.protocol import ClipMessage
from engine.runner import EngineChild
from engine.spec import GenerationSpec, Source

REMIXES = {
    "another subject": "make it a cat",
    "another place": "same but in the city",
    "another style": "in watercolour style",
    "the story goes on": "then it flies away",
}
TALK = (
    "a robot waves in the kitchen and says 'good morning {0}, did you sleep well? breakfast is ready, and the sun is "
    "shining over the whole town, so let us go for a long walk, {0}'"
)


async def make(engine: EngineChild, spec: GenerationSpec, folder: Path) -> tuple[ClipMessage, float, float]:
    """One clip, its wall seconds and its CPU seconds."""
    cpu, start = cpu_seconds(engine.pid), time.perf_counter()
    clip = None
    async for message in engine.run(spec, folder, timeout=600):
        if isinstance(message, ClipMessage):
            clip = message
    if clip is None:
        raise RuntimeError("no clip came")
    return clip, time.perf_counter() - start, cpu_seconds(engine.pid) - cpu


async def measure(options: argparse.Namespace, prompt: str) -> dict[str, list[tuple[float, float]]]:
    """(wall, CPU) seconds of every run, by what was made."""
    found: dict[str, list[tuple[float, float]]] = {"new": [], **{name: [] for name in REMIXES}}
    engine = await EngineChild.start("diorama")
    shape = {"seconds": options.seconds, "width": 720, "height": 1280, "fps": 30}
    try:
        for run in range(options.runs + 1):
            words = prompt.format(NAMES[run % len(NAMES)])
            with tempfile.TemporaryDirectory() as folder:
                (home := Path(folder) / "parent").mkdir()
                spec = GenerationSpec(prompt=words, seed=run, **shape)
                parent, *taken = await make(engine, spec, home)
                if run:  # the first clip of a process also warms it
                    found["new"].append((taken[0], taken[1]))
                for name, asked in REMIXES.items() if run else ():
                    (home := Path(folder) / name.replace(" ", "-")).mkdir()
                    source = Source(recipe=parent.recipe, latent=parent.latent)
                    spec = GenerationSpec(prompt=asked, seed=run + 100, source=source, **shape)
                    _, *taken = await make(engine, spec, home)
                    found[name].append((taken[0], taken[1]))
    finally:
        await engine.close()
    return found


def show(title: str, found: dict[str, list[tuple[float, float]]]) -> dict[str, dict[str, float]]:
    """Print medians and their ratio to a new clip's."""
    table = Table("what", "wall s", "CPU s", "wall, of a new clip's", "CPU, of a new clip's", title=title)
    usual = [statistics.median(column) for column in zip(*found["new"], strict=True)]
    rows: dict[str, dict[str, float]] = {}
    for name, runs in found.items():
        wall, work = (statistics.median(column) for column in zip(*runs, strict=True))
        rows[name] = {"wall s": wall, "CPU s": work, "wall ratio": wall / usual[0], "CPU ratio": work / usual[1]}
        table.add_row(name, *(f"{value:.2f}" for value in rows[name].values()))
    Console().print(table)
    return rows


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path, help="write the figures as JSON here")
    options = parser.parse_args()
    prompts = {"a few words": PROMPT.replace("bonjour", "bonjour {0}"), "much talk": TALK}
    rows = {
        title: show(f"{title}, {options.seconds:g} s, {options.runs} runs", asyncio.run(measure(options, prompt)))
        for title, prompt in prompts.items()
    }
    if options.out is not None:
        options.out.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
