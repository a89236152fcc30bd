"""Reads restrictions in words: "no politics, never in a bathtub, don't make me say anything about my job"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import groupby, product

from engine.text.denial import denies
from engine.text.fold import Word, bases, words
from engine.text.languages import named
from engine.text.lexicon import Hit, Phrases, groups, narrower_words, terms, topic_names
from engine.text.restrictions import OtherPeople, Topic
from engine.text.tables import table

STOPS = ".!?…。"
LONGEST_LISTED = 3
"""A clause without a denial, of at most so many words of its own, goes on with the list before it."""


@dataclass(frozen=True)
class Ban:
    """Something forbidden in words: ``phrase`` as the owner wrote it, ``words`` what it is about.

    ``alike`` are all phrases that mean the same. ``spoken``: it may be shown, only not talked about.
    """

    phrase: str
    words: tuple[str, ...]
    alike: frozenset[tuple[str, ...]]
    spoken: bool = False


@dataclass(frozen=True)
class Wishes:
    """What a text forbids, as far as it is understood; ``places`` are engine places, ``languages`` the only ones."""

    topics: tuple[Topic, ...] = ()
    bans: tuple[Ban, ...] = ()
    places: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    unspoken: tuple[str, ...] = ()
    """Languages that may not be spoken."""

    other_people: OtherPeople = OtherPeople.ANYONE
    silent: bool = False
    not_understood: tuple[str, ...] = ()


@dataclass
class _Reading:
    topics: list[Topic] = field(default_factory=list[Topic])
    bans: list[Ban] = field(default_factory=list[Ban])
    places: list[str] = field(default_factory=list[str])
    languages: set[str] | None = None
    unspoken: list[str] = field(default_factory=list[str])
    other_people: OtherPeople = OtherPeople.ANYONE
    silent: bool = False
    lost: list[str] = field(default_factory=list[str])


@lru_cache(maxsize=256)
def wishes(text: str) -> Wishes:
    """What ``text`` forbids. Never raises; what makes no rule is in ``not_understood``, in the owner's own words."""
    reading = _Reading()
    for line in text.splitlines():
        listing, end = False, 0
        spelt = words(line)
        for _, group in groupby(spelt, key=lambda word: word.clause):
            clause = list(group)
            # A list goes on after a comma, never after the end of a sentence.
            goes_on = listing and not set(line[end : clause[0].start]) & set(STOPS)
            listing = _clause(reading, line, clause, listing=goes_on)
            end = clause[-1].end
    return Wishes(
        topics=tuple(dict.fromkeys(reading.topics)),
        bans=tuple(dict.fromkeys(reading.bans)),
        places=tuple(dict.fromkeys(reading.places)),
        languages=tuple(sorted(reading.languages or ())),
        unspoken=tuple(dict.fromkeys(reading.unspoken)),
        other_people=reading.other_people,
        # Two sentences that allow no language in common leave none.
        silent=reading.silent or reading.languages == set(),
        not_understood=tuple(dict.fromkeys(reading.lost)),
    )


def not_understood(text: str) -> list[str]:
    """The parts of ``text`` that became no rule. The owner must be told: nothing checks them."""
    return list(wishes(text).not_understood)


def _clause(reading: _Reading, line: str, clause: Sequence[Word], *, listing: bool) -> bool:
    """Read one clause; True where the next one may go on with its list."""
    said = line[clause[0].start : clause[-1].end]
    if _phrases("permits").find(clause) or _twice_denied(clause):
        reading.lost.append(said)
        return False
    parts = _forbidden(clause)
    if not parts and _phrases("only").find(clause) and _only(reading, clause):
        return False
    if not parts and listing and len(_content(clause)) <= LONGEST_LISTED:
        parts = [] if _phrases("sentence").find(clause) else [clause]
    understood = [_ban(reading, line, piece, said) for part in parts for piece in _listed(part)]
    if not any(understood):
        reading.lost.append(said)
    return any(understood)


def _forbidden(clause: Sequence[Word]) -> list[Sequence[Word]]:
    """The parts of ``clause`` that a denial forbids: what follows it, or what stands before "is not allowed"."""
    behind = [hit for hit in _phrases("after").find(clause) if hit.last == len(clause) - 1]
    if behind:
        first = min(hit.first for hit in behind)
        if _content(clause[:first]):
            return [clause[:first]]
    starts: list[Hit] = []
    for hit in sorted(_phrases("never").find(clause), key=lambda one: (one.first, -one.last)):
        if not starts or hit.first > starts[-1].last:
            starts.append(hit)
    ends = [*(hit.first for hit in starts[1:]), len(clause)][: len(starts)]
    return [clause[hit.last + 1 : end] for hit, end in zip(starts, ends, strict=True) if hit.last + 1 < end]


def _twice_denied(clause: Sequence[Word]) -> bool:
    """Whether a denial is denied: "never without my glasses" asks for something and restricts nothing."""
    last = None
    for place, word in enumerate(clause):
        if word.plain in {"without", "sans"} and last is not None and place - last <= 4:
            return True
        last = place if denies(clause, place) else last
    return False


def _listed(part: Sequence[Word]) -> list[Sequence[Word]]:
    """The entries of a list in ``part``."""
    pieces: list[list[Word]] = [[]]
    for word in part:
        if word.plain in {"or", "and", "nor", "ni", "ou", "et"}:
            pieces.append([])
        else:
            pieces[-1].append(word)
    return [piece for piece in pieces if piece]


def _ban(reading: _Reading, line: str, piece: Sequence[Word], said: str) -> bool:
    """Forbid what ``piece`` names; False where it names nothing."""
    content = _content(piece)
    if any(word[0].isdigit() for word in content) or _covers("company", piece):
        return False
    spoken = bool(_phrases("speech").find(piece))
    if _covers("nobody", piece):
        reading.other_people = OtherPeople.NOBODY
    elif _covers("strangers", piece):
        reading.other_people = max(reading.other_people, OtherPeople.NO_STRANGERS, key=tuple(OtherPeople).index)
    elif not content:
        reading.silent = reading.silent or bool(_phrases("silent").find(piece))
        return bool(_phrases("silent").find(piece))
    elif all(word in named() for word in content):
        reading.unspoken += [named()[word] for word in content]
    elif (topic := _topic(content)) is not None and not spoken:
        reading.topics.append(topic)
    else:
        phrase = " ".join(said.split()) if spoken else line[piece[0].start : piece[-1].end]
        alike = alike_to(content)
        if topic is not None:
            alike |= _topic_terms(topic)
        reading.bans.append(Ban(phrase, content, alike, spoken))
    return True


def _only(reading: _Reading, clause: Sequence[Word]) -> bool:
    """Read "only outdoors", "only in French", "only with friends"; False for anything else."""
    rooms = table_of("wishes")
    inside, outside = _phrases("indoors").find(clause), _phrases("outdoors").find(clause)
    if inside or outside:
        reading.places += rooms["outside" if inside else "inside"].split()
        return True
    content = [word for word in _content(clause) if word not in {"only", "just", "uniquement", "seulement"}]
    languages = [named()[word] for word in content if word in named()]
    if languages and len(languages) == len(content):
        reading.languages = set(languages) if reading.languages is None else reading.languages & set(languages)
        return True
    for name, company in (("mutuals", OtherPeople.NO_STRANGERS), ("alone", OtherPeople.NOBODY)):
        if _phrases(name).find(clause) and len(content) <= LONGEST_LISTED:
            reading.other_people = max(reading.other_people, company, key=tuple(OtherPeople).index)
            return True
    return False


def alike_to(content: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Phrases that mean the same as ``content`` (folded words), and ``content`` itself."""
    found: set[tuple[str, ...]] = {content}
    for spelling in product(*(sorted(bases(word)) for word in content[:4])):
        found |= groups().get(spelling, frozenset()) | narrower_words().get(spelling, frozenset())
    return frozenset(found)


def _topic(content: tuple[str, ...]) -> Topic | None:
    for spelling in product(*(sorted(bases(word)) for word in content[:4])):
        if spelling in topic_names():
            return topic_names()[spelling]
    return None


@cache
def _topic_terms(topic: Topic) -> frozenset[tuple[str, ...]]:
    entry = table("topics")[topic]
    return frozenset(term.words for term in terms(entry["en"], topic) + terms(entry["fr"], topic))


def _covers(name: str, piece: Sequence[Word]) -> bool:
    """Does a phrase of the list ``name`` say all that ``piece`` says?"""
    content = set(_content(piece))
    hits = _phrases(name).find(piece) if content or name == "nobody" else []
    return any(content <= {word.plain for word in piece[hit.first : hit.last + 1]} for hit in hits)


def _content(piece: Sequence[Word]) -> tuple[str, ...]:
    """The words of ``piece`` that say what it is about; "en train de" is as small as any."""
    plain = [word.plain for word in piece]
    busy = {at for at in range(1, len(plain) - 1) if plain[at - 1 : at + 2] == ["en", "train", "de"]}
    return tuple(word for at, word in enumerate(plain) if word not in _filler() and at not in busy)


@cache
def table_of(name: str) -> Mapping[str, str]:
    """A table, parsed once."""
    return table(name)


@cache
def _filler() -> frozenset[str]:
    return frozenset(table_of("wishes")["filler"].split())


@cache
def _phrases(name: str) -> Phrases:
    return Phrases(term for term in terms(table_of("wishes")[name], name))
