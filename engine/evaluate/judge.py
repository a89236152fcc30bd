"""Says of each thing a prompt asks whether the clip shows it, from what the oracle saw and heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.evaluate.hearing import Whisper, lasting, onsets, sounds, wrong_sounds, wrong_words
from engine.evaluate.hues import likeliest
from engine.evaluate.pairs import SHOWN, pair
from engine.evaluate.prompts import Ask, Prompt
from engine.evaluate.render import SECONDS, Clip
from engine.evaluate.sight import Oracle, Seen
from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.tracks import Track, follow, number, presence, readings
from engine.evaluate.views import masked
from engine.evaluate.vocabulary import classes, nouns, words

SURE = 0.35
"""Least mean likeness, in the pictures where it is surest, of a thing that is there."""

_MAYBE = 0.25
"""Probability from which a thing is followed at all."""

_LOOKS = 6
"""Pictures from which a colour is read."""

IN_TIME = 0.08
"""Seconds between a landing seen and one heard; pictures are 0.04 s apart."""

MOST_WRONG = 0.25
"""Largest share of a line's words, or of its sounds however they were written, that may be wrong."""


@dataclass(frozen=True)
class Verdict:
    """Whether ``ask`` was shown and what was found instead; ``right`` is None where it could not be judged."""

    ask: Ask
    right: bool | None
    found: str


@dataclass(frozen=True)
class _Case:
    clip: Clip
    prompt: Prompt
    seen: Seen
    oracle: Oracle
    whisper: Whisper | None
    tracks: Mapping[str, Track]

    @cached_property
    def said(self) -> str:
        """What the recogniser reads in the clip; "" without one."""
        return self.whisper(self.clip.waveform, self.clip.rate, self.prompt.language) if self.whisper else ""


def judge(prompt: Prompt, clip: Clip, oracle: Oracle, whisper: Whisper | None) -> list[Verdict]:
    """A verdict on each of the prompt's asks, in their order."""
    step = max(1, clip.fps // 12)
    seen = oracle.see(clip.frames[::step], clip.plates[::step], min(clip.fps, 12))
    named = {name for ask in prompt.asks for name in (ask.subject or _noun(ask), ask.other) if name}
    case = _Case(clip, prompt, seen, oracle, whisper, {name: follow(seen, name) for name in sorted(named)})
    return [Verdict(ask, *_JUDGES[ask.attribute](case, ask)) for ask in prompt.asks]


def _noun(ask: Ask) -> str:
    return ask.value if ask.attribute == "subject" else ""


def _subject(case: _Case, ask: Ask) -> tuple[bool, str]:
    ranked = sorted(classes()[:-1], key=lambda name: -presence(case.seen, name))
    found = ", ".join(name for name in ranked[:3] if presence(case.seen, name) > 0.3)
    ways = case.tracks[ask.value], follow(case.seen, ask.value, parts=True)
    return presence(case.seen, ask.value) > SURE and ask.value in {way.surest for way in ways}, found


def _count(case: _Case, ask: Ask) -> tuple[bool, str]:
    found = number(case.seen, ask.subject)
    return found == int(ask.value), str(found)


def _colour(case: _Case, ask: Ask) -> tuple[bool, str]:
    track = case.tracks[ask.subject]
    if not _shown(case, ask.subject):
        return False, ""
    weather = case.seen.setting["weather"]
    mist = max(weather, key=lambda name: weather[name]) == "fog"
    found = likeliest(pixels(case.clip, track), ask.subject, case.clip.light, mist=mist)
    return found == ask.value, found


def _shown(case: _Case, noun: str) -> bool:
    return bool(case.tracks[noun].seen.any()) and presence(case.seen, noun) > _MAYBE


def pixels(clip: Clip, track: Track) -> NDArray[np.uint8]:
    """(n, 3) uint8 BGR of the thing followed, from the pictures where it is surest; best where nothing touches it."""
    step = max(1, clip.fps // 12)
    order = np.argsort(-(track.likeness + track.alone), kind="stable")[:_LOOKS]
    found: list[NDArray[np.uint8]] = []
    for k in order[track.seen[order]].tolist():
        sheet = masked(clip.frames[k * step], clip.plates[k * step])
        wide, tall = track.wide[k] * WIDTH, track.tall[k] * HEIGHT
        x0, y0 = max(int(track.x[k] * WIDTH - wide / 2), 0), max(int(track.y[k] * HEIGHT - tall / 2), 0)
        own = sheet[y0 : y0 + int(tall) + 1, x0 : x0 + int(wide) + 1]
        inner = cv2.erode(own[:, :, 3], np.ones((3, 3), np.uint8)) > 0
        found.append(own[inner][:, :3])
    return np.concatenate(found) if found else np.zeros((0, 3), np.uint8)


def _relation(case: _Case, ask: Ask) -> tuple[bool, str]:
    first, second = (follow(case.seen, name, parts=True) for name in (ask.subject, ask.other))
    two = pair(first, second, case.seen.scroll)
    if two is None or not (_shown(case, ask.subject) and _shown(case, ask.other)):
        return False, "never both seen"
    holding = [name for name, shows in SHOWN.items() if shows(two)]
    return ask.value in holding, ", ".join(holding)


def _motion(case: _Case, ask: Ask) -> tuple[bool, str]:
    track = case.tracks[ask.subject]
    if not _shown(case, ask.subject):
        return False, "not seen"
    index, count = ask.beat
    likely = case.oracle.motions(
        readings(track, case.seen.scroll, index / count, (index + 1) / count, SECONDS), rivals(ask.subject, ask.value)
    )
    found = max(likely, key=lambda name: likely[name])
    return found == ask.value, found


def _setting(kind: str) -> Callable[[_Case, Ask], tuple[bool, str]]:
    def verdict(case: _Case, ask: Ask) -> tuple[bool, str]:
        shares = case.seen.setting[kind]
        found = max(shares, key=lambda name: shares[name])
        return found == ask.value, found

    return verdict


def _speech(case: _Case, ask: Ask) -> tuple[bool | None, str]:
    if case.whisper is None:
        return None, "Whisper is not installed"
    wrong = min(wrong_words(case.said, ask.value), wrong_sounds(case.said, ask.value, case.prompt.language))
    return wrong <= MOST_WRONG, case.said


def _sound(case: _Case, ask: Ask) -> tuple[bool, str]:
    heard = sounds(case.oracle.ear, case.clip.waveform, case.clip.rate)
    if ask.value != "landing":
        found = [name for name, likely in heard.items() if name != "landing" and lasting(likely)]
        return ask.value in found, ", ".join(found)
    seen = case.oracle.see(case.clip.frames, case.clip.plates, case.clip.fps, setting=False)
    contacts = landings(follow(seen, ask.subject), case.clip.fps)
    times = onsets(heard["landing"])
    apart = [min((abs(time - contact) for time in times), default=9.9) for contact in contacts]
    met = sum(gap <= IN_TIME for gap in apart)
    told = f"{met} of {len(contacts)} landings heard, {len(times)} sounds"
    return met >= 1 and met >= 0.6 * len(contacts), told


_JUDGES: dict[str, Callable[[_Case, Ask], tuple[bool | None, str]]] = {
    "subject": _subject, "count": _count, "colour": _colour, "relation": _relation, "motion": _motion,
    "background": _setting("place"), "time": _setting("time"), "weather": _setting("weather"), "speech": _speech,
    "sound": _sound,
}  # fmt: skip


def rivals(noun: str, motion: str) -> tuple[str, ...]:
    """The motions among which ``motion`` must be the likeliest: all that are asked of such a thing, and standing."""
    usual: list[str] = words()["motions"][nouns()[noun].kind]
    return tuple(dict.fromkeys([*usual, "idle", motion]))


def landings(track: Track, fps: float) -> list[float]:
    """The seconds at which a falling thing stops: fast downwards before, not downwards after, and low."""
    foot: NDArray[np.float64] = np.convolve(np.pad(track.foot, 1, mode="edge"), (0.2, 0.6, 0.2), mode="valid")
    speed = np.diff(foot) * fps
    found: list[float] = []
    for k in range(1, len(speed) - 1):
        stops = speed[k - 1] > 0.22 and speed[k + 1] < 0.35 * speed[k - 1] and foot[k + 1] > np.quantile(foot, 0.5)
        if stops and track.seen[k] and (not found or (k + 0.5) / fps - found[-1] > 0.2):
            found.append((k + 0.5) / fps)
    return found
