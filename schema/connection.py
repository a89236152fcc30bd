"""Relay connections over keyset pages (GraphQL Cursor Connections Specification)."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from resolvers.page import Page
from schema.access import plain

First = Annotated[int, strawberry.argument(description="How many, 1 to 50.")]
After = Annotated[str | None, strawberry.argument(description="Read on after this cursor.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = plain("Is there at least one more item after this page?")
    has_previous_page: bool = plain("Did this page start after a cursor?")
    start_cursor: str | None = plain("Cursor of the first item.")
    end_cursor: str | None = plain("Cursor of the last item: give it as `after` to read on.")

    @classmethod
    def of(cls, page: Page[Any]) -> PageInfo:
        """The page's place; forward paging only, so "previous" means that a cursor was given."""
        return cls(
            has_next_page=page.more,
            has_previous_page=page.after is not None,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.end or (page.cursors[-1] if page.cursors else page.after),
        )
