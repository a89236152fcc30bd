"""What seeded members did about seeded videos: who met which in a feed, liked it, and wrote under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.seed.columns import uuid7
from app.seed.people import DAY, Follows, Ints, People, Reals, drawn, same_topic
from app.seed.videos import Videos
from app.seed.words import COMMENTS, REPLIES

MEETINGS = 14.0
"""Members who met a video, on average, at a density of 1."""
SECONDS = 3.0
"""Of the clips that stand for all videos."""
LIKED, COMMENTED = 0.22, 0.05
REPLIED = 0.35


@dataclass(frozen=True, eq=False)
class Meetings:
    """Who met which video when (ms since 1970), and for how many seconds it ran."""

    account: Ints
    video: Ints
    at: Ints
    seconds: Reals


@dataclass(frozen=True, eq=False)
class Likes:
    """Who likes which video since when."""

    ids: NDArray[np.uint8]
    account: Ints
    video: Ints
    at: Ints


@dataclass(frozen=True, eq=False)
class Comments:
    """What was written under videos. ``parent`` is the number of the comment that starts the thread, or −1."""

    ids: NDArray[np.uint8]
    account: Ints
    video: Ints
    at: Ints
    parent: Ints
    words: Ints
    """Place in `COMMENTS`, or in `REPLIES` for a reply."""

    def replies(self) -> Ints:
        """For each comment how many answer it."""
        return np.bincount(self.parent[self.parent >= 0], minlength=len(self.at)).astype(np.int64)


def make_meetings(
    people: People, follows: Follows, videos: Videos, now: int, density: float, rng: np.random.Generator
) -> Meetings:
    """Who met what: followers of its author, those who care for its topic, and some by chance; nobody their own."""
    listed = np.flatnonzero(videos.listed)
    if not len(listed) or len(people) < 2:
        none = np.zeros(0, np.int64)
        return Meetings(none, none, none, np.zeros(0))
    video = listed[drawn(videos.appeal[listed], int(MEETINGS * density * len(listed)), rng)]
    author, way = videos.author[video], rng.random(len(video))
    viewer = rng.integers(0, len(people), len(video))
    first, last = follows.start[author], follows.start[author + 1]
    by_fans = (way < 0.5) & (last > first)
    picks = first + (rng.random(len(video)) * (last - first)).astype(np.int64)
    viewer[by_fans] = follows.follower[picks[by_fans]]
    by_topic = ~by_fans & (way < 0.85)
    peers = drawn(people.diligence, int(by_topic.sum()), rng)
    viewer[by_topic] = same_topic(people, peers, rng)
    pairs = np.unique((viewer * len(videos) + video)[viewer != author])
    viewer, video = pairs // len(videos), pairs % len(videos)
    span = np.minimum(rng.exponential(2.5 * DAY, len(pairs)), now - videos.published[video] - 1_000)
    cares = people.topic[viewer] == videos.topic[video]
    share: Reals = rng.gamma(2.0, 0.3, len(pairs)) * (0.8 + 0.6 * cares)
    seconds = np.round(SECONDS * np.clip(share, 0.0, 2.0), 1)
    return Meetings(viewer, video, videos.published[video] + np.maximum(0, span).astype(np.int64), seconds)


def make_likes(people: People, videos: Videos, met: Meetings, rng: np.random.Generator) -> Likes:
    """Who liked what they met: more where they care for its topic, and where it is good."""
    cares = people.topic[met.account] == videos.topic[met.video]
    chance = LIKED * np.where(cares, 1.8, 0.7) * np.minimum(1.6, np.sqrt(videos.appeal[met.video]))
    picked = np.flatnonzero(rng.random(len(met.at)) < chance)
    at = met.at[picked] + rng.integers(500, 1_000, len(picked))
    return Likes(uuid7(at, rng), met.account[picked], met.video[picked], at)


def make_comments(met: Meetings, rng: np.random.Generator) -> Comments:
    """What those who met a video wrote, in threads one level deep."""
    picked = np.flatnonzero(rng.random(len(met.at)) < COMMENTED)
    picked = picked[np.lexsort((met.at[picked], met.video[picked]))]
    video, steps = met.video[picked], np.arange(len(picked))
    wishes = rng.random(len(picked)) < REPLIED
    above = np.maximum.accumulate(np.where(wishes, -1, steps))
    # Whoever would answer where nobody wrote yet starts a thread.
    answers = wishes & (above >= 0) & (video[above] == video)
    parent = np.where(answers, np.maximum.accumulate(np.where(answers, -1, steps)), -1)
    words = np.where(answers, rng.integers(0, len(REPLIES), len(picked)), rng.integers(0, len(COMMENTS), len(picked)))
    # A millisecond apart under one video, so that ids sort as they were written.
    at = met.at[picked] + 500 + steps - np.searchsorted(video, video)
    return Comments(uuid7(at, rng), met.account[picked], video, at, parent, words)
