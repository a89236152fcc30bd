"""Structured logs: one line an event, with the correlation id of the request or job it belongs to."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from app.settings import Settings

QUIET = ("httpx", "httpcore", "websockets", "tortoise", "asyncio", "arq", "PIL")
"""Libraries whose chatter below a warning helps nobody."""


def configure_logging(settings: Settings) -> None:
    """Send structlog's and the standard library's records to standard output as ``settings.log_format`` says.

    ``auto`` is for people on a terminal and JSON elsewhere. What is bound with ``structlog.contextvars`` is on every
    line.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_colours,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def _without_colours(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # uvicorn says everything twice, the second time for a terminal.
    event.pop("color_message", None)
    return event


def _renderers(settings: Settings) -> list[Any]:
    # Never the values of local variables: they are prompts, tokens and keys.
    people = settings.log_format == "console" or (settings.log_format == "auto" and sys.stdout.isatty())
    if people:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(without_locals), structlog.processors.JSONRenderer()]
