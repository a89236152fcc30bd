"""The art pack: complete, well described, and loaded as the painter needs it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from engine.diorama.art import pack
from engine.diorama.art.names import Nearest
from engine.diorama.scene import KINDS, PLACES


def test_the_pack_has_a_thousand_subjects_in_less_than_thirty_megabytes() -> None:
    assert len(pack.ids()) >= 1_000
    assert sum(path.stat().st_size for path in pack.PACK.iterdir()) < 30e6


def test_every_entry_is_complete_and_uses_the_scenes_words() -> None:
    for asset, entry in pack.index().items():
        assert re.fullmatch(r"[a-z0-9-]+", asset)
        assert (pack.PACK / f"{asset}.webp").is_file()
        assert entry["kind"] in KINDS
        assert entry["place"] is None or entry["place"] in PLACES
        assert 0.05 <= entry["size"] <= 1.0
        assert entry["names_en"]
        assert entry["names_fr"]
        x0, y0, x1, y1 = entry["box"]
        assert 0 <= x0 < x1 <= 256
        assert 0 <= y0 < y1 <= 256


def test_no_english_name_means_two_things() -> None:
    names = [name for entry in pack.index().values() for name in entry["names_en"]]
    assert len(names) == len(set(names))


def test_plain_animal_names_mean_whole_bodies_where_the_set_has_them() -> None:
    owners = {name: asset for asset, entry in pack.index().items() for name in entry["names_en"]}
    for name in ("cat", "dog", "rabbit", "horse", "cow", "pig", "mouse", "tiger", "monkey", "dragon", "man", "woman"):
        assert not pack.asset(owners[name]).head_only, name
    for name in ("fox", "bear", "panda", "lion", "wolf", "unicorn", "robot", "astronaut"):
        assert pack.asset(owners[name]).head_only, name


@pytest.mark.parametrize("name", ["fox", "wood", "cat", "rocket", "princess"])
def test_pictures_are_trimmed_premultiplied_and_shared(name: str) -> None:
    asset = pack.asset(name)
    picture = asset.image
    alpha = picture[..., 3]
    assert picture.dtype == np.uint8
    assert not picture.flags.writeable
    assert picture[..., :3].max(axis=2)[alpha == 0].max(initial=0) == 0
    assert (picture[..., :3] <= alpha[..., None]).all()
    assert (alpha[0].any(), alpha[-1].any(), alpha[:, 0].any(), alpha[:, -1].any()) == (True,) * 4
    assert pack.asset(name) is asset
    assert 0.0 <= asset.foot <= 1.0


def test_the_fox_is_drawn_in_bgr() -> None:
    blue, green, red = pack.asset("fox").colours[0]
    assert red > green > blue


def test_unknown_art_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        pack.asset("no-such-thing")


def test_a_known_name_is_its_own_nearest() -> None:
    nearest = Nearest(pack.PACK / "names.safetensors")
    assert nearest("renard")[0][0] == "fox"
    asset, score = nearest("kittens playing", 2)[0]
    assert asset in {"cat", "black-cat"}
    assert score < 1.0
