"""Room for everybody: each of a crowd is seen, and both of a pair, wherever the model put them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.diorama.journey import embark
from engine.diorama.model.condition import Actor, Condition, condition_of
from engine.diorama.model.projection import SCALE, X, Y, project
from engine.diorama.outline import breadth_of, cover_of
from engine.diorama.scene import KEYS, Brief, Scene, Subject

UPRIGHT, WIDE = 9 / 16, 16 / 9


def heap(count: int, *, scale: float = 1.0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tracks of ``count`` that stand in one place and sway a little, and a still camera."""
    tracks = np.zeros((count, KEYS, 8), np.float32)
    tracks[..., X] = 0.5 + 0.004 * np.arange(count)[:, None] + 0.01 * np.sin(np.arange(KEYS) / 4)
    tracks[..., Y] = 0.8 + 0.002 * np.sin(np.arange(KEYS))
    tracks[..., SCALE], tracks[..., 5], tracks[..., 6] = scale, 1.0, 1.0
    camera = np.zeros((KEYS, 4), np.float32)
    camera[:, :3] = (0.5, 0.5, 1.0)
    return tracks, camera


def staged(condition: Condition, *, scale: float = 1.0) -> NDArray[np.float32]:
    return project(condition, *heap(len(condition.actors), scale=scale))[0]


def box(condition: Condition, tracks: NDArray[np.float32], slot: int) -> tuple[NDArray[np.float32], ...]:
    """(KEYS,) left, right, top, bottom."""
    width, height = (extent * tracks[slot, :, SCALE] for extent in condition.outline(slot))
    x, y = tracks[slot, :, X], tracks[slot, :, Y]
    half = 0.5 * width
    return tuple(edge.astype(np.float32) for edge in (x - half, x + half, y - height, y))


def hidden(condition: Condition, tracks: NDArray[np.float32], far: int, near: int) -> float:
    """The greatest share of the box of ``far`` that the box of ``near`` covers in nine tenths of the time."""
    (l1, r1, t1, b1), (l2, r2, t2, b2) = (box(condition, tracks, slot) for slot in (far, near))
    across = np.clip(np.minimum(r1, r2) - np.maximum(l1, l2), 0, None)
    down = np.clip(np.minimum(b1, b2) - np.maximum(t1, t2), 0, None)
    return float(np.quantile(across * down / ((r1 - l1) * (b1 - t1)), 0.9))


def tied(relation: str, *, count: int = 1, kind: str = "animal", cover: str = "", aspect: float = UPRIGHT) -> Condition:
    """``count`` animals in one ``relation`` to something."""
    actors = [Actor(relation=relation, target=count, size=0.4)] * count + [Actor(kind=kind, size=0.4, cover=cover)]
    return Condition(tuple(actors), aspect=aspect)


@pytest.mark.parametrize("aspect", [UPRIGHT, WIDE])
@pytest.mark.parametrize("motion", ["idle", "fly", "spin"])
@pytest.mark.parametrize("count", [3, 5, 6])
def test_each_of_a_crowd_is_seen_and_not_a_dot(count: int, motion: str, aspect: float) -> None:
    condition = Condition((Actor((motion,), size=0.28, breadth=1.2),) * count, aspect=aspect)
    tracks = staged(condition)
    assert max(hidden(condition, tracks, *pair) for pair in combinations(range(count), 2)) < 0.15
    for slot in range(count):
        left, right, top, _ = box(condition, tracks, slot)
        assert left.min() > -0.01
        assert right.max() < 1.01
        assert top.min() > 0
        assert 0.28 * float(np.median(tracks[slot, :, SCALE])) > 0.12


def test_four_on_the_ground_stand_in_two_rows() -> None:
    tracks = staged(Condition((Actor(),) * 4))
    assert len({round(float(np.median(track[:, Y])), 2) for track in tracks}) == 2


def test_a_crowd_that_the_model_made_small_comes_nearer() -> None:
    tracks = staged(Condition((Actor(size=0.2),) * 5), scale=0.5)
    assert float(np.median(tracks[..., SCALE])) > 0.7


def test_neighbours_keep_the_order_that_was_asked_for() -> None:
    order = Condition((Actor(relation="right_of", target=1), *[Actor()] * 4))
    tracks = staged(order)
    assert (tracks[0, :, X] > tracks[1, :, X]).all()


@pytest.mark.parametrize("aspect", [UPRIGHT, WIDE])
@pytest.mark.parametrize(("relation", "far", "near"), [("behind", 0, 1), ("in_front_of", 1, 0)])
def test_who_is_farther_away_is_seen_beside_the_nearer_one(relation: str, far: int, near: int, aspect: float) -> None:
    condition = tied(relation, aspect=aspect)
    tracks = staged(condition)
    assert hidden(condition, tracks, far, near) < 0.4
    assert np.median(tracks[far, :, Y]) < np.median(tracks[near, :, Y])


@pytest.mark.parametrize("aspect", [UPRIGHT, WIDE])
@pytest.mark.parametrize("cover", ["", "canopy"])
def test_what_lies_on_somebody_or_is_held_above_goes_along_and_leaves_it_in_view(cover: str, aspect: float) -> None:
    condition = tied("under", kind="object", cover=cover, aspect=aspect)
    tracks, camera = heap(2)
    tracks[0, :, X] += np.linspace(-0.2, 0.2, KEYS, dtype=np.float32)
    under, above = project(condition, tracks, camera)[0]
    height, tall = (condition.outline(slot)[1] * track[:, SCALE] for slot, track in enumerate((under, above)))
    assert (above[:, Y] - tall < under[:, Y] - height).all()
    assert (above[:, Y] - tall).min() > 0.05
    assert np.abs(above[:, X] - under[:, X]).max() < 0.1
    if cover:
        assert np.median(tall) > np.median(height)
    else:
        assert (above[:, Y] < under[:, Y] - 0.8 * height).all()


def test_under_a_tree_one_stands_small_before_its_foot() -> None:
    condition = tied("under", kind="plant", cover="roof")
    fox, tree = staged(condition)
    assert np.median(fox[:, SCALE]) < 0.55 * np.median(tree[:, SCALE])
    assert np.median(fox[:, Y]) > np.median(tree[:, Y])


@pytest.mark.parametrize("relation", ["behind", "on", "under", "chasing", "over"])
def test_three_in_the_same_relation_do_not_stand_in_each_other(relation: str) -> None:
    condition = tied(relation, count=3, kind="vehicle", cover="roof" if relation == "under" else "")
    tracks = staged(condition)
    assert max(hidden(condition, tracks, *pair) for pair in combinations(range(3), 2)) < 0.35


def test_what_is_kept_stays_where_it_is_and_the_others_make_room() -> None:
    condition = Condition((Actor(size=0.3),) * 3)
    tracks, camera = heap(3)
    placed, _ = project(condition, tracks, camera, held={1: tracks[1]})
    assert np.array_equal(placed[1], tracks[1])
    assert max(hidden(condition, placed, 1, other) for other in (0, 2)) < 0.15


def test_the_art_says_how_broad_somebody_is_and_what_is_a_roof() -> None:
    bus, king, tree, umbrella, ball = (
        Subject(art, art, kind, 0.4)
        for art, kind in (("bus", "vehicle"), ("person-with-crown", "person"), ("deciduous-tree", "plant"),
                          ("umbrella", "object"), ("soccer-ball", "object"))
    )  # fmt: skip
    assert breadth_of(bus) > 1.2
    assert breadth_of(king) < 0.7
    assert breadth_of(Subject("no such art", "thing", "object", 0.3)) == 1.0
    assert [cover_of(one) for one in (bus, tree, umbrella, ball)] == ["", "roof", "canopy", ""]
    told = condition_of(Brief("a prompt", "en", (bus, umbrella)), seconds=5.0, aspect=WIDE)
    assert told.outline(0)[0] > told.extent(0)[0]
    assert told.actors[1].cover == "canopy"


def test_a_party_on_a_journey_stays_in_the_frame() -> None:
    dog = Subject("dog", "dog", "animal", 0.16, motions=("run",))
    tracks, camera = heap(6)
    tracks[..., X] = np.linspace(0.1, 0.9, 6)[:, None] + 0.04 * np.sin(np.arange(KEYS) / 5)
    scene = Scene(Brief("six dogs run", "en", (dog,) * 6, place="beach"), 5.0, 3, tracks, camera)
    for seed in range(4):
        gone, journey = embark(replace(scene, seed=seed))
        assert journey is not None
        assert gone.tracks[..., X].min() > 0.07
        assert gone.tracks[..., X].max() < 0.93


def test_sleeping_people_have_room_to_lie() -> None:
    up, down = (Condition((Actor((motion,), kind="person", breadth=0.5),)) for motion in ("idle", "sleep"))
    assert down.outline(0) == (2 * up.outline(0)[0], 0.5 * up.outline(0)[1])
