"""Ordered spelling rules: at each letter the first rule whose contexts fit says which letters it takes and their sound.

A rule is one line, ``left [letters] right = sounds``. ``left`` and ``right`` are regular expressions for what stands
before and after (``V`` any vowel letter, ``C`` any consonant letter, ``^`` and ``$`` the word's ends, ``_`` nothing
asked); sounds are phoneme symbols, ``~`` the nasal tilde, ``0`` silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VOWEL_LETTERS = "aeiouyàâäéèêëîïôöùûüœ"


@dataclass(frozen=True)
class Rule:
    """One spelling rule, compiled."""

    left: re.Pattern[str] | None
    letters: str
    right: re.Pattern[str] | None
    sounds: str


class Spelling:
    """A language's ordered rules. Raises `ValueError` for a line that is not a rule."""

    def __init__(self, table: str) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for line in table.splitlines():
            if line.strip() and not line.startswith("#"):
                rule = _compile(line)
                self._rules.setdefault(rule.letters[0], []).append(rule)

    def sound_out(self, word: str) -> str:
        """Phonemes of a lower-case word by its spelling alone; letters without a rule are skipped."""
        sounds: list[str] = []
        position = 0
        while position < len(word):
            rule = self._fitting(word, position)
            sounds.append(rule.sounds if rule else "")
            position += len(rule.letters) if rule else 1
        return "".join(sounds)

    def _fitting(self, word: str, position: int) -> Rule | None:
        for rule in self._rules.get(word[position], ()):
            end = position + len(rule.letters)
            if (
                word.startswith(rule.letters, position)
                and (rule.right is None or rule.right.match(word[end:]))
                and (rule.left is None or rule.left.search(word[:position]))
            ):
                return rule
        return None


def _compile(line: str) -> Rule:
    match = re.fullmatch(r"\s*(\S*)\s*\[(\S+?)\]\s*(\S*)\s*=\s*(\S+)\s*", line)
    if match is None:
        raise ValueError(f"not a spelling rule: {line!r}")
    left, letters, right, sounds = match.groups()
    return Rule(
        left=re.compile(f"(?:{_classes(left)})$") if left not in ("", "_") else None,
        letters=letters,
        right=re.compile(_classes(right)) if right not in ("", "_") else None,
        sounds="" if sounds == "0" else sounds.replace("~", "\u0303"),
    )


def _classes(context: str) -> str:
    return context.replace("V", f"[{VOWEL_LETTERS}]").replace("C", f"[^{VOWEL_LETTERS}]")
