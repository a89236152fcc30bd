"""An engine child with toy backends whose prompt says how they misbehave; run by path, as the runner's command."""

# ruff: noqa: T201 - stray prints are what it is for
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec
import numpy as np

from engine import child
from engine.errors import BackendUnavailable
from engine.registry import register
from engine.spec import Capabilities, Clip, GenerationSpec, Phase, Quality, Step

CAPABILITIES = Capabilities(
    title="Toy",
    audio=True,
    first_frame=False,
    cast=False,
    remix_strength=False,
    streaming=False,
    preview=True,
    min_seconds=0.1,
    max_seconds=2.0,
    sizes=((64, 96),),
    fps=(10,),
    steps=(1, 100),
    quality_steps={Quality.STANDARD: 3},
)


@register
class Toy:
    """Draws one bright line that moves; sounds a tone."""

    name = "toy"
    capabilities = CAPABILITIES
    weights = "0" * 64

    def load(self, device: str) -> None:
        """Nothing to load, but a stray line on standard output."""
        print("loading on", device)
        os.write(1, b"C libraries print too\n")

    def generate(self, spec: GenerationSpec) -> Iterator[Step | Clip]:
        """Steps, then a clip; the prompt's first word picks the mischief."""
        total = self.capabilities.resolve_steps(spec)
        yield Step(Phase.LOADING, 1, 1)
        misbehave(spec.prompt.split()[0])
        rng = np.random.default_rng(spec.seed)
        for index in range(1, total + 1):
            if spec.prompt.startswith("slow"):
                time.sleep(0.05)
            yield Step(Phase.DENOISE, index, total, rng.integers(0, 255, (96, 64, 3), np.uint8))
        seconds = spec.frame_count / spec.fps
        wave = np.sin(np.arange(round(seconds * 24_000)) * 0.1).astype(np.float32)[None].repeat(2, 0) * 0.5
        silent = spec.prompt.startswith("silent")
        latent = {"noise": rng.standard_normal((4, 4)).astype(np.float32)}
        yield Clip(frames(spec), None if silent else wave, 24_000, {"schema": 1, "seed": spec.seed}, latent, "toy")


def misbehave(word: str) -> None:
    """Do what ``word`` says, if it says anything."""
    match word:
        case "hang":
            time.sleep(60)
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "fill":
            raise MemoryError
        case "bug":
            raise ValueError("the secret path /etc/secret")
        case "babble":
            subprocess.run(["echo", "a process it started prints"], check=True)
            print("print goes elsewhere")
        case _:
            pass


def frames(spec: GenerationSpec) -> Iterator[np.ndarray]:
    """The pictures, in one buffer used again and again."""
    picture = np.zeros((spec.height, spec.width, 3), np.uint8)
    missing = 1 if spec.prompt.startswith("short") else 0
    for index in range(spec.frame_count - missing):
        picture[:] = (40, 80, 120)
        picture[index % spec.height] = 255
        if spec.prompt.startswith("paint slowly"):
            time.sleep(0.2)
        yield picture


@register
class Streamer(Toy):
    """As the toy, but its pictures can be played as they are drawn."""

    name = "streamer"
    capabilities = msgspec.structs.replace(CAPABILITIES, streaming=True)


@register
class Unloadable:
    """Misses something it needs."""

    name = "unloadable"
    capabilities = CAPABILITIES
    weights = ""

    def load(self, device: str) -> None:
        """Always fail."""
        raise BackendUnavailable(f"There are no weights for {device}.")

    def generate(self, spec: GenerationSpec) -> Iterator[Step | Clip]:
        """Never reached."""
        raise AssertionError(spec)


@register
class Dawdler:
    """Takes for ever to load."""

    name = "dawdler"
    capabilities = CAPABILITIES
    weights = ""

    def load(self, device: str) -> None:
        """Sleep."""
        print("never ready on", device)
        time.sleep(60)

    def generate(self, spec: GenerationSpec) -> Iterator[Step | Clip]:
        """Never reached."""
        raise AssertionError(spec)


if __name__ == "__main__":
    status = child.main()
    sys.stderr.flush()
    os._exit(status)
