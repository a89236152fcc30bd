"""Where everybody stands: camera and its safe box, who shares a patch of ground with whom, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.clock import TEMPO
from engine.diorama.model.condition import ROAMING
from engine.diorama.scene import KEYS
from engine.train.beat import Body, bump, ramp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

AERIAL = frozenset({"fly", "float", "hover", "orbit"})
LEAPING = frozenset({"jump", "bounce", "fall", "climb"})
BINDING = frozenset({"behind", "in_front_of", "on", "over", "under", "holding", "chasing", "orbit"})
"""Relations whose two actors share one patch of ground; the others only order patches from left to right."""
CROWDED = 0.82
"""The part of its width that each of three or more patches has to itself: in depth they overlap a little."""
TRAVELLING = frozenset({"chasing", "over", "orbit"})
"""Relations whose room, as `need` has it, holds the way that is gone."""
LEGROOM = {1: 0.3, 2: 0.16, 3: 0.12}
"""Frame widths left free for each patch that moves about, by the number of patches."""
CLOSEST = {1: 1.4, 2: 1.2}
"""Largest scale by the number of actors: the camera stands nearer to one alone."""
MARGIN, TOP, BOTTOM = 0.03, 0.115, 0.84
VIGOUR = {"calm": 0.9, "happy": 1.1, "sad": 0.7, "epic": 1.15, "funny": 1.2, "romantic": 0.85}
WIND = {"wind": 1.0, "storm": 1.0, "rain": 0.25}


@dataclass(frozen=True)
class Box:
    """The part of the frame every view shows: sprites stay between, tops under ``top``, feet over ``bottom``."""

    left: float
    right: float
    top: float
    bottom: float


def camera_path(condition: Condition, rng: np.random.Generator) -> NDArray[np.float64]:
    """(KEYS, 4) camera without regard to the actors; "follow" is finished once they have moved."""
    q = np.linspace(0, 1, KEYS)
    eased = 0.6 * ramp(q, 0.0, 1.0) + 0.4 * q
    path = np.stack([np.full(KEYS, 0.5), np.full(KEYS, 0.5), np.ones(KEYS), np.zeros(KEYS)], axis=-1)
    name = condition.camera
    if name in ("pan_left", "pan_right"):
        side, reach = (-1 if name == "pan_left" else 1), rng.uniform(0.07, 0.095)
        path[:, 0] += side * reach * (2 * eased - 1)
        path[:, 1], path[:, 2] = 0.54, 1.25
    elif name in ("zoom_in", "zoom_out"):
        near = rng.uniform(1.22, 1.34)
        closeness = eased if name == "zoom_in" else 1 - eased
        path[:, 2] = 1 + (near - 1) * closeness
        path[:, 1] = 0.5 + 0.05 * closeness
    elif name == "follow":
        path[:, 1], path[:, 2] = 0.52, 1.12
    elif name == "shake":
        path[:, 2] = 1.06
        path[:, 3] = 0.4 + sum(0.45 * bump(q, centre, 0.05) for centre in rng.uniform(0.1, 0.9, 3))
    return path


def safe_box(camera: NDArray[np.float64], *, follows: bool) -> Box:
    """What stays in view at every key of ``camera``; a camera that will follow may move 0.05 to each side."""
    x, y, zoom = camera[:, 0], camera[:, 1], camera[:, 2]
    slack = 0.05 if follows else 0.0
    half = (0.5 - MARGIN) / zoom
    return Box(
        float((x - half).max()) + slack,
        float((x + half).min()) - slack,
        float((y - (0.5 - TOP) / zoom).max()),
        float((y + (BOTTOM - 0.5) / zoom).min()),
    )


def leader_of(condition: Condition, slot: int) -> tuple[str, int] | None:
    """(relation, slot) that places this actor, or None when it goes its own way. The held follow their holder."""
    for holder in range(len(condition.actors)):
        if condition.link(holder) == ("holding", slot):
            return ("held", holder) if _root_free(condition, holder, slot) else None
    relation, target = condition.link(slot)
    if target is None or relation not in BINDING or relation == "holding":
        return None
    return relation, target


def _root_free(condition: Condition, holder: int, thing: int) -> bool:
    relation, target = condition.link(thing)
    return target is None or relation not in BINDING or target != holder


def patches(condition: Condition) -> list[list[int]]:
    """Slots grouped by binding relations, each group in slot order."""
    root = list(range(len(condition.actors)))
    for slot in range(len(root)):
        relation, target = condition.link(slot)
        if target is not None and relation in BINDING:
            old, new = root[slot], root[target]
            root = [new if r == old else r for r in root]
    return [[s for s, r in enumerate(root) if r == group] for group in dict.fromkeys(root)]


def need(condition: Condition, patch: list[int]) -> float:
    """Least width of a patch, in frame widths, at scale 1."""
    total = max(condition.extent(s)[0] for s in patch)
    for slot in patch:
        relation, target = condition.link(slot)
        if target is None or relation not in BINDING:
            continue
        own, other = condition.extent(slot)[0], condition.extent(target)[0]
        wanted = {
            "over": other + 1.5 * own, "orbit": other + 1.5 * own, "chasing": other + own + 0.02, "on": max(own, other),
            "behind": other + own, "in_front_of": other + own,
        }  # fmt: skip
        total = max(total, wanted.get(relation, other + 0.7 * own))
    return total


def stack_height(condition: Condition, patch: list[int]) -> float:
    """Least height of a patch at scale 1: the tallest, or one on top of (or over) another."""
    tallest = 0.0
    for slot in patch:
        height = condition.extent(slot)[1] * 1.1
        relation, target = condition.link(slot)
        if target is not None and relation in ("on", "over"):
            height += condition.extent(target)[1]
        tallest = max(tallest, height)
    return tallest


def left_to_right(condition: Condition, groups: list[list[int]], rng: np.random.Generator) -> list[list[int]]:
    """An order of the patches that keeps left_of, right_of and beside true, or nearly."""

    def broken(order: list[int]) -> int:
        place = {slot: i for i, g in enumerate(order) for slot in groups[g]}
        faults = 0
        for slot, position in place.items():
            relation, target = condition.link(slot)
            if target is None:
                continue
            step = position - place[target]
            faults += relation == "left_of" and step >= 0
            faults += relation == "right_of" and step <= 0
            faults += relation == "beside" and abs(step) != 1
        return faults

    wished = sorted(range(len(groups)), key=lambda g: condition.cue(groups[g][0]).spot)
    tries = [wished, *(list(rng.permutation(len(groups))) for _ in range(24))]
    best = min(tries, key=lambda order: (broken(order), sum(abs(order.index(g) - i) for i, g in enumerate(wished))))
    return [groups[i] for i in best]


def arrange(condition: Condition, box: Box, rng: np.random.Generator) -> dict[int, Body]:
    """A `Body` for every slot: patches side by side, all actors at one fitting scale."""
    groups = left_to_right(condition, patches(condition), rng)
    crowded = CROWDED if len(groups) > 2 else 1.0
    needs = [crowded * need(condition, g) for g in groups]
    gap = 0.02
    room = box.right - box.left - gap * (len(groups) - 1)
    ground = rng.uniform(0.755, 0.825) if not condition.floating else rng.uniform(0.6, 0.72)
    ground = min(ground, box.bottom - 0.015)
    doing = [{m for s in g for m in condition.actors[s].motions} for g in groups]
    headroom = 0.16 if any((AERIAL | LEAPING) & d for d in doing) else 0.03
    tallest = max(stack_height(condition, g) for g in groups)
    bound = [any(condition.link(s)[0] in TRAVELLING for s in g) for g in groups]
    free = sum(bool(ROAMING & d) and not tied for d, tied in zip(doing, bound, strict=True))
    legroom = max(room - LEGROOM[min(len(groups), 3)] * free, 0.5 * room)
    shot = CLOSEST.get(len(condition.actors), 1.0) * rng.uniform(0.84, 1.0)
    fit = min(shot, legroom / sum(needs), (ground - box.top - headroom) / tallest)
    weights = [1.0 if ROAMING & d else 0.3 for d in doing]
    loose = room - fit * sum(needs)
    near = any(condition.link(s)[0] == "beside" for s in range(len(condition.actors)))
    spare = min(loose, 0.12 * len(groups)) if near else loose
    bodies: dict[int, Body] = {}
    left = box.left + (loose - spare) * (0.2 + 0.6 * condition.cue(0).spot)
    depths = condition.cue(0).way * np.tile([0.03, -0.03], 3)
    for g, share, width in zip(groups, weights, needs, strict=True):
        right = left + fit * width + spare * share / sum(weights)
        depth = depths[groups.index(g)] if len(groups) > 1 else 0.0
        for slot in g:
            level = min(ground + depth, box.bottom)
            bodies[slot] = _body(condition, slot, (left, right), (box.top, level), fit)
        left = right + gap
    return bodies


def _body(condition: Condition, slot: int, span: tuple[float, float], rise: tuple[float, float], fit: float) -> Body:
    width, height = (fit * e for e in condition.extent(slot))
    actor, (top, ground) = condition.actors[slot], rise
    middle, half = (span[0] + span[1]) / 2, max((span[1] - span[0] - width) / 2, 0.0)
    ceiling = min(top + height, ground)
    if actor.kind == "sky" and not condition.floating and not LEAPING & set(actor.motions):
        ground = min(ground, ceiling + 0.04)
    return Body(
        middle - half, middle + half, ground, ceiling, width, height, fit,
        actor.kind, condition.aspect, TEMPO.get(condition.mood, 1.0), VIGOUR.get(condition.mood, 1.0),
        WIND.get(condition.weather, 0.0),
    )  # fmt: skip


def follow(camera: NDArray[np.float64], x: NDArray[np.float64]) -> None:
    """Let ``camera`` trail behind the actor at ``x`` (KEYS,), as far as the frame's edges allow."""
    trailing = np.empty(KEYS)
    at = x[0]
    for k in range(KEYS):
        at += 0.25 * (x[k] - at)
        trailing[k] = at
    reach = 0.5 * (1 - 1 / camera[:, 2])
    camera[:, 0] = 0.5 + np.clip(0.6 * (trailing - 0.5), -reach, reach)
