"""Pages of rows that one SQL statement answers, newest first by ``(moment, id)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tortoise import connections

from resolvers.context import Context
from resolvers.page import Page, Window


async def rows_page(
    context: Context, connection: str, statement: str, values: Sequence[Any], window: Window
) -> Page[dict[str, Any]]:
    """One page of what ``statement`` selects: ``id``, ``moment`` and whatever else. Its own parameters are ``values``.

    ``connection`` names the list and its arguments for the cursors. Raises `Invalid` (first, after).
    """
    key = context.stores.keys.cursor
    place = window.place(key, connection)
    bound = list(values)
    behind = ""
    if place is not None:
        bound += place
        behind = f"WHERE (row.moment, row.id) < (${len(bound) - 1}::timestamptz, ${len(bound)}::uuid)"
    bound.append(window.first + 1)
    rows = await connections.get("default").execute_query_dict(
        f"""
        SELECT * FROM ({statement}) AS row {behind}
        ORDER BY row.moment DESC, row.id DESC LIMIT ${len(bound)}::int
        """,  # noqa: S608 - statements are constants; values are bound
        bound,
    )
    return window.page(key, connection, rows, lambda row: (row["moment"], row["id"]))
