"""Checks a use of a likeness against restrictions: the prompt before it is made, and again what was really made."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from engine.text import meaning
from engine.text.bans import spoken_of, stands_in
from engine.text.denial import denied
from engine.text.fold import excerpt, fold, words
from engine.text.languages import language_of, leans, named
from engine.text.lexicon import Hit, people_words, self_words, styles, topic_excuses, topic_words
from engine.text.names import handles_in
from engine.text.passages import Passage, drawn_people, of_brief, of_prompt, pictured
from engine.text.restrictions import OtherPeople, Restrictions, Topic, canonical
from engine.text.wishes import Ban, Wishes, alike_to, table_of, wishes

MOST_TOKENS = 520
"""Tokens of one use that are read by their meaning, some 0.9 s of CPU. Prose as long as a prompt may be stays below;
words made of random letters do not, and would hold a core of the process that answers requests."""


class Which(StrEnum):
    """What broke the rule: the request, or what was made of it."""

    PROMPT = "PROMPT"
    RESULT = "RESULT"


class Company(StrEnum):
    """Who else is in the cast, seen from the person shown."""

    NONE = "NONE"
    MUTUALS = "MUTUALS"
    STRANGERS = "STRANGERS"


class Spoken(msgspec.Struct, frozen=True):
    """A line said aloud. ``speaker`` is a name or None for a narrator; ``language`` an ISO 639 code, None: unknown."""

    speaker: str | None
    text: str
    language: str | None = None


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks a likeness for.

    ``cast_names`` are the *other* members in the cast, without the person shown. ``spoken`` are lines known apart
    from the prompt; quotations in the prompt count as spoken by themselves. ``brief`` is what `words.understand`
    made of the prompt (its fields as plain values), where that is known. ``negative_prompt`` only takes things away,
    so nothing in it breaks a rule.
    """

    prompt: str
    negative_prompt: str | None = None
    style: str | None = None
    spoken: tuple[Spoken, ...] = ()
    place: str | None = None
    cast_names: tuple[str, ...] = ()
    other_people: Company = Company.NONE
    brief: dict[str, Any] | None = None


class Breach(msgspec.Struct, frozen=True):
    """One broken rule.

    ``rule`` is a stable code: "TOPIC:POLITICS" and its like, "PLACE", "STYLE", "PEOPLE", "LANGUAGE", "TEXT", or
    "UNREADABLE" for words in letters that no rule here can read, or for too many of no sense: what cannot be checked
    is not allowed.
    ``excerpt`` is the part of the use that broke it and ``detail`` what the owner had forbidden: both are for the
    owner's decision log, never for anybody else.
    """

    rule: str
    excerpt: str
    which: Which
    detail: str = ""


class _Found(msgspec.Struct, frozen=True):
    """What a use holds, in one shape for prompts and results."""

    passages: list[Passage]
    places: set[str]
    styles: dict[str, str]
    others: list[str]
    people: list[str]
    company: Company


def check_prompt(restrictions: Restrictions, use: Use) -> list[Breach]:
    """The rules that ``use`` would break, each once; empty where it is allowed. Never raises on any text.

    Some 20 ms of CPU for each sentence of the prompt where topics or words are restricted: call it by
    `engine.text.pool.in_pool` from an event loop.
    """
    if not restrictions:
        return []
    brief = use.brief or {}
    passages = of_prompt(use.prompt) + of_brief(brief)
    passages += [Passage(line.text, spoken=True, language=line.language) for line in use.spoken]
    shown = passages[0]
    named_styles = {use.style: use.style} if use.style else _styles_named(shown) if use.brief is None else {}
    found = _Found(
        passages=passages,
        places={place for place in (use.place, brief.get("place")) if isinstance(place, str)},
        styles=named_styles | _style_of(brief),
        others=list(use.cast_names),
        people=[*_people_named(shown), *drawn_people(brief)],
        company=use.other_people,
    )
    read = bool(restrictions.topics or restrictions.places or restrictions.text)
    if read and sum(meaning.cost(passage.text) for passage in passages if not passage.listed) > MOST_TOKENS:
        return [Breach("UNREADABLE", excerpt(use.prompt, 0, 40), Which.PROMPT)]
    unread = _unreadable(use.prompt) if read else ""
    breaches = _breaches(restrictions, found, Which.PROMPT)
    return [*breaches, Breach("UNREADABLE", unread, Which.PROMPT)] if unread else breaches


def check_result(
    restrictions: Restrictions,
    recipe: Mapping[str, Any],
    transcript: Sequence[Spoken] | None = None,
    *,
    other_people: Company = Company.NONE,
) -> list[Breach]:
    """The rules that what was made breaks: its recipe's brief (subjects, place, style, lines) and what was heard.

    ``recipe`` may be a brief itself. ``transcript`` is what speech recognition heard, None where it was not asked.
    """
    if not restrictions:
        return []
    inner = recipe.get("brief")
    brief: Mapping[str, Any] = inner if isinstance(inner, Mapping) else recipe
    heard = [Passage(line.text, spoken=True, language=line.language) for line in transcript or ()]
    found = _Found(
        passages=of_brief(brief) + heard,
        places={place for place in (brief.get("place"),) if isinstance(place, str)},
        styles=_style_of(brief),
        others=[],
        people=drawn_people(brief),
        company=other_people,
    )
    return _breaches(restrictions, found, Which.RESULT)


def _breaches(restrictions: Restrictions, found: _Found, which: Which) -> list[Breach]:
    asked = canonical(restrictions)
    wished = wishes(asked.text)
    broken = [
        *_topics(asked, wished, found),
        *_places(asked, wished, found),
        *_styles(asked, found),
        *_people(asked, wished, found),
        *_languages(asked, wished, found),
        *_words(wished, found),
    ]
    once = {(rule, detail): part for rule, part, detail in reversed(broken)}
    return [
        Breach(rule, once[rule, detail], which, detail) for rule, detail in dict.fromkeys((b[0], b[2]) for b in broken)
    ]


def _topics(asked: Restrictions, wished: Wishes, found: _Found) -> Iterator[tuple[str, str, str]]:
    """Topics, by their words first and then by meaning."""
    topics = dict.fromkeys([*asked.topics, *wished.topics])
    for passage in found.passages if topics else ():
        for topic, part in topics_in(passage).items():
            if topic in topics:
                yield f"TOPIC:{topic}", part, topic


def topics_in(passage: Passage) -> dict[Topic, str]:
    """The topics that ``passage`` is about, by its words or by its meaning, each with the part that shows it."""
    found, harmless = _read(passage)
    if passage.listed:
        return found
    return found | {topic: part for topic, part in meaning.topics(passage.text, without=harmless) if topic not in found}


def topic_words_in(passage: Passage) -> dict[Topic, str]:
    """The topics that words of ``passage`` name, each with the part that does."""
    return _read(passage)[0]


def _read(passage: Passage) -> tuple[dict[Topic, str], list[tuple[int, int]]]:
    """The topics named, and the places where words of a topic are harmless: denied, or part of another phrase."""
    text = words(passage.text)
    excused = [(hit.term.means, hit.first, hit.last) for hit in topic_excuses().find(text)]
    harmless = [(text[first].start, text[last].end) for _, first, last in excused]
    found: dict[Topic, str] = {}
    for hit in topic_words().find(text, language=leans(passage.text)):
        if any(means == hit.term.means and first <= hit.first <= hit.last <= last for means, first, last in excused):
            continue
        start, end = text[hit.first].start, text[hit.last].end
        if not passage.spoken and denied(text, hit.first):
            harmless.append((start, end))
        else:
            found.setdefault(Topic(hit.term.means), excerpt(passage.text, start, end))
    return found, harmless


def _places(asked: Restrictions, wished: Wishes, found: _Found) -> Iterator[tuple[str, str, str]]:
    for place in asked.places:
        content = tuple(word.plain for word in words(place))
        ban = Ban(place, content, alike_to(content))
        if drawn := found.places & {" ".join(each) for each in ban.alike}:
            yield "PLACE", min(drawn), place
        for passage in found.passages:
            part = None if passage.spoken else stands_in(ban, passage)
            if part is not None:
                yield "PLACE", part, place
    for place in found.places & set(wished.places):
        yield "PLACE", place, place


def _styles(asked: Restrictions, found: _Found) -> Iterator[tuple[str, str, str]]:
    for style in asked.styles:
        if style in found.styles:
            yield "STYLE", found.styles[style], style


def _people(asked: Restrictions, wished: Wishes, found: _Found) -> Iterator[tuple[str, str, str]]:
    """The company that is kept: members by who they are, drawn people by their words."""
    strictest = max(asked.other_people, wished.other_people, key=tuple(OtherPeople).index)
    others = ", ".join(found.others) or found.company.lower()
    if strictest is OtherPeople.NOBODY:
        if found.others or found.company is not Company.NONE:
            yield "PEOPLE", others, strictest
        for word in found.people:
            yield "PEOPLE", word, strictest
    if strictest is OtherPeople.NO_STRANGERS and found.company is Company.STRANGERS:
        yield "PEOPLE", others, strictest


def _languages(asked: Restrictions, wished: Wishes, found: _Found) -> Iterator[tuple[str, str, str]]:
    """Lines in a language that is not allowed, by what is said of them and by how they read."""
    allowed = set(asked.languages)
    if wished.languages:
        allowed = allowed & set(wished.languages) if allowed else set(wished.languages)
    limited = bool(asked.languages or wished.languages)
    for passage in found.passages:
        if passage.spoken:
            if wished.silent:
                yield "LANGUAGE", excerpt(passage.text, 0, 40), "zxx"
            spoken = {passage.language, language_of(passage.text)} - {None}
        else:
            spoken = _languages_asked(passage)
        for language in sorted(str(each) for each in spoken):
            if language in wished.unspoken or (limited and language not in allowed):
                yield "LANGUAGE", excerpt(passage.text, 0, 40), language


def _languages_asked(passage: Passage) -> set[str]:
    """Languages that a prompt asks for by name: "says hello in German", "parle en allemand"."""
    text = [word.plain for word in words(passage.text)]
    if not any(word in named() for word in text):
        return set()
    speaks = set(fold(table_of("wishes")["speech"]).replace(",", " ").split()) | {"en", "in", "speaks", "voice"}
    return {
        named()[word] for at, word in enumerate(text) if word in named() and set(text[max(0, at - 2) : at]) & speaks
    }


def _words(wished: Wishes, found: _Found) -> Iterator[tuple[str, str, str]]:
    for ban in wished.bans:
        for passage in found.passages:
            part = spoken_of(ban, passage) if ban.spoken else stands_in(ban, passage)
            if part is None and not ban.spoken and (pictures := pictured(passage)) is not None:
                part = stands_in(ban, pictures)
            if part is not None:
                yield "TEXT", part, ban.phrase


def _style_of(brief: Mapping[str, Any]) -> dict[str, str]:
    style = brief.get("style")
    return {style: style} if isinstance(style, str) else {}


def _styles_named(passage: Passage) -> dict[str, str]:
    text = words(passage.text)
    hits = [hit for hit in styles().find(text) if not denied(text, hit.first)]
    return {hit.term.means: _part(passage, hit) for hit in reversed(hits)}


def _people_named(passage: Passage) -> list[str]:
    """The words for people in a prompt. Who opens it is the one shown, unless they are named with their handle."""
    text = words(passage.text)
    hits = [hit for hit in people_words().find(text, language=leans(passage.text)) if not denied(text, hit.first)]
    opening = next((hit for hit in hits if hit.last <= 2 and hit.term.words in self_words()), None)
    beside = opening is not None and any(word.plain in {"with", "avec"} for word in text[: opening.first])
    if (
        opening is not None
        and not beside
        and text[opening.first].plain in opening.term.words
        and not handles_in(passage.text)
    ):
        hits = [hit for hit in hits if hit.first != opening.first]
    return [_part(passage, hit) for hit in hits]


def _part(passage: Passage, hit: Hit) -> str:
    text = words(passage.text)
    return excerpt(passage.text, text[hit.first].start, text[hit.last].end)


def _unreadable(prompt: str) -> str:
    """The first word in letters of another script than ours, "" where there is none. Signs and emoji are no letters."""
    for word in unicodedata.normalize("NFKC", prompt).split():
        if any(letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN") for letter in word):
            return word[:40]
    return ""
