"""What a prompt asks to be heard besides speech: noises, songs and instruments, and whose they are."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from engine.diorama.sound.calls import call_of
from engine.diorama.sound.phonemes import LANGUAGES
from engine.diorama.words.reading import clean, split_speech

if TYPE_CHECKING:
    from engine.diorama.scene import Brief

LIVING = frozenset(("animal", "person", "flyer", "swimmer"))
MOST_NOISES, MOST_SOLOS = 4, 3
"""More at once is a din in which nothing is known."""

_TUNELESS = frozenset(("hiss", "ship_horn"))
"""Noises that are also called whistling, of snakes and trains."""


@dataclass(frozen=True)
class Asked:
    """One sound asked for: ``sound`` names a noise, a call or a timbre; ``subject`` makes it (None: nobody seen)."""

    sound: str
    subject: int | None
    lasting: bool = False


@dataclass(frozen=True)
class Wishes:
    """All that a prompt asks to be heard: noises, calls (of `calls.py`), who sings how, and who plays what."""

    noises: tuple[Asked, ...] = ()
    calls: tuple[Asked, ...] = ()
    songs: tuple[Asked, ...] = ()
    solos: tuple[Asked, ...] = ()


def wishes(brief: Brief) -> Wishes:
    """What ``brief``'s prompt asks to be heard. Words in quotation marks are said, not done, and are left out."""
    text = _plain(split_speech(clean(brief.prompt))[0])
    places = _places(brief, text)
    found: dict[str, list[tuple[int, Asked]]] = {"call": [], "living": [], "any": [], "song": []}
    for part, into in found.items():
        for name, entry in _table()[part].items():
            hit = entry.words[_language(brief)].search(text)
            if hit is not None:
                who = _doer(brief, places, hit.start(), living=part != "any")
                own = _own_call(brief, who) if entry.own else None
                if own is not None:
                    found["call"].append((hit.start(), Asked(own, who)))
                elif who is not None or part == "any":
                    into.append((hit.start(), Asked(entry.call or name, who, entry.lasting)))
    noises = _distinct([*found["living"], *found["any"]])
    tuneless = any(each.sound in _TUNELESS for each in noises)
    songs = [
        each
        for each in _distinct(found["song"])
        if not _is_birdsong(brief, each) and not (tuneless and each.sound == "whistle")
    ]
    tweets = [(at, Asked("bird", song.subject)) for at, song in found["song"] if _is_birdsong(brief, song)]
    calls = _distinct([*found["call"], *tweets])
    solos = _distinct(_solos(brief, text, places))
    return Wishes(tuple(noises[:MOST_NOISES]), tuple(calls[:MOST_NOISES]), tuple(songs[:1]), tuple(solos[:MOST_SOLOS]))


@dataclass(frozen=True)
class _Entry:
    words: dict[str, re.Pattern[str]]
    call: str | None
    own: bool
    lasting: bool


@cache
def _table() -> dict[str, dict[str, _Entry]]:
    raw: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
        files("engine.diorama.sound").joinpath("asked.toml").read_text(encoding="utf-8")
    )
    return {
        part: {
            name: _Entry(
                {language: _pattern(entry[language]) for language in LANGUAGES},
                entry.get("call"),
                bool(entry.get("own")),
                bool(entry.get("lasting")),
            )
            for name, entry in entries.items()
        }
        for part, entries in raw.items()
    }


def _pattern(words: str) -> re.Pattern[str]:
    each = sorted((_plain(word) for word in words.split(", ")), key=len, reverse=True)
    spelled = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in each)
    return re.compile(rf"(?<![\w'-])(?:\w')?(?:{spelled})(?![\w-])")


def _language(brief: Brief) -> str:
    return brief.language if brief.language in LANGUAGES else LANGUAGES[0]


def _plain(text: str) -> str:
    return text.lower().replace("’", "'").replace("œ", "oe")


def _places(brief: Brief, text: str) -> list[int]:
    """Where ``text`` first names each subject; −1 where it uses no such word."""
    places: list[int] = []
    for subject in brief.subjects:
        hit = re.search(rf"\b{re.escape(_plain(subject.word))}", text)
        places.append(-1 if hit is None else hit.start())
    return places


def _doer(brief: Brief, places: list[int], at: int, *, living: bool) -> int | None:
    """Who does what stands at ``at``: the last fitting subject named before it, else the first fitting one."""
    able = [
        index
        for index, subject in enumerate(brief.subjects)
        if not living or subject.kind in LIVING or subject.relation == "none"
    ]
    alive = [index for index in able if brief.subjects[index].kind in LIVING]
    able = alive if living and alive else able
    before = [index for index in able if 0 <= places[index] <= at]
    if before:
        return max(before, key=lambda index: places[index])
    return able[0] if able else None


def _own_call(brief: Brief, who: int | None) -> str | None:
    """The name of the call by which subject ``who`` is known, unless it is a person."""
    known = None if who is None or brief.subjects[who].kind == "person" else call_of(brief.subjects[who])
    return None if known is None else known[0]


def _solos(brief: Brief, text: str, places: list[int]) -> list[tuple[int, Asked]]:
    """Who plays which instrument: one is named, and so is the playing (or a player by trade)."""
    table = _table()
    if all(entry.words[_language(brief)].search(text) is None for entry in table["playing"].values()):
        return []
    solos: list[tuple[int, Asked]] = []
    for timbre, entry in table["instrument"].items():
        hit = entry.words[_language(brief)].search(text)
        if hit is not None:
            solos.append((hit.start(), Asked(timbre, _doer(brief, places, hit.start(), living=True))))
    return solos


def _is_birdsong(brief: Brief, song: Asked) -> bool:
    return song.subject is not None and brief.subjects[song.subject].kind == "flyer" and song.sound == "sing"


def _distinct(found: list[tuple[int, Asked]]) -> list[Asked]:
    """In the order of the prompt, each once."""
    return list(dict.fromkeys(asked for _, asked in sorted(found, key=lambda pair: (pair[0], pair[1].sound))))
