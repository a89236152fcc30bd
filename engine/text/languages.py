"""Tells by its commonest words and its script which language a short text is in, or that it is not sure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache

from engine.text.fold import LONGEST, fold, words

_COMMON: Mapping[str, str] = {
    "en": "the and is are you i my your we they he she it with of to in this that what have not hello don't for at be "
    "was do will can me him her his their from but there here how why please thank thanks yes good morning am very",
    "fr": "le la les un une des et est sont vous je tu nous ils elle il avec de du dans ce cette que qui quoi ne pas "
    "bonjour pour au aux sur mon ma mes ton ta ses mais ou où comment merci oui bon c'est j'ai suis très on y en d l",
    "es": "el los las y es son usted yo tú nosotros ellos ella con del en esto que no hola para por mi mis tu su pero "
    "muy gracias sí buenos días como está soy tengo una uno hay donde señor amigos",
    "de": "der die das und ist sind du ich wir sie er es mit von zu im in nicht hallo für auf mein meine dein aber "
    "danke ja guten tag wie war ein eine einen kein bin habe sehr hier dort auch heute",
    "it": "il lo gli e è sono tu io noi loro lei lui con di nel che non ciao per mio mia tuo ma grazie sì buongiorno "
    "come una uno molto della questo questa dove ho sei anche oggi",
    "pt": "o os as e é são você eu nós eles ela com do da em isto que não olá para por meu minha seu mas muito "
    "obrigado sim bom dia como uma um estou tenho onde hoje também",
    "nl": "de het en is zijn jij ik wij zij hij met van naar in niet hallo voor op mijn jouw maar dank ja goedemorgen "
    "hoe een geen ben heb heel hier daar ook vandaag dit dat",
}
_SCRIPTS = {
    "CYRILLIC": "ru", "ARABIC": "ar", "HEBREW": "he", "GREEK": "el", "HANGUL": "ko", "HIRAGANA": "ja",
    "KATAKANA": "ja", "CJK": "zh", "DEVANAGARI": "hi", "THAI": "th",
}  # fmt: skip
"""The language a script is taken for; of several that share one, the commonest."""

NAMES: Mapping[str, str] = {
    "english": "en", "anglais": "en", "french": "fr", "français": "fr", "spanish": "es", "espagnol": "es",
    "german": "de", "allemand": "de", "italian": "it", "italien": "it", "portuguese": "pt", "portugais": "pt",
    "dutch": "nl", "néerlandais": "nl", "russian": "ru", "russe": "ru", "arabic": "ar", "arabe": "ar",
    "chinese": "zh", "mandarin": "zh", "chinois": "zh", "japanese": "ja", "japonais": "ja", "korean": "ko",
    "coréen": "ko", "hebrew": "he", "hébreu": "he", "greek": "el", "grec": "el", "hindi": "hi", "turkish": "tr",
    "turc": "tr", "polish": "pl", "polonais": "pl", "ukrainian": "uk", "ukrainien": "uk", "swedish": "sv",
    "suédois": "sv", "latin": "la", "catalan": "ca", "breton": "br", "basque": "eu", "corsican": "co", "corse": "co",
    "vietnamese": "vi", "vietnamien": "vi", "thai": "th", "thaï": "th",
}  # fmt: skip
"""What languages are called in English and French → their codes."""


@cache
def named() -> Mapping[str, str]:
    """`NAMES` under their folded spellings."""
    return {fold(name): code for name, code in NAMES.items()}


@cache
def _known() -> Mapping[str, frozenset[str]]:
    return {code: frozenset(word.plain for word in words(common)) for code, common in _COMMON.items()}


def language_of(text: str) -> str | None:
    """The language of ``text`` (ISO 639), or None where too little of it tells one from another."""
    script = _script(text)
    if script is not None:
        return script
    said = {word.plain for word in words(text)}
    scores = {code: len(said & common) for code, common in _known().items()}
    best = max(scores, key=lambda code: scores[code])
    rest = max(score for code, score in scores.items() if code != best)
    return best if scores[best] >= 2 and scores[best] > rest else None


def leans(text: str) -> str | None:
    """Whichever of "en" and "fr" has more of its common words in ``text``; None where neither has."""
    said = [word.plain for word in words(text)]
    english, french = (sum(word in _known()[code] for word in said) for code in ("en", "fr"))
    return None if english == french else "en" if english > french else "fr"


def _script(text: str) -> str | None:
    """The language that most letters' script stands for, where that is not Latin."""
    kinds = Counter(unicodedata.name(letter, "").split(" ", 1)[0] for letter in text[:LONGEST] if letter.isalpha())
    if not kinds:
        return None
    if kinds["HIRAGANA"] or kinds["KATAKANA"]:
        kinds["HIRAGANA"] += kinds.pop("CJK", 0)
    kind, count = kinds.most_common(1)[0]
    return _SCRIPTS.get(kind) if 2 * count > kinds.total() else None
