"""Addresses of sealed pictures and recordings: a cameo's thumbnail, and a capture that a moderator has to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from tortoise import connections

from jobs.capture.held import open_held
from models.cameo import Cameo, CameoVersion, Scope, vault_subject
from models.capture import UNDER_REVIEW, Capture, CaptureState, capture_subject
from models.errors import NotFound
from models.rules.grant import permitted
from models.sealed_media import SealedMedia
from models.vault import Shredded
from resolvers.context import Context, Stores
from resolvers.media import LIFE_SECONDS, read, sign

_THUMBNAIL, _CAPTURE = b"t", b"c"
_STEP_SECONDS = 5 * 60
_LENGTH = 1 + 5 + 16 + 16
REVIEWED = {"clip.mp4": "video/mp4", "thumbnail.webp": "image/webp"}
"""What of a capture a moderator may look at."""


async def thumbnail_url(context: Context, cameo: Cameo) -> str | None:
    """Where the viewer finds a cameo's picture, for 10 to 15 minutes; None unless they own it or may show its face."""
    viewer = context.viewer
    if viewer is None or not cameo.version:
        return None
    if cameo.owner_id != viewer.id and Scope.FACE not in (await context.loaders.may_use.load(cameo.id)).scopes:
        return None
    token = token_for(context.stores, _THUMBNAIL, cameo.id, viewer.id)[0]
    return f"{context.stores.address}/media/cameo/{token}/thumbnail.webp"


def capture_urls(stores: Stores, capture_id: UUID, moderator_id: UUID) -> tuple[dict[str, str], datetime]:
    """Where a moderator finds each file of a capture under review, and until when. The opening was recorded before."""
    token, end = token_for(stores, _CAPTURE, capture_id, moderator_id)
    return {name: f"{stores.address}/media/capture/{token}/{name}" for name in REVIEWED}, end


async def open_thumbnail(stores: Stores, token: str) -> AsyncIterator[bytes]:
    """A thumbnail's bytes (WebP), its holder's right to them judged anew. Raises `NotFound`."""
    cameo_id, viewer_id = await read_token(stores, _THUMBNAIL, token)
    # The owner may look at what is theirs; others while they may show the face, and no longer.
    rows = await connections.get("default").execute_query_dict(
        f"""
        SELECT c.version FROM cameo c JOIN account a ON a.id = $2
        WHERE c.id = $1 AND a.suspended_at IS NULL AND a.deleted_at IS NULL AND (
            (c.owner_id = $2 AND c.state NOT IN ('ERASING', 'ERASED'))
            OR {permitted("$2::uuid", str(int(Scope.FACE)))}
        )
        """,  # noqa: S608 - rules
        [cameo_id, viewer_id],
    )
    version = await CameoVersion.get_or_none(cameo_id=cameo_id, number=rows[0]["version"]) if rows else None
    files = [] if version is None else [file["key"] for file in version.files if file["class"] == "THUMBNAIL"]
    if version is None or not files:
        raise nothing()
    return await opened(stores, vault_subject(cameo_id, version.number), files[0])


async def open_reviewed(stores: Stores, token: str, name: str) -> AsyncIterator[bytes]:
    """A file of a capture that waits for a moderator, while it waits and for whom it was opened. Raises `NotFound`."""
    capture_id, moderator_id = await read_token(stores, _CAPTURE, token)
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT 1 FROM account WHERE id = $1 AND role IN ('MODERATOR', 'ADMIN') AND suspended_at IS NULL
            AND deleted_at IS NULL
        """,
        [moderator_id],
    )
    row = await Capture.get_or_none(id=capture_id, state=CaptureState.CHECKING) if rows else None
    if row is None or row.review not in UNDER_REVIEW or row.carried is None or name not in REVIEWED:
        raise nothing()
    try:
        report = open_held(stores.vault, capture_id, row.carried).report
    except Shredded:
        raise nothing() from None
    folder = report.clip if name == "clip.mp4" else report.thumbnail
    if folder is None:
        raise nothing()
    return await opened(stores, capture_subject(capture_id), folder)


async def opened(stores: Stores, subject: str, folder: str) -> AsyncIterator[bytes]:
    """The pieces of a sealed file; the first is opened here, so that what is gone is a 404 and no broken answer."""
    pieces = SealedMedia(stores.media, stores.vault).read(subject, folder)
    try:
        first = await anext(aiter(pieces))
    except Shredded:
        raise nothing() from None

    async def chained() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return chained()


def token_for(stores: Stores, kind: bytes, subject_id: UUID, account_id: UUID) -> tuple[str, datetime]:
    """A token of this ``kind`` (one byte) for one account, good for 10 to 15 minutes, and its end."""
    end = (int(datetime.now(UTC).timestamp()) // _STEP_SECONDS) * _STEP_SECONDS + LIFE_SECONDS
    body = kind + end.to_bytes(5, "big") + subject_id.bytes + account_id.bytes
    return sign(stores.keys.media, body), datetime.fromtimestamp(end, UTC)


async def read_token(stores: Stores, kind: bytes, token: str) -> tuple[UUID, UUID]:
    """Subject and account of a token of `token_for`. Raises `NotFound` when it is forged or over."""
    body = read(stores.keys.media, token)
    if body[:1] != kind or len(body) != _LENGTH:
        raise nothing()
    [row] = await connections.get("default").execute_query_dict(
        "SELECT to_timestamp($1::float8) > yume_now() AS good", [float(int.from_bytes(body[1:6], "big"))]
    )
    if not row["good"]:
        raise NotFound("This address is over. Ask the API for a new one.")
    return UUID(bytes=body[6:22]), UUID(bytes=body[22:])


def nothing() -> NotFound:
    """What is said instead of why."""
    return NotFound("There is nothing here.")
