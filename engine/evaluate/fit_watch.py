"""Fits the reader of motions on the animator's scenes, measured as imperfectly as the eye measures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama.model.condition import Condition
from engine.diorama.paint.painter import Painter
from engine.diorama.scene import KEYS, MOTIONS, PLACES, TIMES, Brief, Scene, Subject
from engine.evaluate.nets import Watch
from engine.evaluate.sight import Oracle
from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.tracks import follow, readings, sampled
from engine.evaluate.vocabulary import nouns
from engine.train.scenes import choose, direct

FPS = 12
_X, _Y, _SCALE, _ROTATION, _SQUASH, _FACING, _OPACITY = range(7)
_UNSEEN = 0.35
"""Opacity below which the eye finds nothing."""

_SURE = 0.4
"""Least likeness at its surest for a track to be learned from."""

SCENES, BATCH = 1_000, 128


Examples = tuple[NDArray[np.float32], NDArray[np.int64]]
"""(n, READINGS, WATCHED) readings and (n,) indices of their motions."""


def fit_watch(*, seconds: float, seed: int, seen: Examples | None = None) -> Iterator[tuple[float, float, Watch]]:
    """Fit for ``seconds`` of CPU time; yields (seconds spent, share right on fresh scenes, the network).

    ``seen`` are tracks that the eye measured in pictures (`watched`): a third of what is learned from.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    watch, began = Watch(), time.process_time()
    optimiser = torch.optim.AdamW(watch.parameters(), lr=2e-3, weight_decay=1e-2)
    known: list[Examples] = []
    while (spent := time.process_time() - began) < seconds:
        x, y = _scenes(rng)
        with torch.inference_mode():
            right = float((watch.eval()(torch.from_numpy(x)).argmax(1) == torch.from_numpy(y)).float().mean())
        known = [*known[-14:], (x, y)]
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, 1.03 - spent / seconds)
        _learn(watch.train(), optimiser, known, seen, rng)
        yield time.process_time() - began, right, watch.eval()


def _learn(
    watch: Watch, optimiser: torch.optim.Optimizer, known: list[Examples], seen: Examples | None,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    x, y = np.concatenate([one for one, _ in known]), np.concatenate([one for _, one in known])
    for _ in range(6 * SCENES // BATCH):
        chosen = rng.integers(len(x), size=BATCH)
        shown, told = x[chosen], y[chosen]
        if seen is not None:
            extra = rng.integers(len(seen[0]), size=BATCH // 2)
            shown, told = np.concatenate([shown, _varied(seen[0][extra], rng)]), np.concatenate([told, seen[1][extra]])
        loss = F.cross_entropy(watch(torch.from_numpy(shown)), torch.from_numpy(told), label_smoothing=0.02)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


def _varied(x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Readings elsewhere in the picture, larger or smaller, and half of them mirrored."""
    x = x.copy()
    mirrored = rng.random(len(x)) < 0.5
    x[mirrored, 0] = 1 - x[mirrored, 0]
    x[mirrored, 3] *= -1
    x[mirrored, 5] *= -1
    x[:, :3] += rng.normal(0, (0.06, 0.03, 0.15), (len(x), 3))[..., None].astype(np.float32)
    return x + rng.normal(0, 0.004, x.shape).astype(np.float32)


def watched(oracle: Oracle, *, clips: int, seed: int) -> Examples:
    """The eye's own readings of ``clips`` painted scenes, with the motions that they show."""
    rng = np.random.default_rng(seed)
    xs: list[NDArray[np.float32]] = []
    ys: list[int] = []
    for _ in range(clips):
        scene, condition = _cast(rng)
        painter = Painter(scene, None, width=WIDTH, height=HEIGHT, fps=FPS)
        frames = np.stack([painter.still(k / FPS) for k in range(round(scene.seconds * FPS))])
        seen = oracle.see(frames, FPS)
        for slot, subject in enumerate(scene.brief.subjects):
            track = follow(seen, subject.word)
            if condition.link(slot)[1] is not None or track.likeness.max() < _SURE:
                continue
            count = len(subject.motions)
            for beat, motion in enumerate(subject.motions):
                xs.append(readings(track, beat / count, (beat + 1) / count, scene.seconds))
                ys.append(MOTIONS.index(motion))
    return np.stack(xs), np.array(ys, np.int64)


def _cast(rng: np.random.Generator) -> tuple[Scene, Condition]:
    """One of the animator's scenes, played by different things of the vocabulary somewhere."""
    condition = choose(rng, count=int(rng.choice([1, 2, 2, 3])))
    condition = replace(condition, aspect=WIDTH / HEIGHT, seconds=float(rng.uniform(4, 6)))
    names = rng.permutation(sorted(nouns()))[: len(condition.actors)]
    actors = [
        replace(actor, kind=nouns()[str(name)].kind, size=max(actor.size, 0.2))
        for actor, name in zip(condition.actors, names, strict=True)
    ]
    condition = replace(condition, actors=tuple(actors))
    tracks, camera = direct(condition, rng)
    subjects = tuple(
        Subject(nouns()[str(name)].arts[0], str(name), actor.kind, actor.size, motions=actor.motions)
        for actor, name in zip(actors, names, strict=True)
    )
    place, hour = PLACES[int(rng.integers(len(PLACES)))], TIMES[int(rng.integers(len(TIMES)))]
    brief = Brief("", "en", subjects, place=place, time=hour, weather=condition.weather)
    return Scene(brief, condition.seconds, int(rng.integers(2**31)), tracks, camera), condition


def _scenes(rng: np.random.Generator) -> Examples:
    xs: list[NDArray[np.float32]] = []
    ys: list[int] = []
    for _ in range(SCENES // 2):
        condition = choose(rng, count=int(rng.choice([1, 1, 1, 2, 3])))
        tracks, camera = direct(condition, rng)
        for slot, actor in enumerate(condition.actors):
            if condition.link(slot)[1] is not None:
                continue  # a relation bends the motion of those it binds
            measured = measure(tracks[slot], camera, condition, actor.size, rng)
            count = len(actor.motions)
            for beat, motion in enumerate(actor.motions):
                xs.append(sampled(measured, beat / count, (beat + 1) / count, condition.seconds))
                ys.append(MOTIONS.index(motion))
    return np.stack(xs), np.array(ys, np.int64)


def measure(
    track: NDArray[np.float32], camera: NDArray[np.float32], condition: Condition, size: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(READINGS − 1, t) of a (KEYS, 8) track as the eye would read it: through the camera, with its errors.

    Height is in heights of an upright frame, as `stills.figures` has it.
    """
    count = max(round(condition.seconds * FPS), 8)
    at = np.linspace(0, KEYS - 1, count)
    row = np.stack([np.interp(at, np.arange(KEYS), channel) for channel in track.T])
    view = np.stack([np.interp(at, np.arange(KEYS), channel) for channel in camera.T])
    zoom = np.maximum(view[2], 1)
    cx, cy = (np.clip(view[axis], 0.5 / zoom, 1 - 0.5 / zoom) for axis in (0, 1))
    share = min(1.0, condition.aspect) if condition.aspect < 1 else WIDTH / HEIGHT
    tall = size * row[_SCALE] * (1 + 0.34 * row[_SQUASH]) * share * zoom
    tall *= np.exp(_wobble(rng, count, 0.03))
    x = (row[_X] - cx) * zoom + 0.5 + _wobble(rng, count, 0.005)
    foot = (row[_Y] - cy) * zoom + 0.5 + _wobble(rng, count, 0.004)
    # Round things do not show how they are turned, faces not which way they look.
    blind = 0.0 if rng.random() < 0.25 else 1.0
    angle = row[_ROTATION] + _wobble(rng, count, 0.12)
    facing = row[_FACING] * (1.0 if rng.random() < 0.6 else 0.0) + _wobble(rng, count, 0.2)
    opacity = np.clip(row[_OPACITY] + _wobble(rng, count, 0.06), 0, 1)
    out = np.stack(
        [x, foot, np.log(np.maximum(tall, 0.01)), blind * np.sin(angle), 1 - blind * (1 - np.cos(angle)), facing,
         row[_SQUASH] * 0.8 + _wobble(rng, count, 0.08), opacity]
    )  # fmt: skip
    unseen = (row[_OPACITY] < _UNSEEN) | (tall < 0.03) | (rng.random(count) < 0.02)
    return _held(out, unseen)


def _held(out: NDArray[np.float64], unseen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What is not seen stays as it was last (before it is first seen: as then), at no opacity."""
    seen = np.flatnonzero(~unseen)
    if len(seen):
        last = np.searchsorted(seen, np.arange(out.shape[1]), side="right") - 1
        out = out[:, seen[np.maximum(last, 0)]]
    out[-1, unseen] = 0.0
    return out


def _wobble(rng: np.random.Generator, count: int, spread: float) -> NDArray[np.float64]:
    """Errors of measurement: half of them from picture to picture, half slow."""
    slow = np.interp(
        np.arange(count),
        np.arange(0, count + 6, 6),
        rng.normal(0, spread, count // 6 + 2)[: len(range(0, count + 6, 6))],
    )
    return 0.7 * slow + 0.7 * rng.normal(0, spread, count)
