"""Bake the voice styles that diorama speaks with, from the npm package kokoro-js, into small safetensors files.

Run once by a maintainer: ``npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz``, then
``python -m engine.train.voices package/voices``.
"""

from __future__ import annotations

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


if __name__ == "__main__":
    for baked in bake(Path(sys.argv[1])):
        sys.stdout.write(f"{baked} {baked.stat().st_size}\n")
