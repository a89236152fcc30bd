"""Promises of the schema as a whole: its snapshot, a description and an access on every field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
)
from strawberry.types.field import StrawberryField

from models import errors as domain
from schema.access import Access
from schema.root import build_schema
from schema.snapshot import SNAPSHOT, sdl

SCHEMA = build_schema(production=False)
MEMBERS_ONLY = {Access.MEMBER, Access.MODERATOR, Access.ADMIN}
OPEN_MUTATIONS = {"signUp", "signIn", "createUpload", "fileNotice", "joinWaitingList", "leaveWaitingList"}


def own_types() -> list[GraphQLNamedType]:
    return [kind for name, kind in SCHEMA._schema.type_map.items() if not name.startswith("__")]


def fields() -> Iterator[tuple[str, StrawberryField]]:
    """Every field of every object type, as ``Type.field``."""
    for kind in own_types():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.extensions["strawberry-definition"]


def test_the_snapshot_is_the_schema() -> None:
    assert sdl() == SNAPSHOT.read_text(), "run `python -m schema.snapshot` and look at the difference"


def test_everything_has_a_description_for_client_developers() -> None:
    missing: list[str] = []
    for kind in own_types():
        if not kind.description:
            missing.append(kind.name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                missing += [] if field.description else [f"{kind.name}.{name}"]
                missing += [
                    f"{kind.name}.{name}({a})" for a, v in getattr(field, "args", {}).items() if not v.description
                ]
        if isinstance(kind, GraphQLEnumType):
            missing += [f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description]
    builtin = {"String", "Int", "Float", "Boolean", "ID"}
    assert [name for name in missing if name.partition(".")[0] not in builtin] == []


def test_every_field_declares_who_may_use_it() -> None:
    found = dict(fields())
    assert len(found) > 100
    assert [name for name, field in found.items() if not isinstance(field.metadata.get("access"), Access)] == []


def test_mutations_are_for_members_unless_listed() -> None:
    accesses = {name.partition(".")[2]: f.metadata["access"] for name, f in fields() if name.startswith("Mutation.")}
    assert {name for name, access in accesses.items() if access not in MEMBERS_ONLY} == OPEN_MUTATIONS


@pytest.mark.parametrize("name", [name for name, _ in fields() if name.startswith("Mutation.")])
def test_mutations_answer_with_a_union_of_success_and_named_errors(name: str) -> None:
    mutation = SCHEMA._schema.mutation_type
    assert mutation is not None
    payload = mutation.fields[name.partition(".")[2]].type.of_type  # type: ignore[union-attr]
    assert isinstance(payload, GraphQLUnionType)
    success, *errors = payload.types
    assert success.name == payload.name.replace("Payload", "Success")
    assert errors
    assert all(any(i.name == "Error" for i in kind.interfaces) for kind in errors)


def test_every_domain_error_has_its_graphql_type() -> None:
    for kind in domain.DomainError.__subclasses__():
        name = "ConsentError" if kind is domain.ConsentMissing else f"{kind.__name__}Error"
        assert name in SCHEMA._schema.type_map
        assert kind.code in SCHEMA._schema.type_map["ErrorCode"].values  # type: ignore[union-attr]


def test_a_field_without_access_is_found() -> None:
    @strawberry.type
    class Careless:
        name: str = strawberry.field(description="No access declared.")

    definition = Careless.__strawberry_definition__  # type: ignore[attr-defined]
    assert not isinstance(definition.fields[0].metadata.get("access"), Access)
