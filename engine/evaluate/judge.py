"""Says of each thing a prompt asks whether the clip shows it, from what the oracle saw and heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.diorama.art import pack
from engine.diorama.scene import COLOURS
from engine.evaluate.hearing import Whisper, lasting, onsets, sounds, wrong_words
from engine.evaluate.pairs import SHOWN, pair
from engine.evaluate.prompts import Ask, Prompt
from engine.evaluate.render import SECONDS, Clip
from engine.evaluate.sight import Oracle, Seen
from engine.evaluate.tracks import Track, follow, number, presence, readings
from engine.evaluate.vocabulary import classes, nouns, words

SURE = 0.5
IN_TIME = 0.08
"""Seconds between a landing seen and one heard; pictures are 0.04 s apart."""

MOST_WRONG = 0.25
"""Most word errors a line may have."""


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


def judge(prompt: Prompt, clip: Clip, oracle: Oracle, whisper: Whisper | None) -> list[Verdict]:
    """A verdict on each of the prompt's asks, in their order."""
    seen = oracle.see(clip.frames[:: max(1, clip.fps // 12)], min(clip.fps, 12))
    named = {name for ask in prompt.asks for name in (ask.subject or _noun(ask), ask.other) if name}
    case = _Case(clip, prompt, seen, oracle, whisper, {name: follow(seen, name) for name in sorted(named)})
    return [Verdict(ask, *_JUDGES[ask.attribute](case, ask)) for ask in prompt.asks]


def _noun(ask: Ask) -> str:
    return ask.value if ask.attribute == "subject" else ""


def _subject(case: _Case, ask: Ask) -> tuple[bool, str]:
    ranked = sorted(classes()[:-1], key=lambda name: -presence(case.seen, name))
    return presence(case.seen, ask.value) > SURE, ", ".join(n for n in ranked[:3] if presence(case.seen, n) > 0.3)


def _count(case: _Case, ask: Ask) -> tuple[bool, str]:
    found = number(case.seen, ask.subject)
    return found == int(ask.value), str(found)


def _colour(case: _Case, ask: Ask) -> tuple[bool, str]:
    track = case.tracks[ask.subject]
    among = [COLOURS.index(name) for name in words()["colours"]]
    found = COLOURS[max(among, key=lambda index: float(track.colours[index]))]
    return bool(track.seen.any()) and found == ask.value, found


def _relation(case: _Case, ask: Ask) -> tuple[bool, str]:
    two = pair(case.tracks[ask.subject], case.tracks[ask.other], aspect(ask.subject), aspect(ask.other))
    if two is None:
        return False, "never both seen"
    holding = [name for name, shows in SHOWN.items() if shows(two)]
    return ask.value in holding, ", ".join(holding)


def _motion(case: _Case, ask: Ask) -> tuple[bool, str]:
    track = case.tracks[ask.subject]
    if not track.seen.any():
        return False, "not seen"
    index, count = ask.beat
    likely = case.oracle.motions(
        readings(track, index / count, (index + 1) / count, SECONDS), rivals(ask.subject, ask.value)
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
    said = case.whisper(case.clip.waveform, case.clip.rate, case.prompt.language)
    return wrong_words(said, ask.value) <= MOST_WRONG, said


def _sound(case: _Case, ask: Ask) -> tuple[bool, str]:
    heard = sounds(case.oracle.ear, case.clip.waveform, case.clip.rate)
    if ask.value != "landing":
        found = [name for name, likely in heard.items() if name != "landing" and lasting(likely)]
        return ask.value in found, ", ".join(found)
    seen = case.oracle.see(case.clip.frames, case.clip.fps)
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


def aspect(noun: str) -> float:
    """Width / height of a thing as drawn upright; what is only a head gets a body, which is narrower."""
    entry = pack.index()[nouns()[noun].arts[0]]
    x0, y0, x1, y1 = entry["box"]
    return float((x1 - x0) / (y1 - y0)) if entry["framing"] == "full" else 0.75


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
