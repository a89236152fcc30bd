"""`yume up`: the whole server on one machine, in one terminal, until Ctrl-C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import asyncio
    import socket
    from contextlib import AsyncExitStack

    from app.settings import Settings
    from app.supervise import Program

READY_SECONDS = 60.0


@dataclass(frozen=True)
class Welcome:
    """What a start tells: the first invite's ``code`` while it is needed, the local owner's sign-in ``link`` where
    there is an owner, and how many starter clips are still to be made.
    """

    code: str | None
    link: str | None
    starters: int


def up(
    logs: Annotated[bool, typer.Option("--logs", help="Show the logs here instead of in the data folder.")] = False,
) -> None:
    """Start Postgres and Valkey where none are given, migrate, run the API and the workers, and stay up.

    Ctrl-C stops everything cleanly and keeps the data. Settings: YUME_HOST, YUME_PORT, YUME_DATA_DIR,
    YUME_API_PROCESSES, YUME_WORKERS, YUME_DATABASE_URL, YUME_REDIS_URL, YUME_ENV.
    """
    import asyncio

    asyncio.run(_up(show_logs=logs))


async def _up(*, show_logs: bool) -> None:
    from contextlib import AsyncExitStack

    from app.cli.serve import listen
    from app.cli.terminal import report
    from app.embedded import start_stores
    from app.logging import configure_logging
    from app.settings import settings

    own = settings()
    configure_logging(own.model_copy(update={"log_level": "error"}))
    stop = _stop_on_signals()
    async with AsyncExitStack() as stack:
        stack.callback(report, "Stopped. Your data is kept.")
        # Held by this process for as long as it runs: while an API process restarts, callers wait and are not refused.
        listening = stack.enter_context(listen(own.host, own.port))
        own = own.model_copy(update={"port": listening.getsockname()[1]})
        stores = await start_stores(own, report)
        stack.push_async_callback(stores.close)
        first = await _prepare(own, stores.urls.database_url)
        _announce(own, stack)
        await _run(own, listening, stack, show_logs=show_logs)
        await _wait_until_ready(own, stop)
        if not stop.is_set():
            _welcome(own, first)
        await stop.wait()
        report("Stopping: jobs in work go back to the queue")


def _stop_on_signals() -> asyncio.Event:
    """Set by the first signal to stop; a second one leaves at once, and the kernel tells the children."""
    import asyncio
    import os
    import signal

    stop = asyncio.Event()

    def heard() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, heard)
    return stop


async def _prepare(own: Settings, database_url: str) -> Welcome:
    """Migrate, seed the policy, settle the local owner."""
    from tortoise import Tortoise

    from app.cli.terminal import report
    from app.local_owner import first_invite, settle_local_owner, sign_in_link
    from app.migrate import migrate
    from app.starter import starter_clips_left
    from models.keys import load_keys
    from models.policy import seed_policy
    from models.tables import connect

    applied = await migrate(database_url, report)
    report(f"The database is up to date ({applied} migrations applied now)")
    load_keys(own.keys)
    await connect(database_url)
    try:
        await seed_policy(own.region_codes)
        link = await sign_in_link(own) if await settle_local_owner(own) else None
        starters = await starter_clips_left(own.starters) if own.workers else 0
        return Welcome(await first_invite(own), link, starters)
    finally:
        await Tortoise.close_connections()


def _announce(own: Settings, stack: AsyncExitStack) -> None:
    """Tell other commands on this data folder where the server is."""
    import json
    import os

    from app.cli.session import local_address, server_file
    from app.private import write_private

    path = server_file(own.data_dir)
    write_private(path, json.dumps({"server": local_address(own), "pid": os.getpid()}))
    stack.callback(path.unlink, missing_ok=True)


async def _run(own: Settings, listening: socket.socket, stack: AsyncExitStack, *, show_logs: bool) -> None:
    import asyncio

    from app.cli.terminal import report
    from app.shared_metrics import forget_metrics
    from app.supervise import Child

    forget_metrics(own.data_dir)
    children: list[Child] = []

    async def stop_all() -> None:
        await asyncio.gather(*(child.stop() for child in children))

    stack.push_async_callback(stop_all)
    programs = [_api(own, number, listening, show_logs=show_logs) for number in range(1, own.api_processes + 1)]
    programs += [_worker(own, number, show_logs=show_logs) for number in range(1, own.workers + 1)]
    for program in programs:
        report(f"Starting {program.name}")
        children.append(Child(program, report))
        await children[-1].start()


def _api(own: Settings, number: int, listening: socket.socket, *, show_logs: bool) -> Program:
    import sys

    from app.supervise import Program

    return Program(
        name=f"api-{number}",
        command=[sys.executable, "-m", "app.cli", "serve", "--fd", str(listening.fileno())],
        pass_fds=(listening.fileno(),),
        output=None if show_logs else own.data_dir.absolute() / "logs" / f"api-{number}.log",
    )


def _worker(own: Settings, number: int, *, show_logs: bool) -> Program:
    import sys

    from app.supervise import Program

    return Program(
        name=f"worker-{number}",
        command=[sys.executable, "-m", "app.cli", "worker"],
        output=None if show_logs else own.data_dir.absolute() / "logs" / f"worker-{number}.log",
        grace_seconds=30.0,
    )


async def _wait_until_ready(own: Settings, stop: asyncio.Event) -> None:
    """Wait until a clip can be made (or, where the workers are elsewhere, until the API answers), or say what lacks."""
    import asyncio

    import httpx

    from app.cli.session import local_address
    from app.cli.terminal import console

    said = "no answer"
    path = "/readyz" if own.workers else "/healthz"
    with console().status("Waiting until a clip can be made"):
        async with httpx.AsyncClient(base_url=local_address(own), timeout=2, trust_env=False) as client:
            for _ in range(int(READY_SECONDS / 0.1)):
                try:
                    answer = await client.get(path)
                except httpx.HTTPError as error:
                    said = str(error) or type(error).__name__
                else:
                    if answer.status_code == 200:
                        return
                    said = answer.text
                if stop.is_set():
                    return
                await asyncio.sleep(0.1)
    console().print(
        f"[yellow]Not ready after {READY_SECONDS:.0f} s[/yellow]: {said}. It goes on trying; "
        f"see `yume doctor` and {own.data_dir}/logs."
    )


def _welcome(own: Settings, first: Welcome) -> None:
    from rich.panel import Panel

    from app.cli.terminal import console
    from app.local_owner import LINK_MINUTES, is_local

    lines = [f"[bold]Yume is up:[/bold] [link={own.address}]{own.address}[/link]"]
    if first.link is not None:
        lines += [
            "",
            f"Sign in as the owner, once, in a browser, within {LINK_MINUTES} minutes:",
            f"[link={first.link}]{first.link}[/link]",
        ]
    if first.code is not None:
        lines += ["", f"First invite (its account becomes the admin): [bold green]{first.code}[/bold green]"]
    if is_local(own):
        command = _typed_as()
        lines += ["", f'In another terminal: [cyan]{command} make "a red fox jumps over a log in the rain"[/cyan]']
    if first.starters:
        lines += [
            "",
            f"{first.starters} clips for an empty feed are being made in the background; yours go first.",
            "[dim]None of them: YUME_STARTER_CLIPS=0[/dim]",
        ]
    lines += ["", f"[dim]Data and logs: {own.data_dir.absolute()}   Stop: Ctrl-C[/dim]"]
    console().print(Panel.fit("\n".join(lines), border_style="magenta", padding=(1, 2)))


def _typed_as() -> str:
    """How this program is called from a shell that has not activated its virtual environment."""
    import os
    import shutil
    import sys
    from pathlib import Path

    script = Path(sys.prefix) / "bin" / "yume"
    return "yume" if shutil.which("yume") == str(script) else os.path.relpath(script)
