"""Meanings for seeded videos: real sentence vectors, read once, of what the grammar of `app.seed.words` can say.

Run this file (``python -m app.seed.bank``) after that grammar changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parent / "bank.npy"
SPREAD = 0.5
"""Length of the noise that tells two videos about the same apart; the vectors' own length is 1."""


def load_bank() -> NDArray[np.float32]:
    """(n, 384) unit vectors, in the order of `app.seed.words.bank_sentences`."""
    return np.load(FILE).astype(np.float32)


def meanings(bank: NDArray[np.float32], subject: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
    """For each row of ``subject`` a unit vector near that of the bank."""
    noise = rng.standard_normal((len(subject), bank.shape[1]), np.float32)
    noise *= SPREAD / np.linalg.norm(noise, axis=1, keepdims=True)
    near = bank[subject] + noise
    return near / np.linalg.norm(near, axis=1, keepdims=True)


def _write() -> None:
    from app.seed.words import bank_sentences  # noqa: PLC0415 - only who makes the bank reads
    from engine.text.meaning import meaning  # noqa: PLC0415

    np.save(FILE, np.stack([meaning(sentence) for sentence in bank_sentences()]).astype(np.float16))


if __name__ == "__main__":
    _write()
