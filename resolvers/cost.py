"""What a clip would cost, before anybody asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.spec import Quality
from resolvers.context import Context
from resolvers.engine import choose_engine
from resolvers.generation import GenerationRequest, build_spec, check_request, cost_of_spec
from resolvers.policy import in_force
from resolvers.quota import QuotaReading, pool_of, read_quota


@dataclass(frozen=True)
class Estimate:
    """What a clip needs (engine seconds), on which engine, for how many seconds, and the viewer's day in that pool."""

    needed: float
    engine: str
    seconds: float
    reading: QuotaReading

    @property
    def fits(self) -> bool:
        """Would it be accepted now, as far as the quota goes?"""
        return self.needed <= self.reading.left


async def estimate(context: Context, *, seconds: float | None, quality: Quality, engine: str | None) -> Estimate:
    """What `createGeneration` would charge the viewer; nothing is charged or kept.

    Raises `Invalid` (seconds, engine) and `Conflict` (no engine) as it would.
    """
    member = context.member
    policy = await in_force(context)
    request = GenerationRequest("-", seconds=seconds, quality=quality, engine=engine)
    check_request(request, policy)
    chosen = await choose_engine(engine)
    portrait = any(width < height for width, height in chosen.capabilities.sizes)
    spec = build_spec(replace(request, portrait=portrait), chosen.capabilities, policy)
    day = await read_quota(context, member.id)
    return Estimate(cost_of_spec(spec), chosen.name, spec.seconds, day[pool_of(policy, chosen.name)])
