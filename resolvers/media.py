"""Media addresses: short-lived tokens for one rendition, checked against visibility at the origin on every request."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from uuid import UUID

from tortoise import connections

from jobs.progress import read_preview
from models.consent.gates import consent_has_ended
from models.errors import NotFound
from models.generation import Generation
from models.keys import Key
from models.rules.sql import holding
from models.rules.video import bytes_may_be_served
from models.video import Rendition, RenditionKind, Video, VideoVisibility
from resolvers.context import Stores

LIFE_SECONDS = 15 * 60
_STEP_SECONDS = 5 * 60
_MAC_BYTES = 16
_NAMES = {RenditionKind.MP4: "clip.mp4", RenditionKind.POSTER: "poster.webp", RenditionKind.PREVIEW: "preview.webp"}


HIDING_FAILURES = ("CONSENT_ENDED", "RESTRICTED")
"""How a generation ends of which not even a preview may be shown any more."""


@dataclass(frozen=True)
class MediaAddress:
    """Where a rendition can be fetched, and until when."""

    url: str
    expires_at: datetime


def media_address(stores: Stores, rendition: Rendition, now: datetime) -> MediaAddress:
    """An address good for 10 to 15 minutes, the same for all who ask in the same five, so that caches can work."""
    end = (int(now.timestamp()) // _STEP_SECONDS) * _STEP_SECONDS + LIFE_SECONDS
    token = sign(stores.keys.media, b"r" + end.to_bytes(5, "big") + rendition.id.bytes)
    return MediaAddress(f"{stores.address}/media/{token}/{_NAMES[rendition.kind]}", datetime.fromtimestamp(end, UTC))


def preview_address(stores: Stores, preview_key: str) -> str:
    """Where one step's preview picture can be fetched while it lasts."""
    return f"{stores.address}/media/preview/{sign(stores.keys.media, b'p' + preview_key.encode())}"


async def open_media(stores: Stores, token: str) -> Rendition:
    """The rendition a token stands for. Raises `NotFound` once it is over, forged, or the video is hidden from all."""
    body = read(stores.keys.media, token)
    if body[:1] != b"r" or len(body) != 1 + 5 + 16:
        raise NotFound("There is nothing here.")
    end, rendition_id = int.from_bytes(body[1:6], "big"), UUID(bytes=body[6:])
    rendition = await Rendition.get_or_none(id=rendition_id)
    if rendition is None or rendition.kind not in _NAMES or not await _still_good(end):
        raise NotFound("This address is over. Ask the API for a new one.")
    if not await holding(VideoVisibility.filter(id=rendition.video_id), bytes_may_be_served()).exists():
        raise NotFound("There is nothing here.")
    return rendition


async def open_preview(stores: Stores, token: str) -> bytes:
    """The WebP bytes of a preview picture. Raises `NotFound` for a forged token or a picture that is gone."""
    body = read(stores.keys.media, token)
    picture = await read_preview(stores.redis, body[1:].decode()) if body[:1] == b"p" else None
    if picture is None or not await _preview_may_be_served(UUID(body[1:37].decode())):
        raise NotFound("This preview is gone.")
    return picture


async def consent_stands(generation_id: UUID) -> bool:
    """Gate 5 for what is not a video yet: does everybody in this generation consent, now?"""
    return await consent_has_ended(connections.get("default"), generation_id) is None


async def _preview_may_be_served(generation_id: UUID) -> bool:
    """Once there is a video, its pictures go with it; until then they are there while everybody in them agrees."""
    ids = await Video.filter(generation_id=generation_id).values_list("id", flat=True)
    if ids:
        return await holding(VideoVisibility.filter(id__in=ids), bytes_may_be_served()).exists()
    forbidden = Generation.filter(id=generation_id, failure_code__in=HIDING_FAILURES)
    return not await forbidden.exists() and await consent_stands(generation_id)


async def _still_good(end: int) -> bool:
    [row] = await connections.get("default").execute_query_dict(
        "SELECT to_timestamp($1::float8) > yume_now() AS good", [float(end)]
    )
    return row["good"]


def sign(key: Key, body: bytes) -> str:
    """A token that says ``body`` and that nobody else can make. Its first byte is its kind."""
    return base64.urlsafe_b64encode(body + key.mac(body)[:_MAC_BYTES]).decode().rstrip("=")


def read(key: Key, token: str) -> bytes:
    """What a token of `sign` says. Raises `NotFound` for a forged one."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotFound("There is nothing here.") from None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not compare_digest(mac, key.mac(body)[:_MAC_BYTES]):
        raise NotFound("There is nothing here.")
    return body
