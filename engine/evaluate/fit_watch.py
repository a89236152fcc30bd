"""Fits the reader of motions on the animator's scenes, measured as imperfectly as the eye measures."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama.model.condition import Condition
from engine.diorama.scene import KEYS, MOTIONS
from engine.evaluate.nets import Watch
from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.tracks import sampled
from engine.train.scenes import choose, direct

FPS = 12
_X, _Y, _SCALE, _ROTATION, _SQUASH, _FACING, _OPACITY = range(7)
_UNSEEN = 0.35
"""Opacity below which the eye finds nothing."""

SCENES, BATCH = 1_000, 128


def fit_watch(*, seconds: float, seed: int) -> Iterator[tuple[float, float, Watch]]:
    """Fit for ``seconds`` of CPU time; yields (seconds spent, share right on fresh scenes, the network)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    watch, began = Watch(), time.process_time()
    optimiser = torch.optim.AdamW(watch.parameters(), lr=2e-3, weight_decay=1e-3)
    known: list[tuple[NDArray[np.float32], NDArray[np.int64]]] = []
    while (spent := time.process_time() - began) < seconds:
        x, y = _scenes(rng)
        with torch.inference_mode():
            right = float((watch.eval()(torch.from_numpy(x)).argmax(1) == torch.from_numpy(y)).float().mean())
        known = [*known[-14:], (x, y)]
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, 1.03 - spent / seconds)
        _learn(watch.train(), optimiser, known, rng)
        yield time.process_time() - began, right, watch.eval()


def _learn(
    watch: Watch, optimiser: torch.optim.Optimizer, known: list[tuple[NDArray[np.float32], NDArray[np.int64]]],
    rng: np.random.Generator,
) -> None:  # fmt: skip
    x, y = np.concatenate([one for one, _ in known]), np.concatenate([one for _, one in known])
    for _ in range(3 * SCENES // BATCH * 2):
        chosen = rng.integers(len(x), size=BATCH)
        loss = F.cross_entropy(watch(torch.from_numpy(x[chosen])), torch.from_numpy(y[chosen]), label_smoothing=0.02)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


def _scenes(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
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
