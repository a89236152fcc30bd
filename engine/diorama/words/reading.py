"""From raw text to tokens: quoted speech set apart, words folded for look-up, and the language told."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

QUOTE = "\ue000"
"""Stands in the token stream where a quotation was."""

LONGEST_LINE = 300

_PAIRS = (
    r"«\s*(.+?)\s*»",
    r"“(.+?)”",
    r"„(.+?)[“”]",
    r'"(.+?)"',
    # A single quote opens after a space and closes before one, so that apostrophes inside words are left alone.
    r"(?<!\w)‘(?=\S)(.+?)(?<=\S)’(?!\w)",
    r"(?<!\w)['’](?=\S)(.+?)(?<=\S)['’](?!\w)",
)
_QUOTED = re.compile("|".join(_PAIRS), re.DOTALL)
_SIGN = "[\u2190-\u2bff\U0001f000-\U0001faff]"
_TONES = "[\ufe0f\U0001f3fb-\U0001f3ff]"
_WORD = re.compile(rf"{_SIGN}{_TONES}*(?:\u200d{_SIGN}{_TONES}*)*|[^\W_]+|[^\s\w]")
_TONE = re.compile(_TONES)
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Zero-width and direction marks. The zero-width joiner stays: it holds emojis together."""

_HEAPED = re.compile("(?<=[A-Za-z\u00c0-\u024f])[\u0300-\u036f]+")
_ELIDED = frozenset({"l", "d", "j", "m", "t", "s", "c", "n", "qu", "jusqu", "lorsqu", "puisqu", "quelqu"})
_CLITICS = frozenset({"le", "la", "les", "l'", "qui", "then", "is", "that", "which"})
_ENGLISH_TAILS = frozenset({"s", "t", "re", "ve", "ll", "d", "m"})


@dataclass(frozen=True)
class Token:
    """One word, mark or emoji as typed (``text``) and folded for look-up (``form``); ``owner``: "fox" of "fox's"."""

    text: str
    form: str
    owner: bool = False


def fold(text: str) -> str:
    """Lower case without accents: "Été" → "ete", "Œuf" → "oeuf"."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(char for char in plain if not unicodedata.combining(char))


def clean(text: str) -> str:
    """Composed Unicode without control, invisible, private and unassigned characters, or heaps of accents."""
    composed = _HEAPED.sub("", unicodedata.normalize("NFC", _INVISIBLE.sub("", text)))
    return "".join(" " if unicodedata.category(char) in {"Cc", "Co", "Cs", "Cn"} else char for char in composed)


def split_speech(text: str) -> tuple[str, list[str]]:
    """The text with each quotation replaced by `QUOTE`, and the quotations in order."""
    lines: list[str] = []

    def take(match: re.Match[str]) -> str:
        line = " ".join(next(group for group in match.groups() if group is not None).split())[:LONGEST_LINE].strip()
        if not any(char.isalnum() for char in line):
            return " "
        lines.append(line)
        return f" {QUOTE} "

    return _QUOTED.sub(take, text), lines


def straighten(tokens: list[Token]) -> list[Token]:
    """Without what stands between the camera and its verb: "the camera slowly zooms in", "la caméra le suit"."""
    kept: list[Token] = []
    for token in tokens:
        after_camera = bool(kept) and kept[-1].form == "camera"
        if not (after_camera and (token.form in _CLITICS or token.form.endswith(("ly", "ement")))):
            kept.append(token)
    return kept


def tokenize(text: str) -> list[Token]:
    """Words, marks and other signs in order. "l'arbre" gives "l'" and "arbre"; "fox's" gives "fox".

    A hyphen inside a word stays in the ``text`` before it and parts the forms: "t-shirt" gives "t-" and "shirt".
    """
    marks = list(_WORD.finditer(text))
    found = [mark.group() for mark in marks]
    tokens: list[Token] = []
    skip = 0
    for place, word in enumerate(found):
        if skip:
            skip -= 1
            continue
        if word == "-" and tokens and _inside_word(text, marks[place].start()):
            # "Arc-en-ciel" and "arc en ciel", "ice-cream" and "ice cream" are looked up alike.
            tokens[-1] = replace(tokens[-1], text=tokens[-1].text + "-")
            continue
        if word in {"'", "’"}:
            if tokens and tokens[-1].form in _ELIDED:
                before = tokens.pop()
                tokens.append(Token(before.text + "'", before.form + "'"))
            elif place + 1 < len(found) and found[place + 1].casefold() in _ENGLISH_TAILS:
                skip = 1
                if tokens and found[place + 1].casefold() == "s":
                    tokens[-1] = replace(tokens[-1], owner=True)
            continue
        tokens.append(Token(word, fold(_TONE.sub("", word)) or word))
    return tokens


def _inside_word(text: str, place: int) -> bool:
    return text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
