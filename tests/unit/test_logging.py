"""What a log line tells, and what it must never tell."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator

import pytest
import structlog

from app.logging import configure_logging
from app.settings import Settings


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_is_json_with_the_correlation_id_also_for_the_standard_library(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging(Settings(log_format="json"))
    structlog.contextvars.bind_contextvars(request="r-1")
    structlog.get_logger("ours").info("clip made", seconds=2.0)
    logging.getLogger("theirs").warning("watch %s", "out")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert ours["event"] == "clip made"
    assert ours["seconds"] == 2.0
    assert ours["request"] == theirs["request"] == "r-1"
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("watch out", "warning", "theirs")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_never_shows_the_values_of_variables(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings.model_validate({"log_format": log_format}))
    token = secrets.token_hex(16)

    def breaks(secret: str) -> None:
        raise ValueError(len(secret))

    try:
        breaks(token)
    except ValueError:
        structlog.get_logger().exception("it broke")
    said = capsys.readouterr().out
    assert "in breaks" in said or '"name": "breaks"' in said
    assert token not in said
