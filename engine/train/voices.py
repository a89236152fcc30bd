"""Bake what diorama speaks with: voice styles of the npm package kokoro-js, their prints, and CMUdict's dictionary.

Run once by a maintainer: ``npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz``, take ``cmudict.dict`` from the
CMUdict distribution, then ``python -m engine.train.voices package/voices cmudict.dict``.
"""

from __future__ import annotations

import json
import lzma
import re
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from engine.diorama.sound.casting import CASTS
from engine.diorama.sound.likeness import RATE, measure
from engine.diorama.sound.matching import name_of
from engine.diorama.sound.phonemes import phonemes
from engine.diorama.sound.voice import THROAT, VOICE_RATE, Voice, resample, speak

VOICES = (
    "af_heart", "af_bella", "af_sarah", "am_michael", "am_fenrir", "am_puck", "bf_emma", "bm_george", "bm_fable",
    "ff_siwis",
)  # fmt: skip
THROATS = ("em_alex", "if_sara")
"""Styles of which only the timbre is used, to make further French voices."""
TEXTS = {
    "en": "The quick brown fox jumps over a lazy dog, while my mother bakes five large cherry pies.",
    "fr": "Portez ce vieux whisky au juge blond qui fume, et mangez des pommes rouges dans le jardin de mon oncle.",
}
"""What each voice says to be measured: all kinds of sounds."""
ROWS = 256
"""Styles depend on the number of tokens; a line of 256 tokens outlasts any clip, so longer rows are left out."""
OUTPUT = Path(__file__).parents[1] / "diorama" / "voices"


def bake(source: Path, output: Path = OUTPUT) -> list[Path]:
    """Write one ``NAME.safetensors`` ("style": (256, 256) float16, a throat (256, 128)) a voice; returns the paths.

    Raises `FileNotFoundError` when a voice is missing from ``source``.
    """
    written: list[Path] = []
    for name in (*VOICES, *THROATS):
        style = np.fromfile(source / f"{name}.bin", dtype=np.float32).reshape(-1, 256)[:ROWS]
        style = style[:, :THROAT] if name in THROATS else style
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


def bake_prints(output: Path = OUTPUT) -> Path:
    """Let every voice of the casting speak, unshaped, and write its print to ``prints.json``; returns its path."""
    table: dict[str, dict[str, object]] = {}
    for language, voices in CASTS.items():
        for voice in voices:
            plain = Voice(voice.style, british=voice.british, throat=voice.throat, mixed=voice.mixed)
            wave = speak(phonemes(TEXTS[language], language, british=plain.british), plain)
            table[name_of(plain)] = asdict(measure(resample(wave, RATE / VOICE_RATE)))
    path = output / "prints.json"
    lines = [f'  "{name}": {json.dumps(each)}' for name, each in table.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    for baked in (*bake(Path(sys.argv[1])), bake_dictionary(Path(sys.argv[2])), bake_prints()):
        sys.stdout.write(f"{baked} {baked.stat().st_size}\n")
