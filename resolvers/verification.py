"""Verification: is this use still consented to? For everybody, about a file or a video, and nothing personal in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import connections

from models.errors import Invalid, NotFound
from models.rules.video import RAN_OUT
from models.upload import Upload, UploadPurpose
from resolvers.context import Context
from resolvers.limit import Limit
from resolvers.receipt import public_consent_receipt

_TRIES = Limit("verify", 120, 60)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Answer(StrEnum):
    """UNKNOWN: not made here, or not for everybody. NO_LIKENESS: made here, and shows nobody's cameo."""

    CONSENTED = "CONSENTED"
    NOT_CONSENTED = "NOT_CONSENTED"
    UNKNOWN = "UNKNOWN"
    NO_LIKENESS = "NO_LIKENESS"


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
    if upload_id is not None:
        sha256 = await _hash_of(upload_id)
    if sha256 is not None:
        sha256 = sha256.strip().lower()
        if not _SHA256.fullmatch(sha256):
            raise Invalid("A SHA-256 is 64 hexadecimal digits.", field="sha256")
        return await _judge(context, _BY_HASH, sha256)
    return await _judge(context, _BY_ID, video_id)


async def consent_state(video_id: UUID) -> Answer:
    """The state of the likenesses in a video that the viewer was allowed to load."""
    [row] = await connections.get("default").execute_query_dict(_BY_ID, [video_id])
    return _answer(row)


async def _judge(context: Context, statement: str, value: object) -> Verified:
    rows = await connections.get("default").execute_query_dict(statement, [value])
    by_id = statement is _BY_ID
    if not rows or (by_id and not rows[0]["public"]):
        [clock] = await connections.get("default").execute_query_dict("SELECT yume_now() AS now")
        return Verified(Answer.UNKNOWN, clock["now"])
    # The same bytes twice: the stricter answer holds for both.
    row = min(rows, key=lambda each: list(Answer).index(_answer(each)) != 1)
    answer = _answer(row)
    if answer is Answer.CONSENTED or (by_id and answer is Answer.NOT_CONSENTED):
        receipt = await public_consent_receipt(context.stores, row["id"])
        return Verified(answer, row["now"], row["id"], receipt)
    return Verified(answer, row["now"], row["id"] if by_id else None)


def _answer(row: dict[str, Any]) -> Answer:
    if not row["likenesses"]:
        return Answer.NO_LIKENESS
    return Answer.CONSENTED if row["consented"] and row["published"] else Answer.NOT_CONSENTED


async def _hash_of(upload_id: UUID) -> str:
    upload = await Upload.get_or_none(id=upload_id, purpose=UploadPurpose.VERIFY)
    if upload is None or upload.sha256 is None:
        raise NotFound("There is no such upload. Send the file to its ticket first.", field="uploadId")
    return upload.sha256


_STATE = f"""
    SELECT video_visibility.id, yume_now() AS now,
        EXISTS (SELECT 1 FROM video_likeness l WHERE l.video_id = video_visibility.id) AS likenesses,
        video_visibility.consent = 'LIVE' AND NOT {RAN_OUT} AND NOT EXISTS (
            SELECT 1 FROM video_likeness l WHERE l.video_id = video_visibility.id AND l.withdrawn_at IS NOT NULL
        ) AS consented,
        video_visibility.author_state = 'PUBLISHED' AS published,
        video_visibility.author_state = 'PUBLISHED' AND video_visibility.audience IN ('PUBLIC', 'LINK')
            AND video_visibility.moderation = 'CLEAR' AS public
    FROM video_visibility
"""
_BY_ID = f"{_STATE} WHERE video_visibility.id = $1"
_BY_HASH = f"""
    {_STATE} WHERE video_visibility.id IN (
        SELECT video_id FROM rendition WHERE sha256 = $1 AND kind = 'MP4'
        UNION SELECT id FROM file_hash WHERE sha256 = $1
    )
"""
