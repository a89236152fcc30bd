"""What a clip does not show: for each thing that a prompt asks, others of the same attribute, to which no is right."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from engine.evaluate.prompts import Ask, Prompt
from engine.evaluate.vocabulary import nouns, words

OPPOSITE = {
    "left_of": "right_of", "right_of": "left_of", "behind": "in_front_of", "in_front_of": "behind", "on": "under",
    "under": "on",
}  # fmt: skip
_NEVER_BESIDE = ("on", "under", "holding", "over")
_LINES, _CALLS, _COLOURS = 3, 3, 2


def mismatched(prompt: Prompt) -> tuple[Ask, ...]:
    """Wrong asks for a clip of ``prompt``, always the same: one too few and one too many, another colour, …

    A relation is turned around, and its two things exchanged; a landing has no wrong ask (a late one is another clip).
    """
    rng = random.Random(prompt.name)
    return tuple(wrong for ask in prompt.asks for wrong in _WRONG.get(ask.attribute, _settings)(prompt, ask, rng))


def _subjects(prompt: Prompt, ask: Ask, rng: random.Random) -> Iterator[Ask]:
    shown = {name for each in prompt.asks for name in (each.subject, each.other, each.value)}
    yield replace(ask, value=rng.choice([name for name in nouns() if name not in shown]))


def _counts(_prompt: Prompt, ask: Ask, _rng: random.Random) -> Iterator[Ask]:
    yield from (replace(ask, value=str(int(ask.value) + more)) for more in (-1, 1))


def _colours(_prompt: Prompt, ask: Ask, rng: random.Random) -> Iterator[Ask]:
    others = [name for name in words()["colours"] if name != ask.value]
    yield from (replace(ask, value=name) for name in rng.sample(others, _COLOURS))


def _relations(_prompt: Prompt, ask: Ask, rng: random.Random) -> Iterator[Ask]:
    if ask.value == "beside":
        yield replace(ask, value=rng.choice(_NEVER_BESIDE))
        return
    if ask.value in OPPOSITE:
        yield replace(ask, value=OPPOSITE[ask.value])
    yield replace(ask, subject=ask.other, other=ask.subject)


def _motions(prompt: Prompt, ask: Ask, rng: random.Random) -> Iterator[Ask]:
    shown = {each.value for each in prompt.asks if each.attribute == "motion"}
    usual: list[str] = words()["motions"][nouns()[ask.subject].kind]
    yield replace(ask, value=rng.choice([name for name in usual if name not in shown]))


def _settings(_prompt: Prompt, ask: Ask, rng: random.Random) -> Iterator[Ask]:
    table = {"background": "places", "time": "times", "weather": "weathers"}[ask.attribute]
    yield replace(ask, value=rng.choice([name for name in words()[table] if name != ask.value]))


def _lines(prompt: Prompt, ask: Ask, rng: random.Random) -> Iterator[Ask]:
    halves: list[list[str]] = words()["lines"][prompt.language]
    others = [line for half in halves for line in half if line != ask.value]
    yield from (replace(ask, value=line) for line in rng.sample(others, _LINES))


def _calls(_prompt: Prompt, ask: Ask, rng: random.Random) -> Iterator[Ask]:
    if ask.value != "landing":
        others = sorted({call[0] for call in words()["calls"].values()} - {ask.value})
        yield from (replace(ask, value=call) for call in rng.sample(others, _CALLS))


_WRONG: dict[str, Callable[[Prompt, Ask, random.Random], Iterator[Ask]]] = {
    "subject": _subjects, "count": _counts, "colour": _colours, "relation": _relations, "motion": _motions,
    "speech": _lines, "sound": _calls,
}  # fmt: skip
