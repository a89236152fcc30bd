"""`python -m engine.train`: draw scenes, fit the transformer, measure it, write weights and model card."""
# pyright: basic

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.diorama.model.condition import Actor, Condition
from engine.diorama.model.direct import WEIGHTS, Director
from engine.diorama.model.latents import decode
from engine.diorama.model.pipeline import GUIDANCE, STEPS, ScenePipeline
from engine.diorama.model.projection import project
from engine.diorama.model.transformer import SceneTransformer, parameters_of
from engine.train.card import Figures, Record, added, load_record, save_record, write_card
from engine.train.fit import draw, fit
from engine.train.measure import measure
from engine.train.scenes import direct

console = Console()


def train(out: Path, *, seconds: float, scenes: int, seed: int, threads: int, resume: bool) -> Record:
    """Train for ``seconds`` on ``scenes`` drawn scenes and write a `ScenePipeline` and its record to ``out``.

    With ``resume``, go on from the weights in ``out`` and add to their record.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # tiny gradients late in training are ten times slower as denormals
    start = Director(weights=out).pipeline.transformer if resume else None
    past = load_record(out) if resume else None
    began = time.perf_counter()
    with _bar() as bar:
        drawing = bar.add_task("drawing scenes", total=scenes)
        buckets = draw(scenes, seed + 1, report=lambda made: bar.update(drawing, completed=made))
        bar.update(drawing, completed=scenes)
        fitting = bar.add_task("fitting", total=seconds)
        for progress, model in fit(buckets, seconds=seconds, seed=seed, start=start):  # noqa: B007 - the last one is used below
            told = f"fitting: step {progress.step}, loss {progress.loss:.3f}"
            bar.update(fitting, completed=progress.seconds, description=told)
    save(model, out)
    record = Record(
        scenes=scenes, seconds=round(time.perf_counter() - began, 1), steps=progress.step, samples=progress.samples,
        loss=progress.loss, seed=seed, threads=threads,
    )  # fmt: skip
    record = record if past is None else added(past, record)
    save_record(out, record)
    return record


def save(model: SceneTransformer, out: Path) -> None:
    """Write the pipeline, readable by everybody who can read the checkout."""
    ScenePipeline(model.eval(), FlowMatchEulerDiscreteScheduler()).save_pretrained(out, safe_serialization=True)
    for path in out.rglob("*.safetensors"):
        path.chmod(0o644)


def judge(out: Path, *, scenes: int) -> Figures:
    """Measure the weights in ``out`` on ``scenes`` seen and half as many held-out conditions."""
    pipeline = Director(weights=out).pipeline

    def unprojected(condition: Condition, seed: int) -> tuple[np.ndarray, np.ndarray]:
        return decode(pipeline(condition, generator=torch.Generator().manual_seed(seed)).latents.numpy())

    def sample(condition: Condition, seed: int) -> np.ndarray:
        return project(condition, *unprojected(condition, seed))[0]

    pair = Condition((Actor(("jump",), "over", 1), Actor(kind="object")))
    sample(pair, 0)
    began = time.perf_counter()
    for seed in range(10):
        sample(pair, seed)
    milliseconds = (time.perf_counter() - began) * 100
    with _bar() as bar:
        task = bar.add_task("measuring", total=scenes * 3)
        kw = {"report": lambda: bar.advance(task)}
        drawn = measure(lambda c, s: direct(c, np.random.default_rng(s))[0], scenes=scenes, unseen=False, seed=5, **kw)
        raw = measure(lambda c, s: unprojected(c, s)[0], scenes=scenes // 2, unseen=False, seed=5, **kw)
        seen = measure(sample, scenes=scenes, unseen=False, seed=5, **kw)
        unseen = measure(sample, scenes=scenes // 2, unseen=True, seed=6, **kw)
    return Figures(drawn, raw, seen, unseen, milliseconds, parameters_of(pipeline.transformer), STEPS, GUIDANCE)


def _bar() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console)


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m engine.train", description=__doc__)
    parser.add_argument("--seconds", type=float, default=320.0, help="how long to fit (default 320)")
    parser.add_argument("--scenes", type=int, default=30_000, help="scenes to draw (default 30000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (more only help on an idle machine)")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--judge", type=int, default=600, metavar="SCENES", help="scenes to measure (0: no card)")
    parser.add_argument("--resume", action="store_true", help="go on from the weights that are there")
    parser.add_argument("--only-judge", action="store_true", help="measure the weights that are there")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.only_judge:
        record = load_record(given.out)
    else:
        record = train(
            given.out, seconds=given.seconds, scenes=given.scenes, seed=given.seed, threads=given.threads,
            resume=given.resume,
        )  # fmt: skip
    if given.judge:
        figures = judge(given.out, scenes=given.judge)
        write_card(given.out, record, figures)
        console.print(
            f"motions {figures.seen.motion:.2f} seen, {figures.unseen.motion:.2f} held out; "
            f"relations {figures.seen.relation:.2f} seen, {figures.unseen.relation:.2f} held out"
        )


if __name__ == "__main__":
    main()
