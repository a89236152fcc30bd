"""Why a video is in a feed, as its viewer reads it."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.types import Info

from resolvers.feed import why as rows
from resolvers.feed.weights import KNOBS
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of


@strawberry.enum(description="One part of what places a video in the ranked feed.")
class FeedFeature(Enum):
    FRESHNESS = strawberry.enum_value("FRESHNESS", description="How new it is.")
    QUALITY = strawberry.enum_value("QUALITY", description="How well those who met it received it.")
    AUTHOR = strawberry.enum_value("AUTHOR", description="Whether the viewer follows its author or liked their videos.")
    TOPIC = strawberry.enum_value("TOPIC", description="Whether it is about what the viewer likes.")
    DIVERSITY = strawberry.enum_value("DIVERSITY", description="Whether it is like those just before it: points lost.")
    EXPLORATION = strawberry.enum_value("EXPLORATION", description="Whether its place is kept for what few have met.")
    STEER = strawberry.enum_value("STEER", description="What the viewer's sentence asks for.")
    SEE_LESS = strawberry.enum_value("SEE_LESS", description="What the viewer wants less like: points lost.")


@strawberry.enum(description="What above all put a video where it is.")
class WhyReason(Enum):
    LATEST = strawberry.enum_value("LATEST", description="The list is of everything, newest first.")
    FOLLOWED = strawberry.enum_value("FOLLOWED", description="The viewer follows its author.")
    FRIEND = strawberry.enum_value("FRIEND", description="The viewer and its author follow each other.")
    FRESH = strawberry.enum_value("FRESH", description="It is new.")
    RECEIVED_WELL = strawberry.enum_value("RECEIVED_WELL", description="Those who met it received it well.")
    AUTHOR = strawberry.enum_value("AUTHOR", description="The viewer follows its author or liked their videos.")
    TOPIC = strawberry.enum_value("TOPIC", description="It is about what the viewer likes.")
    STEER = strawberry.enum_value("STEER", description="The viewer's sentence asks for it.")
    EXPLORING = strawberry.enum_value("EXPLORING", description="Its place is kept for what few have met.")
    REST = strawberry.enum_value("REST", description="Nothing weighs much: it is the next best.")
    SEEN_BEFORE = strawberry.enum_value(
        "SEEN_BEFORE", description="The viewer has met everything that is new: the best comes again."
    )


_SENTENCES = {
    rows.Reason.LATEST: "Everything that is published to all is here, newest first.",
    rows.Reason.FOLLOWED: "You follow its author.",
    rows.Reason.FRIEND: "You and its author follow each other.",
    rows.Reason.FRESH: "It was published lately.",
    rows.Reason.RECEIVED_WELL: "Many of those who met it liked it, remixed it or watched it to its end.",
    rows.Reason.AUTHOR: "You follow its author, or liked their videos lately.",
    rows.Reason.TOPIC: "It is about what the videos that you like are about.",
    rows.Reason.STEER: "You asked for videos like it.",
    rows.Reason.EXPLORING: "Few have met it yet. Some places are kept for such videos, so that each has a chance.",
    rows.Reason.REST: "Nothing in particular: it is the next best that you have not met.",
    rows.Reason.SEEN_BEFORE: "You have met everything that is new here, so the best comes again.",
}


@strawberry.type(description="What one feature adds to a video's score.")
class WhyContribution:
    feature: FeedFeature = plain("Which feature.")
    name: str = plain("Its name in words.")
    value: float = plain("Of the video, -1 to 1.")
    weight: float = plain("Of the viewer.")
    points: float = plain("Value times weight. The points of all contributions sum to the score.")
    share: float = plain("The size of this part among all, 0 to 1.")


@strawberry.type(description="Why a video is at its place in a feed, for this viewer.")
class Why:
    row: strawberry.Private[rows.Why]
    reason: WhyReason = plain("What above all put it there.")
    sentence: str = plain("The same in words for people.")
    score: float = plain("What the contributions sum to; 0 in feeds that are not ranked.")

    @classmethod
    def of(cls, row: rows.Why) -> Why:
        """A reason as clients see it."""
        return cls(row=row, reason=WhyReason(row.reason.value), sentence=_SENTENCES[row.reason], score=row.score)

    @field(Access.PARENT, "The member it is about, where the reason is one.")
    async def account(self, info: Info) -> AccountRef | None:
        return None if self.row.account_id is None else await account_of(info, self.row.account_id)

    @field(Access.PARENT, "What each feature added, the most first; empty in feeds that are not ranked.")
    def contributions(self) -> list[WhyContribution]:
        return [
            WhyContribution(
                feature=FeedFeature(each.feature.value),
                name=_NAMES[each.feature],
                value=each.value,
                weight=each.weight,
                points=each.points,
                share=each.share,
            )
            for each in sorted(self.row.contributions, key=lambda one: -one.share)
        ]


_NAMES = {feature: knob.name for feature, knob in KNOBS.items()} | {
    rows.Feature.STEER: "What you asked for",
    rows.Feature.SEE_LESS: "What you want less of",
}
