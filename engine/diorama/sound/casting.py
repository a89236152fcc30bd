"""Who speaks with which voice: chosen from a subject's kind, size and words, different for each speaker."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.diorama.sound.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.diorama.scene import Brief, Subject

_ENGLISH = (
    Voice("af_heart"), Voice("am_michael"), Voice("bf_emma", british=True), Voice("am_puck"), Voice("af_bella"),
    Voice("bm_george", british=True), Voice("af_sarah"), Voice("am_fenrir"), Voice("bm_fable", british=True),
)  # fmt: skip
# The model has one French voice: shifting pitch and formants together makes other people of it.
_FRENCH = (
    Voice("ff_siwis"), Voice("ff_siwis", shift=0.82), Voice("ff_siwis", shift=1.1), Voice("ff_siwis", shift=0.78),
    Voice("ff_siwis", shift=0.92),
)  # fmt: skip
NARRATORS = {"en": Voice("bm_george", british=True), "fr": Voice("ff_siwis")}

_FEMALE = re.compile(
    r"\b(woman|girl|lady|queen|princess|mother|mom|mum|grandma|grandmother|witch|mermaid|fairy|sister|she|actress|nun|"
    r"femme|fille|dame|reine|princesse|mère|maman|mamie|sorcière|sirène|fée|soeur|sœur|elle|danseuse|chanteuse)\b"
)
_MALE = re.compile(
    r"\b(man|boy|king|prince|father|dad|grandpa|grandfather|wizard|knight|brother|guy|he|santa|cowboy|pirate|merman|"
    r"homme|garçon|roi|père|papa|papi|papy|sorcier|chevalier|frère|monsieur|il)\b"
)
_CHILD = re.compile(r"\b(baby|child|kid|boy|girl|toddler|bébé|enfant|garçon|fillette|fille)\b")
_SMALL, _LARGE = 0.16, 0.5
# Beyond these a recogniser understands less: French, said by one voice, bears less than English.
_SHIFTS = {"en": (0.75, 1.35), "fr": (0.78, 1.22)}


def choose(brief: Brief) -> dict[int | None, dict[str, Voice]]:
    """A voice for each speaker of ``brief`` (None: the narrator) and each language; no two speakers share one."""
    chosen: dict[int | None, dict[str, Voice]] = {}
    speakers = list(dict.fromkeys(line.speaker for line in brief.lines))
    for language, cast, is_male in (("en", _ENGLISH, _is_male), ("fr", _FRENCH, _is_low)):
        taken: set[Voice] = set()
        heard: set[Voice] = set()
        for speaker in speakers:
            voice = NARRATORS[language]
            if speaker is not None:
                free = [voice for voice in cast if voice not in taken] or list(cast)
                voice = _fitting(brief.subjects[speaker], free, is_male)
            taken.add(voice)
            shaped = voice if speaker is None else _shaped(brief.subjects[speaker], voice)
            while shaped in heard:  # shaped alike by size: one of them speaks a little higher
                shaped = replace(shaped, shift=round(shaped.shift * 1.08, 3))
            heard.add(shaped)
            chosen.setdefault(speaker, {})[language] = shaped
    return chosen


def _is_male(voice: Voice) -> bool:
    return voice.style[1] == "m"


def _is_low(voice: Voice) -> bool:
    return voice.shift < 0.9


def _fitting(subject: Subject, free: list[Voice], is_male: Callable[[Voice], bool]) -> Voice:
    words = f"{subject.word} {subject.art}".lower().replace("-", " ").replace("_", " ")
    male = None
    if _FEMALE.search(words):
        male = False
    elif _MALE.search(words) or subject.kind in ("vehicle", "object") or subject.size >= _LARGE:
        male = True
    suited = [voice for voice in free if male is None or is_male(voice) == male] or free
    # crc32, not hash(): the same word has the same voice in every process.
    return suited[zlib.crc32(subject.word.encode()) % len(suited)]


def _shaped(subject: Subject, voice: Voice) -> Voice:
    """Small speakers sound higher and a little faster, large ones lower and slower; people keep their own voice."""
    words = f"{subject.word} {subject.art}".lower().replace("-", " ")
    if subject.kind == "person":
        return replace(voice, shift=voice.shift * 1.15) if _CHILD.search(words) else voice
    size = min(max(subject.size, 0.05), 0.9)
    lift = (0.3 / size) ** 0.3
    least, most = _SHIFTS["fr" if voice.style.startswith("ff") else "en"]
    shift = min(max(voice.shift * min(max(lift, 0.8), 1.35), least), most)
    return replace(voice, shift=round(shift, 3), pace=1.05 if size < _SMALL else 0.97 if size > _LARGE else 1.0)
