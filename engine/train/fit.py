"""The training loop: conditional flow matching on drawn scenes, with guidance dropout and averaged weights."""
# pyright: basic

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.diorama.model.condition import features
from engine.diorama.model.latents import encode
from engine.diorama.model.transformer import SceneTransformer
from engine.diorama.scene import CAMERA_CHANNELS
from engine.train.scenes import choose, direct, held_out

TOKENS_PER_BATCH = 900
DROP = 0.1
LEAST_T = 0.05
MEAN_LOGIT = 0.4
PEAK_RATE, MUON_RATE = 2e-3, 0.02
LEAST_LEVEL = 0.12
"""Noise levels below this weigh as much as this one: the last of eight steps starts at 0.125."""

WEIGHTS = torch.tensor([1.4, 1.4, 1.0, 1.0, 0.8, 1.0, 0.6, 1.0, 0.5])
"""What an error in each channel costs: where an actor is matters most, a facing is made clear afterwards."""


@dataclass
class Bucket:
    """Scenes of one cast size: ``latents`` (N, n + 1, KEYS, CHANNELS) and the stacked condition arrays."""

    latents: Tensor
    told: dict[str, Tensor]

    @property
    def batch(self) -> int:
        """Scenes a batch, so that every batch holds about as many tokens."""
        return max(8, TOKENS_PER_BATCH // (9 * self.latents.shape[1]))


@dataclass
class Progress:
    """Where the fit is: optimiser steps, seconds of CPU time used, and the mean loss since the last report."""

    step: int
    seconds: float
    loss: float
    samples: int


def draw(size: int, seed: int, *, report: Callable[[int], None] | None = None) -> list[Bucket]:
    """``size`` training scenes, none of them held out, sorted into buckets by cast size."""
    rng = np.random.default_rng(seed)
    rows: dict[int, list[tuple[np.ndarray, dict[str, np.ndarray]]]] = {}
    made = 0
    while made < size:
        condition = choose(rng)
        if held_out(condition):
            continue
        rows.setdefault(len(condition.actors), []).append((encode(*direct(condition, rng)), features(condition)))
        made += 1
        if report and made % 1000 == 0:
            report(made)
    return [_bucket(rows[n]) for n in sorted(rows)]


def _bucket(rows: list[tuple[np.ndarray, dict[str, np.ndarray]]]) -> Bucket:
    latents = torch.from_numpy(np.stack([r[0] for r in rows]))
    told = {k: torch.from_numpy(np.stack([r[1][k] for r in rows])) for k in rows[0][1]}
    return Bucket(latents, told)


def flow_loss(model: SceneTransformer, latents: Tensor, told: dict[str, Tensor], generator: torch.Generator) -> Tensor:
    """Weighted squared error of the velocity at logit-normal noise levels; a tenth of the rows are told nothing.

    In another tenth every cue is missing, as for scenes of the first days.
    """
    batch = len(latents)
    t = torch.sigmoid(torch.randn(batch, generator=generator) + MEAN_LOGIT).clamp_min(LEAST_T)
    noise = torch.randn(latents.shape, generator=generator)
    keep = (torch.rand(batch, generator=generator) >= DROP).float()
    given = (torch.rand(batch, generator=generator) >= DROP).float()
    told = {**told, "cues": told["cues"] * given[:, None, None]}
    level = t[:, None, None, None]
    clean = model.estimate((1 - level) * latents + level * noise, t, told, keep)
    error = ((clean - latents) / level.clamp_min(LEAST_LEVEL)).square()
    camera = error[:, -1, :, : len(CAMERA_CHANNELS)]  # the camera has fewer channels than an actor
    return (error[:, :-1] * WEIGHTS).mean() + camera.mean() / error.shape[1]


def fit(
    buckets: list[Bucket],
    *,
    steps: int,
    seed: int,
    every: int = 50,
    start: SceneTransformer | None = None,
) -> Iterator[tuple[Progress, SceneTransformer]]:
    """Train for ``steps``; yield (progress, averaged model) every ``every`` steps and once at the end.

    With ``start``, go on from those weights at half the pace. The learning rate falls to zero towards the end, so
    stopping early by closing the iterator gives a worse model than a shorter run would.
    """
    torch.manual_seed(seed)
    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    model = SceneTransformer() if start is None else copy.deepcopy(start).train()
    average = copy.deepcopy(model).eval()
    optimisers = _optimisers(model)
    shares = np.array([len(b.latents) for b in buckets], float) ** 0.75
    began, samples, losses = time.process_time(), 0, []
    for step in range(1, steps + 1):
        bucket = buckets[int(rng.choice(len(buckets), p=shares / shares.sum()))]
        rows = torch.from_numpy(rng.integers(len(bucket.latents), size=bucket.batch))
        pace = (1.0 if start is None else 0.5) * min(1.0, step / 60) * (1 - (step - 1) / steps) ** 0.8
        loss = flow_loss(model, bucket.latents[rows], {k: v[rows] for k, v in bucket.told.items()}, generator)
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser, peak in optimisers:
            optimiser.param_groups[0]["lr"] = peak * pace
            optimiser.step()
        _average(average, model, min(0.997, 1 - 1 / (step / 6 + 1)))
        samples += len(rows)
        losses.append(loss.item())
        if step % every == 0 or step == steps:
            yield Progress(step, time.process_time() - began, float(np.mean(losses[-every:])), samples), average


def _optimisers(model: SceneTransformer) -> list[tuple[torch.optim.Optimizer, float]]:
    """(optimiser, peak rate): Muon for the blocks' matrices, AdamW for the rest."""
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks") and name.endswith("weight")]
    outer = [p for p in model.parameters() if not any(p is q for q in inner)]
    muon = torch.optim.Muon(inner, lr=MUON_RATE, momentum=0.95, weight_decay=0.01)
    adam = torch.optim.AdamW(outer, lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    return [(muon, MUON_RATE), (adam, PEAK_RATE)]


@torch.no_grad()
def _average(average: SceneTransformer, model: SceneTransformer, memory: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - memory)
