"""`yume audit`: prove that nobody changed the audit log, and print the day's signed head for others to keep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.audit_head import DailyHead
    from models.audit_proof import AuditReport
    from models.keys import Keys

program = typer.Typer(help="Prove the audit log, and print its signed head.", no_args_is_help=True)


@program.command()
def verify(
    against: Annotated[
        list[Path] | None, typer.Option(help="A signed head that you kept elsewhere; may be given more than once.")
    ] = None,
) -> None:
    """Check every entry of every chain and the signed heads; the exit status is 1 when something was changed."""
    import asyncio

    from app.cli.terminal import console
    from app.settings import settings
    from jobs.daily_head import ANCHOR
    from models.keys import load_keys

    own = settings()
    keys = load_keys(own.keys)
    anchors = _anchors(keys, [own.keys / ANCHOR, *(against or [])], must=against or [])
    report = asyncio.run(_verify(keys, anchors))
    for line in _words(report):
        console().print(line, soft_wrap=True)
    raise typer.Exit(0 if report.sound else 1)


@program.command()
def head() -> None:
    """Print today's signed head as JSON, signing it now if no worker has. Keep it somewhere else."""
    import asyncio
    import json
    import sys

    import structlog

    # Standard output is the head's alone.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    print(json.dumps(asyncio.run(_head()), indent=2))  # noqa: T201 - the head is this command's result


@program.command()
def prove(
    chain: Annotated[str, typer.Argument(help="`server`, or `cameo/` and the cameo's id.")],
) -> None:
    """Print proof, as JSON, that the newest signed head covers CHAIN; its owner needs nothing else of the log."""
    import asyncio
    import json

    print(json.dumps(asyncio.run(_prove(chain)), indent=2))  # noqa: T201 - the proof is this command's result


async def _verify(keys: Keys, anchors: Sequence[DailyHead]) -> AuditReport:
    from tortoise import Tortoise

    from app.embedded import store_urls
    from app.settings import settings
    from models.audit_proof import snapshot, verify
    from models.tables import connect

    await connect(store_urls(settings()).database_url)
    try:
        async with snapshot() as connection:
            return await verify(connection, keys.published, anchors=anchors)
    finally:
        await Tortoise.close_connections()


async def _head() -> dict[str, object]:
    from tortoise import Tortoise, connections

    from app.embedded import store_urls
    from app.settings import settings
    from app.trouble import KeysBroken
    from jobs.daily_head import keep_daily_head
    from models.audit_head import latest_head
    from models.keys import load_keys
    from models.tables import connect

    own = settings()
    await connect(store_urls(own).database_url)
    try:
        await keep_daily_head(load_keys(own.keys), own.keys)
        found = await latest_head(connections.get("default"))
    finally:
        await Tortoise.close_connections()
    if found is None:
        raise KeysBroken(
            "The audit log has no signed head yet.", mend="Run `yume audit verify` to see why, or try again."
        )
    return found.document


async def _prove(chain: str) -> dict[str, object]:
    from tortoise import Tortoise, connections

    from app.embedded import store_urls
    from app.settings import settings
    from app.trouble import FileUnfit
    from models.audit_head import latest_head, prove_inclusion
    from models.tables import connect

    await connect(store_urls(settings()).database_url)
    try:
        connection = connections.get("default")
        found = await latest_head(connection)
        proof = None if found is None else await prove_inclusion(connection, chain, found)
    finally:
        await Tortoise.close_connections()
    if found is None or proof is None:
        raise FileUnfit(
            f"No signed head covers the chain {chain} yet.", mend="A worker signs one every day: wait for it."
        )
    return {
        "head": found.document,
        "leaf": proof.leaf.decode(),
        "index": proof.index,
        "size": proof.size,
        "path": [sibling.hex() for sibling in proof.path],
    }


def _anchors(keys: Keys, paths: Sequence[Path], *, must: Sequence[Path]) -> list[DailyHead]:
    from app.trouble import FileUnfit
    from jobs.daily_head import read_anchors

    for path in must:
        if not path.is_file():
            raise FileUnfit(f"There is no file {path}.", mend="Give the file that `yume audit head` printed.")
    found: list[DailyHead] = []
    for path in paths:
        try:
            found += read_anchors(keys, [path])
        except ValueError as error:
            raise FileUnfit(f"{path} is no head signed by this server: {error}", mend="Give another copy.") from error
    return found


def _words(report: AuditReport) -> list[str]:
    from rich.markup import escape

    lines = [
        f"{report.entries} entries in {report.chains} chains.",
        f"Personal data of {report.personal_kept} entries is kept apart, of {report.personal_erased} it was erased.",
    ]
    heads = ", ".join(head.day.isoformat() for head in report.heads_recomputed)
    lines.append(
        f"{report.signed_days} signed days; recomputed from the entries: {heads}."
        if heads
        else "No day has a signed head yet: a log that is emptied now could not be told from a new one."
    )
    if report.sound:
        return [*lines, "[green]Nothing was changed, removed or slipped in.[/green]"]
    lines += [f"[red]✗[/red] {escape(str(flaw))}" for flaw in report.flaws]
    if report.flaw_count > len(report.flaws):
        lines.append(f"… and {report.flaw_count - len(report.flaws)} more.")
    lines += [
        "[red]The audit log is not as it was written.[/red] Keep the database as it is, and compare it with a backup.",
        "After a restore of an older backup this is expected: what was written since is missing.",
    ]
    return lines
