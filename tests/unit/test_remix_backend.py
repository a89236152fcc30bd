"""The engine remixes a stored clip by words, by a number, and with other music: recipe and latent in, clip out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.backends.diorama import Diorama
from engine.spec import Clip, GenerationSpec, Source

SPEC = GenerationSpec(
    prompt="a fox jumps over a log in a forest", seconds=1.0, width=720, height=1280, fps=24, seed=11, steps=2
)


@pytest.fixture(scope="module")
def engine() -> Diorama:
    made = Diorama()
    made.load("cpu")
    return made


@pytest.fixture(scope="module")
def parent(engine: Diorama) -> Clip:
    return clip(engine, SPEC)


def clip(engine: Diorama, spec: GenerationSpec, **changes: Any) -> Clip:
    *_, made = engine.generate(msgspec.structs.replace(spec, **changes))
    assert isinstance(made, Clip)
    return made


def stored(parent: Clip, folder: Path, strength: float | None = None) -> Source:
    """A parent as a worker hands it over: its recipe as JSON, its latent as a file."""
    path = folder / "parent.safetensors"
    save_file({name: np.ascontiguousarray(each) for name, each in parent.latent.items()}, path, {
        "format": parent.latent_format
    })  # fmt: skip
    return Source(recipe=msgspec.json.decode(msgspec.json.encode(parent.recipe)), latent=str(path), strength=strength)


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("same but underwater", {"place": "underwater"}),
        ("pareil mais la nuit", {"time": "night"}),
    ],
)
def test_words_change_what_they_name_and_the_parents_scene_stays(
    engine: Diorama, parent: Clip, tmp_path: Path, words: str, changed: dict[str, str]
) -> None:
    child = clip(engine, SPEC, prompt=words, seed=99, source=stored(parent, tmp_path))
    told = ("place", "time", "weather", "style", "subjects", "motions", "mood")
    assert {name: child.recipe[name] for name in told} == {name: parent.recipe[name] for name in told} | changed
    assert child.recipe["remix"]["from"] == "latent"
    assert child.recipe["remix"]["strength"] is None
    assert child.recipe["remix"]["kept"] == ["fox", "log"]
    np.testing.assert_array_equal(child.latent["tracks"], parent.latent["tracks"])
    assert child.recipe["lines"] == parent.recipe["lines"]


def test_a_number_says_how_far_the_scene_goes_from_the_parents(engine: Diorama, parent: Clip, tmp_path: Path) -> None:
    def distance(strength: float) -> float:
        child = clip(engine, SPEC, prompt="same", seed=99, source=stored(parent, tmp_path, strength))
        assert child.recipe["remix"]["strength"] == strength
        return float(np.abs(child.latent["tracks"] - parent.latent["tracks"]).mean())

    same, near, far = distance(0.0), distance(0.4), distance(1.0)
    assert same == pytest.approx(0.0, abs=1e-4)
    assert same < near < far


def test_a_clip_that_joins_a_sound_has_its_music_and_keeps_all_else(engine: Diorama, parent: Clip) -> None:
    other = "spooky" if parent.recipe["mood"] != "spooky" else "happy"
    child = clip(engine, SPEC, mood=other)
    assert child.recipe["mood"] == other
    assert child.waveform is not None
    assert parent.waveform is not None
    assert not np.array_equal(child.waveform, parent.waveform)
    assert child.recipe["subjects"] == parent.recipe["subjects"]
    assert clip(engine, SPEC, mood="no such music").recipe["mood"] == parent.recipe["mood"]
