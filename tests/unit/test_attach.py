"""What belongs to somebody is where it belongs: in the hand, in the mouth, on the head; riders sit in the saddle."""

from __future__ import annotations

import numpy as np
import pytest

from engine.diorama.art.pack import asset
from engine.diorama.paint import Painter
from engine.diorama.paint.motion import Pose
from engine.diorama.scene import KEYS, Brief, Scene, Subject

WIDTH, HEIGHT = 180, 320


def pair(first: str, relation: str, second: str, *, facing: float = 1.0) -> Painter:
    """A painter of ``first`` in a ``relation`` to ``second``, both directed to the same spot."""
    subjects = (
        Subject(first, first, asset(first).kind, 0.5, relation=relation, target=1),
        Subject(second, second, asset(second).kind, 0.4),
    )
    tracks = np.zeros((2, KEYS, 8), np.float32)
    tracks[:, :] = (0.5, 0.8, 1, 0, 0, facing, 1, 0)
    camera = np.zeros((KEYS, 4), np.float32)
    camera[:, :3] = (0.5, 0.5, 1.0)
    return Painter(Scene(Brief("a prompt", "en", subjects), 2.0, 5, tracks, camera), None,
                   width=WIDTH, height=HEIGHT, fps=24)  # fmt: skip


def placed(painter: Painter) -> list[Pose]:
    poses = [course.at(0.5) for course in painter.courses]
    return painter.fastened(poses, 0.5)


def top(painter: Painter, pose: Pose, index: int) -> float:
    return pose.y - painter.courses[index].subject.size * pose.scale * painter.unit / HEIGHT


@pytest.mark.parametrize("facing", [1.0, -1.0])
def test_an_animal_carries_in_its_muzzle(facing: float) -> None:
    painter = pair("cat", "holding", "pizza", facing=facing)
    holder, held = placed(painter)
    assert 0.1 < (held.x - holder.x) * facing < 0.4
    assert held.scale * 0.4 < 0.5 * 0.5


def test_a_person_holds_beside_its_body_and_below_its_face() -> None:
    painter = pair("boy", "holding", "trophy")
    holder, held = placed(painter)
    face = holder.y - 0.6 * (holder.y - top(painter, holder, 0))
    assert 0.08 < held.x - holder.x < 0.3
    assert held.y > face


def test_a_hat_is_on_top_of_the_head() -> None:
    painter = pair("penguin", "holding", "top-hat")
    wearer, hat = placed(painter)
    assert hat.y == pytest.approx(top(painter, wearer, 0), abs=0.05)
    assert top(painter, hat, 1) < top(painter, wearer, 0)


def test_what_is_held_is_in_front_of_its_holder() -> None:
    painter = pair("bear", "holding", "guitar")
    with_it = painter.still(0.5).astype(np.int32)
    alone = painter.scene.tracks.copy()
    alone[1, :, 6] = 0
    scene = Scene(painter.scene.brief, 2.0, 5, alone, painter.scene.camera)
    without = Painter(scene, None, width=WIDTH, height=HEIGHT, fps=24).still(0.5).astype(np.int32)
    assert (np.abs(with_it - without).max(axis=2) > 40).sum() > 200


@pytest.mark.parametrize("mount", ["horse", "bicycle", "automobile", "sailboat"])
def test_a_rider_sits_in_its_mount_instead_of_standing_on_it(mount: str) -> None:
    painter = pair("guard", "on", mount)
    rider, ridden = placed(painter)
    assert top(painter, ridden, 1) < rider.y < ridden.y
    assert top(painter, rider, 0) < ridden.y - 0.5 * (ridden.y - top(painter, ridden, 1))


def test_on_a_rock_one_stands() -> None:
    painter = pair("frog", "on", "rock")
    poses = [course.at(0.5) for course in painter.courses]
    assert painter.fastened(poses, 0.5) == poses


@pytest.mark.parametrize("mount", ["automobile", "bus"])
def test_an_animal_stands_on_a_roof(mount: str) -> None:
    painter = pair("fox", "on", mount)
    rider, ridden = placed(painter)
    roof = top(painter, ridden, 1)
    assert abs(rider.y - roof) < 0.25 * (ridden.y - roof)


@pytest.mark.parametrize("holder", ["princess", "panda", "cat"])
def test_an_umbrella_is_held_above_the_head(holder: str) -> None:
    painter = pair(holder, "holding", "umbrella")
    one, umbrella = placed(painter)
    head, canopy = top(painter, one, 0), top(painter, umbrella, 1)
    assert canopy < head - 0.2 * (one.y - head)
    assert umbrella.y < one.y


def test_a_person_does_not_hold_food_before_its_face() -> None:
    painter = pair("princess", "holding", "banana")
    holder, held = placed(painter)
    assert top(painter, held, 1) > holder.y - 0.65 * (holder.y - top(painter, holder, 0))


def test_who_is_under_an_umbrella_or_a_tree_is_drawn_before_it() -> None:
    for roof, before in (("umbrella", True), ("deciduous-tree", True), ("tiger", False)):
        painter = pair("lion", "under", roof)
        order = painter._order([course.at(0.5) for course in painter.courses])  # pyright: ignore[reportPrivateUsage]
        assert (order.index(0) > order.index(1)) is before
