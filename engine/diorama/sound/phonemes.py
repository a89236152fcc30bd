"""Text → the phoneme symbols that the voice model reads, for English and French, and symbols → token numbers."""

from __future__ import annotations

import re
import unicodedata

from engine.diorama.sound import english, french

VOCAB: dict[str, int] = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, "—": 9, "…": 10, '"': 11, "(": 12, ")": 13, "“": 14, "”": 15,
    " ": 16, "\u0303": 17, "ʣ": 18, "ʥ": 19, "ʦ": 20, "ʨ": 21, "ᵝ": 22, "ꭧ": 23, "A": 24, "I": 25, "O": 31, "Q": 33,
    "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42, "a": 43, "b": 44, "c": 45, "d": 46, "e": 47, "f": 48, "h": 50,
    "i": 51, "j": 52, "k": 53, "l": 54, "m": 55, "n": 56, "o": 57, "p": 58, "q": 59, "r": 60, "s": 61, "t": 62,
    "u": 63, "v": 64, "w": 65, "x": 66, "y": 67, "z": 68, "ɑ": 69, "ɐ": 70, "ɒ": 71, "æ": 72, "β": 75, "ɔ": 76,
    "ɕ": 77, "ç": 78, "ɖ": 80, "ð": 81, "ʤ": 82, "ə": 83, "ɚ": 85, "ɛ": 86, "ɜ": 87, "ɟ": 90, "ɡ": 92, "ɥ": 99,
    "ɨ": 101, "ɪ": 102, "ʝ": 103, "ɯ": 110, "ɰ": 111, "ŋ": 112, "ɳ": 113, "ɲ": 114, "ɴ": 115, "ø": 116, "ɸ": 118,
    "θ": 119, "œ": 120, "ɹ": 123, "ɾ": 125, "ɻ": 126, "ʁ": 128, "ɽ": 129, "ʂ": 130, "ʃ": 131, "ʈ": 132, "ʧ": 133,
    "ʊ": 135, "ʋ": 136, "ʌ": 138, "ɣ": 139, "ɤ": 140, "χ": 142, "ʎ": 143, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157,
    "ː": 158, "ʰ": 162, "ʲ": 164, "↓": 169, "→": 171, "↗": 172, "↘": 173, "ᵻ": 177,
}  # fmt: skip
"""Kokoro-82M's symbols and their token numbers, as its config lists them."""

PAUSES = frozenset(";:,.!?—…")
LANGUAGES = ("en", "fr")

_TOKEN = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*'?|[;:,.!?—…]")
_SAME = str.maketrans({"’": "'", "‘": "'", "`": "'", "–": "—", "―": "—", "，": ",", "。": ".", "！": "!", "？": "?",
                       "¡": None, "¿": None, "«": None, "»": None, "\u00a0": " ", "\u202f": " "})  # fmt: skip


def phonemes(text: str, language: str, *, british: bool = False) -> str:
    """How ``text`` sounds, in symbols of `VOCAB` only; "" when it holds nothing that can be said.

    ``language`` is "en" or "fr"; anything else is read as English. ``british`` picks the accent of English.
    """
    text = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    text = (french if language == "fr" else english).normalise(_fold(text, language))
    pieces: list[str] = []
    words: list[str] = []

    def say() -> None:
        if words:
            spoken = french.phrase(words) if language == "fr" else english.phrase(words, british=british)
            pieces.extend(word for word in spoken if word)
            words.clear()

    for token in _TOKEN.findall(text.replace("...", "…").replace(" - ", " — ")):
        if token in PAUSES:
            say()
            if pieces and pieces[-1] not in PAUSES:
                pieces.append(token)
        else:
            words.extend(_words(token, language))
    say()
    return _only_known(_spaced(pieces))


def tokens(symbols: str) -> list[int]:
    """Token numbers of ``symbols``, without the padding the model wants at both ends."""
    return [VOCAB[symbol] for symbol in symbols]


def _fold(text: str, language: str) -> str:
    """``text`` in Latin letters that the language has: other accents are dropped, other scripts skipped."""
    if language == "fr":
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _words(token: str, language: str) -> list[str]:
    """French keeps hyphens (its lexicon knows such words); English reads their parts."""
    return [token] if language == "fr" else [part for part in token.split("-") if part]


def _spaced(pieces: list[str]) -> str:
    return "".join(piece if piece in PAUSES else f" {piece}" for piece in pieces).strip()


def _only_known(symbols: str) -> str:
    symbols = symbols.replace("tʃ", "ʧ").replace("dʒ", "ʤ").replace("g", "ɡ")
    spoken = "".join(symbol for symbol in unicodedata.normalize("NFD", symbols.replace("ç", "s")) if symbol in VOCAB)
    return spoken if any(symbol not in PAUSES and not symbol.isspace() for symbol in spoken) else ""
