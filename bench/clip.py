"""Measures a clip: seconds of work per second of clip, first preview, peak memory, by phase; beside encoding alone.

    python bench/clip.py [--runs 5] [--seconds 10] [--every-kind] [--out clip.json]

Work is CPU seconds of the engine's whole process. The floor is the same encoder on noise-free moving gradients of the
same size and length in this process: what any engine that ends in this MP4 pays.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from engine.media.encode import AUDIO_RATE, Mp4Writer, VideoSettings, fit_sound
from engine.media.pump import pump
from engine.protocol import ClipMessage, SegmentMessage
from engine.runner import EngineChild
from engine.spec import GenerationSpec

PROMPT = "a red fox jumps over a log in the rain at night and says 'bonjour'"
EVERY_KIND = {
    "rain, speech": PROMPT,
    "a calm day": "a cat sleeps in a meadow",
    "following camera": "a red car drives fast through the city at dusk, the camera follows",
    "six actors": "six yellow ducks dance on the beach at sunset",
    "storm": "a dragon flies over a volcano in a storm at night",
    "neon": "a unicorn runs through the city at night in neon style",
    "snow, zoom, speech": "two penguins dance in the snow, zoom in, and one says 'hello my friend'",
    "indoors, speech": "a robot waves in the kitchen and says 'good morning everyone'",
    "water, pan": "a whale swims in the sea at sunset, pan left",
    "fog, shake": "a monster appears in the foggy forest, the camera shakes",
}
"""What makes a clip dear: moving cameras, weather, many actors, styles, speech."""

NAMES = ("Ana", "Bruno", "Chloé", "Diego", "Emma", "Farid", "Gina", "Hugo", "Ines", "Jonas", "Kira", "Léon")
"""Said in every quotation, another one in each run: the engine keeps what it has said, and a new clip has new words."""

Figures = dict[str, float]


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of ``pid`` so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mebibytes(pid: int) -> float:
    """The most memory ``pid`` ever held (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


async def clip_once(engine: EngineChild, spec: GenerationSpec) -> Figures:
    """Make one clip in the warm child and measure it."""
    with tempfile.TemporaryDirectory() as folder:
        cpu, start = cpu_seconds(engine.pid), time.perf_counter()
        first_preview, first_segment, clip = None, None, None
        async for message in engine.run(spec, Path(folder), timeout=600):
            if isinstance(message, ClipMessage):
                clip = message
            elif isinstance(message, SegmentMessage):
                first_segment = first_segment or time.perf_counter() - start
            elif message.preview is not None and first_preview is None:
                first_preview = time.perf_counter() - start
        wall = time.perf_counter() - start
        if clip is None or first_preview is None:
            raise RuntimeError("no clip or no preview came")
        phases = {f"phase {name.lower()} s": seconds for name, seconds in clip.timings.items()}
        work = cpu_seconds(engine.pid) - cpu
        return {
            "wall s": wall,
            "work s": work,
            "work s per s of clip": work / clip.seconds,
            "wall s per s of clip": wall / clip.seconds,
            "first preview s": first_preview,
            **({} if first_segment is None else {"first segment s": first_segment}),
            "peak MiB": peak_mebibytes(engine.pid),
            "file MB": clip.bytes / 1e6,
            **phases,
        }


def gradients(spec: GenerationSpec) -> list[NDArray[np.uint8]]:
    """Noise-free pictures that scroll four pixels a frame: views of one tall gradient, so they cost nothing to draw."""
    rows = np.arange(spec.height + 4 * spec.frame_count)
    wave = 127.5 + 127.5 * np.sin(rows[:, None] / 97 + np.arange(spec.width)[None] / 61)
    tall = np.stack([wave, wave[::-1], 255 - wave], axis=2).astype(np.uint8)
    return [tall[4 * index : 4 * index + spec.height] for index in range(spec.frame_count)]


def encode_once(spec: GenerationSpec) -> Figures:
    """Encode gradients and a tone: the floor."""
    frames = gradients(spec)
    settings = VideoSettings(width=spec.width, height=spec.height, fps=spec.fps, frame_count=spec.frame_count)
    tone = np.sin(np.arange(round(spec.seconds * AUDIO_RATE)) * 0.06).astype(np.float32)[None]
    sound = fit_sound(tone, AUDIO_RATE, settings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "floor.mp4"
        cpu, start = time.process_time(), time.perf_counter()
        with Mp4Writer(path, settings, sound) as video:
            pump(frames, (video,), frame_count=spec.frame_count, shape=(spec.height, spec.width))
        work = time.process_time() - cpu
        return {
            "wall s": time.perf_counter() - start,
            "work s": work,
            "work s per s of clip": work / spec.seconds,
            "file MB": path.stat().st_size / 1e6,
        }


def prompts_of(options: argparse.Namespace) -> dict[str, str]:
    """The prompts to measure, by what they are called in the table."""
    return EVERY_KIND if options.every_kind else {options.backend: options.prompt}


def spec_of(options: argparse.Namespace, prompt: str, run: int) -> GenerationSpec:
    """Clip number ``run`` as the command line asks for it, with words and a seed of its own."""
    width, height = (1280, 720) if options.landscape else (720, 1280)
    words = f"{prompt[:-1]} {NAMES[run % len(NAMES)]}'" if prompt.endswith("'") else prompt
    return GenerationSpec(prompt=words, seconds=options.seconds, width=width, height=height, fps=options.fps, seed=run)


async def measure(options: argparse.Namespace) -> dict[str, list[Figures]]:
    """All runs: clips and floor by turns, so that a busy moment of the machine falls on both."""
    prompts = prompts_of(options)
    start = time.perf_counter()
    engine = await EngineChild.start(options.backend)
    started = [{"start s": time.perf_counter() - start, "idle MiB": peak_mebibytes(engine.pid)}]
    clips: dict[str, list[Figures]] = {name: [] for name in prompts}
    floor: list[Figures] = []
    try:
        for run in track(range(options.runs), description="clips", disable=options.quiet):
            for name, prompt in prompts.items():
                clips[name].append(await clip_once(engine, spec_of(options, prompt, run)))
            floor.append(encode_once(spec_of(options, "a cat", run)))
    finally:
        await engine.close()
    return {"start": started, **clips, "encoding alone": floor}


def summarise(runs: list[Figures]) -> dict[str, dict[str, float]]:
    """Least, middle and greatest of every figure."""
    columns = {name: [run[name] for run in runs] for name in runs[0]}
    return {
        name: {"min": min(values), "median": statistics.median(values), "max": max(values)}
        for name, values in columns.items()
    }


def show(report: dict[str, dict[str, dict[str, float]]], title: str) -> None:
    """Print the table."""
    table = Table("what", "figure", "min", "median", "max", title=title)
    for what, figures in report.items():
        for name, values in figures.items():
            table.add_row(what, name, *(f"{values[key]:.3f}" for key in ("min", "median", "max")))
        table.add_section()
    Console().print(table)


def show_kinds(report: dict[str, dict[str, dict[str, float]]], title: str) -> None:
    """Print the medians, one prompt a row."""
    columns = (
        "wall s per s of clip", "work s per s of clip", "first preview s", "first segment s", "peak MiB", "file MB",
    )  # fmt: skip
    table = Table("prompt", *columns, title=title)
    for name in EVERY_KIND:
        medians = {figure: values["median"] for figure, values in report[name].items()}
        table.add_row(name, *(f"{medians[column]:.2f}" if column in medians else "-" for column in columns))
    Console().print(table)


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default="diorama")
    parser.add_argument("--prompt", default=PROMPT)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--every-kind", action="store_true", help="one prompt of every dear kind, a row each")
    parser.add_argument("--landscape", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--out", type=Path, help="write all runs as JSON here")
    options = parser.parse_args()
    runs = asyncio.run(measure(options))
    report = {what: summarise(figures) for what, figures in runs.items()}
    machine = f"{os.cpu_count()} × {platform.machine()}"
    title = f"{options.seconds:g} s at {options.fps} fps, {options.runs} runs, {machine}"
    if options.every_kind:
        show_kinds(report, title)
    else:
        show(report, title)
    if options.out is not None:
        options.out.write_text(json.dumps({"machine": machine, "summary": report, "runs": runs}, indent=2))


if __name__ == "__main__":
    main()
