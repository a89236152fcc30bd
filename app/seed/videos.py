"""Seeded videos: who made which when, about what, for whom, and what is a remix of what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.seed.columns import uuid7
from app.seed.people import DAY, VIDEO_DAYS, Ints, People, Reals, drawn
from app.seed.words import CAPTIONS, REMIXES, TOPICS

REMIX_SHARE = 0.3
DEEPEST = 60
"""Links of the longest chain."""
_HOURS = np.array([3, 2, 1, 1, 1, 1, 2, 4, 5, 5, 5, 6, 7, 6, 5, 5, 6, 8, 10, 12, 13, 12, 9, 6], np.float64)
"""How many videos each hour of the day (UTC) brings: few at night, most in the evening."""
AUDIENCES = ("PUBLIC", "FOLLOWERS", "MUTUALS", "LINK")
_AUDIENCE_SHARES = np.array([0.89, 0.07, 0.02, 0.02])
DRAFT_SHARE = 0.03


@dataclass(frozen=True, eq=False)
class Videos:
    """Videos by number, in the order they were made. ``parent`` and ``root`` are numbers; no parent is −1.

    ``listed``: published to all, so that it is counted and reacted to. ``subject`` is its row in the bank of meanings.
    """

    ids: NDArray[np.uint8]
    jobs: NDArray[np.uint8]
    made: Ints
    published: Ints
    author: Ints
    topic: Ints
    language: Ints
    subject: Ints
    draft: NDArray[np.bool_]
    audience: Ints
    listed: NDArray[np.bool_]
    remixable: NDArray[np.bool_]
    prompt_public: NDArray[np.bool_]
    parent: Ints
    root: Ints
    depth: Ints
    paths: list[bytes]
    appeal: Reals
    """How well it is received, around 1."""

    def __len__(self) -> int:
        return len(self.made)

    def direct_remixes(self) -> Ints:
        """For each video how many listed ones are made straight from it."""
        of = self.parent[self.listed & (self.parent >= 0)]
        return np.bincount(of, minlength=len(self)).astype(np.int64)

    def descendants(self) -> Ints:
        """For each video how many listed ones are made from it, at any depth."""
        below = np.zeros(len(self), np.int64)
        remixes = np.flatnonzero(self.parent >= 0)[::-1]
        for at, parent, listed in zip(
            remixes.tolist(), self.parent[remixes].tolist(), self.listed[remixes].tolist(), strict=True
        ):
            below[parent] += below[at] + listed
        return below


def make_videos(count: int, people: People, now: int, rng: np.random.Generator) -> Videos:
    """``count`` videos of the last `VIDEO_DAYS` before ``now`` (ms since 1970)."""
    made = _times(count, now, rng)
    author = drawn(people.diligence, count, rng)
    own = rng.random(count) < 0.75
    topic = np.where(own, people.topic[author], rng.integers(0, len(TOPICS[0]), count))
    language = people.language[author]
    draft = rng.random(count) < DRAFT_SHARE
    audience = drawn(_AUDIENCE_SHARES, count, rng)
    listed = ~draft & (audience == 0)
    remixable, prompt_public = rng.random(count) < 0.95, rng.random(count) < 0.3
    parent = _parents(listed & remixable, rng)
    child = parent >= 0
    # A remix keeps to what its parent is about.
    for at in np.flatnonzero(child).tolist():
        topic[at] = topic[parent[at]]
    ids = uuid7(made, rng)
    root, depth, paths = _trees(ids, parent)
    kinds = len(TOPICS[0][0].who)
    subject = (language * len(TOPICS[0]) + topic) * kinds + rng.integers(0, kinds, count)
    appeal = rng.lognormal(0, 0.6, count) * (people.fame[author] * len(people)) ** 0.35
    return Videos(
        ids, uuid7(made - 40_000, rng), made, made + rng.integers(200, 2_000, count), author, topic, language,
        subject, draft, audience, listed, remixable, prompt_public, parent, root, depth, paths, appeal,
    )  # fmt: skip


def words_of(videos: Videos, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """The caption and the prompt of each video."""
    captions: list[str] = []
    prompts: list[str] = []
    kinds = len(TOPICS[0][0].who)
    dice = rng.random((len(videos), 5)).tolist()
    facts = np.stack([videos.language, videos.topic, videos.subject, videos.parent], axis=1).tolist()
    for (language, topic, subject, parent), (does, where, how, caption, day) in zip(facts, dice, strict=True):
        about = TOPICS[language][topic]
        said = {
            "who": about.who[subject % kinds], "does": _pick(about.does, does), "where": _pick(about.where, where),
            "how": _pick(about.how, how), "tag": about.tag, "day": 1 + int(day * 30),
        }  # fmt: skip
        template = "{who} {does} {where}, {how}" if parent < 0 else _pick(REMIXES[language], does)
        prompts.append(template.format_map(said))
        written = _pick(CAPTIONS[language], caption).format_map(said)
        captions.append(written[:1].upper() + written[1:])
    return captions, prompts


def _pick(choices: tuple[str, ...], die: float) -> str:
    return choices[int(die * len(choices))]


def _times(count: int, now: int, rng: np.random.Generator) -> Ints:
    """Growing in number, with the rhythm of the day; at least a millisecond apart, so that ids sort as they do."""
    days = np.floor(VIDEO_DAYS * (1 - rng.random(count) ** 1.6)).astype(np.int64)
    hours = drawn(_HOURS, count, rng)
    today = now - now % DAY
    at = today - days * DAY + hours * 3_600_000 + rng.integers(0, 3_600_000, count)
    at = np.sort(np.where(at > now - 60_000, at - DAY, at))
    steps = np.arange(count)
    return np.maximum.accumulate(at - steps) + steps


def _parents(may_be_remixed: NDArray[np.bool_], rng: np.random.Generator) -> Ints:
    """For each video its parent or −1. What was remixed before is remixed again more often; some chains run deep."""
    count = len(may_be_remixed)
    parent = [-1] * count
    depth = [0] * count
    free: list[int] = []
    remixes: list[int] = []
    tip = -1  # the end of the chain that is being driven deep, as a game that many play
    dice = rng.random((count, 3)).tolist()
    for at, open_ in enumerate(may_be_remixed.tolist()):
        remix, way, which = dice[at]
        if remix < REMIX_SHARE and free:
            if way > 0.94 and tip >= 0:
                above = tip
            elif remixes and way < 0.45:
                above = parent[remixes[int(which * len(remixes))]]
            elif remixes and way < 0.75:
                above = remixes[int((1 - which * which) * len(remixes))]
            else:
                above = free[int(which * len(free))]
            if depth[above] < DEEPEST:
                parent[at], depth[at] = above, depth[above] + 1
        if open_:
            free.append(at)
            if parent[at] >= 0:
                remixes.append(at)
                if parent[at] == tip or tip < 0:
                    tip = -1 if depth[at] == DEEPEST else at
    return np.array(parent, np.int64)


def _trees(ids: NDArray[np.uint8], parent: Ints) -> tuple[Ints, Ints, list[bytes]]:
    """The root and depth of each video, and its path: the ids from the root to the parent, one after the other."""
    raw = ids.tobytes()
    root, depth = list(range(len(parent))), [0] * len(parent)
    paths = [b""] * len(parent)
    for at, above in enumerate(parent.tolist()):
        if above >= 0:
            root[at], depth[at] = root[above], depth[above] + 1
            paths[at] = paths[above] + raw[16 * above : 16 * above + 16]
    return np.array(root, np.int64), np.array(depth, np.int64), paths
