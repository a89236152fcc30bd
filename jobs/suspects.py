"""Should a moderator look at a capture? When its face may be somebody else's: a member's, or a protected person's."""

from __future__ import annotations

import asyncio
from uuid import UUID

from engine.capture.spec import CaptureReport
from jobs.capture_lease import CaptureLease
from jobs.lookalikes import lookalikes
from models.cameo import CameoKind
from models.capture import Review
from models.vault import Vault


async def suspects(vault: Vault, lease: CaptureLease, report: CaptureReport) -> tuple[Review | None, list[UUID]]:
    """Why a moderator must decide on ``report`` (None: nobody need), and which cameos it may show."""
    if lease.kind is not CameoKind.PERSON or report.face_embedding is None:
        return None, []
    threshold = await asyncio.to_thread(_threshold)
    matches = await lookalikes(vault, lease.account_id, report.face_embedding, report.face_model, threshold=threshold)
    return (Review.FACE_MATCH, matches) if matches else (None, [])


def _threshold() -> float:
    # Late: with it comes OpenCV, which a worker that checks no recordings need not load.
    from engine.identity.face import MAY_BE_SAME  # noqa: PLC0415

    return MAY_BE_SAME
