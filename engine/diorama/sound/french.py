"""French spelling → IPA as Kokoro expects it: an exception lexicon, spelling rules, liaison and stress."""

# ruff: noqa: SIM905 -- word lists are easier to read and to mend as text

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from engine.diorama.sound.french_rules import apply_rules
from engine.diorama.sound.numerals import spell_out_french
from engine.diorama.sound.spelling import VOWEL_LETTERS

_STRESSABLE = re.compile(r"[aɑeɛiɔoœøuy]\u0303?")

_UNSTRESSED = frozenset(
    "le la les l un une des de d du au aux je tu il elle on nous vous ils elles me te se m t s j n c qu que qui ce "
    "cet cette ces mon ton son ma ta sa mes tes ses notre votre leur leurs nos vos et ou où mais donc or ni car à a en "
    "dans sur sous par pour avec sans chez ne y est es ai as si comme lui dont".split()
)
_LIAISON_Z = frozenset(
    "les des ces mes tes ses nos vos nous vous ils elles aux deux trois six dix plusieurs quelques sans dans sous chez "
    "très plus moins autres grands petits beaux gros vieux mauvais tes leurs quels quelles les-uns".split()
)
_LIAISON_T = frozenset(
    "est sont ont vont font grand petit tout cet quand huit vingt cent dont était avait fait".split()
)
_AFTER_ALL = frozenset("les mes tes ses nos vos leurs ces ceux deux trois quatre cinq six sept dix".split())
"""Before these "tous" ends in its vowel ("tous les jours"); by itself it means everybody, and its s is said."""
_LIAISON_N = frozenset("un mon ton son on en bien rien aucun".split())
_DENASAL = {"bon": "bɔn", "certain": "sɛʁtɛn", "plein": "plɛn", "ancien": "ɑ\u0303sjɛn", "prochain": "pʁɔʃɛn"}

_ASPIRATED = frozenset(
    "hache haie haine hair hall halte hamac hamburger hamster hanche handicap handball hangar hanter harceler hardi "
    "hareng haricot haricots harnais harpe hasard hâte hausse haut haute hauts hautes hauteur hérisson hérissons héron "
    "héros hêtre heurter hibou hiboux hideux hiérarchie hobby hockey hocher hollande homard homards honte horde hors "
    "hotte houle housse huche huer huit huitième hululer hurler hurlement hussard hutte hyène hip-hop hé ho oui onze "
    "onzième ouistiti yaourt yaourts yacht yoga yéti yo-yo hache haches hamsters hot-dog hérisse haleter hurle "
    "hurlent".split()
)
_ABBREVIATIONS = {
    r"M\.": "monsieur", r"MM\.": "messieurs", r"Mme\.?": "madame", r"Mlle\.?": "mademoiselle", r"Dr\.?": "docteur",
    r"St": "saint", r"Ste": "sainte", r"etc\.?": "et cetera", r"p\.\s?ex\.": "par exemple", r"n°": "numéro",
    r"km/h": "kilomètres à l'heure", r"svp": "s'il vous plaît", r"stp": "s'il te plaît",
}  # fmt: skip
_SIGNS = {"&": " et ", "@": " arobase ", "+": " plus ", "=": " égale ", "#": " numéro ", "°": " degrés ", "/": " "}
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "a be se de ə ɛf ʒe aʃ i ʒi ka ɛl ɛm ɛn o pe ky ɛʁ ɛs te y ve dubləve iks iɡʁɛk zɛd".split(),
        strict=True,
    )
)


def normalise(text: str) -> str:
    """``text`` with abbreviations, signs and digits written as words."""
    for pattern, words in _ABBREVIATIONS.items():
        text = re.sub(rf"(?<!\w){pattern}(?!\w)", words, text)
    text = spell_out_french(text)
    for sign, words in _SIGNS.items():
        text = text.replace(sign, words)
    return text


def phrase(words: list[str]) -> list[str]:
    """One phoneme string per word of ``words`` (letters, apostrophes, hyphens), joined by liaison where usual."""
    spoken: list[str] = []
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        last = index + 1 == len(words)
        spoken.append(_stress(_linked(word, following), word, last=last))
    return spoken


@lru_cache(maxsize=4096)
def pronounce(word: str) -> str:
    """Phonemes of one word, unstressed; elided and hyphenated parts are read one after another."""
    low = unicodedata.normalize("NFC", word.lower())
    low = low.replace("oe", "œ") if low.startswith(("oeu", "coeu", "soeu", "boeu", "voeu", "noeu", "oei")) else low
    known = _lexicon().get(low)
    if known is not None:
        return known
    parts = [part for part in re.split(r"['\-]", low) if part]
    if len(parts) > 1:
        return _join(parts)
    if not re.search(f"[{VOWEL_LETTERS}]", low):
        return "".join(_LETTERS.get(letter, "") for letter in low)
    return _plural_of_known(low) or apply_rules(low)


def _join(parts: list[str]) -> str:
    elided = {"l": "l", "d": "d", "j": "ʒ", "m": "m", "t": "t", "s": "s", "n": "n", "c": "s", "qu": "k"}
    return "".join(
        elided.get(part) or _linked(part, parts[i + 1] if i + 1 < len(parts) else "") for i, part in enumerate(parts)
    )


def _plural_of_known(word: str) -> str | None:
    return _lexicon().get(word[:-1]) if word.endswith(("s", "x")) and len(word) > 3 else None


@cache
def _lexicon() -> dict[str, str]:
    """Irregular words → phonemes, from `french_lexicon.txt` (two columns, # starts a comment)."""
    table: dict[str, str] = {}
    for line in files("engine.diorama.sound").joinpath("french_lexicon.txt").read_text(encoding="utf-8").splitlines():
        fields = unicodedata.normalize("NFC", line.partition("#")[0]).split()
        for word in fields[:-1]:
            table[word] = unicodedata.normalize("NFD", fields[-1]).replace("c\u0327", "ç")
    return table


def _linked(word: str, following: str) -> str:
    """``word`` before ``following``: its silent last consonant sounds when a vowel comes and custom asks for it."""
    sounds, low = pronounce(word), word.lower()
    if low == "tous" and following.lower() not in _AFTER_ALL:
        return f"{sounds}s"
    if not following or not begins_with_vowel(following):
        return _before_consonant(sounds, low, following)
    head = re.split(r"['\-]", low)[-1]
    if head in _DENASAL:
        return _DENASAL[head]
    if head == "neuf" and following.lower() in ("heures", "ans"):
        return "nœv"
    if head in ("premier", "dernier"):
        return sounds[:-1] + "ɛʁ"
    link = "z" if head in _LIAISON_Z else "t" if head in _LIAISON_T else "n" if head in _LIAISON_N else ""
    link = link or ("p" if head in ("trop", "beaucoup") else "")
    return sounds.removesuffix("s" if link == "z" else link) + link


def _before_consonant(sounds: str, word: str, following: str) -> str:
    """Six, huit and dix lose their last consonant before another one."""
    if following and word in ("six", "huit", "dix"):
        return sounds[:-1]
    return sounds


def begins_with_vowel(word: str) -> bool:
    """True when ``word`` starts with a vowel sound to which a word before it links (a mute h counts)."""
    low = word.lower()
    first = re.split(r"['\-]", low)[0]
    if low in _ASPIRATED or first in _ASPIRATED or first.removesuffix("s") in _ASPIRATED:
        return False
    plain = unicodedata.normalize("NFD", low)[:1]
    return plain in "aeiouhœ" or (low.startswith("y") and pronounce(word)[:1] == "i")


def _stress(sounds: str, word: str, *, last: bool) -> str:
    """Mark the last full vowel; function words keep none unless they end the phrase."""
    if word.lower() in _UNSTRESSED and not last:
        return sounds
    vowels = list(_STRESSABLE.finditer(sounds))
    if not vowels:
        return sounds
    at = vowels[-1].start()
    return f"{sounds[:at]}ˈ{sounds[at:]}"
