"""Noun phrases and sentences in English and French, with their articles and agreements."""

from __future__ import annotations

from engine.evaluate.vocabulary import Noun, nouns, words

_VOWELS = "aeiouyâàéèêëîïôùûœæ"
_ASPIRATED = frozenset({"hibou", "hiboux"})


def vowel(word: str) -> bool:
    """Whether an article before ``word`` is shortened (French) or is "an" (English)."""
    silent = word.startswith("h") and word not in _ASPIRATED
    return word[0].casefold() in _VOWELS or silent


def one(noun: Noun, language: str, colour: str | None = None) -> str:
    """One thing: "a red fox", "un renard rouge"."""
    if language == "en":
        phrase = f"{colour} {noun.en}" if colour else noun.en
        starts = phrase[0] in "aeiou" and not phrase.startswith(("uni", "eu"))
        return f"{'an' if starts else 'a'} {phrase}"
    article = "une" if noun.gender == "f" else "un"
    return f"{article} {noun.fr}{_agreed(colour, noun, plural=False)}"


def several(noun: Noun, count: int, language: str, colour: str | None = None) -> str:
    """Some things: "three red foxes", "trois renards rouges"."""
    number = words()["numbers"][str(count)][language == "fr"]
    if language == "en":
        return f"{number} {colour + ' ' if colour else ''}{noun.en_plural}"
    return f"{number} {noun.fr_plural}{_agreed(colour, noun, plural=True)}"


def _agreed(colour: str | None, noun: Noun, *, plural: bool) -> str:
    if colour is None:
        return ""
    return " " + words()["colours"][colour][(noun.gender == "f") + 2 * plural]


def verb(motion: str, language: str, form: str) -> str:
    """The verb of ``motion``: ``form`` is "ing" (English only), "one" or "many"."""
    forms: list[str] = words()["verbs"][motion]
    return forms[{"ing": 0, "one": 1, "many": 2}[form]] if language == "en" else forms[4 if form == "many" else 3]


def related(first: str, relation: str, second: str, language: str) -> str:
    """One thing and another: "a cat to the left of a dog", "un chat à gauche d'un chien"."""
    between: str = words()["relations"][relation][language == "fr"]
    if language == "fr" and between.endswith(" de"):
        return f"{first} {between[:-1]}'{second}"  # what follows is always "un" or "une"
    return f"{first} {between} {second}"


def capital(sentence: str) -> str:
    """``sentence`` with a capital at its start."""
    return sentence[0].upper() + sentence[1:]


def noun_named(name: str) -> Noun:
    """The noun called ``name`` in English. Raises ``KeyError``."""
    return nouns()[name]
