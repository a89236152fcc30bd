"""What somebody's likeness always wears, in their own words: data for the painter, never an instruction."""

from __future__ import annotations

import unicodedata

from engine.errors import InvalidRequest
from engine.text.check import Breach, Which, topic_words_in
from engine.text.names import handles_in
from engine.text.outfit import outfit
from engine.text.passages import Passage
from engine.text.restrictions import Topic

LONGEST = 300

REFUSED = (Topic.SEXUAL, Topic.NUDITY, Topic.HATE, Topic.SELF_HARM, Topic.VIOLENCE, Topic.DRUGS)
"""Topics that no preference may bring into others' clips: by their words, for a wish is too short to read further."""


def validate_preferences(text: str) -> str:
    """``text`` as it is stored: one line, no invisible characters. Raises `InvalidRequest` for what cannot be one.

    What is stored goes to ``CastMember.preferences`` alone. Nothing of it is read as a prompt: the painter takes hats,
    glasses and colours out of it by fixed tables (`engine.text.outfit`).
    """
    seen = "".join(letter for letter in text if unicodedata.category(letter) not in {"Cf", "Co", "Cs", "Cn"})
    clean = " ".join(unicodedata.normalize("NFC", "".join(max(each, " ") for each in seen)).split())
    if len(clean) > LONGEST:
        raise InvalidRequest(
            f"Preferences have at most {LONGEST} characters; yours have {len(clean)}.", field="preferences"
        )
    named = handles_in(clean)
    if named:
        raise InvalidRequest(f"Preferences are about you alone: leave out @{named[0]}.", field="preferences")
    broken = check_preferences(clean)
    if broken:
        raise InvalidRequest(
            f"Preferences say what you wear, such as a hat or a colour. Leave out “{broken[0].excerpt}”.",
            field="preferences",
        )
    return clean


def check_preferences(text: str) -> list[Breach]:
    """What of ``text`` no preference may be about; a denial excuses it ("no swastikas" is a fair wish)."""
    found = topic_words_in(Passage(text))
    return [Breach(f"TOPIC:{topic}", part, Which.PROMPT, topic) for topic, part in found.items() if topic in REFUSED]


def unsupported_preferences(text: str) -> list[str]:
    """The wishes in ``text`` that nothing can be drawn for. For the owner alone: they say what somebody is like."""
    return list(outfit(text).unsupported)
