"""Who speaks with which voice: chosen from a subject's kind, size and words, different for each speaker."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.diorama.sound.matching import closest
from engine.diorama.sound.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.diorama.scene import Brief, Subject
    from engine.diorama.sound.likeness import VoicePrint

_ENGLISH = (
    Voice("af_heart"), Voice("am_michael"), Voice("bf_emma", british=True), Voice("am_puck"), Voice("af_bella"),
    Voice("bm_george", british=True), Voice("af_sarah"), Voice("am_fenrir"), Voice("bm_fable", british=True),
)  # fmt: skip
# The model has one French speaker. Half the throat of somebody else, under the same melody and rhythm, is another
# person who speaks French as well; whole throats of others were understood much less.
_WOMAN, _OTHER_WOMAN = Voice("ff_siwis"), Voice("ff_siwis", throats=(("if_sara", 0.5),), pitch=0.93, shift=0.97)
_MAN = Voice("ff_siwis", throats=(("em_alex", 0.35),), pitch=0.66, shift=0.95, pace=0.95)
_OLD_MAN = Voice("ff_siwis", throats=(("bm_george", 0.4),), pitch=0.58, shift=0.9, pace=0.93)
_CHILD_VOICE = Voice("ff_siwis", pitch=1.17, shift=1.1, pace=0.95)
_FRENCH = (_WOMAN, _MAN, _OTHER_WOMAN, _OLD_MAN, _CHILD_VOICE)
CASTS = {"en": _ENGLISH, "fr": _FRENCH}
"""The voices there are, by language."""
NARRATORS = {"en": Voice("bm_george", british=True), "fr": _WOMAN}

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
_SHIFTS = {"en": (0.78, 1.3), "fr": (0.85, 1.18)}


def choose(brief: Brief, prints: Sequence[VoicePrint | None] = ()) -> dict[int | None, dict[str, Voice]]:
    """A voice for each speaker of ``brief`` (None: the narrator) and each language; no two speakers share one.

    A speaker played by a cast member whose voice is known (``prints`` at the subject's ``cast``) gets the nearest to
    it; a member without a print an ordinary voice, as drawn art does, because looks say nothing about a voice.
    """
    chosen: dict[int | None, dict[str, Voice]] = {}
    speakers = list(dict.fromkeys(line.speaker for line in brief.lines))
    for language, cast in CASTS.items():
        taken: set[Voice] = set()
        heard: set[Voice] = set()
        for speaker in speakers:
            voice = NARRATORS[language]
            known = _print(brief, speaker, prints)
            if known is not None:
                chosen.setdefault(speaker, {})[language] = closest(known, cast)
                continue
            if speaker is not None:
                free = [voice for voice in cast if voice not in taken] or list(cast)
                voice = _fitting(brief.subjects[speaker], free)
            taken.add(voice)
            shaped = voice if speaker is None else _shaped(brief.subjects[speaker], voice)
            while shaped in heard:  # shaped alike by size: one of them speaks a little higher
                shaped = replace(shaped, shift=round(shaped.shift * 1.08, 3))
            heard.add(shaped)
            chosen.setdefault(speaker, {})[language] = shaped
    return chosen


def lift(subject: Subject) -> float:
    """How much higher than a grown woman's ``subject``'s voice is when it laughs or sings: by its words, else size."""
    words = f"{subject.word} {subject.art}".lower().replace("-", " ").replace("_", " ")
    if subject.kind == "person":
        return 1.3 if _CHILD.search(words) else 1.0 if _FEMALE.search(words) or not _MALE.search(words) else 0.62
    return float(min(max((0.3 / max(subject.size, 0.05)) ** 0.5, 0.5), 1.6))


def _print(brief: Brief, speaker: int | None, prints: Sequence[VoicePrint | None]) -> VoicePrint | None:
    member = None if speaker is None else brief.subjects[speaker].cast
    return prints[member] if member is not None and member < len(prints) else None


def _is_male(voice: Voice) -> bool:
    return voice.style[1] == "m" or voice.pitch < 0.8


def _fitting(subject: Subject, free: list[Voice]) -> Voice:
    words = f"{subject.word} {subject.art}".lower().replace("-", " ").replace("_", " ")
    male = None
    if _FEMALE.search(words):
        male = False
    elif _MALE.search(words) or subject.kind in ("vehicle", "object") or subject.size >= _LARGE:
        male = True
    suited = [voice for voice in free if male is None or _is_male(voice) == male] or free
    # crc32, not hash(): the same word has the same voice in every process.
    return suited[zlib.crc32(subject.word.encode()) % len(suited)]


def _shaped(subject: Subject, voice: Voice) -> Voice:
    """Small speakers sound higher and a little faster, large ones lower and slower; people keep their own voice."""
    words = f"{subject.word} {subject.art}".lower().replace("-", " ")
    if subject.kind == "person":
        if not _CHILD.search(words) or voice == _CHILD_VOICE:
            return voice
        return replace(voice, shift=round(voice.shift * 1.1, 3), pitch=round(voice.pitch * 1.15, 3))
    size = min(max(subject.size, 0.05), 0.9)
    lift = min(max((0.3 / size) ** 0.3, 0.8), 1.35) ** 0.6
    least, most = _SHIFTS["fr" if voice.style.startswith("ff") else "en"]
    # The size of a throat and the pitch of a voice go together, but shifted formants cost words, pitch hardly any.
    return replace(
        voice,
        shift=round(min(max(voice.shift * lift, least), most), 3),
        pitch=round(min(max(voice.pitch * lift, 0.55), 1.6), 3),
        pace=round(voice.pace * (1.05 if size < _SMALL else 0.97 if size > _LARGE else 1.0), 3),
    )
