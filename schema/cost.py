"""Costs: what a clip would take of the viewer's day, shown before it is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from engine.spec import Quality as EngineQuality
from resolvers import cost as resolve
from schema.access import Access, field, plain
from schema.generation import Quality


@strawberry.input(description="A clip to be, as far as its cost depends on it.")
class CostInput:
    seconds: float | None = strawberry.field(description="As in `createGeneration`.", default=None)
    quality: Quality = strawberry.field(description="As in `createGeneration`.", default=Quality.STANDARD)
    engine: str | None = strawberry.field(description="As in `createGeneration`.", default=None)


@strawberry.type(description="What a clip would cost the viewer now. Nothing is reserved by asking.")
class CostEstimate:
    needed: float = plain("Engine seconds that the clip needs.")
    left: float = plain("Engine seconds left today in the pool.")
    limit: float = plain("Engine seconds allowed in a day in the pool.")
    resets_at: datetime = plain("When the next day starts.")
    pool: str = plain("The pool of engines it would be charged to.")
    engine: str = plain("The engine that would make it.")
    seconds: float = plain("Its length.")
    fits: bool = plain("Is enough left? If not, `createGeneration` answers QuotaExceededError.")

    @classmethod
    def of(cls, estimate: resolve.Estimate) -> CostEstimate:
        """An estimate as clients see it."""
        reading = estimate.reading
        return cls(
            needed=estimate.needed,
            left=reading.left,
            limit=reading.limit,
            resets_at=reading.resets_at,
            pool=reading.pool,
            engine=estimate.engine,
            seconds=estimate.seconds,
            fits=estimate.fits,
        )


@strawberry.type
class CostQueries:
    @field(
        Access.MEMBER, "What a clip would cost; an error where `createGeneration` would refuse the length or engine."
    )
    async def cost_of(
        self, info: Info, input: Annotated[CostInput, strawberry.argument(description="The clip.")]
    ) -> CostEstimate:
        quality = EngineQuality(input.quality.value)
        found = await resolve.estimate(info.context, seconds=input.seconds, quality=quality, engine=input.engine)
        return CostEstimate.of(found)
