"""The cast in a prompt: where "@mira" or "Mira's" names a member, and whom the members who are not named play."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.diorama.scene import SLOTS
from engine.diorama.words.lexicon import lexicon, listed
from engine.diorama.words.mentions import Mention, Reading
from engine.diorama.words.reading import Token, tokenize

NEUTRAL = "person-standing"
"""The art that stands for a member where the prompt says nothing of what they are."""

PLURAL = 2
"""How many a plain plural of people keeps as a reserve while members take their places."""


class Members:
    """The names of a cast, ready to be found among tokens: whole names, and first names where only one has it."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = [name.lstrip("@") for name in names]
        whole = [tuple(token.form for token in tokenize(name)) for name in self.names]
        self._names: dict[tuple[str, ...], int] = {}
        for index, forms in enumerate(whole):
            if forms:
                self._names.setdefault(forms, index)
        firsts = [forms[0] if forms else "" for forms in whole]
        for index, first in enumerate(firsts):
            if first.isalpha() and firsts.count(first) == 1:
                self._names.setdefault((first,), index)
        self._longest = max((len(forms) for forms in self._names), default=0)

    def match(self, tokens: list[Token], start: int) -> tuple[int, int] | None:
        """Which member is named at ``tokens[start]`` and over how many tokens, or None.

        A name that is also a common word ("rose") counts when it is written as a name: "Rose", "@rose".
        """
        at = tokens[start].form == "@"
        begin = start + 1 if at else start
        for length in range(min(self._longest, len(tokens) - begin), 0, -1):
            forms = tuple(token.form for token in tokens[begin : begin + length])
            index = self._names.get(forms)
            if index is not None and (at or length > 1 or _is_name(tokens[begin])):
                return index, length + at
        return None


def _is_name(token: Token) -> bool:
    book = lexicon()
    common = (token.form,) in book.table or any(token.form in words for words in book.stops.values())
    return token.text[:1].isupper() or not common


def enlist(reading: Reading, names: Sequence[str]) -> None:
    """Give every member of a cast a part: those not named take over the first people, then join in front."""
    named = {one.cast for one in reading.mentions}
    absent = [index for index in range(len(names)) if index not in named]
    newcomers: list[int] = []
    for index in absent:
        free = next((at for at, one in enumerate(reading.mentions) if _may_be_played(one)), None)
        if free is None:
            newcomers.append(index)
        else:
            _take_over(reading, free, index)
    for index in reversed(newcomers):
        _make_room(reading, 0)
        reading.mentions.insert(0, Mention(NEUTRAL, names[index].lstrip("@"), "person", cast=index))
    _bring_forward(reading)


def _bring_forward(reading: Reading) -> None:
    """Let members who are named late change places with what would else take the last slots of the scene."""
    late = [index for index, one in enumerate(reading.mentions) if index >= SLOTS and one.cast is not None]
    for index in late:
        early = next(at for at in range(SLOTS - 1, -1, -1) if reading.mentions[at].cast is None)
        places = {index: early, early: index}
        reading.mentions[index], reading.mentions[early] = reading.mentions[early], reading.mentions[index]
        _renumber(reading, lambda at, places=places: places.get(at, at))


def _may_be_played(one: Mention) -> bool:
    return one.kind == "person" and one.cast is None and one.art not in listed("inhuman")


def _take_over(reading: Reading, at: int, member: int) -> None:
    """Let ``member`` play the mention ``at``; of several people it is the first, the others follow."""
    one = reading.mentions[at]
    count = PLURAL if one.count is None else one.count
    if count > 1:
        _make_room(reading, at + 1)
        reading.mentions.insert(at + 1, replace(one, count=count - 1, motions=list(one.motions)))
    one.count, one.cast = 1, member


def _make_room(reading: Reading, at: int) -> None:
    """Move every reference to the mentions from ``at`` on by one."""
    _renumber(reading, lambda index: index + 1 if index >= at else index)


def _renumber(reading: Reading, moved: Callable[[int], int]) -> None:
    for one in reading.mentions:
        one.target = None if one.target is None else moved(one.target)
    reading.speakers = {line: moved(index) for line, index in reading.speakers.items()}
    reading.exclaimed = [
        (text, language, None if index is None else moved(index)) for text, language, index in reading.exclaimed
    ]
