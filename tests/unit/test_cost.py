"""The cost pass: what it counts, what it refuses, and how fast."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
import strawberry
from graphql import GraphQLError, parse

from schema.extensions import cost, extensions
from schema.extensions.cost import MOST_NODES, count_nodes, measure, screen


@strawberry.type
class Edge:
    """A place in the list."""

    node: Item


@strawberry.type
class Connection:
    """A page."""

    edges: list[Edge]


@strawberry.type
class Item:
    """Something with lists below it."""

    id: str
    title: str

    @strawberry.field
    def items(self, first: int = 10) -> Connection:
        raise NotImplementedError

    @strawberry.field
    def tags(self) -> list[Item]:
        raise NotImplementedError

    @strawberry.field
    def parent(self) -> Item | None:
        return None


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def item(self) -> Item:
        return Item(id="1", title="one")

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Item]:
        raise NotImplementedError


SCHEMA = strawberry.Schema(Query, extensions=extensions(production=False))
HIDDEN = strawberry.Schema(Query, extensions=extensions(production=True))


def nodes(source: str, name: str | None = None, **variables: object) -> int:
    return measure(SCHEMA._schema, parse(source), name, variables).nodes


def bomb(fragments: int) -> str:
    """Each fragment spreads the next one twice: a document of few tokens with 2ⁿ fields."""
    parts = [
        f"fragment F{n} on Item {{ parent {{ ...F{n + 1} }} again: parent {{ ...F{n + 1} }} }}"
        for n in range(fragments)
    ]
    return f"{{ item {{ ...F0 }} }} {' '.join(parts)} fragment F{fragments} on Item {{ id }}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{ item { id } }", 2),  # one object, a tenth for its plain field
        ("{ item { items(first: 3) { edges { node { id } } } } }", 1 + 1 + 3 + 3 + 1),
        ("{ item { items { edges { node { id } } } } }", 1 + 1 + 10 + 10 + 1),  # the schema's own default
        ("{ item { tags { id } } }", 1 + 10 + 1),  # a list that says nothing of its length
        ('{ nodes(ids: ["a", "b"]) { parent { id } } }', 2 + 2 + 1),
        ("{ item { ...F } } fragment F on Item { items(first: 2) { edges { node { id } } } }", 1 + 1 + 2 + 2 + 1),
    ],
)
def test_a_page_multiplies_what_is_below_it(source: str, expected: int) -> None:
    assert nodes(source) == expected


def test_page_sizes_come_from_variables_and_their_defaults() -> None:
    source = "query Q($n: Int = 4) { item { items(first: $n) { edges { node { id } } } } }"

    assert nodes(source) == 1 + 1 + 4 + 4 + 1
    assert nodes(source, n=20) == 1 + 1 + 20 + 20 + 2
    assert nodes(source, n=20.0) == nodes(source, n=20)  # JSON spells an Int so too


async def test_a_page_size_with_a_point_is_no_way_past_the_limit() -> None:
    below = "items(first: $n) { edges { node { id } } }"
    source = f"query Q($n: Int!) {{ item {{ items(first: $n) {{ edges {{ node {{ {below} }} }} }} }} }}"
    for size in (100, 100.0, 1e300):
        result = await SCHEMA.execute(source, variable_values={"n": size})
        assert result.errors is not None
        assert result.errors[0].extensions == {"code": "QUERY_TOO_COSTLY"}


def test_only_the_operation_that_would_run_is_counted() -> None:
    source = "query Small { item { id } } query Large { item { items(first: 50) { edges { node { id } } } } }"

    assert nodes(source, "Small") == 2
    assert nodes(source, "Large") > 100


@pytest.mark.parametrize(
    "source",
    [
        "{ item { items(first: 100) { edges { node { items(first: 100) { edges { node { id } } } } } } } }",
        f"{{ item {{ items(first: {'9' * 6000}) {{ edges {{ node {{ id }} }} }} }} }}",
        bomb(14),
    ],
    ids=["nested pages", "a number of 6,000 digits", "doubling fragments"],
)
def test_more_nodes_than_allowed_are_refused(source: str) -> None:
    with pytest.raises(GraphQLError) as refusal:
        nodes(source)

    assert refusal.value.extensions == {"code": "QUERY_TOO_COSTLY"}
    assert f"{MOST_NODES:,}" in refusal.value.message


HOSTILE = {
    "doubling fragments": bomb(17),
    "10,000 aliases": "{" + " ".join(f"a{n}:item{{id}}" for n in range(10_000)) + "}",
    "10,000 short aliases": "{" + " ".join("a:id" for _ in range(10_000)) + "}",
    "1,000 levels": "{" + "parent{" * 1_000 + "id" + "}" * 1_000 + "}",
    "60 levels": "{item{" + "parent{" * 58 + "id" + "}" * 58 + "}}",
    "a list of lists": "{ nodes(ids: " + "[" * 20_000 + ") { id } }",
    "an open string": '{ item(x: "' + '"' * 60_000,
    "repeated fields": "{item{" + "parent{parent{id}} " * 150 + "}}",
    "repeated inline fragments": "{item{" + "...on Item{parent{id}} " * 150 + "}}",
    "many fragments": "{item{" + " ".join(f"...F{n}" for n in range(60)) + "}}"
    + "".join(f"fragment F{n} on Item{{parent{{id}}}}" for n in range(60)),
    "strings of escaped quotes": ("{a}" + '"' + '\\"' * 990 + "x" * 61_000 + '"') + " a" * 2_000,
    "600 fields in one literal": "{ item(x: {" + " ".join(f"f{n}: {n}" for n in range(600)) + "}) { id } }",
    "600 arguments": "{ item(" + " ".join(f"f{n}: {n}" for n in range(600)) + ") { id } }",
    "many operations": " ".join(f"query Q{n} {{ item {{ id }} }}" for n in range(200)),
}  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_document_is_refused_for_little_work(source: str) -> None:
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    # Calls, not seconds: the same on every machine. bench/hostile.py has the seconds.
    sys.setprofile(count)
    try:
        result = await SCHEMA.execute(source)
    finally:
        sys.setprofile(None)

    assert result.errors is not None
    assert [error.extensions for error in result.errors] == [{"code": "QUERY_TOO_COSTLY"}]
    assert result.data is None
    assert calls < 50_000


@pytest.mark.timeout(20)
def test_the_screen_reads_escaped_quotes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Were each escape read again from each start, a document this long would take many minutes.
    monkeypatch.setattr(cost, "MOST_CHARACTERS", 1 << 20)
    screen("{a}" + '"' + '\\"' * 16_000 + "x" * 1_000_000)
    screen("{a}" + '"""' + '\\"""' * 16_000 + '\\"' * 450_000)


async def test_a_variable_with_very_many_fields_is_refused_for_little_work() -> None:
    deep: list[object] = [{"b": {f"f{n}": n for n in range(101)}}]
    for variables in ({"a": {f"f{n}": n for n in range(20_000)}}, {"a": deep}, {f"v{n}": n for n in range(101)}):
        result = await SCHEMA.execute("query Q($a: ID!) { nodes(ids: [$a]) { id } }", variable_values=variables)
        assert result.errors is not None
        assert result.errors[0].extensions == {"code": "QUERY_TOO_COSTLY"}


async def test_a_hundred_fields_are_taken() -> None:
    result = await SCHEMA.execute("{ item { id } }", variable_values={"a": {f"f{n}": n for n in range(100)}})

    assert result.errors is None


async def test_a_cyclic_fragment_ends_in_a_validation_error() -> None:
    result = await SCHEMA.execute(
        "{ item { ...A } } fragment A on Item { parent { ...B } } fragment B on Item { parent { ...A } }"
    )

    assert result.errors is not None
    assert "within itself" in result.errors[0].message


def test_an_ordinary_document_passes_the_screen() -> None:
    screen('query Q($a: Int = 1) { item { id title } } # "quotes", { brackets } and """strings""" in comments')


async def test_every_answer_tells_its_cost() -> None:
    result = await SCHEMA.execute("{ item { id title } }")

    assert result.extensions == {"cost": {"requested": 2, "actual": 2, "maximum": MOST_NODES}}


def test_actual_cost_counts_objects_and_a_tenth_for_plain_values() -> None:
    page = {"feed": {"edges": [{"node": {"id": "a", "tags": ["x", "y"]}}, {"node": {"id": "b", "tags": []}}]}}

    assert count_nodes(page) == 6  # feed, two edges, two nodes, and four plain values
    assert count_nodes(None) == 0
    assert count_nodes({"nodes": [None, *({"id": "a"} for _ in range(9))]}) == 9 + 1


async def test_introspection_and_suggestions_are_for_development_only() -> None:
    shown = await SCHEMA.execute("{ __schema { queryType { name } } }")
    refused = await HIDDEN.execute("{ __schema { queryType { name } } }")
    helped = await SCHEMA.execute("{ itm { id } }")
    unhelped = await HIDDEN.execute("{ itm { id } }")

    assert shown.errors is None
    assert refused.data is None
    assert refused.errors is not None
    assert helped.errors is not None
    assert "Did you mean" in helped.errors[0].message
    assert unhelped.errors is not None
    assert "Did you mean" not in unhelped.errors[0].message


async def test_a_document_counted_again_with_other_variables_is_refused_though_it_is_known() -> None:
    page = "items(first: $n) { edges { node {"
    source = f"query Q($n: Int!) {{ item {{ {page} {page} id }} }} }} }} }} }} }} }}"
    first = await SCHEMA.execute(source, variable_values={"n": 2})
    again = await SCHEMA.execute(source, variable_values={"n": 2_000})

    assert first.extensions is not None
    assert first.extensions["cost"]["requested"] < 50
    assert again.errors is not None
    assert again.errors[0].extensions == {"code": "QUERY_TOO_COSTLY"}
