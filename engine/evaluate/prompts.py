"""SceneEval's prompts: composed in English and French in the manner of GenEval, and what each asks to see and hear."""

from __future__ import annotations

import random
import tomllib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.evaluate.vocabulary import nouns, words
from engine.evaluate.wording import capital, one, related, several, verb

ATTRIBUTES = (
    "subject", "count", "colour", "relation", "motion", "background", "time", "weather", "speech", "sound",
)  # fmt: skip
FREE = Path(__file__).parent / "free.toml"
SEED = 20

DRY = ("meadow", "forest", "beach", "city", "street", "desert", "mountains", "farm", "jungle", "castle", "stadium",
       "garden", "road", "school", "stage", "room", "kitchen", "moon", "volcano", "snowfield", "river")  # fmt: skip
OPEN = ("meadow", "forest", "beach", "city", "street", "mountains", "farm", "garden", "road", "stadium", "desert")
"""Outdoors, where hour and weather can be seen."""
WET = ("underwater", "sea", "river")
AIR = ("sky", "city", "meadow", "mountains", "forest", "farm", "space", "beach")
_HELD = frozenset({"cat", "dog", "fox", "ball", "guitar", "umbrella", "book", "gift", "trophy", "banana", "carrot",
                   "strawberry", "pizza", "bell", "bucket", "mushroom"})  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """One thing a clip must show: ``value`` of ``attribute`` for ``subject`` (a noun), towards ``other``.

    ``beat`` is (index, how many) for a motion that takes only its share of the clip. For speech and sound ``value``
    is the line, "landing" or the name of a call.
    """

    attribute: str
    value: str
    subject: str = ""
    other: str = ""
    beat: tuple[int, int] = (0, 1)


@dataclass(frozen=True)
class Prompt:
    """A prompt, its language ("en", "fr"), where it comes from and what it asks. ``family`` "free" is hand-written."""

    name: str
    text: str
    language: str
    held_out: bool
    family: str
    asks: tuple[Ask, ...]


@dataclass
class _Draw:
    """Chance within one language and half: a pair of words belongs to one half only, by its hash."""

    language: str
    held_out: bool
    rng: random.Random

    def mine(self, *parts: str) -> bool:
        return (zlib.crc32("|".join(parts).encode()) >> 3) % 2 == self.held_out

    def pick(self, values: list[str] | tuple[str, ...], *pairs: str) -> str:
        """One of ``values`` whose pair with each of ``pairs`` is this half's."""
        own = [value for value in values if all(self.mine(other, value) for other in pairs)]
        return self.rng.choice(own or list(values))

    def subject(self, *kinds: str) -> str:
        """A noun of one of ``kinds`` (any)."""
        return self.rng.choice([name for name, noun in nouns().items() if not kinds or noun.kind in kinds])

    def say(self, english: tuple[str, str], french: tuple[str, str], **parts: str) -> str:
        """The half's own template, filled in."""
        template = (english if self.language == "en" else french)[self.held_out]
        return capital(template.format(**parts))

    def a(self, name: str, colour: str | None = None) -> str:
        return one(nouns()[name], self.language, colour)

    def verb(self, motion: str, form: str) -> str:
        return verb(motion, self.language, form)

    def place(self, place: str) -> str:
        return words()["places"][place][self.language == "fr"]

    def when(self, table: str, value: str) -> str:
        return words()[table][value][self.held_out][self.language == "fr"]


def _home(draw: _Draw, name: str, motion: str = "") -> str:
    """A place for ``name`` that its motion allows."""
    kind = nouns()[name].kind
    if motion == "swim" or kind == "swimmer":
        return draw.pick(WET[:2], name)
    return draw.pick(AIR if kind == "flyer" else DRY, name)


def _motion(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    kinds = ("animal", "person", "flyer", "swimmer", "vehicle", "plant", "food", "object")
    name = draw.subject(kinds[index % len(kinds)])
    motion = draw.pick(words()["motions"][nouns()[name].kind], name)
    place = _home(draw, name, motion)
    text = draw.say(
        ("{a} {ing} {place}", "{place}, {a} {does}"), ("{a} {does} {place}", "{place}, il y a {a} qui {does}"),
        a=draw.a(name), ing=draw.verb(motion, "ing"), does=draw.verb(motion, "one"), place=draw.place(place),
    )  # fmt: skip
    return text, (Ask("subject", name), Ask("motion", motion, name), Ask("background", place))


def _count(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    name, count = draw.subject(), 2 + index % 5
    noun = nouns()[name]
    motion = draw.pick([m for m in words()["motions"][noun.kind] if m not in {"explode", "vanish", "appear"}], name)
    place = _home(draw, name, motion)
    text = draw.say(
        ("{n} {ing} {place}", "there are {n} {place}, and they {do}"),
        ("{n} {do} {place}", "{place}, on voit {n} qui {do}"),
        n=several(noun, count, draw.language), ing=draw.verb(motion, "ing"), do=draw.verb(motion, "many"),
        place=draw.place(place),
    )  # fmt: skip
    return text, (Ask("subject", name), Ask("count", str(count), name), Ask("background", place))


def _colour(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    colours = list(words()["colours"])
    first = draw.subject("animal", "vehicle", "object")
    hue = draw.pick(colours, first)
    place = draw.pick(DRY, first)
    if index % 2:
        second = draw.pick([n for n in nouns() if n != first and nouns()[n].kind not in {"swimmer", "person"}], first)
        other = draw.pick([c for c in colours if c != hue], second)
        text = draw.say(
            ("{a} and {b} {place}", "{place} there is {a}, with {b} beside it"),
            ("{a} et {b} {place}", "{place}, il y a {a} avec {b}"),
            a=draw.a(first, hue), b=draw.a(second, other), place=draw.place(place),
        )  # fmt: skip
        return text, (
            Ask("subject", first), Ask("subject", second), Ask("colour", hue, first), Ask("colour", other, second),
            Ask("background", place),
        )  # fmt: skip
    motion = draw.pick(
        [m for m in words()["motions"][nouns()[first].kind] if m not in {"explode", "vanish", "appear"}], first
    )
    text = draw.say(
        ("{a} {ing} {place}", "look, {a}! it {does} {place}"),
        ("{a} {does} {place}", "voilà {a} qui {does} {place}"),
        a=draw.a(first, hue), ing=draw.verb(motion, "ing"), does=draw.verb(motion, "one"), place=draw.place(place),
    )  # fmt: skip
    return text, (Ask("subject", first), Ask("colour", hue, first), Ask("motion", motion, first))


def _relation(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    relation = list(words()["relations"])[index % 10]
    actors = ("animal", "person") if relation in {"over", "chasing", "holding"} else ("animal", "person", "vehicle")
    first = draw.subject(*actors)
    kinds = {"over": {"object", "food"}, "holding": {"object", "food"}, "chasing": {"animal", "person"}}.get(
        relation, {"animal", "person", "vehicle", "object"}
    )
    if relation == "on":
        kinds = {"object", "animal", "vehicle"}
    others = [n for n, noun in nouns().items() if n != first and noun.kind in kinds]
    if relation == "holding":
        others = [n for n in others if n in _HELD]
    second = draw.pick(others, first + relation)
    place = draw.pick(DRY, first, second)
    text = draw.say(
        ("{pair} {place}", "{place}: {pair}"), ("{pair} {place}", "{place} : {pair}"),
        pair=related(draw.a(first), relation, draw.a(second), draw.language), place=draw.place(place),
    )  # fmt: skip
    return text, (
        Ask("subject", first), Ask("subject", second), Ask("relation", relation, first, second),
        Ask("background", place),
    )  # fmt: skip


def _setting(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    name = draw.subject("animal", "person", "vehicle", "flyer")
    place = draw.pick(OPEN, name)
    time = draw.pick(list(words()["times"]), place)
    weather = list(words()["weathers"])[index % 6]
    text = draw.say(
        ("{a} {place} {time}, {weather}", "{weather}, {a} {place} {time}"),
        ("{a} {place} {time}, {weather}", "{time}, {a} {place} {weather}"),
        a=draw.a(name), place=draw.place(place), time=draw.when("times", time), weather=draw.when("weathers", weather),
    )  # fmt: skip
    return text, (Ask("subject", name), Ask("background", place), Ask("time", time), Ask("weather", weather))


def _speech(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    name = draw.subject("person", "animal")
    lines: list[str] = words()["lines"][draw.language][draw.held_out]
    line, place = lines[index % len(lines)], draw.pick(DRY, name)
    text = draw.say(
        ('{a} {place} says "{line}"', '"{line}!" shouts {a} {place}'),
        ("{a} {place} dit « {line} »", "« {line} ! » crie {a} {place}"), a=draw.a(name), line=line,
        place=draw.place(place),
    )  # fmt: skip
    return text, (Ask("subject", name), Ask("speech", line, name), Ask("background", place))


def _sound(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    if index % 2:
        name = draw.rng.choice([n for n in words()["calls"] if draw.mine(n, "calls")])
        heard, english, french = words()["calls"][name]
        place = draw.pick(DRY, name)
        text = draw.say(
            ("{a} {v} {place}", "{place}, {a} {v} loudly"), ("{a} {v} {place}", "{place}, {a} {v} très fort"),
            a=draw.a(name), v=english if draw.language == "en" else french, place=draw.place(place),
        )  # fmt: skip
        return text, (Ask("subject", name), Ask("sound", heard, name), Ask("background", place))
    motion = ("bounce", "jump", "fall")[index // 2 % 3]
    kinds = {"bounce": ("object", "food"), "jump": ("animal", "person"), "fall": ("food", "animal", "object")}[motion]
    name = draw.subject(*kinds)
    place = draw.pick([p for p in DRY if p not in {"moon", "river"}], name, motion)
    text = draw.say(
        ("{a} {ing} {place}", "{a} that {does} {place}"), ("{a} {does} {place}", "{a} qui {does} {place}"),
        a=draw.a(name), ing=draw.verb(motion, "ing"), does=draw.verb(motion, "one"), place=draw.place(place),
    )  # fmt: skip
    return text, (Ask("subject", name), Ask("motion", motion, name), Ask("sound", "landing", name))


def _sequence(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    name = draw.subject("animal", "person")
    options = [m for m in words()["motions"][nouns()[name].kind] if m != "sleep"]
    first = options[(index + draw.held_out) % len(options)]
    then = draw.pick([m for m in options if m != first], first)
    place = draw.pick(DRY, name)
    text = draw.say(
        ("{a} {one} then {two} {place}", "{place}, {a} {one} and suddenly {two}"),
        ("{a} {one} puis {two} {place}", "{place}, {a} {one} et soudain {two}"),
        a=draw.a(name), one=draw.verb(first, "one"), two=draw.verb(then, "one"), place=draw.place(place),
    )  # fmt: skip
    return text, (
        Ask("subject", name), Ask("motion", first, name, beat=(0, 2)), Ask("motion", then, name, beat=(1, 2)),
        Ask("background", place),
    )  # fmt: skip


def _mixed(draw: _Draw, index: int) -> tuple[str, tuple[Ask, ...]]:
    first = draw.subject("animal")
    hue, second = draw.pick(list(words()["colours"]), first), draw.pick([*_sitting()], first)
    motion = draw.pick(["walk", "run", "jump", "dance"], first)
    place, time = draw.pick(OPEN, first), list(words()["times"])[index % 4]
    weather = draw.pick(["rain", "snow", "fog"], place)
    text = draw.say(
        ("{a} {ing} next to {b} {place} {time}, {weather}", "{time} {weather}, {a} {does} next to {b} {place}"),
        ("{a} {does} à côté d'{b} {place} {time}, {weather}", "{time}, {weather}, {a} {does} à côté d'{b} {place}"),
        a=draw.a(first, hue), b=draw.a(second), ing=draw.verb(motion, "ing"), does=draw.verb(motion, "one"),
        place=draw.place(place), time=draw.when("times", time), weather=draw.when("weathers", weather),
    )  # fmt: skip
    return text, (
        Ask("subject", first), Ask("subject", second), Ask("colour", hue, first), Ask("motion", motion, first),
        Ask("relation", "beside", first, second), Ask("background", place), Ask("time", time), Ask("weather", weather),
    )  # fmt: skip


def _sitting() -> Iterator[str]:
    return (name for name, noun in nouns().items() if noun.kind in {"object", "plant", "vehicle"})


_FAMILIES: dict[str, tuple[int, Callable[[_Draw, int], tuple[str, tuple[Ask, ...]]]]] = {
    "motion": (18, _motion), "count": (13, _count), "colour": (14, _colour), "relation": (20, _relation),
    "setting": (12, _setting), "speech": (8, _speech), "sound": (10, _sound), "sequence": (6, _sequence),
    "mixed": (5, _mixed),
}  # fmt: skip
"""Family → (prompts in each language and half, how one is drawn)."""


def composed() -> list[Prompt]:
    """All composed prompts, always the same: as many held out as not, as many French as English.

    Held-out prompts are worded by other templates and combine other pairs of words (subject with motion, place,
    colour or partner) than those for development.
    """
    made: list[Prompt] = []
    seen: set[str] = set()
    for family, (count, build) in _FAMILIES.items():
        for language in ("en", "fr"):
            for held_out in (False, True):
                draw = _Draw(language, held_out, random.Random(f"{SEED}{family}{language}{held_out}"))
                index = 0
                while index < count:
                    text, asks = build(draw, index)
                    if text not in seen:
                        seen.add(text)
                        name = f"{family}-{language}-{'held' if held_out else 'dev'}-{index:02}"
                        made.append(Prompt(name, text, language, held_out, family, asks))
                        index += 1
    return made


def free() -> list[Prompt]:
    """The hand-written prompts of free.toml: everyday wording, never used for development."""
    entries: list[dict[str, Any]] = tomllib.loads(FREE.read_text("utf-8"))["prompt"]
    return [
        Prompt(f"free-{entry['language']}-{i:02}", entry["text"], entry["language"], True, "free", tuple(_asked(entry)))
        for i, entry in enumerate(entries)
    ]


def _asked(entry: dict[str, Any]) -> Iterator[Ask]:
    for name in entry["subjects"]:
        yield Ask("subject", name)
    for name, count in entry.get("counts", {}).items():
        yield Ask("count", str(count), name)
    for name, colour in entry.get("colours", {}).items():
        yield Ask("colour", colour, name)
    for name, motions in entry.get("motions", {}).items():
        for index, motion in enumerate(motions):
            yield Ask("motion", motion, name, beat=(index, len(motions)))
    for first, relation, second in entry.get("relations", []):
        yield Ask("relation", relation, first, second)
    for attribute, key in (("background", "place"), ("time", "time"), ("weather", "weather")):
        if key in entry:
            yield Ask(attribute, entry[key])
    for attribute in ("speech", "sound"):
        if attribute in entry:
            yield Ask(attribute, entry[attribute], entry["subjects"][0])
