"""What the person being recorded is told while a recording is checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry
from strawberry.types import Info

from models.capture import CaptureState
from resolvers.capture_event import CaptureEventKind, CaptureTold, watch_capture
from schema.access import Access, plain, subscription
from schema.cameo_ref import CameoRef, cameo_of
from schema.capture import CaptureCheck, Challenge, challenge_of, tries_left, upload_of
from schema.node import global_id, row_id
from schema.upload import UploadTicket


@strawberry.interface(description="Something that happened to a capture.")
class CaptureEvent:
    cursor: str = plain("Resubscribe with this as `after` to go on without gap or repeat.")
    capture_id: strawberry.ID = plain("Which capture.")


@strawberry.type(description="A check has its result.")
class CaptureChecked(CaptureEvent):
    check: CaptureCheck = plain("The result.")


@strawberry.type(description="Some of it must be recorded again, and only that: there is a new challenge.")
class CaptureRetry(CaptureEvent):
    challenge: Challenge = plain("What to record.")
    upload: UploadTicket = plain("Where to send it.")
    tries_left: int = plain("How many recordings may still be sent, this one included.")


@strawberry.type(description="The recording became the version of the cameo that serves. Nothing follows.")
class CaptureAccepted(CaptureEvent):
    cameo: CameoRef = plain("The cameo.")
    version: int = plain("Number of the version.")


@strawberry.type(description="Why a capture came to nothing.")
class CaptureRefusal:
    code: str = plain("Stable code for programs: EXPIRED, or the code of the check that failed last.")
    message: str = plain("What happened and what to do, in words for people.")


@strawberry.type(description="The capture came to nothing, and everything of it is destroyed. Nothing follows.")
class CaptureRejected(CaptureEvent):
    reason: CaptureRefusal = plain("Why.")


CAPTURE_EVENT_TYPES = [CaptureChecked, CaptureRetry, CaptureAccepted, CaptureRejected]

_EXPIRED = CaptureRefusal(code="EXPIRED", message="No recording came in time. Start another capture.")
_REFUSED = CaptureRefusal(code="REJECTED", message="The recording was not accepted. Start another capture.")


async def event_of(info: Info, told: CaptureTold) -> CaptureEvent:
    """An event as its watcher sees it."""
    cursor, capture_id = told.cursor, global_id("Capture", told.row.id)
    match told.kind:
        case CaptureEventKind.CHECKED:
            return CaptureChecked(cursor=cursor, capture_id=capture_id, check=CaptureCheck.of(told.check or {}))
        case CaptureEventKind.RETRY:
            return CaptureRetry(
                cursor=cursor,
                capture_id=capture_id,
                challenge=challenge_of(info, told.row),
                upload=await upload_of(info, told.row),
                tries_left=tries_left(told.row),
            )
        case CaptureEventKind.ACCEPTED:
            cameo = await cameo_of(info, told.row.cameo_id)
            return CaptureAccepted(cursor=cursor, capture_id=capture_id, cameo=cameo, version=told.row.version or 0)
        case CaptureEventKind.REJECTED:
            return CaptureRejected(cursor=cursor, capture_id=capture_id, reason=_reason(told))


def _reason(told: CaptureTold) -> CaptureRefusal:
    if told.row.state == CaptureState.EXPIRED:
        return _EXPIRED
    failed = [check for check in told.row.checks if not check["passed"]]
    return CaptureRefusal(code=failed[-1]["code"], message=failed[-1]["message"]) if failed else _REFUSED


@strawberry.type
class CaptureSubscription:
    @subscription(Access.MEMBER, "Follow a capture of the viewer's to its end; completes after the last event.")
    async def capture(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which capture.")],
        after: Annotated[
            str | None, strawberry.argument(description="Go on after this cursor; from the start when left out.")
        ] = None,
    ) -> AsyncGenerator[CaptureEvent, None]:
        async for told in watch_capture(info.context, row_id(id, "Capture"), after):
            info.context.renew_loaders()
            yield await event_of(info, told)
