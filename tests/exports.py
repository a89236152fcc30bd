"""Asking for, building and fetching a bundle of one's own data, the last over the real route."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.routing import Route

from app.routes.export import export
from jobs.export.schema import Bundle as Everything
from jobs.export.schema import json_schema
from models.base import new_id
from models.video import Video
from tests.api import Api, Server
from tests.chores import chores_of

ASK = """mutation($input: ExportMyDataInput!) { exportMyData(input: $input) {
  __typename ... on ExportMyDataSuccess { export { id state progress url expiresAt bytes } }
  ... on RateLimitedError { retryAfterSeconds } ... on Error { code field }
} }"""
LOOK = """query($id: ID!) { node(id: $id) { __typename ... on Export { id state progress url expiresAt bytes } } }"""


@dataclass(frozen=True)
class Bundle:
    """A bundle that was fetched and unpacked."""

    files: dict[str, bytes]
    said: dict[str, Any]

    def clip(self, video: Video) -> dict[str, Any]:
        """What it says of one clip."""
        [found] = [each for each in self.said["videos"] if each["id"] == str(video.id)]
        return found

    def holds(self, video: Video) -> bool:
        """Whether the MP4 is in it."""
        return f"videos/{video.id}.mp4" in self.files


async def ask(who: Api, key: str | None = None) -> dict[str, Any]:
    """The payload of ``exportMyData``."""
    return await who.mutate(ASK, idempotencyKey=str(new_id()) if key is None else key)


async def look(who: Api, export_id: str) -> dict[str, Any]:
    """The export as ``who`` sees it."""
    return (await who.run(LOOK, id=export_id))["node"]


async def built(server: Server, who: Api) -> dict[str, Any]:
    """A bundle that is ready, or is not, as its owner sees it."""
    export_id = (await ask(who))["export"]["id"]
    await chores_of(server.stores).export()
    return await look(who, export_id)


async def get(server: Server, url: str) -> httpx.Response:
    """What the route answers."""
    app = Starlette(routes=[Route("/exports/{token}", export, methods=["GET"])])
    app.state.stores = server.stores
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.get(url)


async def fetched(server: Server, url: str) -> Bundle:
    """The bundle at this address, which must be there."""
    answer = await get(server, url)
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    with ZipFile(BytesIO(answer.content)) as bundle:
        assert bundle.testzip() is None
        files = {name: bundle.read(name) for name in bundle.namelist()}
    msgspec.json.decode(files["bundle.json"], type=Everything)  # fails for a field too many, too few or of another kind
    assert files.pop("bundle.schema.json") == json_schema()
    return Bundle(files, json.loads(files["bundle.json"]))
