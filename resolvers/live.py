"""Addresses of a clip that is still being made: for its author, while that attempt runs, and no longer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from engine.media.playlist import INIT_NAME, PLAYLIST_NAME, segment_name
from jobs.clip.lease import live_prefix
from models.errors import NotFound
from models.generation import Generation, GenerationState
from resolvers.context import Stores
from resolvers.media import consent_stands, read, sign

WORKING = (GenerationState.RUNNING, GenerationState.CHECKING)
_NAME = re.compile(rf"[0-9]{{5}}\.m4s|{re.escape(INIT_NAME)}|{re.escape(PLAYLIST_NAME)}")
_KIND = b"l"


@dataclass(frozen=True)
class LiveAddresses:
    """Where one attempt's playlist, the beginning of its media, and each segment can be fetched."""

    folder: str

    @property
    def playlist(self) -> str:
        """The growing HLS playlist."""
        return self.folder + PLAYLIST_NAME

    @property
    def init(self) -> str:
        """What goes before the first segment."""
        return self.folder + INIT_NAME

    def segment(self, index: int) -> str:
        """Segment ``index``, from 1."""
        return self.folder + segment_name(index)


def live_addresses(stores: Stores, row: Generation, fence: int) -> LiveAddresses:
    """Addresses for the claim ``fence`` of ``row``. The caller has let its author ask.

    They carry no end of their own: they are over with the claim, which ends with the clip, its cancel, its failure, or
    its worker.
    """
    token = sign(stores.keys.media, _KIND + row.id.bytes + row.account_id.bytes + fence.to_bytes(8, "big"))
    return LiveAddresses(f"{stores.address}/media/live/{token}/")


async def open_live(stores: Stores, token: str, name: str) -> str:
    """Storage key of the file ``name`` of the attempt that ``token`` stands for, judged anew on every request.

    Raises `NotFound` once that attempt is over, its author suspended or somebody in it no longer consents, and for
    anything forged.
    """
    body = read(stores.keys.media, token)
    if body[:1] != _KIND or len(body) != 1 + 16 + 16 + 8 or not _NAME.fullmatch(name):
        raise NotFound("There is nothing here.")
    generation_id, account_id = UUID(bytes=body[1:17]), UUID(bytes=body[17:33])
    fence = int.from_bytes(body[33:], "big")
    working = Generation.filter(
        id=generation_id, account_id=account_id, fence=fence, state__in=WORKING, account__suspended_at__isnull=True
    )
    if not await working.exists() or not await consent_stands(generation_id):
        raise NotFound("This clip is no longer being made here. Ask the API where it is.")
    return live_prefix(generation_id, fence) + name
