"""`yume seed`: a made-up world to develop and measure with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.seed.load import Progress
    from app.settings import Settings


def seed(
    accounts: Annotated[int, typer.Option(min=2, max=1_000_000, help="Members.")] = 500,
    videos: Annotated[int, typer.Option(min=1, max=5_000_000, help="Videos.")] = 5_000,
    number: Annotated[int, typer.Option("--seed", min=0, help="The same number makes the same world.")] = 1,
    density: Annotated[
        float, typer.Option(min=0.0, max=20.0, help="How many meet, like and discuss a video; 1 is usual.")
    ] = 1.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do it although this is production.")] = False,
) -> None:
    """Fill an empty server with a believable world: members, who follows whom, videos, remix trees, likes, comments.

    Nobody of it can sign in. A few real clips stand for all videos. Refused where there are members already.
    """
    import asyncio

    from app.settings import settings
    from app.trouble import Trouble

    own = settings()
    if own.production and not yes:
        raise Trouble(
            "This is production, and the world is made up.",
            mend="Add --yes if that is what you want, or unset YUME_ENV.",
        )
    asyncio.run(_seed(own, accounts, videos, number, density))


async def _seed(own: Settings, accounts: int, videos: int, number: int, density: float) -> None:
    import time

    import asyncpg

    from app.cli.terminal import report
    from app.embedded import store_urls
    from app.seed.load import check_empty, load
    from app.seed.media import share_clips
    from app.seed.owner import involve_owner
    from app.seed.world import make_world, tables
    from models.house import HOUSE_IDS
    from models.storage import MediaStore

    connection: asyncpg.Connection = await asyncpg.connect(store_urls(own).database_url)
    try:
        await check_empty(connection, HOUSE_IDS)
        clips = await share_clips(MediaStore.from_url(own.media_url, own.data_dir))
        started = time.monotonic()
        world = make_world(accounts, videos, density=density, seed=number, now=int(time.time() * 1000))
        report(f"Imagined in {time.monotonic() - started:.1f} s; writing")
        progress = await _shown(lambda telling: load(connection, tables(world, clips), telling))
        await involve_owner(connection, world)
    finally:
        await connection.close()
    await _settle(store_urls(own).database_url)
    for name, rows in progress.rows.items():
        report(f"{name:>18} {rows:>12,}")
    report(
        f"{progress.total:,} rows in {progress.seconds:.1f} s: {progress.total / progress.seconds:,.0f} rows a second; "
        f"then indexes of words and meanings in {progress.index_seconds:.1f} s"
    )


async def _settle(database_url: str) -> None:
    from tortoise import Tortoise

    from app.cli.terminal import console
    from app.seed.load import settle
    from models.tables import connect

    await connect(database_url)
    try:
        with console().status("Weighing how videos were received") as status:
            await settle(lambda done: status.update(f"Weighing how videos were received: {done:,}"))
    finally:
        await Tortoise.close_connections()


async def _shown(write: Callable[[Progress], Awaitable[None]]) -> Progress:
    """Run ``write`` behind a bar for each table; returns what it wrote."""
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
    from rich.progress import Progress as Bars

    from app.cli.terminal import console
    from app.seed.load import Progress

    columns = (TextColumn("{task.description:>28}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=console(), transient=True) as bars:
        known: dict[str, TaskID] = {}

        def told(name: str, done: int, count: int) -> None:
            if name not in known:
                known[name] = bars.add_task(name)
            bars.update(known[name], completed=done, total=count or None)

        progress = Progress(told)
        await write(progress)
        return progress
