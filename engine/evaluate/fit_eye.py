"""Fits the eye on figures cut out of nothing: `Find` on crowds of them, `Look` on one at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.evaluate.nets import CROP, GRID, Find, Look
from engine.evaluate.sprites import Placed, Sprite, closeup, crowd
from engine.evaluate.views import AROUND, SMALL, tensor
from engine.evaluate.vocabulary import classes

BATCH, CROPS = 24, 96
ROWS, COLUMNS = -(-SMALL[1] // GRID), -(-SMALL[0] // GRID)
UNIT = 32.0
"""Half-size pixels of which `Find` tells the logarithm."""

_SHOWN = 0.25
"""Least share of a figure that must be seen for it to be asked for."""


@dataclass(frozen=True)
class Fitting:
    """How far a fit is: seconds spent, pictures seen, share right in pictures new to it, and loss."""

    seconds: float
    pictures: int
    right: float
    loss: float


def fit_look(
    sprites: list[list[Sprite]], *, seconds: float, seed: int, start: Look | None = None
) -> Iterator[tuple[Fitting, Look]]:
    """Fit for ``seconds`` of CPU time (going on from ``start``); yields every hundred batches."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    look = start or Look(len(classes()))
    look.train().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(look.parameters(), lr=2e-3, weight_decay=1e-3)
    began, count, right, losses = time.process_time(), 0, 0.0, 0.0
    while (spent := time.process_time() - began) < seconds:
        _pace(optimiser, 2e-3, spent, seconds)
        shown = [closeup(sprites, rng) for _ in range(CROPS)]
        wanted = torch.tensor([one.name for _, one in shown])
        pose = torch.tensor([_pose(one) for _, one in shown], dtype=torch.float32)
        there = torch.tensor([float(one.shown > _SHOWN) for _, one in shown])
        with torch.autocast("cpu", torch.bfloat16):
            names, read = look(tensor(np.stack([one for one, _ in shown])).to(memory_format=torch.channels_last))
        named = F.cross_entropy(names.float(), wanted, label_smoothing=0.03, reduction="none")
        apart = F.smooth_l1_loss(read.float(), pose, beta=0.1, reduction="none").mean(1)
        loss = ((named + 2 * apart) * there).sum() / there.sum().clamp(min=1)
        _step(optimiser, loss)
        right += float(((names.argmax(1) == wanted).float() * there).sum() / there.sum().clamp(min=1))
        losses, count = losses + float(loss.detach()), count + 1
        if count % 100 == 0:
            yield Fitting(spent, count * CROPS, right / 100, losses / 100), look
            right = losses = 0.0
    yield Fitting(seconds, count * CROPS, right / (count % 100 or 1), losses / (count % 100 or 1)), look.eval()


def _pose(one: Placed) -> tuple[float, ...]:
    """What `POSE` says of a figure in a crop."""
    extent = max(one.wide, one.tall)
    middle = CROP / 2
    turn = (float(np.sin(one.rotation)), float(np.cos(one.rotation)))
    return (*turn, float(one.facing), *((value - middle) * AROUND / CROP for value in (one.x, one.y)),
            float(np.log(max(extent, 2) * AROUND / CROP)))  # fmt: skip


def fit_find(
    sprites: list[list[Sprite]], *, seconds: float, seed: int, start: Find | None = None
) -> Iterator[tuple[Fitting, Find]]:
    """Fit for ``seconds`` of CPU time (going on from ``start``); yields every fifty batches."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    find = start or Find()
    find.train().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(find.parameters(), lr=2e-3, weight_decay=1e-3)
    began, count, right, losses = time.process_time(), 0, 0.0, 0.0
    while (spent := time.process_time() - began) < seconds:
        _pace(optimiser, 2.5e-3, spent, seconds)
        shown = [crowd(sprites, rng) for _ in range(BATCH)]
        marks = [_marked(placed) for _, placed in shown]
        heat, care, shape = (torch.from_numpy(np.stack(parts)) for parts in zip(*marks, strict=True))
        with torch.autocast("cpu", torch.bfloat16):
            maps = find(tensor(np.stack([one for one, _ in shown])).to(memory_format=torch.channels_last)).float()
        loss = _map_loss(maps, heat, care, shape)
        _step(optimiser, loss)
        right += float(((maps[:, 0] > 0) == (heat > 0.999))[heat > 0.999].float().mean())
        losses, count = losses + float(loss.detach()), count + 1
        if count % 50 == 0:
            yield Fitting(spent, count * BATCH, right / 50, losses / 50), find
            right = losses = 0.0
    yield Fitting(seconds, count * BATCH, right / (count % 50 or 1), losses / (count % 50 or 1)), find.eval()


def _marked(placed: list[Placed]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The map of centres, where it counts, and offsets and sizes; a figure hardly seen is neither right nor wrong."""
    heat, shape = np.zeros((ROWS, COLUMNS), np.float32), np.zeros((4, ROWS, COLUMNS), np.float32)
    care = np.ones_like(heat)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    for one in placed:
        x, y = one.x / GRID - 0.5, one.y / GRID - 0.5
        spread = max(0.09 * max(one.wide, one.tall) / GRID, 0.6)
        bump = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2)).astype(np.float32)
        column, row = round(x), round(y)
        if one.shown < _SHOWN or not (0 <= row < ROWS and 0 <= column < COLUMNS):
            care[bump > 0.05] = 0
            continue
        bump[row, column] = 1
        own = bump > np.maximum(heat, 0.6)
        np.maximum(heat, bump, out=heat)
        shape[0][own], shape[1][own] = (x - columns)[own], (y - rows)[own]
        shape[2][own], shape[3][own] = np.log(max(one.wide, 2) / UNIT), np.log(max(one.tall, 2) / UNIT)
    return heat, care, shape


def _map_loss(maps: Tensor, heat: Tensor, care: Tensor, shape: Tensor) -> Tensor:
    """CenterNet's focal loss over the centres, and the distance of offsets and sizes where there is one."""
    seen = maps[:, 0].sigmoid().clamp(1e-4, 1 - 1e-4)
    centre = (heat > 0.999).float()
    found = centre * (1 - seen) ** 2 * seen.log()
    spurious = (1 - centre) * (1 - heat) ** 4 * seen**2 * (1 - seen).log()
    near = (heat > 0.6).float()
    weight = maps.new_tensor([0.5, 0.5, 1.5, 1.5])[:, None, None]
    apart = ((maps[:, 1:] - shape).abs() * near[:, None] * weight).sum()
    return -((found + spurious) * care).sum() / centre.sum().clamp(min=1) + apart / near.sum().clamp(min=1)


def _pace(optimiser: torch.optim.Optimizer, top: float, spent: float, seconds: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = top * min(1.0, (spent + 5) / 20, 1.02 - spent / seconds)


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
