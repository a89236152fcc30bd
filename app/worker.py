"""The worker process: one engine in a child process, and everything that keeps generations moving."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from redis.asyncio import Redis
from tortoise import Tortoise

from app.vault import open_vault
from engine.runner import CHILD_COMMAND, EngineChild
from jobs.arq_settings import CHORES_QUEUE, GENERATE_QUEUE
from jobs.bell import answer
from jobs.capture.attempt import CaptureTools
from jobs.chores import Chores
from jobs.clip.attempt import Tools
from jobs.failures import STORE_AWAY
from jobs.hints import listen
from jobs.host import declare, keep_declared, withdraw
from jobs.house import install_house
from jobs.restore import replay_erasures
from jobs.scratch import scratch_folder
from jobs.sweep import Sweep
from jobs.tasks.check_capture import CaptureBench, check_captures
from jobs.tasks.generate_video import Bench, generate_video
from jobs.tasks.purge_media import purge_media
from models.base import new_id
from models.keys import load_keys
from models.storage import MediaStore
from models.tables import connect

if TYPE_CHECKING:
    from app.embedded import StoreUrls
    from app.settings import Settings

CLIP_SECONDS_MAX = 600.0
"""Wall seconds a clip may take before it fails as TIMED_OUT."""
STOP_SECONDS = 4.5
"""Seconds from a signal to the end of the process."""

_log = structlog.get_logger()


async def run_worker(
    settings: Settings,
    urls: StoreUrls,
    *,
    engine_command: Sequence[str] = CHILD_COMMAND,
    stop: asyncio.Event | None = None,
) -> None:
    """Make clips until SIGTERM or SIGINT (or ``stop``); then hand back what is at work and end within seconds.

    Must run on the main thread: the engine's process ends with the thread that started it. ``engine_command`` starts
    that process. Raises `engine.errors.EngineError` when the engine cannot be loaded.
    """
    stopping = stop or asyncio.Event()
    _on_signals(stopping.set)
    worker_id = new_id()
    structlog.contextvars.bind_contextvars(worker=str(worker_id))
    async with AsyncExitStack() as closing:
        await connect(urls.database_url)
        closing.push_async_callback(_disconnect)
        vault = open_vault(settings)
        await replay_erasures(vault)
        redis = Redis.from_url(urls.redis_url, socket_connect_timeout=2.0, socket_keepalive=True)
        closing.push_async_callback(redis.aclose)
        scratch = closing.enter_context(scratch_folder(settings.data_dir / "scratch", str(worker_id)))
        engine = await _start_engine(settings, engine_command, stopping)
        if engine is None:
            return
        closing.push_async_callback(_close, engine)
        media = MediaStore.from_url(settings.media_url, settings.data_dir)
        if settings.house_cast:
            await install_house(vault, media)
        tools = Tools(engine=engine, redis=redis, media=media, scratch=scratch, vault=vault, timeout=CLIP_SECONDS_MAX)
        bench = Bench(worker_id=worker_id, engine=settings.engine, tools=tools)
        async with _declared(worker_id, engine, settings), _at_work(settings, redis, media, bench):
            _log.info("worker_ready", engine=settings.engine, device=settings.device)
            await stopping.wait()
            _log.info("worker_stops")


async def _start_engine(settings: Settings, command: Sequence[str], stopping: asyncio.Event) -> EngineChild | None:
    """The engine, loaded; None when the worker was told to stop meanwhile."""
    starting = asyncio.ensure_future(EngineChild.start(settings.engine, settings.device, command=command))
    told = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                return await starting
            return None
        return starting.result()
    finally:
        told.cancel()


@asynccontextmanager
async def _declared(worker_id: UUID, engine: EngineChild, settings: Settings) -> AsyncGenerator[None]:
    """The API knows of this engine while the block runs."""
    await declare(worker_id, engine, name=settings.engine, device=settings.device)
    keeping = asyncio.create_task(keep_declared(worker_id, engine, name=settings.engine, device=settings.device))
    try:
        yield
    finally:
        await _end(keeping)
        with contextlib.suppress(*STORE_AWAY):  # a row nobody refreshes counts for nothing after seconds
            async with asyncio.timeout(1.0):
                await withdraw(worker_id)


@asynccontextmanager
async def _at_work(settings: Settings, redis: Redis, media: MediaStore, bench: Bench) -> AsyncGenerator[None]:
    """Everything that finds work runs while the block does; at its end the generation at work is handed back."""
    keys, vault = load_keys(settings.keys), bench.tools.vault
    captures = CaptureBench(CaptureTools(redis=redis, media=media, vault=vault, keys=keys, scratch=bench.tools.scratch))
    chores = Chores(redis, media, keys, vault, bench.tools.scratch)
    sweep = Sweep(
        redis=redis, media=media, bench=bench, captures=captures, chores=chores, keys=keys, key_folder=settings.keys
    )
    bench.on_settled = captures.on_settled = sweep.nudge

    def heard(generation_id: UUID) -> None:
        bench.hint(generation_id)
        sweep.nudge()

    tasks = [
        asyncio.create_task(sweep.run(), name="sweep"),
        asyncio.create_task(listen(redis, heard), name="hints"),
        asyncio.create_task(
            answer(redis, GENERATE_QUEUE, [generate_video], {"bench": bench}, rest=bench.rest), name="bell"
        ),
        asyncio.create_task(
            answer(
                redis,
                CHORES_QUEUE,
                [purge_media, check_captures],
                {"chores": chores, "captures": captures},
            ),
            name="chores",
        ),
    ]
    for task in tasks:
        task.add_done_callback(_report_crash)
    try:
        yield
    finally:
        await asyncio.gather(bench.close(), captures.close())
        # Its promise to ring for what was handed back is kept now, not when another worker sweeps.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await sweep.keep_promises()
        await _end(*tasks)


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=1.0)


async def _close(engine: EngineChild) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS / 2):
            await engine.close()


async def _disconnect() -> None:
    with contextlib.suppress(TimeoutError):  # Postgres may be away, with a connection in the middle of something
        async with asyncio.timeout(1.0):
            await Tortoise.close_connections()


def _stop_hard() -> None:
    _log.critical("worker_stopped_hard", reason="something did not let go in time; leases run out by themselves")
    os._exit(1)


def _report_crash(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("worker_part_crashed", part=task.get_name(), exc_info=error)
        # A worker without one of its parts only looks alive. Ended, it is started afresh by whoever supervises it.
        signal.raise_signal(signal.SIGTERM)


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def told() -> None:
        stop()
        loop.call_later(STOP_SECONDS, _stop_hard)

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not the main thread: a test's
            loop.add_signal_handler(number, told)
