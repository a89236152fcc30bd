"""What the ranked feed goes by, for its viewer to read and change."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers.feed import steer as steer_rows
from resolvers.feed.weights import KNOBS, Change, Going, feed_weights, reading_of, set_feed_weights
from resolvers.feed.why import Feature
from schema.access import Access, plain
from schema.errors import InvalidError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.why import FeedFeature


@strawberry.enum(description="What a wish of a sentence is about.")
class SteerKind(Enum):
    TOPIC = strawberry.enum_value("TOPIC", description="What videos are about, by meaning.")
    AUTHOR = strawberry.enum_value("AUTHOR", description="Who made them.")
    LANGUAGE = strawberry.enum_value("LANGUAGE", description="What is spoken or written in them.")
    STYLE = strawberry.enum_value("STYLE", description="How they are drawn.")
    PACE = strawberry.enum_value("PACE", description="How much happens in them.")
    LENGTH = strawberry.enum_value("LENGTH", description="How long they are.")
    SOUND = strawberry.enum_value("SOUND", description="Whether they have sound.")
    FRESHNESS = strawberry.enum_value("FRESHNESS", description="How new they are.")
    QUALITY = strawberry.enum_value("QUALITY", description="How they were received.")
    EXPLORATION = strawberry.enum_value("EXPLORATION", description="What few have met.")


@strawberry.enum(description="Which way a wish goes.")
class SteerDirection(Enum):
    MORE = strawberry.enum_value("MORE", description="More of it.")
    LESS = strawberry.enum_value("LESS", description="Less of it.")
    NEVER = strawberry.enum_value("NEVER", description="None of it.")
    ONLY = strawberry.enum_value("ONLY", description="Nothing else.")


@strawberry.type(description="One wish of a sentence as it was read.")
class SteerPart:
    words: str = plain("The viewer's words.")
    kind: SteerKind = plain("What they are about.")
    direction: SteerDirection = plain("Which way they go.")
    value: str = plain("What they were read as, such as `nature`, `fr`, a handle or `CALM`.")
    effect: str = plain("What that does to the feed, in words; also where it does nothing.")


@strawberry.type(description="How a sentence was read. It was read by fixed tables and by meaning; nothing else.")
class SteerReading:
    text: str = plain("The sentence; what the viewer keeps in their weights comes first.")
    parts: list[SteerPart] = plain("Its wishes in order.")
    not_understood: list[str] = plain("Words from which nothing was understood.")

    @classmethod
    def of(cls, row: steer_rows.SteerReading | None) -> SteerReading | None:
        """A reading as clients see it; None where nothing was said."""
        if row is None:
            return None
        parts = [
            SteerPart(
                words=each.words,
                kind=SteerKind(each.kind),
                direction=SteerDirection(each.direction),
                value=each.value,
                effect=each.effect,
            )
            for each in row.parts
        ]
        return cls(text=row.text, parts=parts, not_understood=list(row.not_understood))


@strawberry.type(description="One weight of the ranked feed.")
class FeedWeight:
    feature: FeedFeature = plain("Which feature.")
    name: str = plain("Its name in words.")
    about: str = plain("What turning it up does.")
    value: float = plain("What holds for the viewer.")
    default: float = plain("What holds for who set nothing; the operator's to change.")
    least: float = plain("The least it takes.")
    most: float = plain("The most it takes.")
    is_default: bool = plain("Has the viewer set nothing?")


@strawberry.type(description="What the viewer's ranked feed goes by.")
class FeedWeights:
    weights: list[FeedWeight] = plain("Each weight.")
    steer: str = plain("A sentence that always holds; empty when there is none.")
    reading: SteerReading | None = plain("How that sentence is read; null when there is none.")

    @classmethod
    def of(cls, row: Going) -> FeedWeights:
        """The weights as their member sees them."""
        weights = [
            FeedWeight(
                feature=FeedFeature(feature.value),
                name=knob.name,
                about=knob.about,
                value=row.weights[feature],
                default=row.defaults[feature],
                least=knob.least,
                most=knob.most,
                is_default=feature not in row.own,
            )
            for feature, knob in KNOBS.items()
        ]
        return cls(weights=weights, steer=row.steer, reading=SteerReading.of(reading_of(row)))


async def own_feed_weights(info: Info) -> FeedWeights:
    """What the viewer's own feed goes by."""
    return FeedWeights.of(await feed_weights(info.context))


@strawberry.input(description="A new value for one weight.")
class FeedWeightInput:
    feature: FeedFeature = strawberry.field(description="Which feature; `STEER` and `SEE_LESS` are not for members.")
    value: float | None = strawberry.field(description="Between its `least` and `most`; null: the default.")


@strawberry.input(description="What to change; what is left out stays as it is.")
class SetFeedWeightsInput:
    weights: list[FeedWeightInput] = strawberry.field(description="New values.", default_factory=list)
    steer: str | None = strawberry.field(
        description="A sentence that always holds, at most 300 characters; empty: none.", default=None
    )
    reset: bool = strawberry.field(description="First put everything back to the defaults.", default=False)


@strawberry.type(description="The weights hold from the next scroll on.")
class SetFeedWeightsSuccess:
    feed_weights: FeedWeights = plain("All of them.")


SetFeedWeightsPayload = Annotated[
    SetFeedWeightsSuccess | UnauthenticatedError | InvalidError,
    strawberry.union("SetFeedWeightsPayload", description="The weights, or why not."),
]


@strawberry.type
class FeedWeightsMutations:
    @mutation(Access.MEMBER, "Change what the viewer's ranked feed goes by. A scroll that is open goes on as it began.")
    async def set_feed_weights(
        self, info: Info, input: Annotated[SetFeedWeightsInput, strawberry.argument(description="What to change.")]
    ) -> SetFeedWeightsPayload:
        weights = {Feature(each.feature.value): each.value for each in input.weights}
        row = await set_feed_weights(info.context, Change(weights, input.steer, input.reset))
        return SetFeedWeightsSuccess(feed_weights=FeedWeights.of(row))
