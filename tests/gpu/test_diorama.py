"""Diorama on an accelerator: `pytest -m gpu` on a machine that has one; `make test` leaves these out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.media.probe import probe
from engine.protocol import ClipMessage
from engine.runner import EngineChild
from engine.spec import GenerationSpec

pytestmark = pytest.mark.gpu

PROMPT = "a red fox jumps over a log in the rain at night"


def directed(device: str) -> np.ndarray:
    """(2, KEYS, 8) tracks of one scene, sampled on ``device``."""
    from engine.diorama.model.direct import Director
    from engine.diorama.words import understand

    *_, last = Director(device).direct(understand(PROMPT), seconds=3.0, seed=5)
    return last.scene.tracks


def test_a_seed_means_the_same_scene_on_every_device() -> None:
    assert np.abs(directed("cuda:0") - directed("cpu")).max() < 0.02


def test_an_accelerator_gives_the_same_scene_twice() -> None:
    assert np.array_equal(directed("cuda:0"), directed("cuda:0"))


async def test_a_child_on_an_accelerator_makes_a_clip(tmp_path: Path) -> None:
    child = await EngineChild.start("diorama", "cuda:0")
    try:
        spec = GenerationSpec(prompt=PROMPT, seconds=1.0, width=720, height=1280, fps=30, seed=5)
        messages = [message async for message in child.run(spec, tmp_path, timeout=120)]
    finally:
        await child.close()
    clip = messages[-1]
    assert isinstance(clip, ClipMessage)
    found = probe(Path(clip.path))
    assert (found.width, found.height) == (720, 1280)
    assert abs(found.seconds - 1.0) <= 0.1
