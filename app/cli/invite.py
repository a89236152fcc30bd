"""`yume invite`: a seat for one newcomer, from the operator."""

from __future__ import annotations

from typing import Annotated

import typer


def invite(
    admin: Annotated[bool, typer.Option("--admin", help="Whoever uses it becomes an admin, from any region.")] = False,
) -> None:
    """Make an invite code and print it. It is shown only now: the server keeps nothing but its HMAC."""
    import asyncio

    print(asyncio.run(_create(admin=admin)))  # noqa: T201 - the code is this command's result


async def _create(*, admin: bool) -> str:
    from tortoise import Tortoise

    from app.embedded import store_urls
    from app.settings import settings
    from models.keys import load_keys
    from models.tables import connect
    from resolvers.invite import create_invite

    await connect(store_urls(settings()).database_url)
    try:
        return await create_invite(load_keys(settings().keys), None, admin=admin)
    finally:
        await Tortoise.close_connections()
