"""What a document may cost, counted in one memoised pass over its syntax tree, before it is validated or run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.type import GraphQLField

MOST_NODES = 5_000
MOST_CHARACTERS = 64 * 1024
MOST_TOKENS = 2_000
MOST_BRACKETS = 64
MOST_DEPTH = 20
MOST_ALIASES = 100
MOST_REPEATS = 32
MOST_SPREADS = 200
MOST_SPREADS_IN_PLACE = 24
MOST_OPERATIONS = 20
MOST_FIELDS = 100
"""Names with a colon in one pair of brackets, and keys of one object of the variables."""

DEFAULT_LIST = 10
"""How many items a list is taken to have when neither an argument nor its connection says so."""

_LEAVES_A_NODE = 10
_SIZES = ("first", "last", "ids")
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\"""|\\|"(?!""))*+(?:""")?|"(?:[^"\\\n\r]|\\.)*+"?|#[^\n\r]*|[_A-Za-z]\w*|-?[0-9][0-9.eE+-]*|\.\.\.|[^\s,\ufeff]'
)


class Measure(NamedTuple):
    """``nodes`` an operation may return at most: objects, and a tenth of a node for each plain field."""

    nodes: int
    depth: int


class _Weight(NamedTuple):
    """Tenths of a node, as a line in the page size of the connection around: ``fixed + per_page × size``."""

    fixed: int
    per_page: int
    depth: int


_NOTHING = _Weight(0, 0, 0)


def too_costly(message: str) -> GraphQLError:
    """The refusal of a document that asks too much."""
    return GraphQLError(message, extensions={"code": "QUERY_TOO_COSTLY"})


def screen(source: str) -> None:
    """Refuse a document by its text alone, in time linear in its length, before anything recursive reads it.

    Raises `GraphQLError` (QUERY_TOO_COSTLY) for one that is too long, has too many tokens or nests too deeply.
    """
    if len(source) > MOST_CHARACTERS:
        raise too_costly(f"The document has {len(source):,} characters; at most {MOST_CHARACTERS:,} are read.")
    tokens = 0
    named = [0]  # for each open bracket, the names with a colon directly in it
    for match in _TOKEN.finditer(source):
        first = source[match.start()]
        if first == "#":
            continue
        tokens += 1
        if tokens > MOST_TOKENS:
            raise too_costly(f"The document has more than {MOST_TOKENS:,} tokens.")
        if first in "{[(":
            named.append(0)
            if len(named) > MOST_BRACKETS + 1:
                raise too_costly(f"The document nests more than {MOST_BRACKETS} brackets.")
        elif first in "}])" and len(named) > 1:
            named.pop()
        elif first == ":":
            named[-1] += 1
            if named[-1] > MOST_FIELDS:
                raise too_costly(f"The document names more than {MOST_FIELDS} arguments, fields or aliases at once.")


@dataclass
class _Pass:
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    done: dict[str, _Weight] = field(default_factory=dict[str, _Weight])
    aliases: int = 0
    repeats: int = 0
    spreads: int = 0
    level: int = 0

    def selections(
        self, node: SelectionSetNode, parent: GraphQLNamedType | None, place: Counter[str] | None = None
    ) -> _Weight:
        """Add up what is selected on ``parent``. Raises `GraphQLError` when the shape alone is too much.

        ``place`` counts what the selections around an inline fragment hold, which it shares.
        """
        self.level += 1
        if self.level > MOST_BRACKETS:
            raise too_costly(f"The document nests deeper than {MOST_BRACKETS} selections and fragments.")
        fixed = per_page = depth = 0
        here: Counter[str] = Counter() if place is None else place
        for child in node.selections:
            if isinstance(child, FieldNode):
                self._count(child, parent, here)
                weight = self._field(child, parent)
            elif isinstance(child, InlineFragmentNode):
                on = child.type_condition
                type_ = self.schema.get_type(on.name.value) if on else parent
                weight = self.selections(child.selection_set, type_, here)
            else:
                assert isinstance(child, FragmentSpreadNode)
                here["..."] += 1
                if here["..."] > MOST_SPREADS_IN_PLACE:
                    raise too_costly(f"The document spreads more than {MOST_SPREADS_IN_PLACE} fragments in one place.")
                weight = self.spread(child.name.value)
            fixed += weight.fixed
            per_page += weight.per_page
            depth = max(depth, weight.depth)
        self.level -= 1
        return _Weight(fixed, per_page, depth)

    def _count(self, node: FieldNode, parent: GraphQLNamedType | None, here: Counter[str]) -> None:
        # Validation compares every pair of fields that share a response name, and all that is below both: repeats
        # are of no use to an honest client, and are few.
        key = f"{getattr(parent, 'name', '')}.{(node.alias or node.name).value}"
        self.repeats += key in here
        here[key] += 1
        self.aliases += node.alias is not None
        if self.aliases > MOST_ALIASES:
            raise too_costly(f"The document has more than {MOST_ALIASES} aliases.")
        if self.repeats > MOST_REPEATS:
            raise too_costly(f"The document selects the same fields again more than {MOST_REPEATS} times.")

    def spread(self, name: str) -> _Weight:
        """What the fragment ``name`` adds, looked over once however often it is spread."""
        self.spreads += 1
        if self.spreads > MOST_SPREADS:
            raise too_costly(f"The document spreads more than {MOST_SPREADS} fragments.")
        if name not in self.done and name in self.fragments:
            # A fragment that reaches itself counts nothing the second time; validation refuses it afterwards.
            self.done[name] = _NOTHING
            fragment = self.fragments[name]
            on = self.schema.get_type(fragment.type_condition.name.value)
            self.done[name] = self.selections(fragment.selection_set, on)
        return self.done.get(name, _NOTHING)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> _Weight:
        found: GraphQLField | None = getattr(parent, "fields", {}).get(node.name.value)
        if node.selection_set is None:
            return _Weight(1, 0, 1)
        inner = self.selections(node.selection_set, None if found is None else get_named_type(found.type))
        if node.name.value.startswith("__"):
            # The schema's description of itself is bounded by the schema and is switched off in production.
            return _Weight(_LEAVES_A_NODE, 0, inner.depth + 1)
        size = self._size(node, found)
        if found is None or not _is_list(found):
            page = DEFAULT_LIST if size is None else size
            return _Weight(_LEAVES_A_NODE + inner.fixed + inner.per_page * page, 0, inner.depth + 1)
        each = _LEAVES_A_NODE + inner.fixed + inner.per_page * DEFAULT_LIST
        if size is None:
            return _Weight(0, each, inner.depth + 1)
        return _Weight(each * size, 0, inner.depth + 1)

    def _size(self, node: FieldNode, found: GraphQLField | None) -> int | None:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        sizes: list[int] = []
        for name in _SIZES:
            if name in given:
                sizes.append(self._value(given[name]))
            elif found is not None and name in found.args and isinstance(found.args[name].default_value, int):
                sizes.append(found.args[name].default_value)
        return max(sizes) if sizes else None

    def _value(self, node: ValueNode) -> int:
        if isinstance(node, IntValueNode):
            # Ten digits are past every limit already, and int() of thousands of them raises.
            return max(1, int(node.value)) if len(node.value) <= 10 else MOST_NODES + 1
        if isinstance(node, ListValueNode):
            return max(1, len(node.values))
        value = self.variables.get(node.name.value) if isinstance(node, VariableNode) else None
        if isinstance(value, list):
            return max(1, len(value))
        # JSON 50.0 is an Int too.
        return max(1, int(min(value, MOST_NODES + 1))) if isinstance(value, int | float) else DEFAULT_LIST


def measure(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
) -> Measure:
    """Count the operation that would run, and look over every other definition of ``document`` as well.

    Raises `GraphQLError` (QUERY_TOO_COSTLY) when it nests too deeply, repeats itself or may return too many nodes.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) > MOST_OPERATIONS:
        raise too_costly(f"The document has more than {MOST_OPERATIONS} operations.")
    _refuse_wide(variables)
    chosen = _NOTHING
    walk = _Pass(schema, fragments, {})
    for node in operations:
        walk.variables = _defaults(node) | dict(variables or {})
        walk.done.clear()
        weight = walk.selections(node.selection_set, schema.get_root_type(node.operation))
        if operation_name is None or (node.name is not None and node.name.value == operation_name):
            chosen = max(chosen, weight)
        _refuse_depth(weight)
    for name in fragments:
        _refuse_depth(walk.spread(name))
    tenths = chosen.fixed + chosen.per_page * DEFAULT_LIST
    nodes = -(-tenths // _LEAVES_A_NODE)
    if nodes > MOST_NODES:
        raise too_costly(f"This may return {nodes:,} nodes; at most {MOST_NODES:,} are allowed. Ask for shorter pages.")
    return Measure(nodes, chosen.depth)


def count_nodes(data: object) -> int:
    """What an answer did return, in the nodes of `Measure`."""
    objects = leaves = 0
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            objects += 1
            pending.extend(value.values())
        elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
            pending.extend(value)
        else:
            leaves += 1
    objects -= isinstance(data, dict)  # the root is not a node
    return -(-(objects * _LEAVES_A_NODE + leaves) // _LEAVES_A_NODE) if data is not None else 0


def _refuse_wide(variables: Mapping[str, Any] | None) -> None:
    # Coercion writes a sentence about every key that it does not know.
    pending: list[Any] = [dict(variables or {})]
    while pending:
        value = pending.pop()
        if isinstance(value, dict) and len(value) > MOST_FIELDS:
            raise too_costly(f"An object of the variables has more than {MOST_FIELDS} fields.")
        inner = value.values() if isinstance(value, dict) else value
        pending.extend(item for item in inner if isinstance(item, (dict, list)))


def _refuse_depth(weight: _Weight) -> None:
    if weight.depth > MOST_DEPTH:
        raise too_costly(f"The document is {weight.depth} fields deep; at most {MOST_DEPTH} are allowed.")


def _is_list(found: GraphQLField) -> bool:
    of = found.type.of_type if isinstance(found.type, GraphQLNonNull) else found.type
    return isinstance(of, GraphQLList)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        node.variable.name.value: int(node.default_value.value)
        for node in operation.variable_definitions or ()
        if isinstance(node.default_value, IntValueNode) and len(node.default_value.value) <= 10
    }
