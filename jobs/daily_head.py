"""The day's signed audit head: made by whichever worker looks first, and kept beside the keys as well."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import structlog
from tortoise import connections

from models.audit_head import DailyHead, HeadUnfit, read_head, seal_day
from models.keys import Keys

ANCHOR = "audit-head.json"
"""Name of the newest head in the key folder, which a database that is rolled back does not take with it."""

_log = structlog.get_logger()


async def keep_daily_head(keys: Keys, key_folder: Path) -> bool:
    """Sign today's head unless there is one; returns whether this call did. Never raises for a log that is broken."""
    try:
        head = await seal_day(keys.audit)
    except HeadUnfit as error:
        _log.critical("audit_head_refused", reason=str(error), mend="Run `yume audit verify`.")
        return False
    except asyncpg.LockNotAvailableError as error:
        # A transaction that has appended takes its time to commit: the next turn finds it done.
        _log.warning("audit_head_waits", error=str(error))
        return False
    if head is None:
        return False
    _log.info("audit_head_signed", day=head.day.isoformat(), chains=head.chains, root=head.root.hex())
    await _anchor(keys, head, key_folder)
    return True


def read_anchors(keys: Keys, paths: Sequence[Path]) -> list[DailyHead]:
    """The heads in those of ``paths`` that exist. Raises `ValueError` for a file that is no head of this server."""
    found: list[DailyHead] = []
    for path in paths:
        if path.exists():
            document = json.loads(path.read_bytes())
            if not isinstance(document, dict):
                raise ValueError("It holds no JSON object.")
            found.append(read_head(keys.published, document))
    return found


async def _anchor(keys: Keys, head: DailyHead, key_folder: Path) -> None:
    path = key_folder / ANCHOR
    with contextlib.suppress(ValueError):  # what is no head any more is no evidence either
        for kept in read_anchors(keys, [path]):
            rows = await connections.get("default").execute_query_dict(
                "SELECT 1 FROM audit_daily_head WHERE day = $1 AND root = $2", [kept.day, kept.root]
            )
            if not rows:
                # Evidence that the database was rolled back: a person decides what it means and removes it.
                _log.critical("audit_rolled_back", day=kept.day.isoformat(), mend="Run `yume audit verify`.")
                return
    await asyncio.to_thread(_replace, path, json.dumps(head.document, indent=2) + "\n")


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text)
    draft.replace(path)
