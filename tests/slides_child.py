"""An engine child with a light backend for tests of jobs: its prompt says how long it takes and how it fails."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine import child
from engine.errors import EngineError
from engine.registry import register
from engine.spec import Capabilities, Clip, GenerationSpec, Phase, Quality, Step

STEPS = 20


@register
class Slides:
    """Coloured slides and a tone. "take 3" spreads 3 seconds over its steps; "die", "hang", "refuse" misbehave.

    "mumble some words" is said in the clip.
    "hold at 28 until /some/file" draws 28 pictures and then waits for that file.
    """

    name = "slides"
    weights = "5" * 64
    capabilities = Capabilities(
        title="Slides", audio=True, first_frame=False, cast=True, max_cast=2, remix_strength=True, streaming=True,
        preview=True, min_seconds=1.0, max_seconds=10.0, sizes=((64, 96), (96, 64)), fps=(10,), steps=(1, STEPS),
        quality_steps={Quality.STANDARD: STEPS},
    )  # fmt: skip

    def load(self, device: str) -> None:
        """Nothing to load."""

    def generate(self, spec: GenerationSpec) -> Iterator[Step | Clip]:
        """Steps with previews, then the clip."""
        found = re.search(r"take ([\d.]+)", spec.prompt)
        pause = float(found[1]) / STEPS if found else 0.0
        rng = np.random.default_rng(spec.seed)
        yield Step(Phase.LOADING, 1, 1)
        yield Step(Phase.TEXT, 1, 1)
        for index in range(1, STEPS + 1):
            if index == STEPS // 2:
                _misbehave(spec.prompt)
            time.sleep(pause)
            yield Step(Phase.DENOISE, index, STEPS, rng.integers(0, 255, (spec.height, spec.width, 3), np.uint8))
        yield Step(Phase.DECODE, 1, 1)
        seconds = spec.frame_count / spec.fps
        tone = np.sin(np.arange(round(seconds * 24_000)) * 0.1).astype(np.float32)[None].repeat(2, 0) * 0.5
        recipe = {
            "schema": 1, "backend": "slides", "seed": spec.seed,
            "lines": [{"text": line, "language": "en"} for line in re.findall(r"mumble ([a-z ]+)", spec.prompt)],
            "spec": {"prompt": spec.prompt, "style": spec.style},
            "cast": [{"cameo": one.cameo_id, "version": one.version} for one in spec.cast],
            "given": {"preferences": [one.preferences for one in spec.cast],
                      "faces": [len(one.faces) for one in spec.cast], "voices": [bool(one.voice) for one in spec.cast],
                      "parent": None if spec.source is None else spec.source.recipe.get("seed"),
                      "latent": spec.source is not None and Path(spec.source.latent or "").is_file()},
        }  # fmt: skip
        yield Clip(_frames(spec), tone, 24_000, recipe, {"z": np.zeros((2, 2), np.float32)}, "slides")


def _misbehave(prompt: str) -> None:
    if "die" in prompt:
        os.kill(os.getpid(), signal.SIGKILL)
    if "hang" in prompt:
        time.sleep(60)
    if "refuse" in prompt:
        raise EngineError("The engine refuses.")


def _frames(spec: GenerationSpec) -> Iterator[np.ndarray]:
    picture = np.zeros((spec.height, spec.width, 3), np.uint8)
    held = re.search(r"hold at (\d+) until (\S+)", spec.prompt)
    for index in range(spec.frame_count):
        while held and index == int(held[1]) and not Path(held[2]).exists():
            time.sleep(0.02)
        picture[:] = (40, 80, 120)
        picture[index % spec.height] = 255
        yield picture


if __name__ == "__main__":
    status = child.main()
    sys.stderr.flush()
    os._exit(status)
