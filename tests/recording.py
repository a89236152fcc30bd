"""Recordings for tests of captures: sent and handed in as a phone would, checked by a bench in this process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from jobs.capture.attempt import CaptureTools
from jobs.outbox import purge_pending
from jobs.shred import shred_pending
from jobs.tasks.check_capture import CaptureBench
from models.base import new_id
from models.cameo import Cameo
from models.capture import Capture
from resolvers.context import Stores
from resolvers.upload import receive
from schema.node import global_id, row_id
from tests.api import Api, Server
from tests.jobs_stack import rows

BELIEVING = (sys.executable, str(Path(__file__).with_name("checks_child.py")))

_CHALLENGE = "nonce expiresAt language steps digits turns gestures text"
_UPLOAD = "id url headers { name value } maxBytes expiresAt"
START = f"""
mutation($input: StartCaptureInput!) {{ startCapture(input: $input) {{
  __typename
  ... on StartCaptureSuccess {{
    capture {{ id state triesLeft cameo {{ id handle }} }} challenge {{ {_CHALLENGE} }} upload {{ {_UPLOAD} }}
  }}
  ... on Error {{ code message field }}
}} }}
"""
FINISH = """
mutation($input: FinishCaptureInput!) { finishCapture(input: $input) {
  __typename ... on FinishCaptureSuccess { capture { id state } } ... on Error { code message field }
} }
"""
READ = f"""
query($id: ID!) {{ node(id: $id) {{ ... on Capture {{
  state awaitsModerator triesLeft version checks {{ name passed code message recording }}
  challenge {{ {_CHALLENGE} }} upload {{ {_UPLOAD} }}
}} }} }}
"""
WATCH = f"""
subscription($id: ID!, $after: String) {{ capture(id: $id, after: $after) {{
  __typename cursor captureId
  ... on CaptureChecked {{ check {{ name passed code recording }} }}
  ... on CaptureRetry {{ triesLeft challenge {{ {_CHALLENGE} }} upload {{ {_UPLOAD} }} }}
  ... on CaptureAccepted {{ version cameo {{ id handle }} }}
  ... on CaptureRejected {{ reason {{ code message }} }}
}} }}
"""


def believed(face: int = 1, **said: Any) -> bytes:
    """A recording for `tests/checks_child.py`."""
    return json.dumps({"face": face, **said}).encode()


async def start(api: Api, **wish: Any) -> dict[str, Any]:
    """The payload of `startCapture`, with consent given."""
    return await api.mutate(START, **({"consentVersion": 1, "idempotencyKey": str(new_id())} | wish))


async def send(api: Api, upload: dict[str, Any], content: bytes) -> None:
    """PUT ``content`` without a socket."""
    await receive(await api.context(), upload["url"].rpartition("/")[2], len(content), pieces(content))


async def pieces(content: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    """``content`` as it comes over a wire."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def hand_in(api: Api, started: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Send a recording and have it checked: the payload of `finishCapture`. ``started`` holds challenge and upload."""
    await send(api, started["upload"], content)
    capture = started.get("captureId") or started["capture"]["id"]
    return await api.mutate(FINISH, captureId=capture, nonce=started["challenge"]["nonce"])


async def read(api: Api, capture: str) -> dict[str, Any]:
    """A capture as its owner sees it."""
    return (await api.run(READ, id=capture))["node"]


def tools(stores: Stores, scratch: Path, command: Sequence[str] = BELIEVING) -> CaptureTools:
    """What a worker checks with, over the test's stores."""
    return CaptureTools(
        redis=stores.redis, media=stores.media, vault=stores.vault, keys=stores.keys, scratch=scratch, command=command
    )


@asynccontextmanager
async def checking(stores: Stores, scratch: Path, command: Sequence[str] = BELIEVING) -> AsyncIterator[CaptureBench]:
    """A bench that looks for recordings all the time."""
    bench = CaptureBench(tools(stores, scratch, command))

    async def look() -> None:
        while True:
            bench.wake()
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    try:
        yield bench
    finally:
        looking.cancel()
        await bench.close()


async def ended(api: Api, capture: str, *, seconds: float = 60.0) -> list[dict[str, Any]]:
    """Every event of a capture up to the one that asks for something: RETRY, or the end."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(seconds):
        async for data in api.subscribe(WATCH, id=capture):
            events.append(data["capture"])
            if events[-1]["__typename"] == "CaptureRetry":
                break
    return events


async def captured(api: Api, scratch: Path, content: bytes = believed(), **wish: Any) -> Capture:
    """A capture that was accepted, from start to end."""
    async with checking(api.stores, scratch):
        started = await start(api, **wish)
        assert started["__typename"] == "StartCaptureSuccess", started
        await hand_in(api, started, content)
        events = await ended(api, started["capture"]["id"])
    assert events[-1]["__typename"] == "CaptureAccepted", events
    return await Capture.get(id=capture_id(started))


def capture_id(started: dict[str, Any]) -> UUID:
    """The row behind a `StartCaptureSuccess`."""
    return row_id(started["capture"]["id"], "Capture")


async def keep_promises(stores: Stores) -> None:
    """What a worker's sweep does with keys and media that were given up."""
    await shred_pending(stores.vault)
    await purge_pending(stores.media)


async def objects(server: Server) -> list[str]:
    """Every object of captures and uploads in media storage."""
    return [key for place in ("captures", "uploads") for key in [k async for k in server.stores.media.list(place)]]


async def nothing_is_kept(server: Server) -> None:
    """Of the one capture there is: neither in the database, nor in media, nor in the vault."""
    await keep_promises(server.stores)
    assert await objects(server) == []
    assert server.stores.vault.subjects() == []
    [row] = await rows("SELECT c.carried, u.sha256, u.key FROM capture c LEFT JOIN upload u ON u.id = c.upload_id")
    assert (row["carried"], row["sha256"], row["key"]) == (None, None, None)


def failed(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Name and code of each check that failed."""
    checks = [event["check"] for event in events if event["__typename"] == "CaptureChecked"]
    return [(check["name"], check["code"]) for check in checks if not check["passed"]]


def node_id(cameo: Cameo) -> str:
    """A cameo's id as clients know it."""
    return global_id("Cameo", cameo.id)
