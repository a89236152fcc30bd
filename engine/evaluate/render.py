"""Makes a prompt's clip as the backend does, small and without encoding: pictures and waveform, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.diorama import sound
from engine.diorama.art import pack
from engine.diorama.model.condition import condition_of
from engine.diorama.model.crowd import stage
from engine.diorama.model.direct import Director
from engine.diorama.model.projection import HIGHEST, LOWEST
from engine.diorama.paint.light import Light
from engine.diorama.paint.painter import Painter
from engine.diorama.paint.puppet import Drawn, Puppet
from engine.diorama.paint.raster import Picture
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
    """(t, HEIGHT, WIDTH, 3) uint8 BGR pictures at ``fps`` and the (2, n) float32 ``waveform`` at ``rate`` Hz.

    ``plates`` are the same pictures of the empty stage: without the actors, but with all that falls on it. ``light``
    is the stage's.
    """

    frames: NDArray[np.uint8]
    plates: NDArray[np.uint8]
    light: Light
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
    from, with everybody moved to where they can be seen, as in every clip.
    """
    brief = _brief(prompt)
    condition = condition_of(brief, seconds=SECONDS, aspect=ASPECT)
    tracks, camera = direct(condition, np.random.default_rng(seed))
    tracks = np.clip(stage(condition, tracks, {}), LOWEST, HIGHEST)
    return painted(Scene(brief, SECONDS, seed, tracks, camera), fps=rate_for(prompt.asks))


class Unseen(Puppet):
    """A puppet that plays its part and cannot be seen."""

    def __init__(self, seen: Puppet) -> None:
        self.__dict__.update(seen.__dict__, films=seen.films)
        self.seen = seen
        self.drawn = lru_cache(maxsize=96)(self._hidden)
        self.lips = lru_cache(maxsize=8)(self._closed)

    def _hidden(self, gait: str, phase: int) -> Drawn:
        drawn = self.seen.drawn(gait, phase)
        return replace(drawn, picture=np.zeros_like(drawn.picture))

    def _closed(self, level: int, lip: float) -> Picture:
        return np.zeros_like(self.seen.lips(level, lip))


def painted(scene: Scene, *, fps: int) -> Clip:
    """Paint and score ``scene``."""
    soundtrack = sound.score(scene)
    painter = Painter(scene, soundtrack, width=WIDTH, height=HEIGHT, fps=fps)
    frames, plates = pictures(painter, fps=fps)
    return Clip(frames, plates, painter.place.light, fps, soundtrack.waveform, soundtrack.sample_rate)


def pictures(painter: Painter, *, fps: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The scene's pictures and those of its empty stage, (t, h, w, 3) uint8 BGR each."""
    seen, unseen = painter.puppets, [Unseen(puppet) for puppet in painter.puppets]
    shape = (round(painter.scene.seconds * fps), painter.height, painter.width, 3)
    frames, plates = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    for index in range(shape[0]):
        for puppets, out in ((seen, frames), (unseen, plates)):
            painter.puppets = [*puppets]
            out[index] = painter.still(index / fps)
    painter.puppets = seen
    return frames, plates


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
        prompt.text, prompt.language, framed(subjects), lines, place=told.get("background", "meadow"),
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


def framed(subjects: list[Subject]) -> tuple[Subject, ...]:
    """Sizes as understanding would choose them: closer together than in nature, and smaller in a crowd."""
    sizes = [0.62 * (one.size / 0.62) ** 0.6 for one in subjects]
    back = min(1.0, 1.7 / sum(sizes))
    return tuple(
        replace(one, size=float(np.clip(size * back, 0.05, 1.0))) for one, size in zip(subjects, sizes, strict=True)
    )
