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
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save_file

from engine.diorama.sound.casting import CASTS
from engine.diorama.sound.likeness import RATE, measure
from engine.diorama.sound.matching import name_of
from engine.diorama.sound.phonemes import PAUSES, phonemes, tokens
from engine.diorama.sound.voice import THROAT, VOICE_RATE, Voice, resample, session, speak, trim
from engine.identity.voice import embed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.sound.dsp import Wave

VOICES = (
    "af_heart", "af_bella", "af_sarah", "am_michael", "am_fenrir", "am_puck", "bf_emma", "bm_george", "bm_fable",
    "ff_siwis",
)  # fmt: skip
THROATS = ("em_alex", "if_sara", "jf_alpha", "jm_kumo", "hf_alpha")
"""Styles of which only the timbre is used, mixed into other voices."""
HEARD = "We will meet you at the old station tomorrow morning, and we will bring some cake."
"""What each style says, in its own melody, to be compared with people who are cast."""
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
            plain = Voice(voice.style, british=voice.british, throats=voice.throats)
            wave = speak(phonemes(TEXTS[language], language, british=plain.british), plain)
            table[name_of(plain)] = asdict(measure(resample(wave, RATE / VOICE_RATE)))
    path = output / "prints.json"
    lines = [f'  "{name}": {json.dumps(each)}' for name, each in table.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


def bake_throats(source: Path, output: Path = OUTPUT) -> Path:
    """Let every style, whole as it lies in ``source``, speak; write what the speaker network and the ear make of it.

    ``throats.safetensors`` has NAME.embedding (256,) and NAME.envelope (48,) float16 of each; returns its path.
    """
    table: dict[str, NDArray[np.float16]] = {}
    for name in (*VOICES, *THROATS):
        whole = np.fromfile(source / f"{name}.bin", dtype=np.float32).reshape(-1, 256)[:ROWS].astype(np.float16)
        wave = _said_by(whole.astype(np.float32), phonemes(HEARD, "en", british=name.startswith("b")))
        heard = resample(wave, RATE / VOICE_RATE)
        table[f"{name}.embedding"] = embed(wave, VOICE_RATE).astype(np.float16)
        table[f"{name}.envelope"] = np.array(measure(heard).envelope, np.float16)
    path = output / "throats.safetensors"
    save_file(table, path)
    return path


def _said_by(whole: Wave, symbols: str) -> Wave:
    numbers = tokens(symbols if symbols[-1] in PAUSES else f"{symbols}.")
    inputs = {
        "tokens": np.array([[0, *numbers, 0]], np.int64),
        "style": whole[len(numbers)][None],
        "speed": np.ones(1, np.float32),
        "pitch": np.ones(1, np.float32),
    }
    return trim(np.asarray(session().run(None, inputs)[0], np.float32).ravel())


if __name__ == "__main__":
    styles = Path(sys.argv[1])
    for baked in (*bake(styles), bake_dictionary(Path(sys.argv[2])), bake_prints(), bake_throats(styles)):
        sys.stdout.write(f"{baked} {baked.stat().st_size}\n")
