"""Measures how long hostile documents hold the server: seconds of the thread's own time until each is refused.

    python bench/hostile.py

The peer in the same run is graphql-core's `validate` alone on an honest feed page: what every request pays anyway.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from graphql import parse, validate
from rich.console import Console
from rich.table import Table

from schema.root import build_schema

ROUNDS = 9
HONEST = """{ feed(first: 20) { edges { cursor node {
  id caption author { handle displayName } media { url posterUrl width height } } } pageInfo { endCursor } } }"""


def bomb(depth: int) -> str:
    """Fragments that double at each level: 194 tokens that stand for 2^17 nodes."""
    path, end = "videos(first: 50) { edges { node { author {", "} } } }"
    pairs = " ".join(f"fragment F{n} on Account {{ {path} ...F{n + 1} ...F{n + 1} {end} }}" for n in range(depth))
    return f'{{ account(handle: "ada") {{ ...F0 }} }} {pairs} fragment F{depth} on Account {{ id }}'


HOSTILE = {
    "doubling fragments": bomb(17),
    "10,000 aliases": "{" + " ".join(f"a{n}:policy{{regions}}" for n in range(10_000)) + "}",
    "1,000 levels": "{" + "viewer{" * 1_000 + "id" + "}" * 1_000 + "}",
    "a list of lists": "{ nodes(ids: " + "[" * 20_000 + ") { id } }",
    "repeated fields": "{viewer{" + "videos{pageInfo{endCursor}} " * 150 + "}}",
    "200 operations": " ".join(f"query Q{n} {{ policy {{ regions }} }}" for n in range(200)),
    "1,900 unknown fields": "{" + " ".join(f"x{n}" for n in range(1_900)) + "}",
}


def spent(work: Callable[[], object]) -> list[float]:
    """Milliseconds of thread time, sorted, over the rounds."""
    found: list[float] = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        work()
        found.append((time.thread_time() - start) * 1_000)
    return sorted(found)


def main() -> None:
    """Print a table."""
    schema = build_schema(production=True)
    loop = asyncio.new_event_loop()
    honest = parse(HONEST)
    peer = spent(lambda: validate(schema._schema, honest))  # noqa: SLF001 - the peer needs graphql-core's own schema
    table = Table("document", "ms min", "median", "max", "× an honest page's validation")
    table.add_row("an honest page, validated", *(f"{peer[i]:.2f}" for i in (0, ROUNDS // 2, -1)), "1")
    for name, source in HOSTILE.items():
        times = spent(lambda source=source: loop.run_until_complete(schema.execute(source)))
        ratio = times[ROUNDS // 2] / peer[ROUNDS // 2]
        table.add_row(name, *(f"{times[i]:.2f}" for i in (0, ROUNDS // 2, -1)), f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
