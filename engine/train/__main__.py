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
from engine.diorama.scene import MOTIONS, RELATIONS
from engine.train.card import Figures, Record, added, load_record, save_record, write_card
from engine.train.fit import draw, fit
from engine.train.measure import Adherence, Direct, measure, timing, variety, wobble
from engine.train.scenes import direct

console = Console()


def train(out: Path, *, steps: int, scenes: int, seed: int, threads: int, resume: bool) -> Record:
    """Train for ``steps`` on ``scenes`` drawn scenes and write a `ScenePipeline` and its record to ``out``.

    With ``resume``, go on from the weights in ``out`` and add to their record.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # tiny gradients late in training are ten times slower as denormals
    start = Director(weights=out).pipeline.transformer if resume else None
    past = load_record(out) if resume else None
    began = time.process_time()
    with _bar() as bar:
        drawing = bar.add_task("drawing scenes", total=scenes)
        buckets = draw(scenes, seed + 1, report=lambda made: bar.update(drawing, completed=made))
        bar.update(drawing, completed=scenes)
        fitting = bar.add_task("fitting", total=steps)
        for progress, model in fit(buckets, steps=steps, seed=seed, start=start):  # noqa: B007 - the last one is used below
            told = f"fitting: {progress.seconds:.0f} s of CPU time, loss {progress.loss:.3f}"
            bar.update(fitting, completed=progress.step, description=told)
    save(model, out)
    record = Record(
        scenes=scenes, seconds=round(time.process_time() - began, 1), steps=progress.step, samples=progress.samples,
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


def judge(out: Path, *, cases: int) -> Figures:
    """Measure the weights in ``out`` on ``cases`` conditions for every motion and relation, seen and held out."""
    pipeline = Director(weights=out).pipeline

    def unprojected(condition: Condition, seed: int, steps: int = STEPS) -> tuple[np.ndarray, np.ndarray]:
        generator = torch.Generator().manual_seed(seed)
        return decode(pipeline(condition, num_inference_steps=steps, generator=generator).latents.numpy())

    def sample(condition: Condition, seed: int, steps: int = STEPS) -> np.ndarray:
        return project(condition, *unprojected(condition, seed, steps))[0]

    def draw_one(condition: Condition, seed: int) -> np.ndarray:
        return direct(condition, np.random.default_rng(seed))[0]

    pair = Condition((Actor(("jump",), "over", 1), Actor(kind="object")))
    rows = 4 * cases * (len(MOTIONS) + len(RELATIONS))
    with _bar() as bar:
        task = bar.add_task("measuring", total=rows)
        done = iter(range(4))

        def judged(way: Direct, *, unseen: bool, seed: int) -> Adherence:
            before = next(done) * rows // 4
            return measure(
                way, cases=cases, unseen=unseen, seed=seed, report=lambda n: bar.update(task, completed=before + n)
            )

        drawn = judged(draw_one, unseen=False, seed=5)
        raw = judged(lambda c, s: unprojected(c, s)[0], unseen=False, seed=5)
        seen, unseen = judged(sample, unseen=False, seed=5), judged(sample, unseen=True, seed=6)
    return Figures(
        drawn, raw, seen, unseen, cases, (_clock(sample, pair), _clock(sample, Condition((Actor(),) * 6))),
        parameters_of(pipeline.transformer), STEPS, GUIDANCE,
        quick=measure(lambda c, s: sample(c, s, STEPS // 2), cases=cases // 2, unseen=False, seed=5),
        varieties=(variety(draw_one, scenes=60, seed=7), variety(sample, scenes=60, seed=7)),
        wobble=wobble(sample, lambda c, s: sample(c, s, 2 * STEPS), scenes=60, seed=7),
        landings=(timing(draw_one, scenes=60, seed=8), timing(lambda c, s: unprojected(c, s)[0], scenes=60, seed=8)),
    )  # fmt: skip


def _clock(sample: Direct, condition: Condition) -> float:
    """Milliseconds of CPU time that one sample takes, warm."""
    sample(condition, 0)
    began = time.process_time()
    for seed in range(8):
        sample(condition, seed)
    return (time.process_time() - began) * 125


def _bar() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console)


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m engine.train", description=__doc__)
    parser.add_argument("--steps", type=int, default=6_000, help="how long to fit (default 6000 steps)")
    parser.add_argument("--scenes", type=int, default=30_000, help="scenes to draw (default 30000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (more only help on an idle machine)")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--judge", type=int, default=30, metavar="CASES", help="cases for each row (0: no card)")
    parser.add_argument("--resume", action="store_true", help="go on from the weights that are there")
    parser.add_argument("--only-judge", action="store_true", help="measure the weights that are there")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.only_judge:
        record = load_record(given.out)
    else:
        record = train(
            given.out, steps=given.steps, scenes=given.scenes, seed=given.seed, threads=given.threads,
            resume=given.resume,
        )  # fmt: skip
    if given.judge:
        figures = judge(given.out, cases=given.judge)
        write_card(given.out, record, figures)
        console.print(
            f"motions {figures.seen.motion:.2f} seen, {figures.unseen.motion:.2f} held out; "
            f"relations {figures.seen.relation:.2f} seen, {figures.unseen.relation:.2f} held out"
        )


if __name__ == "__main__":
    main()
