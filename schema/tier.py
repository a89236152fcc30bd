"""Age tiers, as a member sees their own."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="What the rules take a member for, by their birth date, now.")
class AgeTier(Enum):
    TEEN = strawberry.enum_value(
        "TEEN",
        description="Below the rule `adult_age`: only mutuals remix their videos, nobody else uses their cameos, "
        "lists leave out the topics of `teen_filtered_topics`, and leaderboards leave them out. A client "
        "proposes MUTUALS when they publish.",
    )
    ADULT = strawberry.enum_value("ADULT", description="Of age. Becoming so widens nothing that was made before.")
