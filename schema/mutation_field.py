"""Mutations: gated by an access, and answering with named errors as members of their payload union."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver
from strawberry.types import Info

from models.errors import DomainError
from schema.access import Access, Gate
from schema.errors import error_member


class NamedErrors(FieldExtension):
    """Turns a `DomainError` into a member of the payload union; anything else is masked further out."""

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **kwargs: Any) -> Any:
        """Let the resolver answer, and name what it refuses."""
        info.context.renew_loaders()
        try:
            return await next_(source, info, **kwargs)
        except DomainError as error:
            return error_member(error)


def mutation(access: Access, description: str) -> Callable[[Callable[..., Any]], Any]:
    """Bind a resolver as a mutation. The gate sits inside, so that its refusals are named as well."""
    # Strawberry runs the last extension outermost.
    return strawberry.field(
        description=description, metadata={"access": access}, extensions=[Gate(access), NamedErrors()]
    )
