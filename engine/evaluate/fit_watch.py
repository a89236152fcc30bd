"""Fits the reader of motions on painted clips of the animator's scenes, measured as the eye measures them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama.art import pack
from engine.diorama.model.condition import condition_of
from engine.diorama.paint.painter import Painter
from engine.diorama.scene import MOTIONS, TIMES, Brief, Scene, Subject
from engine.evaluate.nets import Watch
from engine.evaluate.prompts import AIR, DRY, WET
from engine.evaluate.render import ASPECT, FPS, SECONDS, framed, pictures
from engine.evaluate.sight import Oracle
from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.tracks import follow, readings
from engine.evaluate.vocabulary import nouns, words
from engine.train.scenes import direct

BATCH = 128
_SURE = 0.4
"""Least likeness at its surest for a track to be learned from."""

_KEPT = 8
"""Every so many examples one is kept apart, to see how good the reader is."""

Examples = tuple[NDArray[np.float32], NDArray[np.int64]]
"""(n, READINGS, WATCHED) readings and (n,) indices of their motions."""


def watched(oracle: Oracle, *, clips: int, seed: int) -> Examples:
    """The eye's own readings of ``clips`` painted scenes, with the motions that they show.

    Raises ``ValueError`` when it recognises nobody in any of them.
    """
    rng = np.random.default_rng(seed)
    xs: list[NDArray[np.float32]] = []
    ys: list[int] = []
    for _ in range(clips):
        scene = played(rng)
        painter = Painter(scene, None, width=WIDTH, height=HEIGHT, fps=FPS)
        seen = oracle.see(*pictures(painter, fps=FPS), FPS, setting=False)
        for subject in scene.brief.subjects:
            track = follow(seen, subject.word)
            if track.likeness.max() < _SURE or subject.motions == ("idle",):
                continue
            count = len(subject.motions)
            for beat, motion in enumerate(subject.motions):
                xs.append(readings(track, seen.scroll, beat / count, (beat + 1) / count, scene.seconds))
                ys.append(MOTIONS.index(motion))
    if not xs:
        raise ValueError("the eye knows no figure yet: fit it for longer")
    return np.stack(xs), np.array(ys, np.int64)


def played(rng: np.random.Generator) -> Scene:
    """One of the animator's scenes of what SceneEval asks: one thing, sometimes beside another, doing one or two."""
    names = [str(name) for name in rng.permutation(sorted(nouns()))[: 1 + (rng.random() < 0.2)]]
    found: list[Subject] = []
    for slot, name in enumerate(names):
        noun = nouns()[name]
        usual: list[str] = words()["motions"][noun.kind]
        motions = [str(one) for one in rng.permutation(usual)[: 1 + (rng.random() < 0.35)]]
        if slot or rng.random() < 0.06:
            motions = ["idle"]
        related: tuple[str, int | None] = ("beside", 1) if len(names) == 2 and slot == 0 else ("none", None)
        size = float(pack.index()[noun.arts[0]]["size"])
        found.append(Subject(noun.arts[0], name, noun.kind, size, None, tuple(motions), *related))
    kind, moves = found[0].kind, found[0].motions
    places = WET[:2] if kind == "swimmer" or "swim" in moves else AIR if kind == "flyer" else DRY
    place, hour = places[int(rng.integers(len(places)))], TIMES[int(rng.integers(len(TIMES)))]
    weather = ("rain", "snow", "fog")[int(rng.integers(3))] if rng.random() < 0.15 else "clear"
    brief = Brief("", "en", framed(found), place=place, time=hour, weather=weather)
    tracks, camera = direct(condition_of(brief, seconds=SECONDS, aspect=ASPECT), rng)
    return Scene(brief, SECONDS, int(rng.integers(2**31)), tracks, camera)


def fit_watch(*, seconds: float, seed: int, seen: Examples) -> Iterator[tuple[float, float, Watch]]:
    """Fit on ``seen`` for ``seconds`` of CPU time; yields (seconds spent, share right of those kept apart, network)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    watch, began, steps = Watch(), time.process_time(), 0
    optimiser = torch.optim.AdamW(watch.parameters(), lr=2e-3, weight_decay=3e-2)
    apart = np.arange(len(seen[0])) % _KEPT == 0
    x, y = seen[0][~apart], seen[1][~apart]
    while (spent := time.process_time() - began) < seconds:
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, 1.02 - spent / seconds)
        chosen = rng.integers(len(x), size=BATCH)
        shown, told = torch.from_numpy(varied(x[chosen], rng)), torch.from_numpy(y[chosen])
        loss = F.cross_entropy(watch.train()(shown), told, label_smoothing=0.05)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        steps += 1
        if steps % 100 == 0:
            yield time.process_time() - began, share_right(watch.eval(), seen[0][apart], seen[1][apart]), watch.eval()


@torch.inference_mode()
def share_right(watch: Watch, x: NDArray[np.float32], y: NDArray[np.int64]) -> float:
    """The share of examples whose motion is the likeliest of all."""
    return float((watch(torch.from_numpy(x)).argmax(1) == torch.from_numpy(y)).float().mean())


def varied(x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Readings elsewhere in the picture, larger or smaller, a little earlier or later, and half of them mirrored."""
    x = x.copy()
    mirrored = rng.random(len(x)) < 0.5
    x[mirrored, 0] = 1 - x[mirrored, 0]
    for channel in (4, 6, 9, 13):  # sine, facing, slant, scroll
        x[mirrored, channel] *= -1
    x[:, 0] += rng.normal(0, 0.06, (len(x), 1)).astype(np.float32)
    x[:, 1] += rng.normal(0, 0.03, (len(x), 1)).astype(np.float32)
    larger = rng.normal(0, 0.15, (len(x), 1)).astype(np.float32)
    for channel in (2, 3, 7):
        x[:, channel] += larger
    for row, by in enumerate(rng.integers(-2, 3, len(x)).tolist()):
        x[row] = np.take(x[row], np.clip(np.arange(x.shape[2]) + by, 0, x.shape[2] - 1), axis=1)
    return x + rng.normal(0, 0.006, x.shape).astype(np.float32)
