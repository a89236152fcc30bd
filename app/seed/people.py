"""Seeded members: names, who invited whom, and who follows whom; a few are known by everybody."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.seed.columns import uuid7
from app.seed.words import BIOS, FIRST_NAMES, LAST_NAMES, TOPICS

DAY = 86_400_000
"""Milliseconds."""
VIDEO_DAYS, MEMBER_DAYS = 120, 500
"""How far back videos and members go; everybody was there before the first video."""
FOLLOWS = 18.0
"""Accounts that a member follows on average."""
INVITES = 4
ENGLISH_SHARE = 0.6

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class People:
    """Members by number. ``fame`` and ``diligence`` sum to 1; ``inviter`` is −1 for the first ones."""

    ids: NDArray[np.uint8]
    joined: Ints
    names: list[str]
    handles: list[str]
    bios: list[str]
    language: Ints
    topic: Ints
    fame: Reals
    diligence: Reals
    inviter: Ints

    def __len__(self) -> int:
        return len(self.joined)


@dataclass(frozen=True, eq=False)
class Follows:
    """Edges by numbers of members, sorted by whom they point at: n's followers are start[n] to start[n + 1]."""

    follower: Ints
    followee: Ints
    since: Ints
    start: Ints


def make_people(count: int, now: int, rng: np.random.Generator) -> People:
    """``count`` members who joined before ``now`` (ms since 1970)."""
    joined = np.sort(now - rng.integers(VIDEO_DAYS * DAY, MEMBER_DAYS * DAY, count)) + np.arange(count)
    language = (rng.random(count) > ENGLISH_SHARE).astype(np.int64)
    topic = rng.integers(0, len(TOPICS[0]), count)
    # Zipf: the tenth best known has a fifth of the first one's followers.
    fame = (1 + rng.permutation(count)) ** -0.75
    diligence = fame**0.5 * rng.lognormal(0, 0.8, count)
    names, handles = _names(count, rng)
    bios = [
        BIOS[at].format(tag=TOPICS[tongue][about].tag)
        for at, tongue, about in zip(
            rng.integers(0, len(BIOS), count).tolist(), language.tolist(), topic.tolist(), strict=True
        )
    ]
    return People(
        uuid7(joined, rng), joined, names, handles, bios, language, topic, fame / fame.sum(),
        diligence / diligence.sum(), _inviters(count, rng),
    )  # fmt: skip


def make_follows(people: People, rng: np.random.Generator) -> Follows:
    """Who follows whom: mostly the well known, much of it among those who care for the same, some of it mutual."""
    count = len(people)
    wanted = np.minimum(rng.lognormal(np.log(FOLLOWS) - 0.5, 1.0, count).astype(np.int64) + 1, max(1, count // 3))
    follower = np.repeat(np.arange(count), wanted)
    followee = drawn(people.fame, len(follower), rng)
    near = rng.random(len(follower)) < 0.5
    followee[near] = same_topic(people, follower[near], rng)
    back = rng.random(len(follower)) < 0.18
    pairs = np.concatenate([follower * count + followee, followee[back] * count + follower[back]])
    pairs = np.unique(pairs[pairs // count != pairs % count])
    follower, followee = pairs // count, pairs % count
    order = np.argsort(followee, kind="stable")
    follower, followee = follower[order], followee[order]
    since = np.maximum(people.joined[follower], people.joined[followee]) + rng.integers(1, VIDEO_DAYS * DAY, len(order))
    return Follows(follower, followee, since, np.searchsorted(followee, np.arange(count + 1)))


def drawn(weights: Reals, count: int, rng: np.random.Generator) -> Ints:
    """``count`` numbers, each as often as its weight says."""
    edges = np.cumsum(weights)
    return np.minimum(np.searchsorted(edges, rng.random(count) * edges[-1], side="right"), len(weights) - 1)


def same_topic(people: People, whose: Ints, rng: np.random.Generator) -> Ints:
    """For each of ``whose`` a member who cares for the same topic, the well known more often."""
    order = np.argsort(people.topic, kind="stable")
    edges = np.concatenate([[0.0], np.cumsum(people.fame[order])])
    starts = np.searchsorted(people.topic[order], np.arange(len(TOPICS[0]) + 1))
    low, high = edges[starts[people.topic[whose]]], edges[starts[people.topic[whose] + 1]]
    at = np.searchsorted(edges, low + rng.random(len(whose)) * (high - low), side="right") - 1
    return order[np.clip(at, 0, len(order) - 1)]


def _names(count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    firsts = rng.integers(0, len(FIRST_NAMES), count).tolist()
    lasts = rng.integers(0, len(LAST_NAMES), count).tolist()
    names, handles = [], []
    for number, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        name = f"{FIRST_NAMES[first]} {LAST_NAMES[last]}"
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace(" ", "_")
        names.append(name)
        handles.append(f"{plain}_{number:x}")
    return names, handles


def _inviters(count: int, rng: np.random.Generator) -> Ints:
    """Each member's inviter, at most `INVITES` times the same; one in two hundred came by the operator."""
    roots = max(1, count // 200)
    inviter = np.full(count, -1, np.int64)
    open_seats = [number for number in range(roots) for _ in range(INVITES)]
    picks = rng.random(count)
    for number in range(roots, count):
        at = int(picks[number] * len(open_seats))
        inviter[number] = open_seats[at]
        open_seats[at] = open_seats[-1]
        open_seats.pop()
        open_seats += [number] * INVITES
    return inviter
