"""Should a moderator look at a capture? When its face or voice may be a member's, or its face a protected person's."""

from __future__ import annotations

import asyncio
from uuid import UUID

from engine.capture.spec import CaptureReport
from jobs.capture.lease import CaptureLease
from jobs.capture.lookalikes import lookalikes, soundalikes
from jobs.consent.protected import is_protected
from models.cameo import CameoKind
from models.capture import Review
from models.vault import Vault


async def suspects(vault: Vault, lease: CaptureLease, report: CaptureReport) -> tuple[Review | None, list[UUID]]:
    """Why a moderator must decide on ``report`` (None: nobody need), and which members' cameos it may show.

    Protection comes before resemblance: who asked for it is named to nobody, so there is nothing to list then.
    """
    face, model = report.face_embedding, report.face_model
    if lease.kind is not CameoKind.PERSON or face is None:
        return None, []
    threshold, same_voice = await asyncio.to_thread(_thresholds)
    if await is_protected(vault, face, model, threshold=threshold):
        return Review.PROTECTED, []
    matches = await lookalikes(vault, lease.account_id, face, model, threshold=threshold)
    if matches:
        return Review.FACE_MATCH, matches
    voice = report.voice_embedding
    if voice is None:
        return None, []
    matches = await soundalikes(vault, lease.account_id, voice, report.voice_model, threshold=same_voice)
    return (Review.VOICE_MATCH, matches) if matches else (None, [])


def _thresholds() -> tuple[float, float]:
    # Late: with them comes OpenCV, which a worker that checks no recordings need not load.
    from engine.identity.face import MAY_BE_SAME  # noqa: PLC0415
    from engine.identity.voice import SAME_VOICE  # noqa: PLC0415

    return MAY_BE_SAME, SAME_VOICE
