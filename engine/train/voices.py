"""Bake what diorama speaks with: voice styles of the npm package kokoro-js, and the dictionary of CMUdict.

Run once by a maintainer: ``npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz``, take ``cmudict.dict`` from the
CMUdict distribution, then ``python -m engine.train.voices package/voices cmudict.dict``.
"""

from __future__ import annotations

import lzma
import re
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

VOICES = (
    "af_heart", "af_bella", "af_sarah", "am_michael", "am_fenrir", "am_puck", "bf_emma", "bm_george", "bm_fable",
    "ff_siwis",
)  # fmt: skip
ROWS = 256
"""Styles depend on the number of tokens; a line of 256 tokens outlasts any clip, so longer rows are left out."""
OUTPUT = Path(__file__).parents[1] / "diorama" / "voices"


def bake(source: Path, output: Path = OUTPUT) -> list[Path]:
    """Write one ``NAME.safetensors`` ("style": (256, 256) float16) a voice; returns the paths.

    Raises `FileNotFoundError` when a voice is missing from ``source``.
    """
    written: list[Path] = []
    for name in VOICES:
        style = np.fromfile(source / f"{name}.bin", dtype=np.float32).reshape(-1, 256)[:ROWS]
        path = output / f"{name}.safetensors"
        save_file({"style": style.astype(np.float16)}, path, metadata={"voice": name, "source": "kokoro-js 1.2.1"})
        written.append(path)
    return written


def bake_dictionary(source: Path, output: Path = OUTPUT) -> Path:
    """Write ``cmudict.txt.xz``: one "word PHONES" a line, first pronunciations only; returns its path."""
    lines = [line.partition("#")[0].strip() for line in source.read_text(encoding="utf-8").splitlines()]
    kept = [line for line in lines if re.match(r"[a-z'][a-z']*(?:-[a-z]+)* ", line)]
    path = output / "cmudict.txt.xz"
    path.write_bytes(lzma.compress("\n".join(kept).encode(), preset=9 | lzma.PRESET_EXTREME))
    return path


if __name__ == "__main__":
    for baked in (*bake(Path(sys.argv[1])), bake_dictionary(Path(sys.argv[2]))):
        sys.stdout.write(f"{baked} {baked.stat().st_size}\n")
