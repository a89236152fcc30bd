"""The machine: every action is done in the model and in the product, and whatever anybody can see must agree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.machine.model import ACCOUNTS, OWNERS, Model
from tests.machine.story import STORIES, Story

Action = tuple[int, str, dict[str, Any]]
"""When, what, how. What an action makes is called after its moment, so that a story is the same without another."""


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
        return self.act_at(len(self.story) + 1, verb, arguments)

    def act_at(self, moment: int, verb: str, arguments: dict[str, Any]) -> Any:
        """As `act`, as the action of a recorded story that happened at ``moment``."""
        self.story.append((moment, verb, arguments))
        self.model.ids = count(moment * 10)
        expected = getattr(self.model, verb)(**arguments)
        got = self.world.do(verb, expected, self.model, **arguments)
        if got != expected:
            raise Divergence(f"{verb}({arguments}): the law says {expected}, the product {got}")
        differences = self.world.differences(self.model)
        if differences:
            raise Divergence(f"after {verb}({arguments}): " + "; ".join(differences))
        return expected


@dataclass(frozen=True)
class Found:
    """A story after which the product and the law disagree, and in what."""

    story: list[Action]
    why: str


def replay(world: World, story: Sequence[Action]) -> None:
    """Tell a recorded story again. Raises `Divergence` where the product leaves the law."""
    machine = Machine(world)
    for moment, verb, arguments in story:
        machine.act_at(moment, verb, arguments)


def shrunk(world: World, found: Found) -> Found:
    """The same divergence told with as few actions as can be: each is left out for which there is one without it."""
    least = found
    for action in reversed(found.story[:-1]):
        shorter = [each for each in least.story if each is not action]
        try:
            replay(world, shorter)
        except Divergence as divergence:
            least = Found(shorter, str(divergence))
        except KeyError:
            # What was left out made something that the rest speaks of.
            continue
    return least


def explore(world: World, *, steps: int, examples: int, seed: int = 0) -> Found | None:
    """Draw stories until one diverges; it, made short, or None when ``examples`` of them all agreed."""
    found: list[Found] = []

    class Rules(RuleBasedStateMachine):
        """One rule a kind of story."""

        def __init__(self) -> None:
            super().__init__()
            self.machine = Machine(world)

        def tell(self, draws: st.DataObject, story: Story) -> None:
            try:
                story(self.machine.model, self.machine.act, lambda choices: draws.draw(st.sampled_from(choices)))
            except Divergence as divergence:
                found.append(Found(self.machine.story, str(divergence)))
                raise

    for story in STORIES:
        _add_rule(Rules, story)
    options = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate], report_multiple_bugs=False,
    )  # fmt: skip
    try:
        hypothesis_seed(seed)(run_state_machine_as_test)(Rules, settings=options)
    except Divergence:
        # Ours is much the faster way: it leaves out actions, where hypothesis would draw them anew.
        return shrunk(world, found[0])
    return None


def _add_rule(machine: type[RuleBasedStateMachine], story: Story) -> None:
    def step(self: Any, draws: st.DataObject) -> None:
        self.tell(draws, story)

    step.__name__ = story.__name__
    setattr(machine, story.__name__, rule(draws=st.data())(step))


def save(path: Path, story: Sequence[Action]) -> None:
    """Keep a story as JSON, one action a line."""
    lines = ",\n".join(json.dumps(action) for action in story)
    path.write_text(f"[\n{lines}\n]\n")


def load(path: Path) -> list[Action]:
    """Read what `save` wrote. JSON has no integer keys: a cast is spelt with text ones."""
    return [(moment, verb, _read(arguments)) for moment, verb, arguments in json.loads(path.read_text())]


def _read(arguments: dict[str, Any]) -> dict[str, Any]:
    if "cast" in arguments:
        return arguments | {"cast": {int(cameo): scopes for cameo, scopes in arguments["cast"].items()}}
    return arguments
