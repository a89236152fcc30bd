"""`yume invite`: a seat for one newcomer, from the operator; `yume invite tree`: who invited whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from models.invitees import Invitee

MOST_LINES = 2_000

program = typer.Typer(invoke_without_command=True, help="Make an invite code, or see who invited whom.")


@program.callback()
def invite(
    context: typer.Context,
    admin: Annotated[bool, typer.Option("--admin", help="Whoever uses it becomes an admin, from any region.")] = False,
) -> None:
    """Make an invite code and print it. It is shown only now: the server keeps nothing but its HMAC."""
    import asyncio

    if context.invoked_subcommand is None:
        print(asyncio.run(_create(admin=admin)))  # noqa: T201 - the code is this command's result


@program.command()
def tree(
    handle: Annotated[str | None, typer.Argument(help="The top of the branch; the whole server when left out.")] = None,
    depth: Annotated[int, typer.Option(min=1, max=50, help="Levels below the top.")] = 3,
) -> None:
    """Print who invited whom: name, date, how many joined by them, the size of their branch, unused invites."""
    import asyncio

    for line in asyncio.run(_tree(handle, depth)):
        print(line)  # noqa: T201 - the tree is this command's result


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


async def _tree(handle: str | None, depth: int) -> list[str]:
    from tortoise import Tortoise

    from app.embedded import store_urls
    from app.settings import settings
    from models.tables import connect

    await connect(store_urls(settings()).database_url)
    try:
        return await tree_lines(handle, depth)
    finally:
        await Tortoise.close_connections()


async def tree_lines(handle: str | None, depth: int) -> list[str]:
    """The tree as text, a line a member, indented by level. Raises `NoSuchMember`."""
    from tortoise import connections

    from app.trouble import NoSuchMember
    from models.account import Account
    from models.invitees import levels, places
    from resolvers.handle import read_handle

    connection = connections.get("default")
    top = None if handle is None else await Account.get_or_none(handle=read_handle(handle) or "")
    if handle is not None and top is None:
        raise NoSuchMember(f"There is no member called {handle!r}.", mend="Give a handle, with or without @.")
    below = await levels(connection, top and top.id, depth, MOST_LINES + 1)
    found = await places(connection, [*below[:MOST_LINES], *([top.id] if top else [])])
    lines = [_line(found[top.id], 0)] if top else []
    lines += _walk(found, top.id if top else None, 1 if top else 0)
    return lines if len(below) <= MOST_LINES else [*lines, f"… and more: look at a branch, or less deep than {depth}."]


def _walk(found: dict[UUID, Invitee], top: UUID | None, level: int) -> Iterator[str]:
    """Depth first, the oldest first, everybody once. ``top`` itself is left out."""
    children: dict[UUID | None, list[Invitee]] = {}
    for each in sorted(found.values(), key=lambda one: (one.created_at, one.id), reverse=True):
        children.setdefault(each.invited_by_id, []).append(each)
    seen = {top}
    waiting = [(each, level) for each in children.get(top, [])]
    while waiting:
        each, depth = waiting.pop()
        if each.id not in seen:
            seen.add(each.id)
            yield _line(each, depth)
            waiting += [(below, depth + 1) for below in children.get(each.id, [])]


def _line(of: Invitee, level: int) -> str:
    name = "(deleted)" if of.deleted_at else f"@{of.handle}"
    marks = [mark for mark, at in (("suspended", of.suspended_at), ("invites closed", of.invites_closed_at)) if at]
    told = [f"invited {of.invitees}", f"branch {of.size}", f"unused {of.unused}", *marks]
    return f"{'  ' * level}{name}  {of.created_at:%Y-%m-%d}  {', '.join(told)}"
