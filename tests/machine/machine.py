"""The machine: every action is done in the model and in the product, and whatever anybody can see must agree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.machine.model import Model
from tests.machine.story import STORIES, Story

ACCOUNTS = 4
OWNERS = {0: 0, 1: 1}
"""Cameo → its owner: two members lend a likeness, two only use them."""

Action = tuple[str, dict[str, Any]]


class Divergence(AssertionError):
    """The product did something else than the law says."""


class World(Protocol):
    """The product, as the machine drives it."""

    def begin(self) -> None:
        """New accounts and cameos, as a fresh `Model` has them."""
        ...

    def do(self, verb: str, told: Any, model: Model, **arguments: Any) -> Any:
        """Do one action; what came of it, as the model would say it (``told``: what the model did say)."""
        ...

    def differences(self, model: Model) -> list[str]:
        """Everything observable in which the product and the model disagree."""
        ...


@dataclass
class Machine:
    """One run. ``story`` is what was done, so that it can be told again."""

    world: World
    model: Model = field(default_factory=lambda: Model(ACCOUNTS, OWNERS))
    story: list[Action] = field(default_factory=list[Action])

    def __post_init__(self) -> None:
        self.world.begin()

    def act(self, verb: str, **arguments: Any) -> Any:
        """Do one action in both worlds; what the model says came of it. Raises `Divergence`."""
        self.story.append((verb, arguments))
        expected = getattr(self.model, verb)(**arguments)
        got = self.world.do(verb, expected, self.model, **arguments)
        if got != expected:
            raise Divergence(f"{verb}({arguments}): the law says {expected}, the product {got}")
        differences = self.world.differences(self.model)
        if differences:
            raise Divergence(f"after {verb}({arguments}): " + "; ".join(differences))
        return expected


def replay(world: World, story: Sequence[Action]) -> None:
    """Tell a recorded story again. Raises `Divergence` where the product leaves the law."""
    machine = Machine(world)
    for verb, arguments in story:
        machine.act(verb, **arguments)


def explore(world: World, *, steps: int, examples: int, seed: int = 0) -> list[Action] | None:
    """Draw stories until one diverges; the shortest found, or None when ``examples`` of them all agreed."""
    last: list[Action] = []

    class Rules(RuleBasedStateMachine):
        """One rule a kind of story."""

        def __init__(self) -> None:
            super().__init__()
            self.machine = Machine(world)

        def tell(self, draws: st.DataObject, story: Story) -> None:
            try:
                story(self.machine.model, self.machine.act, lambda choices: draws.draw(st.sampled_from(choices)))
            except Divergence:
                last[:] = self.machine.story
                raise

    for story in STORIES:
        _add_rule(Rules, story)
    options = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False,
    )  # fmt: skip
    try:
        hypothesis_seed(seed)(run_state_machine_as_test)(Rules, settings=options)
    except Divergence:
        return last
    return None


def _add_rule(machine: type[RuleBasedStateMachine], story: Story) -> None:
    def step(self: Any, draws: st.DataObject) -> None:
        self.tell(draws, story)

    step.__name__ = story.__name__
    setattr(machine, story.__name__, rule(draws=st.data())(step))


def save(path: Path, story: Sequence[Action]) -> None:
    """Keep a story as JSON, one action a line."""
    lines = ",\n".join(json.dumps([verb, arguments]) for verb, arguments in story)
    path.write_text(f"[\n{lines}\n]\n")


def load(path: Path) -> list[Action]:
    """Read what `save` wrote. JSON has no integer keys: a cast is spelt with text ones."""
    return [(verb, _read(arguments)) for verb, arguments in json.loads(path.read_text())]


def _read(arguments: dict[str, Any]) -> dict[str, Any]:
    if "cast" in arguments:
        return arguments | {"cast": {int(cameo): scopes for cameo, scopes in arguments["cast"].items()}}
    return arguments
