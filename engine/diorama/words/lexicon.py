"""The lexicons as one table: which phrase means what, in which language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engine.diorama.art import pack
from engine.diorama.words.inflect import english_plural, french_adjective, french_plurals, verb_forms
from engine.diorama.words.reading import Token, tokenize

FOLDER = Path(__file__).parent / "lexicon"
_PEOPLE = ("man-", "woman-", "person-", "people-", "men-", "women-")
LANGUAGES: tuple[str, ...] = ("en", "fr")
# Plurals that no rule derives and that stand in the name lists beside their singulars.
_IRREGULAR = frozenset(
    {
        *("mice", "men", "women", "children", "people", "geese", "oxen", "wolves", "elves", "leaves", "knives"),
        *("thieves", "calves", "snowmen", "firemen", "policemen", "dwarves", "ladies", "fishes", "messieurs", "gens"),
    }
)


@dataclass(frozen=True)
class Meaning:
    """What a phrase may mean: a role ("subject", "motion", "place" …), its value and the language it is said in."""

    role: str
    value: str
    language: str
    plural: bool = False
    near: bool = False


@dataclass
class Lexicon:
    """Every phrase known: folded tokens → meanings; ``longest`` is by first token, for longest-match reading."""

    table: dict[tuple[str, ...], list[Meaning]] = field(default_factory=dict[tuple[str, ...], list[Meaning]])
    longest: dict[str, int] = field(default_factory=dict[str, int])
    stops: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def add(self, phrase: str, meaning: Meaning) -> None:
        """Let ``phrase`` mean ``meaning`` as well; French "… de" also answers to du, des and d'."""
        key = tuple(token.form for token in tokenize(phrase))
        if not key:
            return
        keys = [key]
        if meaning.language == "fr" and len(key) > 1 and key[-1] == "de":
            keys += [(*key[:-1], other) for other in ("du", "des", "d'")]
        for one in keys:
            known = self.table.setdefault(one, [])
            if meaning not in known:
                known.append(meaning)
                self.longest[one[0]] = max(self.longest.get(one[0], 0), len(one))

    def match(self, tokens: list[Token], start: int) -> tuple[int, list[Meaning]]:
        """The longest known phrase at ``start``: how many tokens, and its meanings (0 and none where unknown)."""
        most = min(self.longest.get(tokens[start].form, 0), len(tokens) - start)
        for length in range(most, 0, -1):
            meanings = self.table.get(tuple(token.form for token in tokens[start : start + length]))
            if meanings:
                return length, meanings
        return 0, []


@cache
def read(name: str) -> dict[str, Any]:
    """One lexicon file, parsed once; nobody changes it."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def phrases(text: str) -> list[str]:
    """A comma-separated list, stripped."""
    return [one.strip() for one in text.split(",") if one.strip()]


def folded(phrase: str) -> str:
    """``phrase`` as the form of an item: folded words with single spaces."""
    return " ".join(token.form for token in tokenize(phrase))


@cache
def actions() -> Mapping[str, Mapping[str, str]]:
    """The entries of actions.toml by name."""
    return read("actions")


@cache
def motion_relations() -> Mapping[str, str]:
    """Motion → the relation it sets up with its object ("chase": "chasing")."""
    return {name: entry["relation"] for name, entry in read("motions").items() if "relation" in entry}


@cache
def listed(name: str) -> frozenset[str]:
    """The words of one list of classes.toml."""
    return frozenset(read("classes")[name])


@cache
def foreign() -> frozenset[str]:
    """Function words of third languages, folded: they carry no picture even where they look like a known word."""
    return frozenset(token.form for word in phrases(read("stop")["foreign"]) for token in tokenize(word))


@cache
def naturals() -> Mapping[str, list[str]]:
    """Art → the colours its picture has by nature."""
    return read("natural")


@cache
def persons() -> Mapping[str, str]:
    """Pronoun → the art that stands for it when nobody was named."""
    found: dict[str, str] = read("stop")["persons"]
    return found


@cache
def mixed() -> frozenset[str]:
    """Folded words for a woman and a man together."""
    words = [word for language in LANGUAGES for word in phrases(read("stop")["mixed"][language])]
    return frozenset(" ".join(token.form for token in tokenize(word)) for word in words)


@cache
def ideas() -> frozenset[str]:
    """Folded words of both languages for what has no picture of its own but an occasion that stands for it."""
    entries = read("occasions").values()
    words = [word for entry in entries for language in LANGUAGES for word in phrases(entry[language])]
    return frozenset(" ".join(token.form for token in tokenize(word)) for word in words)


@cache
def wishes() -> frozenset[str]:
    """Folded wishes of both languages, said aloud even where nobody is said to say them."""
    words = [word for language in LANGUAGES for word in phrases(read("speech")[f"wishes_{language}"])]
    return frozenset(" ".join(token.form for token in tokenize(word)) for word in words)


@cache
def colours() -> Mapping[str, str]:
    """Single colour words, folded, of both languages → the scene's colour."""
    single = {key[0]: meanings for key, meanings in lexicon().table.items() if len(key) == 1}
    found = {
        word: next((one.value for one in meanings if one.role == "colour"), "") for word, meanings in single.items()
    }
    return {word: colour for word, colour in found.items() if colour}


@cache
def lexicon() -> Lexicon:
    """The whole table, built once (about 0.1 s)."""
    book = Lexicon()
    _add_art(book)
    _add_verbs(book)
    _add_plain(book)
    _add_places(book)
    _add_speech_and_stops(book)
    return book


def _add_noun(book: Lexicon, names: Iterable[str], value: str, language: str, *, near: bool = False) -> None:
    names = list(names)
    plurals = {p for name in names for p in ({english_plural(name)} if language == "en" else french_plurals(name))}
    for name in (*names, *sorted(plurals - set(names))):
        # "Joue aux échecs": a game, however many pieces.
        same = language == "fr" and name.endswith(("s", "x", "z")) and name in names and name.split()[0] in names
        same = same or name.startswith(("au ", "aux ", "à la "))
        plural = (name in plurals and not same) or name.split()[-1] in _IRREGULAR
        book.add(name, Meaning("subject", value, language, plural, near))


def _add_art(book: Lexicon) -> None:
    """Curated names first: what is added first wins among equal meanings."""
    entries = sorted(pack.index().items(), key=lambda item: (not item[1]["curated"], item[0]))
    for asset, entry in entries:
        for language in LANGUAGES:
            names = [name for name in entry[f"names_{language}"] if not _acts(asset, name)]
            _add_noun(book, names, asset, language)
            book.add(_sign(entry["code"]), Meaning("subject", asset, language))
    for path in sorted((FOLDER / "kin").glob("*.toml")):
        for asset, words in tomllib.loads(path.read_text("utf-8")).items():
            for language in LANGUAGES:
                _add_noun(book, phrases(words.get(language, "")), asset, language, near=True)


def _acts(asset: str, name: str) -> bool:
    """Whether a picture's name tells of somebody doing something: "man walking" is a man, and he walks."""
    return asset.startswith(_PEOPLE) and " " in name and name.endswith(("ing", "ant"))


def _sign(code: str) -> str:
    """The emoji of a code point list such as "1f468-200d-1f680"."""
    return "".join(chr(int(point, 16)) for point in code.split("-"))


def _add_verbs(book: Lexicon) -> None:
    for role, name in (("action", "actions"), ("motion", "motions")):
        for value, entry in read(name).items():
            for language in LANGUAGES:
                for base in phrases(entry.get(language, "")):
                    for form in sorted(verb_forms(base, language)):
                        book.add(form, Meaning(role, value, language))
    speech = read("speech")
    for language in LANGUAGES:
        for base in phrases(speech[f"verbs_{language}"]):
            for form in sorted(verb_forms(base, language)):
                book.add(form, Meaning("say", base, language))


def _add_plain(book: Lexicon) -> None:
    """The files whose entries are lists of words for one value."""
    roles = {"relations": "relation", "times": "time", "weather": "weather", "seasons": "season", "cameras": "camera"}
    roles |= {"moods": "mood", "styles": "style", "colours": "colour", "sizes": "size", "counts": "count"}
    for name, role in roles.items():
        for value, entry in read(name).items():
            if not isinstance(entry, dict):
                continue
            for language in LANGUAGES:
                for word in phrases(entry.get(language, "")):
                    inflected = role in {"colour", "mood"} and language == "fr"
                    for form in sorted(french_adjective(word)) if inflected else [word]:
                        book.add(form, Meaning(role, value, language))


def _add_places(book: Lexicon) -> None:
    for value, entry in read("places").items():
        inside = "place_on" if entry.get("on") else "place_in"
        for language in LANGUAGES:
            for prefix, near in (("", False), ("near_", True)):
                for word in phrases(entry.get(f"{prefix}{language}", "")):
                    plurals = {english_plural(word)} if language == "en" else french_plurals(word)
                    for form in (word, *sorted(plurals)):
                        book.add(form, Meaning("place", value, language, near=near))
                for word in phrases(entry.get(f"{prefix}in_{language}", "")):
                    book.add(word, Meaning("place_in" if near else inside, value, language, near=near))


def _add_speech_and_stops(book: Lexicon) -> None:
    speech, stop = read("speech"), read("stop")
    for language in LANGUAGES:
        for role in (
            "interjection",
            "filler",
            "undrawn",
            "famous",
            "group",
            "likeness",
            "sequence",
            "conjunction",
            "pronoun",
            "determiner",
        ):
            source = speech[f"interjections_{language}"] if role == "interjection" else stop[f"{role}_{language}"]
            for word in phrases(source):
                book.add(word, Meaning(role, word, language))
        words = phrases(stop[language])
        for word in words:
            book.add(word, Meaning("stop", word, language))
        book.stops[language] = frozenset(token.form for word in words for token in tokenize(word))


def language_of(tokens: list[Token], *, default: str = "en") -> str:
    """Tell "en" or "fr", whichever has more of its own words here; ``default`` where neither does."""
    book = lexicon()
    score: dict[str, float] = dict.fromkeys(LANGUAGES, 0.0)
    for token in tokens:
        spoken = {meaning.language for meaning in book.table.get((token.form,), ())}
        if len(spoken) == 1:
            score[next(iter(spoken))] += 1.0
        stop = [language for language in LANGUAGES if token.form in book.stops[language]]
        # "car" is an English thing and a French conjunction, "son" likewise: such words tell nothing.
        if len(stop) == 1 and spoken <= set(stop):
            score[stop[0]] += 1.5
        if token.text.endswith("'") or any(char in "éèêëàâçùûîïôœ" for char in token.text.casefold()):
            score["fr"] += 1.0
    return default if score["en"] == score["fr"] else max(LANGUAGES, key=lambda language: score[language])
