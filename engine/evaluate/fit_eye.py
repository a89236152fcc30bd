"""Fits the oracle's eye: pictures are drawn, learned from a few times, and thrown away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama.scene import COLOURS
from engine.evaluate.nets import GRID, POSE, SETTING, Glance, Look
from engine.evaluate.stills import HEIGHT, WIDTH, Figure, Still, lineups, stills
from engine.evaluate.views import cropped, glanced, tensor
from engine.evaluate.vocabulary import class_of, classes

CHUNK, PASSES, PAGES = 210, 3, 4_000
"""Pictures drawn at a time, how often each is glanced at on average, and how many are kept."""

LINED_UP, LOOKS, KEPT = 240, 3, 60_000
"""Line-ups drawn at a time, how often each figure is looked at on average, and how many figures are kept."""

BATCH, CROPS = 24, 96
ROWS, COLUMNS = -(-HEIGHT // 2 // GRID), -(-(WIDTH // 2) // GRID)
INDOORS = frozenset({"room", "kitchen", "stage", "school", "castle", "space", "underwater", "moon"})
"""Places where neither weather nor hour can be told for sure."""

_UNKNOWN = -100
_SMALLEST = 0.03
"""Height below which a figure is a dot."""


@dataclass(frozen=True)
class Fitting:
    """How far a fit is: seconds spent, pictures seen, share right in pictures new to it (places, names) and loss."""

    seconds: float
    pictures: int
    right: float
    loss: float


@dataclass(frozen=True)
class _Crop:
    picture: NDArray[np.uint8]
    name: int
    colour: int
    pose: tuple[float, ...]
    real: bool


def fit_glance(*, seconds: float, seed: int, start: Glance | None = None) -> Iterator[tuple[Fitting, Glance]]:
    """Fit for ``seconds`` of CPU time (going on from ``start``); yields after every `CHUNK` pictures."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    glance = start or Glance()
    glance.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(glance.parameters(), lr=2e-3, weight_decay=1e-3)
    drawn, began, count = stills(rng), time.process_time(), 0
    known: list[_Page] = []
    while (spent := time.process_time() - began) < seconds:
        _pace(optimiser, 2.5e-3, spent, seconds)
        new = _pages([next(drawn) for _ in range(CHUNK)])
        count += CHUNK
        known = [*known[-PAGES:], *new]
        right = placed(glance.eval(), new)
        loss = _glance_pass(glance.train(), optimiser, known, PASSES * CHUNK // BATCH, rng)
        yield Fitting(time.process_time() - began, count, right, loss), glance.eval()


@torch.inference_mode()
def placed(glance: Glance, pages: list[_Page]) -> float:
    """The share of pictures (one of each scene) whose place ``glance`` knows."""
    chosen = pages[:: max(1, len(pages) // BATCH)]
    _, setting = glance(tensor(np.stack([one.picture for one in chosen])))
    return float((setting["place"].argmax(1) == torch.tensor([one.setting[0] for one in chosen])).float().mean())


def fit_look(*, seconds: float, seed: int, start: Look | None = None) -> Iterator[tuple[Fitting, Look]]:
    """Fit for ``seconds`` of CPU time (going on from ``start``) on line-ups and pictures as `fit_glance` has them."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    look = start or Look(len(classes()))
    look.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(look.parameters(), lr=2e-3, weight_decay=1e-3)
    lined_up, drawn, began, count = lineups(rng), stills(rng), time.process_time(), 0
    known: list[_Crop] = []
    while (spent := time.process_time() - began) < seconds:
        _pace(optimiser, 1.5e-3, spent, seconds)
        chunk = [next(lined_up) for _ in range(LINED_UP)] + [next(drawn) for _ in range(LINED_UP // 8)]
        count += len(chunk)
        new = [crop for still in chunk for crop in _crops(still, rng)]
        known = [*known[-KEPT:], *new]
        right = named(look.eval(), new[:CROPS])
        loss = _look_pass(look.train(), optimiser, known, LOOKS * len(new) // CROPS, rng)
        yield Fitting(time.process_time() - began, count, right, loss), look.eval()


@torch.inference_mode()
def named(look: Look, crops: list[_Crop]) -> float:
    """The share of ``crops`` that ``look`` gives their name."""
    names, _, _ = look(tensor(np.stack([one.picture for one in crops])))
    return float((names.argmax(1) == torch.tensor([one.name for one in crops])).float().mean())


def _pace(optimiser: torch.optim.Optimizer, top: float, spent: float, seconds: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = top * min(1.0, (spent + 10) / 30, 1.03 - spent / seconds)


def visible(figure: Figure) -> bool:
    """Whether a figure can fairly be asked for: in the picture, opaque and not behind another."""
    inside = 0.02 < figure.x < 0.98 and 0.02 < figure.y < 0.98
    return inside and figure.opacity > 0.4 and figure.tall > _SMALLEST and not figure.hidden


@dataclass(frozen=True)
class _Page:
    picture: NDArray[np.uint8]
    heat: NDArray[np.float32]
    care: NDArray[np.float32]
    shape: NDArray[np.float32]
    setting: tuple[int, ...]


def _pages(chunk: list[Still]) -> list[_Page]:
    pages: list[_Page] = []
    for one in chunk:
        heat, shape = np.zeros((ROWS, COLUMNS), np.float32), np.zeros((3, ROWS, COLUMNS), np.float32)
        care = np.ones_like(heat)
        for figure in one.figures:
            _mark(figure, heat, care, shape)
        unsure = one.place in INDOORS
        setting = tuple(
            _UNKNOWN if unsure and name in {"time", "weather"} else values.index(getattr(one, name))
            for name, values in SETTING
        )
        pages.append(_Page(glanced(one.picture, one.before), heat, care, shape, setting))
    return pages


def _mark(figure: Figure, heat: NDArray[np.float32], care: NDArray[np.float32], shape: NDArray[np.float32]) -> None:
    """Draw a figure's Gaussian into the map; one that cannot be seen well is neither right nor wrong."""
    x, y = figure.x * COLUMNS - 0.5, figure.y * ROWS - 0.5
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    spread = max(0.09 * figure.tall * ROWS, 0.6)
    bump = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2)).astype(np.float32)
    if not visible(figure):
        care[bump > 0.05] = 0
        return
    column, row = round(x), round(y)
    if not (0 <= row < ROWS and 0 <= column < COLUMNS):
        return
    bump[row, column] = 1
    own = bump > np.maximum(heat, 0.6)
    np.maximum(heat, bump, out=heat)
    shape[0][own], shape[1][own] = (x - columns)[own], (y - rows)[own]
    shape[2][own] = np.log(figure.tall)


def _glance_pass(
    glance: Glance, optimiser: torch.optim.Optimizer, known: list[_Page], batches: int, rng: np.random.Generator
) -> float:
    losses = 0.0
    for _ in range(batches):
        chosen = [known[int(index)] for index in rng.integers(len(known), size=BATCH)]
        x = tensor(np.stack([one.picture for one in chosen])).to(memory_format=torch.channels_last)
        wanted = {
            name: torch.from_numpy(np.stack([getattr(one, name) for one in chosen]))
            for name in ("heat", "care", "shape")
        }
        if rng.random() < 0.5:
            x, wanted = x.flip(3), {name: value.flip(-1) for name, value in wanted.items()}
            wanted["shape"] = wanted["shape"] * torch.tensor([-1.0, 1.0, 1.0])[:, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            maps, setting = glance(x)
        loss = _map_loss(maps.float(), wanted)
        told = torch.tensor([one.setting for one in chosen])
        for index, (name, _) in enumerate(SETTING):
            if bool((told[:, index] != _UNKNOWN).any()):
                loss = loss + 0.5 * F.cross_entropy(setting[name].float(), told[:, index], ignore_index=_UNKNOWN)
        _step(optimiser, loss)
        losses += float(loss.detach())
    return losses / max(batches, 1)


def _map_loss(maps: Tensor, target: dict[str, Tensor]) -> Tensor:
    """CenterNet's focal loss over the centres, and the distance of offsets and heights where there is one."""
    heat, care = target["heat"], target["care"]
    seen = maps[:, 0].sigmoid().clamp(1e-4, 1 - 1e-4)
    centre = (heat > 0.999).float()
    found = centre * (1 - seen) ** 2 * seen.log()
    spurious = (1 - centre) * (1 - heat) ** 4 * seen**2 * (1 - seen).log()
    count = centre.sum().clamp(min=1)
    near = (heat > 0.6).float()
    apart = (
        (maps[:, 1:] - target["shape"]).abs() * near[:, None] * maps.new_tensor([0.5, 0.5, 2.0])[:, None, None]
    ).sum()
    return -((found + spurious) * care).sum() / count + apart / near.sum().clamp(min=1)


def _look_pass(
    look: Look, optimiser: torch.optim.Optimizer, known: list[_Crop], batches: int, rng: np.random.Generator
) -> float:
    losses = 0.0
    for _ in range(batches):
        chosen = [known[int(index)] for index in rng.integers(len(known), size=CROPS)]
        images = np.stack([one.picture for one in chosen]).astype(np.float32) * rng.uniform(
            0.88, 1.12, (CROPS, 1, 1, 1)
        )
        wanted = torch.tensor([(one.name, one.colour) for one in chosen])
        # A green dog is no cactus: a quarter of the figures have their colours exchanged.
        images[: CROPS // 4] = images[: CROPS // 4, :, :, rng.permutation(3)]
        wanted[: CROPS // 4, 1] = _UNKNOWN
        pose = torch.tensor([one.pose for one in chosen], dtype=torch.float32)
        there = torch.tensor([one.real for one in chosen], dtype=torch.float32)
        with torch.autocast("cpu", torch.bfloat16):
            batch = tensor(np.clip(images, 0, 255).astype(np.uint8)).to(memory_format=torch.channels_last)
            names, colours, read = look(batch)
        loss = F.cross_entropy(names.float(), wanted[:, 0], label_smoothing=0.03)
        if bool((wanted[:, 1] != _UNKNOWN).any()):
            loss = loss + 0.5 * F.cross_entropy(colours.float(), wanted[:, 1], ignore_index=_UNKNOWN)
        apart = F.smooth_l1_loss(read.float(), pose, beta=0.1, reduction="none").mean(1)
        loss = loss + 2 * (apart * there).sum() / there.sum().clamp(min=1)
        _step(optimiser, loss)
        losses += float(loss.detach())
    return losses / max(batches, 1)


def _crops(still: Still, rng: np.random.Generator) -> Iterator[_Crop]:
    """Each visible figure, a little off as `Glance` finds it, and one place where there is nobody."""
    faded = still.style in {"noir", "neon"}
    for figure in still.figures:
        if visible(figure):
            across, down = rng.normal(0, 0.1, 2)
            larger = float(rng.normal(0, 0.15))
            tall = figure.tall * float(np.exp(larger))
            x, y = figure.x + across * tall * HEIGHT / WIDTH, figure.y + down * tall
            colour = _UNKNOWN if figure.colour is None or faded else COLOURS.index(figure.colour)
            turn = (float(np.sin(figure.rotation)), float(np.cos(figure.rotation)))
            pose = (*turn, figure.facing, figure.squash, figure.opacity, -across, -down, -larger)
            name = classes().index(class_of(figure.art))
            yield _Crop(cropped(still.picture, x, y, tall), name, colour, pose, real=True)
    x, y, tall = float(rng.uniform(0.05, 0.95)), float(rng.uniform(0.05, 0.95)), float(np.exp(rng.uniform(-3, -1)))
    if all(np.hypot((one.x - x) * WIDTH / HEIGHT, one.y - y) > 0.6 * one.tall + 0.3 * tall for one in still.figures):
        nobody = classes().index("")
        yield _Crop(cropped(still.picture, x, y, tall), nobody, _UNKNOWN, (0.0,) * POSE, real=False)


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
