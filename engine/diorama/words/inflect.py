"""Regular English and French inflection: from the base forms of the lexicons to what people type."""

from __future__ import annotations

import re

_VOWELS = "aeiouy"
_DOUBLING = re.compile(r"^[^aeiou]*[aeiou][^aeiouwxy]$")


def english_verb(base: str) -> set[str]:
    """Jump → jump, jumps, jumped, jumping (and the like for chase, hop, carry)."""
    if base.endswith("y") and base[-2:-1] not in _VOWELS:
        return {base, base[:-1] + "ies", base[:-1] + "ied", base + "ing"}
    third = base + ("es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")
    if base.endswith("ie"):
        return {base, third, base + "d", base[:-2] + "ying"}
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return {base, third, base + "d", base[:-1] + "ing"}
    stem = base + base[-1] if _DOUBLING.match(base) else base
    return {base, third, stem + "ed", stem + "ing"}


def french_verb(base: str) -> set[str]:
    """Sauter → saute, sautent, sautant, sauté … First group and regular -ir; others are listed in the lexicon."""
    if base.endswith("er") and len(base) > 3:
        stem = base[:-2]
        soft = stem + "e" if stem.endswith("g") else stem
        ends = {"e", "es", "ent", "ez", "é", "ée", "és", "ées", "er", "era", "eront"}
        y_stem = {stem[:-1] + "ie", stem[:-1] + "ient"} if stem.endswith("y") else set[str]()
        return {stem + end for end in ends} | {soft + end for end in ("ons", "ant", "ait", "aient")} | y_stem
    if base.endswith("ir"):
        stem = base[:-1]
        return {base, *(stem + end for end in ("t", "s", "ssent", "ssant", "ssait", "ssaient", "", "e"))}
    return {base}


def verb_forms(entry: str, language: str) -> set[str]:
    """All forms of a lexicon entry: "take/took off" → take off, takes off, taking off, took off …

    Where the forms before the last slash carry the tail themselves ("run after/ran after"), each stands as it is.
    """
    forms = entry.split("/")
    if len(forms) > 1 and " " in forms[0]:
        return verb_forms(forms[0], language) | set(forms[1:])
    last, _, tail = forms[-1].partition(" ")
    base, *irregular = [*forms[:-1], last]
    regular = english_verb(base) if language == "en" else french_verb(base)
    return {f"{form} {tail}".strip() for form in (*regular, *irregular)}


def english_plural(noun: str) -> str:
    """Fox → foxes, baby → babies, log → logs; the last word of several carries it."""
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _french_word_plural(word: str) -> str:
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu")):
        return word + "x"
    return word[:-2] + "aux" if word.endswith("al") else word + "s"


def french_plurals(noun: str) -> set[str]:
    """Cheval → chevaux, arbre → arbres; of several words the first, or the first and second, carry it."""
    first, _, rest = noun.partition(" ")
    plurals = {f"{_french_word_plural(first)} {rest}".strip()}
    second, _, tail = rest.partition(" ")
    if second and not tail:
        plurals.add(f"{_french_word_plural(first)} {_french_word_plural(second)}")
    return plurals


def french_adjective(word: str) -> set[str]:
    """Noir → noir, noire, noirs, noires."""
    forms = {word, word + "s" if not word.endswith(("s", "x")) else word}
    return forms if word.endswith("e") or " " in word else forms | {word + "e", word + "es"}
