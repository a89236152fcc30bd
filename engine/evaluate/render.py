"""Makes a prompt's clip as the backend does, small and without encoding: pictures and waveform, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.diorama import sound
from engine.diorama.art import pack
from engine.diorama.model.condition import condition_of
from engine.diorama.model.direct import Director
from engine.diorama.paint.painter import Painter
from engine.diorama.scene import Brief, Line, Scene, Subject
from engine.diorama.words import understand
from engine.evaluate.prompts import Ask, Prompt
from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.vocabulary import nouns
from engine.train.scenes import direct

SECONDS = 5.0
FPS, QUICK_FPS = 12, 24
"""Pictures a second; landings are timed on twice as many."""

ASPECT = WIDTH / HEIGHT


@dataclass(frozen=True)
class Clip:
    """(t, HEIGHT, WIDTH, 3) uint8 BGR pictures at ``fps`` and the (2, n) float32 ``waveform`` at ``rate`` Hz."""

    frames: NDArray[np.uint8]
    fps: int
    waveform: NDArray[np.float32]
    rate: int


@cache
def director() -> Director:
    """The backend's director, loaded once. Raises `BackendUnavailable`."""
    return Director()


def made(prompt: Prompt, *, seed: int) -> Clip:
    """The clip that the default backend makes of ``prompt`` with ``seed``."""
    return painted(directed(understand(prompt.text), seed=seed), fps=rate_for(prompt.asks))


def directed(brief: Brief, *, seed: int, seconds: float = SECONDS) -> Scene:
    """The model's finished scene for ``brief``."""
    *_, last = director().direct(brief, seconds=seconds, seed=seed, aspect=ASPECT)
    return last.scene


def drawn(prompt: Prompt, *, seed: int) -> Clip:
    """What ``prompt`` asks, without understanding or model: the clip by which the oracle's ceiling is measured.

    The brief is put together from the prompt's asks, and its scene is one of the animator's that the model learned
    from.
    """
    brief = _brief(prompt)
    condition = condition_of(brief, seconds=SECONDS, aspect=ASPECT)
    tracks, camera = direct(condition, np.random.default_rng(seed))
    return painted(Scene(brief, SECONDS, seed, tracks, camera), fps=rate_for(prompt.asks))


def painted(scene: Scene, *, fps: int) -> Clip:
    """Paint and score ``scene``."""
    soundtrack = sound.score(scene)
    painter = Painter(scene, soundtrack, width=WIDTH, height=HEIGHT, fps=fps)
    count = round(scene.seconds * fps)
    frames = np.stack([painter.still(index / fps) for index in range(count)])
    return Clip(frames, fps, soundtrack.waveform, soundtrack.sample_rate)


def rate_for(asks: Sequence[Ask]) -> int:
    """Pictures a second that judging ``asks`` takes."""
    return QUICK_FPS if any(ask.value == "landing" for ask in asks) else FPS


def _brief(prompt: Prompt) -> Brief:
    subjects: list[Subject] = []
    first: dict[str, int] = {}
    for ask in prompt.asks:
        if ask.attribute == "subject":
            first[ask.subject or ask.value] = len(subjects)
            subjects += [_subject(ask.value, prompt.asks)] * _count(ask.value, prompt.asks)
    for ask in prompt.asks:
        if ask.attribute == "relation":
            own, other = subjects[first[ask.subject]], first[ask.other]
            motions = {"over": ("jump",), "chasing": ("run",)}.get(ask.value, own.motions)
            subjects[first[ask.subject]] = replace(own, relation=ask.value, target=other, motions=motions)
            if ask.value == "chasing":
                subjects[other] = replace(subjects[other], motions=("run",))
    told = {ask.attribute: ask.value for ask in prompt.asks}
    lines = (Line(told["speech"], prompt.language, 0),) if "speech" in told else ()
    return Brief(
        prompt.text, prompt.language, _framed(subjects), lines, place=told.get("background", "meadow"),
        time=told.get("time", "day"), weather=told.get("weather", "clear"),
    )  # fmt: skip


def _subject(name: str, asks: Sequence[Ask]) -> Subject:
    noun = nouns()[name]
    own = [ask for ask in asks if ask.subject == name]
    colour = next((ask.value for ask in own if ask.attribute == "colour"), None)
    motions = tuple(ask.value for ask in own if ask.attribute == "motion") or ("idle",)
    return Subject(noun.arts[0], name, noun.kind, float(pack.index()[noun.arts[0]]["size"]), colour, motions)


def _count(name: str, asks: Sequence[Ask]) -> int:
    return next((int(ask.value) for ask in asks if ask.attribute == "count" and ask.subject == name), 1)


def _framed(subjects: list[Subject]) -> tuple[Subject, ...]:
    """Sizes as understanding would choose them: closer together than in nature, and smaller in a crowd."""
    sizes = [0.62 * (one.size / 0.62) ** 0.6 for one in subjects]
    back = min(1.0, 1.7 / sum(sizes))
    return tuple(
        replace(one, size=float(np.clip(size * back, 0.05, 1.0))) for one, size in zip(subjects, sizes, strict=True)
    )
