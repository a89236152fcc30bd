"""Fits the network that tells place, hour, weather and style: pictures are painted, learned from, and thrown away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.evaluate.nets import SETTING, Setting
from engine.evaluate.stills import Still, stills
from engine.evaluate.views import glanced, tensor

CHUNK, PASSES, PAGES = 210, 3, 4_000
"""Pictures drawn at a time, how often each is looked at on average, and how many are kept."""

BATCH = 24
FIRST, FURTHER = 2e-3, 8e-4
"""Step at the beginning, and where a network that knows already goes on: a large one would first unlearn it."""

INDOORS = frozenset({"stage", "school", "space", "underwater", "moon"})
"""Places where neither weather nor hour can be told for sure; a living room and a kitchen have a window for both."""

_UNKNOWN = -100


@dataclass(frozen=True)
class _Page:
    picture: NDArray[np.uint8]
    setting: tuple[int, ...]


def fit_setting(*, seconds: float, seed: int, start: Setting | None = None) -> Iterator[tuple[float, float, Setting]]:
    """Fit for ``seconds`` of CPU time (going on from ``start``).

    Yields (seconds spent, share of new pictures whose place is known, the network) after every `CHUNK` pictures.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = start or Setting()
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
    drawn, began = stills(rng), time.process_time()
    known: list[_Page] = []
    while (spent := time.process_time() - began) < seconds:
        for group in optimiser.param_groups:
            group["lr"] = (FIRST if start is None else FURTHER) * min(1.0, (spent + 10) / 30, 1.03 - spent / seconds)
        new = [_page(next(drawn)) for _ in range(CHUNK)]
        known = [*known[-PAGES:], *new]
        right = placed(network.eval(), new)
        _pass(network.train(), optimiser, known, rng)
        yield time.process_time() - began, right, network.eval()


@torch.inference_mode()
def placed(network: Setting, pages: list[_Page]) -> float:
    """The share of pictures (one of each scene) whose place ``network`` knows."""
    chosen = pages[:: max(1, len(pages) // BATCH)]
    answers = network(tensor(np.stack([one.picture for one in chosen])))
    return float((answers["place"].argmax(1) == torch.tensor([one.setting[0] for one in chosen])).float().mean())


def _page(still: Still) -> _Page:
    unsure = still.place in INDOORS
    setting = tuple(
        _UNKNOWN if unsure and name in {"time", "weather"} else values.index(getattr(still, name))
        for name, values in SETTING
    )
    return _Page(glanced(still.picture, still.before), setting)


def _pass(network: Setting, optimiser: torch.optim.Optimizer, known: list[_Page], rng: np.random.Generator) -> None:
    for _ in range(PASSES * CHUNK // BATCH):
        chosen = [known[int(index)] for index in rng.integers(len(known), size=BATCH)]
        x = tensor(np.stack([one.picture for one in chosen])).to(memory_format=torch.channels_last)
        if rng.random() < 0.5:
            x = x.flip(3)
        with torch.autocast("cpu", torch.bfloat16):
            answers = network(x)
        told = torch.tensor([one.setting for one in chosen])
        losses = [
            F.cross_entropy(answers[name].float(), told[:, index], ignore_index=_UNKNOWN)
            for index, (name, _) in enumerate(SETTING)
            if bool((told[:, index] != _UNKNOWN).any())
        ]
        optimiser.zero_grad(set_to_none=True)
        torch.stack(losses).sum().backward()
        optimiser.step()
