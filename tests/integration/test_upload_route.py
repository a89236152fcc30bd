"""PUT /uploads/{ticket}: who may send what, once, and that nothing of a refused file stays."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.auth import CSRF_HEADER, cookie_name
from app.routes.upload import upload
from models.base import new_id
from models.sealed_media import PIECE, SealedMedia
from models.upload import Upload, UploadPurpose, upload_folder, upload_subject
from models.vault import Forged
from resolvers.upload import Reason, UploadRefused, receive
from schema.node import row_id
from tests.api import Api, Server
from tests.consent import shift_clock
from tests.jobs_stack import rows, until
from tests.live import live_server
from tests.recording import pieces, start

CREATE = """
mutation($input: CreateUploadInput!) { createUpload(input: $input) {
  __typename ... on CreateUploadSuccess { upload { id url headers { name value } maxBytes expiresAt } }
  ... on Error { code message field }
} }
"""
FILM = bytes(range(256)) * 200


@pytest.fixture
async def web(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/uploads/{ticket}", upload, methods=["PUT"])])
    app.state.stores = server.stores
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=server.stores.address) as client:
        yield client


async def ticket(of: Api, purpose: str = "AVATAR", key: str | None = None) -> dict[str, Any]:
    return await of.mutate(CREATE, purpose=purpose, idempotencyKey=key or str(new_id()))


async def address(of: Api, purpose: str = "AVATAR") -> str:
    return (await ticket(of, purpose))["upload"]["url"]


def bearer(of: Api) -> dict[str, str]:
    return {"authorization": f"Bearer {of.token}"}


async def nothing_is_kept(server: Server) -> None:
    assert [key async for key in server.stores.media.list("uploads")] == []
    found = await rows("SELECT 1 FROM upload WHERE received_at IS NOT NULL OR key IS NOT NULL OR sha256 IS NOT NULL")
    assert found == []


def said(answer: httpx.Response) -> tuple[int, str, str]:
    [error] = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["extensions"]["code"], error["extensions"]["reason"]


async def test_a_file_arrives_whole_and_lies_sealed(server: Server, ada: Api, web: httpx.AsyncClient) -> None:
    made = await ticket(ada)
    content = FILM * 100
    answer = await web.put(made["upload"]["url"], content=content, headers=bearer(ada))
    assert (answer.status_code, answer.json()) == (
        201, {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()},
    )  # fmt: skip
    upload_id = row_id(made["upload"]["id"], "Upload")
    row = await Upload.get(id=upload_id)
    assert (row.bytes, row.key, row.consumed_at) == (len(content), f"uploads/{upload_id}", None)
    keys = sorted([key async for key in server.stores.media.list("uploads")])
    assert len(keys) == len(content) // PIECE + 1
    for key in keys:
        assert FILM[:64] not in b"".join([part async for part in server.stores.media.stream(key)])
    sealed = SealedMedia(server.stores.media, server.stores.vault)
    opened = b"".join([part async for part in sealed.read(upload_subject(upload_id), upload_folder(upload_id))])
    assert opened == content


async def test_a_sealed_file_without_its_end_or_with_pieces_exchanged_does_not_open(server: Server) -> None:
    sealed, stores = SealedMedia(server.stores.media, server.stores.vault), server.stores
    stores.vault.create("upload/one")
    await sealed.keep("upload/one", "uploads/one", pieces(bytes(2 * PIECE + 5), PIECE))
    first, second = [[p async for p in stores.media.stream(f"uploads/one/00000{n}")] for n in (0, 1)]
    await stores.media.put_bytes("uploads/one/000000", b"".join(second), "")
    with pytest.raises(Forged):
        _ = [part async for part in sealed.read("upload/one", "uploads/one")]
    await stores.media.put_bytes("uploads/one/000000", b"".join(first), "")
    await stores.media.delete(["uploads/one/000002"])
    with pytest.raises(Exception, match="no media object"):
        _ = [part async for part in sealed.read("upload/one", "uploads/one")]


async def test_an_unknown_ticket_is_a_named_error(server: Server, ada: Api, web: httpx.AsyncClient) -> None:
    answer = await web.put("/uploads/nothing", content=FILM, headers=bearer(ada))
    assert said(answer) == (404, "NOT_FOUND", "UNKNOWN")
    await nothing_is_kept(server)


async def test_somebody_elses_ticket_is_a_named_error(
    server: Server, ada: Api, bob: Api, web: httpx.AsyncClient
) -> None:
    for url in (await address(ada), (await start(ada))["upload"]["url"]):
        assert said(await web.put(url, content=FILM, headers=bearer(bob))) == (403, "DENIED", "FOREIGN")
        assert said(await web.put(url, content=FILM)) == (401, "UNAUTHENTICATED", "SIGN_IN")
        await nothing_is_kept(server)
        assert (await web.put(url, content=FILM, headers=bearer(ada))).status_code == 201
        await server.stores.media.delete_under("uploads/")
        await Upload.all().update(received_at=None, key=None, sha256=None)


async def test_a_cookie_counts_only_beside_the_csrf_header(server: Server, ada: Api, web: httpx.AsyncClient) -> None:
    url = await address(ada)
    cookie = {"cookie": f"{cookie_name(production=False)}={ada.token}"}
    assert said(await web.put(url, content=FILM, headers=cookie)) == (401, "UNAUTHENTICATED", "SIGN_IN")
    assert (await web.put(url, content=FILM, headers=cookie | {CSRF_HEADER: "1"})).status_code == 201


async def test_an_expired_ticket_is_a_named_error(server: Server, ada: Api, web: httpx.AsyncClient) -> None:
    url = await address(ada)
    await shift_clock("16 minutes")
    assert said(await web.put(url, content=FILM, headers=bearer(ada))) == (410, "CONFLICT", "EXPIRED")
    await nothing_is_kept(server)


async def test_a_used_ticket_is_a_named_error_and_the_first_file_stays(
    server: Server, ada: Api, web: httpx.AsyncClient
) -> None:
    url = await address(ada)
    assert (await web.put(url, content=FILM, headers=bearer(ada))).status_code == 201
    assert said(await web.put(url, content=b"another", headers=bearer(ada))) == (409, "CONFLICT", "USED")
    [row] = await Upload.all()
    assert (row.bytes, row.sha256) == (len(FILM), hashlib.sha256(FILM).hexdigest())


async def test_of_many_senders_at_once_one_is_taken(server: Server, ada: Api, web: httpx.AsyncClient) -> None:
    url = await address(ada)
    files = [bytes([n]) * 50_000 for n in range(8)]
    answers = await asyncio.gather(*(web.put(url, content=file, headers=bearer(ada)) for file in files))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [201, *[409] * 7]
    [row] = await Upload.all()
    assert row.sha256 == hashlib.sha256(files[statuses.index(201)]).hexdigest()


async def test_four_gigabytes_are_refused_by_what_is_announced_and_at_the_first_byte_over(
    server: Server, ada: Api, web: httpx.AsyncClient
) -> None:
    url = (await start(ada))["upload"]["url"]
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while asked < 4 << 30:
            asked += 1 << 20
            yield bytes(1 << 20)

    huge = bearer(ada) | {"content-length": str(4 << 30)}
    assert said(await web.put(url, content=endless(), headers=huge)) == (413, "INVALID", "TOO_LARGE")
    assert asked == 0
    context = await ada.context()
    with pytest.raises(UploadRefused) as refused:
        await receive(context, url.rpartition("/")[2], None, endless())
    assert (refused.value.reason, asked) == (Reason.TOO_LARGE, 51 << 20)
    await nothing_is_kept(server)


async def test_what_breaks_off_is_not_kept_and_can_be_sent_again(
    server: Server, ada: Api, web: httpx.AsyncClient
) -> None:
    url = await address(ada)
    token = url.rpartition("/")[2]

    async def broken() -> AsyncIterator[bytes]:
        yield FILM
        raise UploadRefused(Reason.INCOMPLETE)

    with pytest.raises(UploadRefused) as refused:
        await receive(await ada.context(), token, None, broken())
    assert refused.value.reason is Reason.INCOMPLETE
    await nothing_is_kept(server)
    with pytest.raises(UploadRefused) as refused:
        await receive(await ada.context(), token, 2 * len(FILM), pieces(FILM))
    assert refused.value.reason is Reason.INCOMPLETE
    assert said(await web.put(url, content=b"", headers=bearer(ada))) == (400, "INVALID", "EMPTY")
    await nothing_is_kept(server)
    assert (await web.put(url, content=FILM, headers=bearer(ada))).status_code == 201


async def test_a_client_that_goes_away_leaves_nothing(server: Server, ada: Api) -> None:
    token = (await address(ada)).rpartition("/")[2]
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(PIECE + 1)
        begun.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(receive(await ada.context(), token, None, slow()))
    await begun.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    async def released() -> bool:
        return (await Upload.get(purpose=UploadPurpose.AVATAR)).claimed_at is None

    await until(released)
    await nothing_is_kept(server)


async def test_strangers_get_tickets_for_looking_up_and_for_notices_only(
    server: Server, web: httpx.AsyncClient
) -> None:
    for purpose in ("VERIFY", "NOTICE"):
        url = await address(server.anyone, purpose)
        assert (await web.put(url, content=FILM)).status_code == 201
    for purpose in ("AVATAR", "START_FRAME"):
        assert (await ticket(server.anyone, purpose))["code"] == "UNAUTHENTICATED"
    assert await Upload.all().count() == 2


async def test_a_retried_request_gives_the_same_ticket_to_its_own_sender_alone(
    server: Server, ada: Api, bob: Api
) -> None:
    one = await ticket(ada, key="k")
    assert await ticket(ada, key="k") == one
    assert (await ticket(ada, "START_FRAME", key="k"))["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await ticket(bob, key="k"))["upload"]["url"] != one["upload"]["url"]
    assert await Upload.all().count() == 2
    assert one["upload"]["url"].rpartition("/")[2] not in {row.token_hash for row in await Upload.all()}


async def test_strangers_are_limited(server: Server) -> None:
    answers = [await ticket(server.anyone, "VERIFY") for _ in range(21)]
    assert [answer["__typename"] for answer in answers[-2:]] == ["CreateUploadSuccess", "RateLimitedError"]
    assert await Upload.all().count() == 20


async def test_a_real_server_takes_a_file_and_cuts_a_giant_off(
    settings: Any, server: Server, ada: Api, tmp_path: Path
) -> None:
    async with live_server(settings) as live, httpx.AsyncClient(base_url=live.url, headers=bearer(ada)) as client:
        body = {"query": CREATE, "variables": {"input": {"purpose": "AVATAR", "idempotencyKey": "live"}}}
        made = (await client.post("/graphql", json=body)).json()["data"]["createUpload"]["upload"]
        assert await _giant(made["url"], ada) == b"HTTP/1.1 413 Request Entity Too Large"
        answer = await client.put(made["url"], content=FILM, headers={h["name"]: h["value"] for h in made["headers"]})
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
    assert (await Upload.get(id=row_id(made["id"], "Upload"))).bytes == len(FILM)
    assert made["url"].rpartition("/")[2] not in (tmp_path / "serve.log").read_text()


async def _giant(url: str, sender: Api) -> bytes:
    """The first line that answers somebody who announces 4 GB and starts to send."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = (
        f"PUT {place.path} HTTP/1.1\r\nhost: yume\r\nauthorization: Bearer {sender.token}\r\ncontent-length: {4 << 30}"
    )
    writer.write(head.encode() + b"\r\n\r\n" + bytes(1000))
    async with asyncio.timeout(10):
        answer = await reader.readline()
        while await reader.read(65_536):
            pass  # the server ends the connection rather than read on
    writer.close()
    return answer.rstrip()
