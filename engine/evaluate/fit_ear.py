"""Fits the ear on soundtracks of the animator's scenes, whose sound events are known."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama import sound
from engine.diorama.model.condition import Actor, Condition, without_circles
from engine.diorama.scene import MOODS, PLACES, WEATHERS, Brief, Scene, Soundtrack, Subject
from engine.evaluate.hearing import mel
from engine.evaluate.nets import HEARD_RATE, HOP, SOUNDS, Ear
from engine.evaluate.vocabulary import nouns, words
from engine.train.scenes import direct

LANDINGS = frozenset({"thud", "bounce", "splash", "crash", "land", "landing"})
"""Names under which the score lists what hits the ground."""

_CALL = 0.4
"""Seconds of a call that are taught."""

_SECONDS = 5.0
_MOTIONS = ("jump", "bounce", "fall", "walk", "run", "dance", "idle", "fly", "spin", "drive", "roll", "sleep")


def fit_ear(*, soundtracks: int, seconds: float, seed: int) -> Iterator[tuple[float, float, Ear]]:
    """Fit on ``soundtracks`` for ``seconds`` of CPU time; yields (seconds spent, mean loss, the network)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    drawn = [_example(rng) for _ in range(soundtracks)]
    x = torch.from_numpy(np.stack([one for one, _ in drawn]))
    y = torch.from_numpy(np.stack([one for _, one in drawn]))
    ear, began = Ear(), time.process_time()
    optimiser = torch.optim.AdamW(ear.parameters(), lr=2e-3, weight_decay=1e-2)
    while (spent := time.process_time() - began) < seconds:
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, 1.03 - spent / seconds)
        total, batches = 0.0, 0
        ear.train()
        for start in torch.randperm(len(x)).split(16):
            loss = F.binary_cross_entropy_with_logits(ear(spoilt(x[start])), y[start], pos_weight=torch.tensor(2.0))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total, batches = total + float(loss.detach()), batches + 1
        yield time.process_time() - began, total / batches, ear.eval()


def spoilt(x: Tensor) -> Tensor:
    """(b, BANDS, m) pictures of sound a little louder or softer, noisier, and deaf in a few bands: new to the ear."""
    deaf = torch.rand(len(x), x.shape[1], 1) < torch.rand(len(x), 1, 1) * 0.25
    return (x * (0.8 + 0.4 * torch.rand(len(x), 1, 1)) + 0.15 * torch.randn_like(x)).masked_fill(deaf, 0.0)


def _example(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    soundtrack = sound.score(_scene(rng), speech=False)
    picture = mel(soundtrack.waveform, soundtrack.sample_rate)
    return picture, _taught(soundtrack, picture.shape[1])


def _taught(soundtrack: Soundtrack, moments: int) -> NDArray[np.float32]:
    told = np.zeros((len(SOUNDS), moments), np.float32)
    for event in soundtrack.events:
        at = round(float(event["time"]) * HEARD_RATE / HOP)
        if event["sound"] in LANDINGS:
            told[0, max(at - 1, 0) : at + 3] = 1
        elif event["sound"] in SOUNDS:
            told[SOUNDS.index(event["sound"]), at : at + round(_CALL * HEARD_RATE / HOP)] = 1
    return told


def _scene(rng: np.random.Generator) -> Scene:
    callers = list(words()["calls"])
    names = [
        str(rng.choice(callers)) if rng.random() < 0.6 else str(rng.choice(list(nouns())))
        for _ in range(int(rng.integers(1, 4)))
    ]
    actors = tuple(Actor((str(rng.choice(_MOTIONS)),), size=float(rng.uniform(0.25, 0.5))) for _ in names)
    weather, mood = str(rng.choice(WEATHERS)), str(rng.choice(MOODS))
    condition = without_circles(Condition(actors, weather=weather, mood=mood, seconds=_SECONDS))
    tracks, camera = direct(condition, rng)
    subjects = tuple(
        Subject(nouns()[name].arts[0], name, nouns()[name].kind, actor.size, motions=actor.motions)
        for name, actor in zip(names, actors, strict=True)
    )
    brief = Brief("", "en", subjects, place=str(rng.choice(PLACES)), weather=weather, mood=mood)
    return Scene(brief, _SECONDS, int(rng.integers(2**31)), tracks, camera)
