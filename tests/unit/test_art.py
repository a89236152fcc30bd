"""The art pack: complete, well described, and loaded as the painter needs it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.diorama.art import pack
from engine.diorama.art.names import Nearest
from engine.diorama.scene import KINDS, MOTIONS, PLACES
from engine.train.art import ANIMATED, GLYPHS, NAMES
from engine.train.art_dry import without_water
from engine.train.art_eyes import find_eyes
from engine.train.art_reel import bake_reel, follow

NOTICES = Path(__file__).parents[2] / "THIRD_PARTY_NOTICES.md"


def animated() -> list[str]:
    return [asset for asset, entry in pack.index().items() if "reel" in entry]


def test_the_pack_has_1200_subjects_and_200_animations_in_less_than_sixty_megabytes() -> None:
    assert len(pack.ids()) >= 1_230
    assert len(animated()) >= 220
    files = [path for path in pack.PACK.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 60e6
    assert {path.stem for path in files if path.parent.name == "anim"} == set(animated())


def test_the_notices_name_every_source_of_the_pack() -> None:
    notices = NOTICES.read_text("utf-8")
    for source in (GLYPHS, *ANIMATED, NAMES):
        package = source.rsplit("@", 1)[0]
        assert re.sub(r"-[234]$", "-1", package) in notices, package


def test_every_animation_decodes_to_what_the_index_says() -> None:
    for asset in animated():
        told = pack.index()[asset]["reel"]
        with Image.open(pack.reel_path(asset)) as image:
            assert list(image.size) == told["size"], asset
            # The encoder may join frames that are alike; it never invents any.
            assert told["frames"] // 2 <= int(getattr(image, "n_frames", 1)) <= told["frames"], asset
        assert 6 <= told["frames"] <= 60, asset
        assert 30 <= told["ms"] <= 200, asset
        assert 0.2 < told["tall"] <= 1, asset
        assert len(told.get("mouth", [0] * told["frames"])) == told["frames"], asset


@pytest.mark.parametrize("name", ["cat", "man-walking", "fire", "grinning-face", "lion", "automobile", "butterfly"])
def test_a_loop_moves_and_ends_where_it_begins(name: str) -> None:
    reel = pack.asset(name).reel
    assert reel is not None
    frames = np.stack(reel.frames()).astype(np.int16)
    assert len(frames) == reel.count
    change = [float(np.abs(frames[k] - frames[k - 1]).mean()) for k in range(len(frames))]
    assert max(change) > 0.5
    assert change[0] <= 1.8 * np.quantile(change[1:], 0.95) + 0.8
    assert (frames[..., :3] <= frames[..., 3:]).all()
    assert not reel.frames()[0].flags.writeable


def test_a_loop_that_jumps_at_its_end_is_refused(tmp_path: Path) -> None:
    pictures = [Image.new("RGBA", (256, 256)) for _ in range(24)]
    for k, picture in enumerate(pictures):
        picture.paste((200, 60, 40, 255), (10 + 8 * k, 100, 50 + 8 * k, 140))
    source = tmp_path / "runaway.webp"
    pictures[0].save(source, "WEBP", save_all=True, append_images=pictures[1:], duration=42, loop=0)
    with pytest.raises(ValueError, match="last frame"):
        bake_reel(source, tmp_path / "out.webp", size=0.2, mouth=None)


def test_eyes_are_found_where_they_are() -> None:
    face = np.zeros((200, 200, 4), np.uint8)
    face[10:190, 10:190] = (240, 170, 90, 255)
    for x in (70, 130):
        face[80:100, x - 6 : x + 6] = (30, 20, 25, 255)
    face[150:158, 90:110] = (30, 20, 25, 255)  # a mouth, too low and too wide
    eyes = find_eyes(face, facing=0)
    assert [(round(x, 2), round(y, 2)) for x, y, _, _ in sorted(eyes)] == [(0.35, 0.45), (0.65, 0.45)]
    face[80:100, 124:136] = (240, 170, 90, 255)
    assert find_eyes(face, facing=0) == []  # one eye alone is none, from the front
    assert len(find_eyes(face, facing=-1)) == 1


def test_boats_lose_their_water_and_nothing_else() -> None:
    glyph = np.zeros((100, 100, 4), np.float32)
    glyph[20:90, 30:70] = (220, 60, 40, 255)  # a hull
    glyph[30:40, 40:60] = (60, 150, 250, 255)  # its window
    glyph[75:95, 10:90] = (70, 150, 250, 255)  # the sea
    dry = without_water(glyph)
    assert dry[80:, :, 3].max() == 0
    assert np.array_equal(dry[:70], glyph[:70])
    red = glyph * np.array([1, 1, 0, 1], np.float32)
    assert np.array_equal(without_water(red), red)


def test_a_mouth_is_followed_through_an_animation() -> None:
    frames = np.zeros((6, 256, 256, 4), np.float32)
    face = np.random.default_rng(3).uniform(0, 255, (80, 80, 4)).astype(np.float32)
    for k, frame in enumerate(frames):
        frame[60 + 2 * k : 140 + 2 * k, 80 + 3 * k : 160 + 3 * k] = face
    spots = follow(frames, (120.0, 110.0))
    assert spots == [(120.0 + 3 * k, 110.0 + 2 * k) for k in range(6)]


def test_who_stands_has_a_twin_that_walks() -> None:
    for name in ("man-standing", "woman-standing", "person-standing"):
        acts = pack.asset(name).acts
        assert set(acts) <= set(MOTIONS)
        walker = pack.asset(acts["walk"]).reel
        assert walker is not None
        assert walker.strides >= 1


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
