"""Fetching a finished clip: in pieces, continued where it broke off, and put in place whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import httpx

from app.cli.client import Refused

TRIES = 6


async def download(server: str, url: str, out: Path, on_bytes: Callable[[int, int], None]) -> int:
    """Save ``url`` (absolute, or a path on ``server``) as ``out``; returns its size in bytes. Raises `Refused`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.part")
    draft.unlink(missing_ok=True)
    failure = ""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        for attempt in range(TRIES):
            try:
                size = await _continue(http, urljoin(server + "/", url), draft, on_bytes)
            except httpx.TransportError as error:
                failure = str(error) or type(error).__name__
                await asyncio.sleep(0.3 * 2**attempt)
                continue
            draft.replace(out)
            return size
    raise Refused(f"The clip is finished, but its download broke off: {failure}", mend="Fetch it from your drafts.")


async def _continue(http: httpx.AsyncClient, url: str, draft: Path, on_bytes: Callable[[int, int], None]) -> int:
    have = _size(draft)
    async with http.stream("GET", url, headers={"range": f"bytes={have}-"} if have else {}) as answer:
        if answer.status_code not in (200, 206):
            raise Refused(f"The clip could not be fetched: status {answer.status_code}.", mend="Look at your drafts.")
        if answer.status_code == 200:
            have = 0
        total = have + int(answer.headers.get("content-length", 0))
        with draft.open("ab" if have else "wb") as file:
            async for piece in answer.aiter_bytes():
                file.write(piece)
                have += len(piece)
                on_bytes(have, total)
    return have


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
