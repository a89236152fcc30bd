"""English spelling → the IPA symbols Kokoro was trained on: a pronouncing dictionary first, spelling rules after it."""

from __future__ import annotations

import lzma
import re
from functools import cache, lru_cache
from importlib.resources import files

from engine.diorama.sound.letters import sound_out
from engine.diorama.sound.numerals import spell_out_english

_ARPABET = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð",
    "EH": "ɛ", "ER": "ɜɹ", "EY": "A", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "ʤ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "O", "OY": "Y", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_VOWELS = "ɑæʌɔWIɛɜAɪiOYʊuəɒQ"

_WEAK = {
    "a": "ɐ", "an": "ən", "the": "ðə", "and": "ænd", "of": "ʌv", "to": "tə", "for": "fɔɹ", "from": "fɹʌm", "at": "æt",
    "in": "ɪn", "on": "ɑn", "is": "ɪz", "are": "ɑɹ", "was": "wʌz", "were": "wɜɹ", "am": "æm", "be": "bi", "been": "bɪn",
    "do": "du", "does": "dʌz", "has": "hæz", "have": "hæv", "had": "hæd", "i": "ˌI", "you": "ju", "he": "hi",
    "she": "ʃi", "it": "ɪt", "we": "wi", "they": "ðA", "me": "mi", "him": "hɪm", "her": "hɜɹ", "us": "ˌʌs",
    "them": "ðɛm", "my": "mI", "your": "jʊɹ", "his": "hɪz", "its": "ɪts", "our": "ˌWəɹ", "their": "ðɛɹ", "this": "ðɪs",
    "that": "ðæt", "as": "æz", "if": "ɪf", "or": "ɔɹ", "but": "bʌt", "so": "sˌO", "by": "bI", "with": "wɪð",
    "will": "wɪl", "would": "wʊd", "can": "kæn", "could": "kʊd", "i'm": "ˌIm", "it's": "ɪts", "you're": "jʊɹ",
    "i'll": "ˌIl", "i've": "ˌIv", "that's": "ðæts", "let's": "lɛts", "there's": "ðɛɹz",
}  # fmt: skip
"""Function words are said without stress; a dictionary gives only their full form."""

_EXTRA = {
    "yume": "jˈumA", "meow": "miˈW", "woof": "wˈʊf", "emoji": "ɪmˈOʤi", "selfie": "sˈɛlfi", "wifi": "wˈIfI",
    "yay": "jˈA", "ouch": "ˈWʧ", "oops": "ˈups", "wow": "wˈW", "hooray": "hʊɹˈA", "yikes": "jˈIks", "ok": "OkˈA",
    "okay": "OkˈA", "hmm": "hˈʌm", "shh": "ʃˈɪ", "bonjour": "bˌOnʒˈʊɹ", "croissant": "kɹəsˈɑnt", "boo": "bˈu",
    "whee": "wˈi", "moo": "mˈu", "ugh": "ˈʌɡ", "omg": "ˌOˌɛmʤˈi", "lol": "lˈɑl", "whoa": "wˈO", "mmm": "mˈʌm",
    "haha": "hɑhˈɑ", "abracadabra": "ˌæbɹəkədˈæbɹə", "vroom": "vɹˈum", "achoo": "əʧˈu",
}  # fmt: skip

_ABBREVIATIONS = {
    r"mr\.?": "mister", r"mrs\.?": "missus", r"ms\.?": "miz", r"dr\.": "doctor", r"st\.": "saint", r"vs\.?": "versus",
    r"etc\.": "et cetera", r"e\.g\.": "for example", r"i\.e\.": "that is", r"jr\.": "junior",
    r"no\.(?=\s*\d)": "number",
    r"prof\.": "professor", r"km/h": "kilometers per hour", r"mph": "miles per hour",
}  # fmt: skip
_SIGNS = {"&": " and ", "@": " at ", "+": " plus ", "=": " equals ", "#": " number ", "°": " degrees ", "/": " "}
_LETTERS = {
    "a": "ˈA", "b": "bˈi", "c": "sˈi", "d": "dˈi", "e": "ˈi", "f": "ˈɛf", "g": "ʤˈi", "h": "ˈAʧ", "i": "ˈI", "j": "ʤˈA",
    "k": "kˈA", "l": "ˈɛl", "m": "ˈɛm", "n": "ˈɛn", "o": "ˈO", "p": "pˈi", "q": "kjˈu", "r": "ˈɑɹ", "s": "ˈɛs",
    "t": "tˈi", "u": "jˈu", "v": "vˈi", "w": "dˈʌbᵊlju", "x": "ˈɛks", "y": "wˈI", "z": "zˈi",
}  # fmt: skip


def normalise(text: str) -> str:
    """``text`` with abbreviations, signs and digits written as words."""
    for pattern, words in _ABBREVIATIONS.items():
        text = re.sub(rf"\b{pattern}(?!\w)", words, text, flags=re.IGNORECASE)
    text = spell_out_english(text)
    for sign, words in _SIGNS.items():
        text = text.replace(sign, words)
    return text


def phrase(words: list[str], *, british: bool = False) -> list[str]:
    """One phoneme string per word of ``words``, which hold letters and apostrophes only."""
    spoken: list[str] = []
    for index, word in enumerate(words):
        sounds = pronounce(word)
        following = pronounce(words[index + 1]) if index + 1 < len(words) else ""
        if following.lstrip("ˈˌ")[:1] in tuple(_VOWELS):
            sounds = {"ðə": "ði", "tə": "tʊ"}.get(sounds, sounds)
        spoken.append(_to_british(sounds, word, following) if british else sounds)
    return spoken


@lru_cache(maxsize=4096)
def pronounce(word: str) -> str:
    """American phonemes of one word; capitals that spell no word are read letter by letter."""
    low = word.lower().strip("'")
    if low in _WEAK:
        return _WEAK[low]
    if word.isupper() and 1 < len(low) <= 4 and (low not in _EXTRA and _look_up(low) is None):
        return " ".join(_LETTERS.get(letter, "") for letter in low).strip()
    if len(low) == 1:
        return _LETTERS.get(low, "")
    return _EXTRA.get(low) or _look_up(low) or _derive(low) or sound_out(low)


@cache
def _dictionary() -> str:
    # Kept as one text and searched: a dict of 126,000 lists would hold some 90 MB for a handful of look-ups a clip.
    packed = files("engine.diorama").joinpath("voices", "cmudict.txt.xz").read_bytes()
    return "\n" + lzma.decompress(packed).decode() + "\n"


def _look_up(word: str) -> str | None:
    table = _dictionary()
    found = table.find(f"\n{word} ")
    if found < 0:
        return None
    line = table[found + 1 : table.index("\n", found + 1)].partition(" ")[2]
    return from_arpabet(line.split())


def from_arpabet(phones: list[str]) -> str:
    """ARPAbet phones with stress digits → Kokoro's symbols, the stress mark before its vowel.

    Between a vowel and an unstressed vowel an American T or D is a tap (ɾ).
    """
    symbols: list[str] = []
    for index, phone in enumerate(phones):
        base, stress = phone.rstrip("012"), phone[-1] if phone[-1].isdigit() else ""
        if base == "AH" and stress == "0":
            symbols.append("ə")
        elif base == "ER" and stress == "0":
            symbols.append("əɹ")
        elif base == "T" and 0 < index < len(phones) - 1 and _is_tap(phones[index - 1], phones[index + 1]):
            symbols.append("ɾ")
        else:
            symbols.append({"1": "ˈ", "2": "ˌ"}.get(stress, "") + _ARPABET[base])
    return "".join(symbols).replace("dəl", "dᵊl") if symbols[-1:] == ["l"] else "".join(symbols)


def _is_tap(before: str, after: str) -> bool:
    return (before[-1].isdigit() or before == "R") and after.endswith("0")


_SUFFIXES = (("'s", ""), ("s'", "s"), ("s", ""), ("es", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
             ("er", ""), ("er", "e"), ("est", ""), ("ly", ""), ("y", ""), ("ish", ""), ("less", ""), ("ness", ""),
             ("like", ""), ("in'", "ing"))  # fmt: skip
_ENDINGS = {"ing": "ɪŋ", "er": "əɹ", "est": "əst", "ly": "li", "y": "i", "ish": "ɪʃ", "less": "ləs", "ness": "nəs",
            "like": "lIk", "in'": "", "s'": ""}  # fmt: skip


def _derive(word: str) -> str | None:
    """Phonemes of an inflected or compound word whose parts are known, or None."""
    for suffix, restored in _SUFFIXES:
        stem = word.removesuffix(suffix)
        if stem == word or len(stem) < 2:
            continue
        known = _look_up(stem + restored)
        if known is None and len(stem) > 3 and stem[-1] == stem[-2]:
            known = _look_up(stem[:-1])
        if known is not None:
            return known + (_ENDINGS[suffix] if suffix in _ENDINGS else _inflection(suffix, known))
    for cut in range(3, len(word) - 2):
        first, second = _look_up(word[:cut]), _look_up(word[cut:])
        if first and second:
            return first + second.replace("ˈ", "ˌ")
    return None


def _inflection(suffix: str, stem: str) -> str:
    last = stem[-1]
    if suffix == "ed":
        return "ɪd" if last in "td" else "t" if last in "pkfsʃʧθ" else "d"
    return "ɪz" if last in "szʃʒʧʤ" else "s" if last in "ptkfθ" else "z"


def _to_british(sounds: str, word: str, following: str) -> str:
    """American → British symbols: long vowels are marked, R is said only before a vowel."""
    sounds = sounds.replace("ɾ", "t").replace("O", "Q")
    sounds = re.sub(r"ɑ(?!ɹ)", "ɒ" if "o" in word.lower() else "ɑː", sounds)
    sounds = re.sub(r"ʊɹ(?![ˈˌ]?[" + _VOWELS + "])", "ɔː", sounds)
    sounds = re.sub(r"([ɛɪ])ɹ(?![ˈˌ]?[" + _VOWELS + "])", lambda m: "ɛː" if m[1] == "ɛ" else "ɪə", sounds)
    sounds = re.sub(r"ɔ(?!ː)", "ɔː", sounds).replace("ɜɹ", "ɜːɹ").replace("ɑɹ", "ɑːɹ")
    linking = following.lstrip("ˈˌ")[:1] in tuple(_VOWELS)
    sounds = re.sub(r"ɹ(?![ˈˌ]?[" + _VOWELS + r"])(?!$)", "", sounds)
    if not linking:
        sounds = re.sub(r"ɹ$", "", sounds)
    return re.sub(r"i(?=.)|(?<=ˈ)i", "iː", re.sub(r"u(?!ː)", "uː", sounds))
