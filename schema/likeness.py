"""Likenesses: who is in a video, and whether they agree to it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry
from strawberry.types import Info

from resolvers.likeness import Shown
from resolvers.loaders.likeness import ApprovalReading
from schema.access import Access, loaded, plain
from schema.cameo_ref import CameoRef, cameo_of
from schema.consent import LikenessVia


@strawberry.type(description="Somebody, or something, whose cameo a video carries.")
class Likeness:
    cameo_id: strawberry.Private[UUID]
    via: LikenessVia = plain("Whether it was cast, or came with the remixed video.")
    consented: bool | None = plain(
        "Does its owner agree? True for every video that can be watched. Of a withdrawn one its author learns which "
        "members of their own cast to leave out when they make it again, and each person shown of themselves; null "
        "otherwise."
    )

    @classmethod
    def of(cls, shown: Shown) -> Likeness:
        """A likeness as the viewer may know it."""
        reading = shown.reading
        return cls(cameo_id=reading.cameo_id, via=LikenessVia[reading.via], consented=shown.consented)

    @loaded(Access.PARENT, "Whose.")
    async def cameo(self, info: Info) -> CameoRef:
        return await cameo_of(info, self.cameo_id)


@strawberry.enum(description="What a person shown says to a draft.")
class ApprovalState(Enum):
    PENDING = strawberry.enum_value("PENDING", description="Nothing yet.")
    APPROVED = strawberry.enum_value("APPROVED", description="Yes, to this very draft.")
    DECLINED = strawberry.enum_value("DECLINED", description="No, or nothing in time.")


@strawberry.type(description="A draft waits for somebody in it to agree. `answerAppearance` answers.")
class Approval:
    cameo_id: strawberry.Private[UUID]
    state: ApprovalState = plain("Their answer.")
    draft_hash: str = plain("SHA-256 of the draft that it is about: another one needs another answer.")
    expires_at: datetime = plain("No answer by then is a no.")
    answered_at: datetime | None = plain("When they answered.")

    @classmethod
    def of(cls, reading: ApprovalReading) -> Approval:
        """An approval that the viewer may know of."""
        return cls(
            cameo_id=reading.cameo_id,
            state=ApprovalState[reading.state],
            draft_hash=reading.draft_hash,
            expires_at=reading.expires_at,
            answered_at=reading.answered_at,
        )

    @loaded(Access.PARENT, "Who is asked.")
    async def cameo(self, info: Info) -> CameoRef:
        return await cameo_of(info, self.cameo_id)
