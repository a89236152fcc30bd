"""Why a video is in a feed at its place: the reason, and for a ranked one what each feature added to its score."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Reason(StrEnum):
    """What put a video where it is: the rule of a list that is not ranked, or the feature that weighed most."""

    LATEST = "LATEST"
    FOLLOWED = "FOLLOWED"
    FRIEND = "FRIEND"
    FRESH = "FRESH"
    RECEIVED_WELL = "RECEIVED_WELL"
    AUTHOR = "AUTHOR"
    TOPIC = "TOPIC"
    STEER = "STEER"
    EXPLORING = "EXPLORING"
    REST = "REST"
    SEEN_BEFORE = "SEEN_BEFORE"


class Feature(StrEnum):
    """One part of a score. All but the last two are weights that a member may set."""

    FRESHNESS = "FRESHNESS"
    QUALITY = "QUALITY"
    AUTHOR = "AUTHOR"
    TOPIC = "TOPIC"
    DIVERSITY = "DIVERSITY"
    EXPLORATION = "EXPLORATION"
    STEER = "STEER"
    SEE_LESS = "SEE_LESS"


@dataclass(frozen=True)
class Contribution:
    """What one feature adds: ``value`` (-1 … 1) of the video times ``weight`` of the viewer.

    ``share`` is the size of this part among all parts of the same score, 0 … 1.
    """

    feature: Feature
    value: float
    weight: float
    share: float

    @property
    def points(self) -> float:
        """What it adds to the score; the points of all contributions sum to it."""
        return self.value * self.weight


@dataclass(frozen=True)
class Why:
    """Why one video is at one place for one viewer. ``account_id``: the member it is about, as FOLLOWED's author.

    A list that is not ranked has no contributions, and a score of 0.
    """

    reason: Reason
    account_id: UUID | None = None
    contributions: tuple[Contribution, ...] = ()

    @property
    def score(self) -> float:
        """What the contributions sum to."""
        return sum(each.points for each in self.contributions)
