"""What a clip costs: told before, charged to a pool of engines, given back when there is no clip."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.errors import Invalid
from models.generation import Generation, QuotaCharge
from models.policy import policy_in_force, set_policy
from tests.api import Api, Server, declare_engine
from tests.consent import shift_clock

COST = """
query($input: CostInput!) { costOf(input: $input) { needed left limit pool engine seconds fits resetsAt } }
"""
POOLS = "{ viewer { quota { pool leftSeconds pools { pool engines limitSeconds spentSeconds leftSeconds } } } }"
CANCEL = """
mutation($input: CancelGenerationInput!) { cancelGeneration(input: $input) { __typename } }
"""


async def cost(of: Api, **clip: Any) -> dict[str, Any]:
    return (await of.run(COST, input=clip))["costOf"]


async def test_each_pool_of_engines_has_its_own_day_and_tells_the_cost_before(ada: Api) -> None:
    await declare_engine(name="big")
    pool = {"engines": ["big"], "engine_seconds_per_day": 6}
    await set_policy("engine_pools", {"gpu": pool}, set_by=None)
    before = await cost(ada, engine="big")
    assert (before["needed"], before["left"], before["limit"], before["pool"]) == (5, 6, 6, "gpu")
    assert (before["engine"], before["seconds"], before["fits"]) == ("big", 5, True)
    assert await QuotaCharge.all().count() == 0

    made = await ada.create(engine="big")
    assert made["quota"]["leftSeconds"] == 1
    assert (await QuotaCharge.get()).pool == "gpu"
    after = await cost(ada, engine="big", seconds=2, quality="HIGH")
    assert (after["needed"], after["left"], after["fits"]) == (4, 1, False)
    refused = await ada.create(engine="big", seconds=2)
    assert (refused["__typename"], refused["needed"], refused["left"]) == ("QuotaExceededError", 2, 1)
    assert refused["resetsAt"] == after["resetsAt"]
    assert await Generation.all().count() == 1

    assert (await ada.create(engine="test"))["__typename"] == "CreateGenerationSuccess"
    quota = (await ada.run(POOLS))["viewer"]["quota"]
    assert (quota["pool"], quota["leftSeconds"]) == ("default", 595)
    assert quota["pools"] == [
        {"pool": "default", "engines": [], "limitSeconds": 600, "spentSeconds": 5, "leftSeconds": 595},
        {"pool": "gpu", "engines": ["big"], "limitSeconds": 6, "spentSeconds": 5, "leftSeconds": 1},
    ]
    assert (await ada.mutate(CANCEL, generationId=made["generation"]["id"]))["__typename"] == "CancelGenerationSuccess"
    assert (await cost(ada, engine="big"))["left"] == 6


async def test_a_cost_is_told_to_members_only_and_for_what_could_be_asked_for(server: Server, ada: Api) -> None:
    assert await server.anyone.refused(COST, input={}) == "UNAUTHENTICATED"
    assert await ada.refused(COST, input={"seconds": -1}) == "INVALID"
    assert await ada.refused(COST, input={"engine": "nothing"}) == "INVALID"


async def test_pools_that_cannot_be_are_named_and_change_nothing(database: str) -> None:
    good = {"engines": ["big"], "engine_seconds_per_day": 6}
    for wrong in (
        [], "gpu", {"gpu": 6}, {"default": good}, {"GPU": good}, {"": good}, {"gpu": good | {"more": 1}},
        {"gpu": good, "other": good}, {"gpu": good | {"engines": 5}}, {"gpu": good | {"engines": "big"}},
        {"gpu": good | {"engines": [["big"]]}}, {"gpu": good | {"engines": [""]}},
        {"gpu": good | {"engine_seconds_per_day": -1}}, {"gpu": {"engines": ["big"]}},
    ):  # fmt: skip
        with pytest.raises(Invalid, match="pools of engines"):
            await set_policy("engine_pools", wrong, set_by=None)
    assert (await policy_in_force())["engine_pools"] == {}


async def test_a_rule_that_was_announced_holds_from_then_on(server: Server, ada: Api) -> None:
    soon = datetime.now(UTC) + timedelta(days=7)
    await set_policy("engine_seconds_per_day", 60, set_by=None, effective_at=soon)
    rules = "{ policy { rules { key value since upcoming { value since } } history { key value since announcedAt } } }"
    told = (await server.anyone.run(rules))["policy"]
    [rule] = [each for each in told["rules"] if each["key"] == "engine_seconds_per_day"]
    assert (rule["value"], [each["value"] for each in rule["upcoming"]]) == (600, [60])
    assert told["history"][0]["value"] == 60
    assert told["history"][0]["announcedAt"] < told["history"][0]["since"]
    # Another change before the moment does not take back what was announced for it.
    await set_policy("engine_seconds_per_day", 300, set_by=None)
    assert (await cost(ada))["limit"] == 300
    await shift_clock("8 days")
    assert (await cost(ada))["limit"] == 60
    for moment in (soon, datetime.now(UTC) + timedelta(days=4000)):
        with pytest.raises(Invalid, match="still to come"):
            await set_policy("engine_seconds_per_day", 1, set_by=None, effective_at=moment)
    assert (await policy_in_force())["engine_seconds_per_day"] == 60
