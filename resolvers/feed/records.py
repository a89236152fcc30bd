"""Rows of models made from the columns of a hand-written statement, without a query of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from tortoise.fields import Field, JSONField
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.models import Model

RowT = TypeVar("RowT", bound=Model)

_STATE = {"_saved_in_db": True, "_custom_generated_pk": False}


class Columns(Generic[RowT]):
    """The columns of ``model`` that a statement selects, and the row that they make.

    Columns that are left out are no attributes of the row: who reads one learns of it at once. Such a row cannot be
    saved.
    """

    def __init__(self, model: type[RowT], *, without: frozenset[str] = frozenset()) -> None:
        self._model, self._without = model, without

    def record(self, alias: str) -> str:
        """The columns of the table ``alias`` as one SQL record, in the order that `row` expects."""
        return f"ROW({', '.join(f'{alias}.{column}' for _, column in self._columns)})"

    def row(self, record: Sequence[Any]) -> RowT:
        """The row that a record of `record` holds, its values as the ORM would have made them."""
        made = self._model.__new__(self._model)
        values = vars(made)
        values.update(_STATE, _partial=bool(self._without), _await_when_save={})
        values.update(zip(self._attributes, record, strict=True))
        for attribute, convert in self._converters:
            if (value := values[attribute]) is not None:
                values[attribute] = convert(value)
        return made

    @cached_property
    def _columns(self) -> list[tuple[str, str]]:
        """Attributes and their columns. The ORM knows them once it is connected."""
        projection = self._model._meta.fields_db_projection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - nowhere else
        return [(attribute, column) for attribute, column in projection.items() if attribute not in self._without]

    @cached_property
    def _attributes(self) -> list[str]:
        return [attribute for attribute, _ in self._columns]

    @cached_property
    def _converters(self) -> list[tuple[str, Callable[[Any], Any]]]:
        """What makes an attribute's value of the driver's, where they differ."""
        fields = self._model._meta.fields_map  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - nowhere else
        found = [(attribute, _converter(fields[attribute])) for attribute in self._attributes]
        return [(attribute, convert) for attribute, convert in found if convert is not None]


def _converter(field: Field[Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, CharEnumFieldInstance):
        return {member.value: member for member in field.enum_type}.__getitem__
    return field.decoder if isinstance(field, JSONField) else None
