"""`python -m engine.train.words`: bake the vectors by which the reader of prompts looks up words it does not know."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from engine.diorama.art.names import encode
from engine.diorama.words.lexicon import FOLDER, LANGUAGES, phrases, read
from engine.diorama.words.meaning import PICTURED, VECTORS

BATCH = 64
LOOSE = frozenset({"everyday", "seldom"})
"""Tables that are looked up word for word only: a barman is drawn as a man, but speaks for no other word's meaning."""


def digest() -> str:
    """SHA-256 (hex) of all that is baked: as long as the tables say the same, the stored vectors are current."""
    rows = "\n".join(f"{word}\t{value}" for word, value in (*nouns(), *verbs()))
    return hashlib.sha256(rows.encode()).hexdigest()


def nouns() -> list[tuple[str, str]]:
    """Every phrase of the tables of kin but the loose ones, said to be pictured, and its art, in the files' order."""
    paths = [path for path in sorted((FOLDER / "kin").glob("*.toml")) if path.stem not in LOOSE]
    tables = [tomllib.loads(path.read_text("utf-8")) for path in paths]
    rows = (
        (PICTURED[language].format(phrase), art)
        for table in tables
        for art, words in table.items()
        for language in LANGUAGES
        for phrase in phrases(words.get(language, ""))
    )
    return list(dict.fromkeys(rows))


def verbs() -> list[tuple[str, str]]:
    """Every verb of one word in its base form, with the role and value it means ("motion walk")."""
    return list(dict.fromkeys(_verbs()))


def _verbs() -> Iterator[tuple[str, str]]:
    for role, name in (("motion", "motions"), ("action", "actions")):
        for value, entry in read(name).items():
            for language in LANGUAGES:
                for phrase in phrases(entry.get(language, "")):
                    base = phrase.split("/")[0]
                    if " " not in base and "'" not in base:
                        yield base, f"{role} {value}"


def bake(path: Path = VECTORS) -> int:
    """Write the vectors of all nouns and verbs to ``path`` as int8 (10 ms a word) and return how many there are."""
    arrays: dict[str, NDArray[np.int8] | NDArray[np.float16]] = {}
    metadata = {"tables": digest()}
    for kind, rows in (("nouns", nouns()), ("verbs", verbs())):
        words = [word for word, _ in rows]
        vectors = np.concatenate([encode(words[start : start + BATCH]) for start in range(0, len(words), BATCH)])
        scale = np.abs(vectors).max(axis=1, keepdims=True) / 127
        arrays[kind] = np.round(vectors / scale).astype(np.int8)
        arrays[f"{kind}_scale"] = scale.astype(np.float16)
        metadata[f"{kind}_values"] = "\n".join(value for _, value in rows)
    save_file(arrays, path, metadata=metadata)
    return len(arrays["nouns"]) + len(arrays["verbs"])


if __name__ == "__main__":
    print(f"{bake()} words baked into {VECTORS}")
