"""What of a use there is to read: words that are shown and words that are said, of a prompt and of a brief."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.text.fold import LONGEST
from engine.text.lexicon import art_names

_QUOTES = {"“": "”", "«": "»", "„": "“", '"': '"', "”": "”", "「": "」", "‹": "›"}
MOST_LINES = 200


@dataclass(frozen=True)
class Passage:
    """A text to be checked. ``spoken``: it is said aloud, where a denial excuses nothing, in ``language`` if known.

    ``listed``: it is names of things, read by its words alone, for a sentence's meaning is not in it.
    """

    text: str
    spoken: bool = False
    language: str | None = None
    listed: bool = False


def quoted(prompt: str) -> tuple[str, list[str]]:
    """``prompt`` without its quotations (each leaves a stop), and the quotations. A quote left open ends nowhere."""
    rest: list[str] = []
    said: list[str] = []
    prompt, place = prompt[:LONGEST], 0
    while place < len(prompt):
        closing = _QUOTES.get(prompt[place])
        end = -1 if closing is None else prompt.find(closing, place + 1)
        if closing is not None and end < 0:
            # What was opened and never closed is both: shown and said.
            said.append(prompt[place + 1 :])
            rest.append(f" ; {prompt[place + 1 :]}")
            break
        if end > place:
            said.append(prompt[place + 1 : end])
            rest.append(" ; ")
        else:
            rest.append(prompt[place])
        place = max(place, end) + 1
    return "".join(rest), [line for line in said if line.strip()]


def of_prompt(prompt: str) -> list[Passage]:
    """What a prompt shows and says."""
    shown, said = quoted(prompt)
    return [Passage(shown), *(Passage(line, spoken=True) for line in said[:MOST_LINES])]


def pictured(passage: Passage) -> Passage | None:
    """The names that Unicode gives to the emoji in a text, such as "top hat"; None where it holds none."""
    names = [
        unicodedata.name(each, "").lower() for each in passage.text[:LONGEST] if unicodedata.category(each) == "So"
    ]
    return Passage(" ; ".join(names), listed=True) if any(names) else None


def of_brief(brief: Mapping[str, Any]) -> list[Passage]:
    """What a brief (or a recipe) shows and says: its subjects by their words and by what their pictures are called."""
    subjects = [each for each in _listed(brief.get("subjects")) if isinstance(each, Mapping)]
    shown = [Passage(str(each.get("word", "")), listed=True) for each in subjects]
    # The first name in each language says it: a picture's further names may have other senses.
    shown += [
        Passage(" ; ".join(art_names(str(each.get("art", "")))), listed=True)
        for each in subjects
        if each.get("cast") is None
    ]
    lines = [each for each in _listed(brief.get("lines")) if isinstance(each, Mapping)]
    said = [Passage(str(each.get("text", "")), spoken=True, language=_code(each.get("language"))) for each in lines]
    return [passage for passage in [*shown, *said[:MOST_LINES]] if passage.text.strip()]


def drawn_people(brief: Mapping[str, Any]) -> list[str]:
    """The words for people in a brief that no member plays."""
    subjects = [each for each in _listed(brief.get("subjects")) if isinstance(each, Mapping)]
    return [str(each.get("word")) for each in subjects if each.get("kind") == "person" and each.get("cast") is None]


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
