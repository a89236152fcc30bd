"""Share links: what anybody who has the link of a video may see of it, asked anew each time."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from tortoise import connections

from models.errors import NotFound
from models.rules.video import published_to
from models.video import AuthorState, Rendition, RenditionKind, Video, Visibility
from resolvers.context import Context, Stores

_PATH = "/v/"
_CODE_LENGTH = 22
_OPEN = (Visibility.PUBLIC, Visibility.LINK)


@dataclass(frozen=True)
class SharedVideo:
    """A video that is published to everybody, or to whoever has the link (then not ``listed``)."""

    id: UUID
    caption: str
    author_handle: str
    author_name: str
    width: int
    height: int
    seconds: float
    published_at: datetime
    listed: bool
    url: str

    @property
    def path(self) -> str:
        """As ``url``, from the root of this server."""
        return _PATH + self.url.rpartition("/")[2]


def share_url(stores: Stores, video_id: UUID) -> str:
    """The address of a video's page: short, and always the same."""
    return f"{stores.address}{_PATH}{base64.urlsafe_b64encode(video_id.bytes).decode().rstrip('=')}"


async def share_url_of(context: Context, video: Video) -> str | None:
    """The address to share, while whoever has it may watch."""
    row = await context.loaders.visibility.load(video.id)
    shared = row.author_state is AuthorState.PUBLISHED and row.audience in _OPEN
    return share_url(context.stores, video.id) if shared and await context.loaders.seen.load(video.id) else None


async def shared_video(stores: Stores, code: str) -> SharedVideo:
    """The video behind the code of a share link. Raises `NotFound`, whatever the reason."""
    video_id = _read(code)
    rows = await connections.get("default").execute_query_dict(_SHARED, [video_id])
    if not rows:
        raise _nothing()
    return SharedVideo(**rows[0], url=share_url(stores, video_id))


async def shared_rendition(code: str, kind: RenditionKind) -> Rendition:
    """A rendition of the video behind a share link. Raises `NotFound`, whatever the reason."""
    rows = await connections.get("default").execute_query_dict(_SHARED, [_read(code)])
    found = await Rendition.get_or_none(video_id=rows[0]["id"], kind=kind) if rows else None
    if found is None:
        raise _nothing()
    return found


def code_in(stores: Stores, url: str) -> str:
    """The code in a share link of this server. Raises `NotFound` for any other address."""
    asked, ours = urlsplit(url), urlsplit(stores.address)
    path = asked.path.removeprefix(ours.path.rstrip("/"))
    if asked.netloc.lower() != ours.netloc.lower() or not path.startswith(_PATH):
        raise _nothing()
    return path.removeprefix(_PATH)


def _read(code: str) -> UUID:
    if len(code) != _CODE_LENGTH:
        raise _nothing()
    try:
        return UUID(bytes=base64.b64decode(code + "==", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise _nothing() from None


def _nothing() -> NotFound:
    return NotFound("There is nothing here.")


_SHARED = f"""
    SELECT v.id, v.caption, a.handle AS author_handle, a.display_name AS author_name, v.width, v.height, v.seconds,
        video_visibility.published_at, video_visibility.audience = '{Visibility.PUBLIC.value}' AS listed
    FROM video_visibility JOIN video v ON v.id = video_visibility.id JOIN account a ON a.id = v.author_id
    WHERE video_visibility.id = $1 AND {published_to("NULL::uuid")}
        AND EXISTS (SELECT 1 FROM rendition r WHERE r.video_id = v.id AND r.kind = 'MP4')
        AND EXISTS (SELECT 1 FROM rendition r WHERE r.video_id = v.id AND r.kind = 'POSTER')
"""  # noqa: S608 - a rule
