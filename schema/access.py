"""Who may use a field. Every field declares it; a test walks the schema and fails for one that does not."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine
from enum import Enum
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver
from strawberry.types import Info

from resolvers.context import Context
from resolvers.loaders.begun import begun


class Access(Enum):
    """Declared on every field. Anything that needs more than this is decided by the resolver, row by row."""

    ANYONE = "anyone, signed in or not"
    PARENT = "whoever may see the object that the field is on"
    MEMBER = "members who are signed in"
    MODERATOR = "moderators and admins of this server"
    ADMIN = "admins of this server"


class Gate(FieldExtension):
    """Refuses before the resolver runs."""

    def __init__(self, access: Access) -> None:
        self.access = access

    def check(self, context: Context) -> None:
        """Raise `Unauthenticated` or `Denied` unless the viewer has this access."""
        if self.access is Access.ADMIN:
            _ = context.admin
        elif self.access is Access.MODERATOR:
            _ = context.moderator
        elif self.access is Access.MEMBER:
            _ = context.member

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **kwargs: Any) -> Any:
        """Check, then let the resolver answer."""
        self.check(info.context)
        return await next_(source, info, **kwargs)


def field(access: Access, description: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Bind a resolver as a GraphQL field with its access and its description for client developers."""
    extensions: list[FieldExtension] = (
        [Gate(access)] if access in (Access.MEMBER, Access.MODERATOR, Access.ADMIN) else []
    )
    return strawberry.field(description=description, metadata={"access": access}, extensions=extensions, **options)


def loaded(access: Access, description: str) -> Callable[[Callable[..., Coroutine[Any, Any, Any]]], Any]:
    """Bind a coroutine that awaits loaders only: where they hold the answer already, it is given at once."""

    def bind(resolver: Callable[..., Coroutine[Any, Any, Any]]) -> Any:
        @functools.wraps(resolver)
        def now(*arguments: Any, **named: Any) -> Any:
            return begun(resolver(*arguments, **named))

        return field(access, description)(now)

    return bind


def subscription(access: Access, description: str) -> Callable[[Callable[..., AsyncGenerator[Any, None]]], Any]:
    """Bind a subscription. Its resolver checks the viewer at the start and again at every event."""
    return strawberry.subscription(description=description, metadata={"access": access})


def plain(description: str, **options: Any) -> Any:
    """A stored attribute, seen by whoever sees its object."""
    return strawberry.field(description=description, metadata={"access": Access.PARENT}, **options)
