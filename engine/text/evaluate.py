"""`python -m engine.text.evaluate`: how often restrictions catch what breaks them, and what they stop for nothing."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from engine.text.check import Use, check_prompt
from engine.text.restrictions import Restrictions, restrictions_of
from engine.text.tables import table

KINDS = ("plain", "para", "evade", "keep")


@dataclass(frozen=True)
class Case:
    """One prompt under one restriction; ``kind`` "keep" must pass, all others must be stopped."""

    half: str
    kind: str
    restrictions: Restrictions
    prompt: str

    @property
    def right(self) -> bool:
        """Whether the rules decide as they should."""
        return bool(check_prompt(self.restrictions, Use(prompt=self.prompt))) == (self.kind != "keep")


def cases(half: str | None = None) -> list[Case]:
    """The battery's cases: of one half ("dev", "held") or all."""
    found: list[Case] = []
    for part, entries in table("battery").items():
        for entry in entries if half in {None, part} else ():
            rules: dict[str, Any] = {key: value for key, value in entry.items() if key not in KINDS}
            restrictions = restrictions_of(rules)
            found += [Case(part, kind, restrictions, prompt) for kind in KINDS for prompt in entry.get(kind, ())]
    return found


def scores(half: str) -> str:
    """One half's figures as a row of a Markdown table."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for case in cases(half):
        total[case.kind] += 1
        right[case.kind] += case.right
    broken = [kind for kind in KINDS if kind != "keep"]
    caught, breaking = sum(right[kind] for kind in broken), sum(total[kind] for kind in broken)
    false = total["keep"] - right["keep"]
    columns = [f"{right[kind]}/{total[kind]}" for kind in KINDS]
    shares = (f"{caught / breaking:.2f}", f"{caught / (caught + false):.2f}")
    return f"| {' | '.join([half, str(total.total()), *columns, *shares])} |"


def main(arguments: list[str]) -> None:
    """Print the table; with ``--wrong`` also each wrong decision of the dev half."""
    print("| half | N | plain | other words | disguised | allowed | recall | precision |")  # noqa: T201
    print("|---|---|---|---|---|---|---|---|")  # noqa: T201
    for half in ("dev", "held"):
        print(scores(half))  # noqa: T201
    for case in cases("dev") if "--wrong" in arguments else ():
        if not case.right:
            rules = {key: value for key, value in case.restrictions.as_dict().items() if value}
            print(f"{case.kind}: {case.prompt!r} under {rules}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
