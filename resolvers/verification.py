"""Verification: is this use still consented to? For everybody, about a file or a video, and nothing personal in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import connections

from models.consent.public_state import Answer, PublicState, states_by_hash, states_of
from models.errors import Invalid, NotFound
from models.upload import Upload, UploadPurpose
from resolvers.context import Context
from resolvers.limit import Limit
from resolvers.receipt import public_consent_receipt

_TRIES = Limit("verify", 120, 60)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Verified:
    """The answer at ``at``. ``video_id`` and ``receipt`` (signed JSON) only where the video is for everybody."""

    answer: Answer
    at: datetime
    video_id: UUID | None = None
    receipt: dict[str, Any] | None = None


async def verify(context: Context, *, sha256: str | None, video_id: UUID | None, upload_id: UUID | None) -> Verified:
    """Judge one file (by its hash, or uploaded with purpose VERIFY: only the very same bytes are known) or one video.

    A copy of what was withdrawn, declined or never published answers NOT_CONSENTED, and nothing more. Raises `Invalid`
    unless exactly one is given, `NotFound` for an upload that is not there, `RateLimited`.
    """
    await _TRIES.spend(context.stores.redis, context.client)
    if sum(given is not None for given in (sha256, video_id, upload_id)) != 1:
        raise Invalid("Give exactly one of sha256, videoId and uploadId.", field="sha256")
    if video_id is not None:
        return await _judge_video(context, video_id)
    return await _judge_file(context, await _hash_of(upload_id) if upload_id is not None else _plain(sha256 or ""))


async def _judge_video(context: Context, video_id: UUID) -> Verified:
    found = (await states_of(connections.get("default"), [video_id])).get(video_id)
    if found is None or not found.public:
        return await _unknown()
    return await _told(context, found)


async def _judge_file(context: Context, sha256: str) -> Verified:
    found = await states_by_hash(connections.get("default"), sha256)
    if not found:
        return await _unknown()
    # The same bytes in two videos: what forbids the one forbids the file.
    state = min(found, key=lambda each: each.answer is not Answer.NOT_CONSENTED)
    if state.answer is not Answer.CONSENTED or not state.public:
        return Verified(state.answer, state.at)
    return await _told(context, state)


async def _told(context: Context, state: PublicState) -> Verified:
    receipt = await public_consent_receipt(context.stores, state.video_id)
    return Verified(state.answer, state.at, state.video_id, receipt)


async def _unknown() -> Verified:
    [clock] = await connections.get("default").execute_query_dict("SELECT yume_now() AS now")
    return Verified(Answer.UNKNOWN, clock["now"])


def _plain(sha256: str) -> str:
    digits = sha256.strip().lower()
    if not _SHA256.fullmatch(digits):
        raise Invalid("A SHA-256 is 64 hexadecimal digits.", field="sha256")
    return digits


async def _hash_of(upload_id: UUID) -> str:
    upload = await Upload.get_or_none(id=upload_id, purpose=UploadPurpose.VERIFY)
    if upload is None or upload.sha256 is None:
        raise NotFound("There is no such upload. Send the file to its ticket first.", field="uploadId")
    return upload.sha256
