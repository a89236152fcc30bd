"""Restrictions: what the person shown forbids, as clients read and write it."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from engine.text import restrictions as values
from engine.text.restrictions import restrictions_of
from schema.access import plain


@strawberry.enum(description="A subject that can be forbidden as a whole.")
class Topic(Enum):
    POLITICS = strawberry.enum_value("POLITICS", description="Parties, elections, politicians.")
    RELIGION = strawberry.enum_value("RELIGION", description="Faiths and their rites.")
    VIOLENCE = strawberry.enum_value("VIOLENCE", description="Hurting somebody.")
    WEAPONS = strawberry.enum_value("WEAPONS", description="Guns, knives and the like.")
    SEXUAL = strawberry.enum_value("SEXUAL", description="Sex.")
    NUDITY = strawberry.enum_value("NUDITY", description="Nakedness.")
    DRUGS = strawberry.enum_value("DRUGS", description="Drugs.")
    ALCOHOL = strawberry.enum_value("ALCOHOL", description="Drinking.")
    TOBACCO = strawberry.enum_value("TOBACCO", description="Smoking.")
    GAMBLING = strawberry.enum_value("GAMBLING", description="Betting.")
    ADVERTISING = strawberry.enum_value("ADVERTISING", description="Selling something.")
    HATE = strawberry.enum_value("HATE", description="Contempt for a group of people.")
    SELF_HARM = strawberry.enum_value("SELF_HARM", description="Hurting oneself.")
    MEDICAL = strawberry.enum_value("MEDICAL", description="Illness and treatment.")
    MILITARY = strawberry.enum_value("MILITARY", description="Armies and war.")
    HORROR = strawberry.enum_value("HORROR", description="What is made to frighten.")
    CRIME = strawberry.enum_value("CRIME", description="Breaking the law.")
    MONEY = strawberry.enum_value("MONEY", description="Wealth and investing.")


@strawberry.enum(description="Who may be shown beside the person.")
class OtherPeople(Enum):
    ANYONE = strawberry.enum_value("ANYONE", description="Anyone.")
    NO_STRANGERS = strawberry.enum_value("NO_STRANGERS", description="Only members who are mutuals of the person.")
    NOBODY = strawberry.enum_value("NOBODY", description="Nobody.")


@strawberry.type(description="What a use of a likeness may not contain; checked on the prompt and on the result.")
class Restrictions:
    topics: list[Topic] = plain("Forbidden subjects.")
    places: list[str] = plain("Forbidden places.")
    styles: list[str] = plain("Forbidden styles.")
    other_people: OtherPeople = plain("Who may be shown beside the person.")
    languages: list[str] = plain("The only languages that may be spoken, as ISO 639 codes; empty: all.")
    text: str = plain("In the owner's words.")

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Restrictions:
        """Restrictions as they are stored."""
        found = restrictions_of(stored)
        return cls(
            topics=[Topic[topic.name] for topic in found.topics],
            places=list(found.places),
            styles=list(found.styles),
            other_people=OtherPeople[found.other_people.name],
            languages=list(found.languages),
            text=found.text,
        )


@strawberry.input(description="What a use of a likeness may not contain. Each part left out forbids nothing.")
class RestrictionsInput:
    topics: list[Topic] = strawberry.field(description="Subjects to forbid.", default_factory=list)
    places: list[str] = strawberry.field(description="Places to forbid, at most 30.", default_factory=list)
    styles: list[str] = strawberry.field(
        description="Styles to forbid: values of the engines' `styles`.", default_factory=list
    )
    other_people: OtherPeople = strawberry.field(
        description="Who may be shown beside the person.", default=OtherPeople.ANYONE
    )
    languages: list[str] = strawberry.field(
        description="The only languages that may be spoken, as ISO 639 codes; empty: all.", default_factory=list
    )
    text: str = strawberry.field(
        description="In words, English or French, at most 500 characters: one wish a line, such as 'no politics'.",
        default="",
    )

    def stored(self) -> values.Restrictions:
        """The same as the engine reads it; nothing is checked yet."""
        return values.Restrictions(
            topics=tuple(values.Topic[topic.name] for topic in self.topics),
            places=tuple(self.places),
            styles=tuple(self.styles),
            other_people=values.OtherPeople[self.other_people.name],
            languages=tuple(self.languages),
            text=self.text,
        )
