"""What the camera shows: no gap at any border, the same picture however little of the world is drawn."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.diorama.paint import Painter, drawing_place
from engine.diorama.paint.camera import Camera, View
from engine.diorama.paint.kept import Kept
from engine.diorama.paint.places import draw_place
from engine.diorama.paint.raster import Scratch
from engine.diorama.scene import KEYS, PLACES, Brief, Scene

WIDTH, HEIGHT = 180, 320
SOME_PLACES = (*PLACES[::6], "room")


def scene(*, zoom: float = 1.0, shake: float = 0.0, x: float = 0.5, **words: Any) -> Scene:
    """An empty place seen by a camera that does the same from its first key to its last."""
    camera = np.tile(np.array([x, 0.5, zoom, shake], np.float32), (KEYS, 1))
    return Scene(Brief("a prompt", "en", (), **words), 2.0, 3, np.zeros((0, KEYS, 8), np.float32), camera)


def painter(what: Scene, fps: int = 30) -> Painter:
    return Painter(what, None, width=WIDTH, height=HEIGHT, fps=fps)


def moments(what: Scene, count: int = 12) -> list[NDArray[np.int32]]:
    drawing = painter(what)
    return [drawing.still(index / 30).astype(np.int32) for index in range(count)]


def test_a_shaken_picture_moves_by_whole_pixels_and_leaves_no_gap() -> None:
    calm, *_ = moments(scene(place="desert"), 1)
    camera = Camera(scene(shake=1.0, zoom=1.05), WIDTH, HEIGHT)
    for index, shaken in enumerate(moments(scene(place="desert", shake=1.0, zoom=1.05))):
        x, y, width, height = camera.at(index / 30).box
        assert (width, height) == (WIDTH, HEIGHT)
        for border in (shaken[0], shaken[-1], shaken[:, 0], shaken[:, -1]):
            assert border.max(axis=1).min() > 20
        inner = shaken[120 - y : 200 - y, 60 - x : 120 - x]
        assert np.abs(inner - calm[120:200, 60:120]).mean() < 4, (index, x, y)
    assert len({camera.at(index / 30).box for index in range(12)}) > 5


def test_a_shake_in_a_close_view_stays_enlarged() -> None:
    assert Camera(scene(shake=1.0, zoom=1.4), WIDTH, HEIGHT).at(0.3).zoom > 1.35


@pytest.mark.parametrize(("zoom", "x"), [(1.3, 0.5), (1.12, 0.46), (2.0, 0.9)])
def test_drawing_only_what_is_seen_gives_the_picture_of_the_whole_world(zoom: float, x: float) -> None:
    """Layers, too, may stop where nearer ones hide them."""
    for place in SOME_PLACES:
        drawing = painter(scene(place=place, zoom=zoom, x=x))
        scratch, shown = Scratch(), []
        for whole in (False, True):
            view = drawing.camera.at(0.4, whole=whole)
            world = np.full((view.box[3], view.box[2], 3), 77, np.uint8)
            drawing.behind(world, view, 0.4)
            shown.append(view.enlarge(world, scratch).copy())
        assert shown[0].shape == (HEIGHT, WIDTH, 3)
        assert np.array_equal(shown[0], shown[1]), place


def test_nothing_of_an_earlier_picture_shines_through() -> None:
    for place in SOME_PLACES:
        drawing = painter(scene(place=place))
        view, pictures = drawing.camera.at(0.4), []
        for shade in (0, 255):
            world = np.full((HEIGHT, WIDTH, 3), shade, np.uint8)
            drawing.backdrop = None
            drawing.behind(world, view, 0.4)
            pictures.append(world)
        assert np.array_equal(*pictures), place


def test_a_point_of_the_world_is_seen_where_the_view_says() -> None:
    view = View(0.5, 0.5, 2.0, (0.0, 0.0), WIDTH, HEIGHT)
    assert view.seen(*view.corner) == (0.0, 0.0)
    assert view.box[:2] == (45, 80)


def test_rain_is_drawn_anew_for_every_second_frame() -> None:
    rainy = moments(scene(place="desert", weather="rain"), 6)
    moved = [bool(np.abs(a - b).max() > 24) for a, b in itertools.pairwise(rainy)]
    assert moved == [False, True, False, True, False]


def test_what_is_kept_is_bounded_in_bytes_and_lets_the_oldest_go() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    kept = Kept(6, len)
    for name in ("aa", "bb", "aa", "cc", "dd", "aa", "bb", "too long to keep"):
        assert kept.get(name, lambda name=name: make(name)) == name
        assert kept.bytes <= 6
    assert made == ["aa", "bb", "cc", "dd", "bb", "too long to keep"]


def test_a_place_drawn_meanwhile_is_found_by_the_painter() -> None:
    with drawing_place(Brief("a prompt", "en", (), place="farm"), 90, 160):
        pass
    first = draw_place("farm", "day", "clear", "plain", 90, 160)
    assert draw_place("farm", "day", "clear", "plain", 90, 160) is first
