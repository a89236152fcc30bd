"""Rows of models made from the columns of a hand-written statement, without a query of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from tortoise.fields import Field, JSONField
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.models import Model

RowT = TypeVar("RowT", bound=Model)


class Columns(Generic[RowT]):
    """The columns of ``model`` that a statement selects, and the row that they make.

    Columns that are left out are no attributes of the row: who reads one learns of it at once. Such a row cannot be
    saved.
    """

    def __init__(self, model: type[RowT], *, without: frozenset[str] = frozenset()) -> None:
        self._model, self._without = model, without

    def record(self, alias: str) -> str:
        """The columns of the table ``alias`` as one SQL record, in the order that `row` expects."""
        return f"ROW({', '.join(f'{alias}.{column}' for column, _, _ in self._columns)})"

    def row(self, record: Sequence[Any]) -> RowT:
        """The row that a record of `record` holds, its values as the ORM would have made them."""
        made = self._model.__new__(self._model)
        assign = object.__setattr__
        assign(made, "_partial", bool(self._without))
        assign(made, "_saved_in_db", True)
        assign(made, "_custom_generated_pk", False)
        assign(made, "_await_when_save", {})
        for (_, attribute, convert), value in zip(self._columns, record, strict=True):
            assign(made, attribute, value if convert is None or value is None else convert(value))
        return made

    @cached_property
    def _columns(self) -> list[tuple[str, str, Callable[[Any], Any] | None]]:
        """Column, attribute, and what makes its value of the driver's. The ORM knows them once it is connected."""
        meta = self._model._meta  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it has no other description
        return [
            (column, attribute, _converter(meta.fields_map[attribute]))
            for attribute, column in meta.fields_db_projection.items()
            if attribute not in self._without
        ]


def _converter(field: Field[Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, CharEnumFieldInstance):
        return field.enum_type
    return field.decoder if isinstance(field, JSONField) else None
