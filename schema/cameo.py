"""Cameos: what everybody who meets one may know of it, and what only its owner may."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.types import Info

from models import cameo as rows
from models import grant as grant_rows
from models import likeness as likeness_rows
from models.cameo import Scope
from resolvers import cameo as resolve
from resolvers.breach import breaches_of
from resolvers.capture import captures_of
from resolvers.likeness_media import thumbnail_url
from resolvers.loaders.cameo import MayUse
from resolvers.page import Page, Window
from resolvers.receipt import erasure_of, withdrawals_of
from resolvers.use_preview import use_preview
from schema.access import Access, field, loaded, plain
from schema.account_ref import AccountRef, account_of
from schema.cameo_plan import CameoBreachConnection, UsePreview
from schema.connection import After, First, PageInfo
from schema.consent import (
    Audience,
    CameoKind,
    CameoScope,
    CameoState,
    LikenessVia,
    MayUseReason,
    OnExpiry,
    WithdrawalReason,
    scopes_of,
    stored_scopes,
)
from schema.decision import DecisionConnection
from schema.grant import GrantConnection
from schema.node import Node, global_id
from schema.receipt import Erasure, WithdrawalConnection
from schema.restrictions import Restrictions
from schema.video import Video

if TYPE_CHECKING:
    from schema.capture import Capture

CaptureRef = Annotated["Capture", strawberry.lazy("schema.capture")]


@strawberry.type(description="What the viewer may do with a cameo right now.")
class ViewerMayUse:
    face: bool = plain("Show the face?")
    voice: bool = plain("Speak with the voice?")
    remix: bool = plain("Build on videos that show it?")
    publish: bool = plain("Publish videos that show it?")
    download: bool = plain("Take videos that show it out of this server?")
    reason: MayUseReason = plain("The answer in one word; never why.")

    @classmethod
    def of(cls, found: MayUse) -> ViewerMayUse:
        """How the viewer stands to it."""
        may = {scope.name.lower(): bool(found.scopes & scope) for scope in Scope if scope.name is not None}
        return cls(**may, reason=MayUseReason[found.reason])


@strawberry.type(description="A video or draft that carries a cameo, as the cameo's owner sees it.")
class CameoUse:
    row: strawberry.Private[likeness_rows.VideoLikeness]

    @field(Access.PARENT, "The video, whatever its visibility and whoever blocks whom; null once it is gone.")
    async def video(self, info: Info) -> Video | None:
        row = await info.context.loaders.videos.load(self.row.video_id)
        return None if row is None else Video.of(row)

    @field(Access.PARENT, "How the likeness came into it.")
    def via(self) -> LikenessVia:
        return LikenessVia[self.row.via.name]

    @field(Access.PARENT, "What of the cameo it uses.")
    def scopes(self) -> list[CameoScope]:
        return scopes_of(self.row.scopes)

    @field(Access.PARENT, "When it was made.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @field(Access.PARENT, "When the likeness was withdrawn from it; null while it was not.")
    def withdrawn_at(self) -> datetime | None:
        return self.row.withdrawn_at

    @field(Access.PARENT, "Why it was withdrawn; null while it was not.")
    def withdrawn_for(self) -> WithdrawalReason | None:
        reason = self.row.withdrawn_for
        return None if reason is None else WithdrawalReason[likeness_rows.WithdrawalReason(reason).name]


@strawberry.type(description="A use and its place in the list.")
class CameoUseEdge:
    cursor: str = plain("The place of this use: give it as `after`.")
    node: CameoUse = plain("The use.")


@strawberry.type(description="A page of uses.")
class CameoUseConnection:
    edges: list[CameoUseEdge] = plain("The uses, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[likeness_rows.VideoLikeness]) -> CameoUseConnection:
        """A page of rows the viewer was allowed to load."""
        edges = [
            CameoUseEdge(cursor=cursor, node=CameoUse(row=row))
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type(description="A consented likeness: of a person, a thing, an animal or a drawn character.")
class Cameo(Node):
    row: strawberry.Private[rows.Cameo]

    @classmethod
    def of(cls, row: rows.Cameo) -> Cameo:
        """A row the viewer was already allowed to load."""
        return cls(id=global_id("Cameo", row.id), row=row, handle=row.handle, kind=CameoKind[row.kind.name])

    handle: str | None = plain("Unique name, without @; null once erased.")

    @loaded(Access.PARENT, "Whose it is.")
    async def owner(self, info: Info) -> AccountRef:
        return await account_of(info, self.row.owner_id)

    kind: CameoKind = plain("What kind of likeness it is.")

    @field(
        Access.PARENT, "Its picture (WebP), for about 15 minutes; null unless the viewer owns it or may show its face."
    )
    async def thumbnail_url(self, info: Info) -> str | None:
        return await thumbnail_url(info.context, self.row)

    @field(Access.PARENT, "What the viewer may do with it right now.")
    async def viewer_may_use(self, info: Info) -> ViewerMayUse:
        return ViewerMayUse.of(await info.context.loaders.may_use.load(self.row.id))

    @field(Access.PARENT, "Has the viewer asked for it, and not been answered yet?")
    async def viewer_has_asked(self, info: Info) -> bool:
        return await info.context.loaders.asked.load(self.row.id)

    @field(Access.PARENT, "Where it is in its life; null unless the viewer owns it.")
    def state(self, info: Info) -> CameoState | None:
        return CameoState[self.row.state.name] if _owned(info, self.row) else None

    @field(Access.PARENT, "Number of the recording that serves, 0 before the first; null unless the viewer owns it.")
    def version(self, info: Info) -> int | None:
        return self.row.version if _owned(info, self.row) else None

    @field(Access.PARENT, "Whom it admits without naming them; null unless the viewer owns it.")
    async def audience(self, info: Info) -> Audience | None:
        access = await _access(info, self.row)
        return None if access is None else Audience[grant_rows.Audience(access.audience).name]

    @field(Access.PARENT, "What whoever is admitted may do; null unless the viewer owns it.")
    async def scopes(self, info: Info) -> list[CameoScope] | None:
        access = await _access(info, self.row)
        return None if access is None else scopes_of(access.scopes)

    @field(Access.PARENT, "What no use may contain; null unless the viewer owns it.")
    async def restrictions(self, info: Info) -> Restrictions | None:
        access = await _access(info, self.row)
        return None if access is None else Restrictions.of(access.restrictions)

    @field(Access.PARENT, "How the person likes to be shown; null unless the viewer owns it.")
    async def preferences(self, info: Info) -> str | None:
        access = await _access(info, self.row)
        return None if access is None else access.preferences

    @field(Access.PARENT, "Until when its audience is admitted; null for always, and unless the viewer owns it.")
    async def expires_at(self, info: Info) -> datetime | None:
        access = await _access(info, self.row)
        return None if access is None else access.expires_at

    @field(Access.PARENT, "What becomes of published videos then; null unless the viewer owns it.")
    async def on_expiry(self, info: Info) -> OnExpiry | None:
        access = await _access(info, self.row)
        return None if access is None else OnExpiry[access.on_expiry.name]

    @field(Access.PARENT, "Does each draft wait for the owner's approval? Null unless the viewer owns it.")
    async def per_use_approval(self, info: Info) -> bool | None:
        access = await _access(info, self.row)
        return None if access is None else access.per_use_approval

    @field(Access.PARENT, "Every permission and request, newest first; null unless the viewer owns it.")
    async def grants(self, info: Info, first: First = 10, after: After = None) -> GrantConnection | None:
        if not _owned(info, self.row):
            return None
        return GrantConnection.of(await resolve.grants_of(info.context, self.row, Window(first, after)))

    @field(Access.PARENT, "Every video and draft that carries it, newest first; null unless the viewer owns it.")
    async def uses(self, info: Info, first: First = 10, after: After = None) -> CameoUseConnection | None:
        if not _owned(info, self.row):
            return None
        return CameoUseConnection.of(await resolve.uses_of(info.context, self.row, Window(first, after)))

    @field(Access.PARENT, "The newest times it was recorded, at most 50; null unless the viewer owns it.")
    async def captures(self, info: Info) -> list[CaptureRef] | None:
        from schema.capture import Capture  # noqa: PLC0415 - schema.capture names cameos, so the circle is closed late

        if not _owned(info, self.row):
            return None
        return [Capture.of(row) for row in await captures_of(info.context, self.row)]

    @field(Access.PARENT, "Every yes and no about its use, newest first; null unless the viewer owns it.")
    async def decisions(self, info: Info, first: First = 10, after: After = None) -> DecisionConnection | None:
        if not _owned(info, self.row):
            return None
        return DecisionConnection.of(await resolve.decisions_of(info.context, self.row, Window(first, after)))

    @field(
        Access.PARENT,
        "Each time it was taken out of videos, newest first, with its receipt; null unless the viewer owns it.",
    )
    async def withdrawals(self, info: Info, first: First = 10, after: After = None) -> WithdrawalConnection | None:
        if not _owned(info, self.row):
            return None
        return WithdrawalConnection.of(await withdrawals_of(info.context, self.row.id, Window(first, after)))

    @field(Access.PARENT, "Its erasure, when its owner erased it; null unless the viewer owns it.")
    async def erasure(self, info: Info) -> Erasure | None:
        row = await erasure_of(info.context, self.row.id) if _owned(info, self.row) else None
        return None if row is None else Erasure(row=row)

    @field(Access.PARENT, "Published videos that its restrictions of today forbid; null unless the viewer owns it.")
    async def breaking(self, info: Info, first: First = 10, after: After = None) -> CameoBreachConnection | None:
        if not _owned(info, self.row):
            return None
        return CameoBreachConnection.of(await breaches_of(info.context, self.row, Window(first, after)))

    @field(Access.PARENT, "What an access would mean before it is set; null unless the viewer owns it.")
    async def use_preview(
        self,
        info: Info,
        audience: Annotated[Audience, strawberry.argument(description="Whom it would admit.")],
        scopes: Annotated[list[CameoScope], strawberry.argument(description="What they could do.")],
    ) -> UsePreview | None:
        if not _owned(info, self.row):
            return None
        chosen = grant_rows.Audience[audience.name]
        return UsePreview.of(await use_preview(info.context, self.row, chosen, stored_scopes(scopes)))


def _owned(info: Info, row: rows.Cameo) -> bool:
    viewer = info.context.viewer
    return viewer is not None and viewer.id == row.owner_id


async def _access(info: Info, row: rows.Cameo) -> grant_rows.Grant | None:
    return await info.context.loaders.access.load(row.id) if _owned(info, row) else None


@strawberry.type(description="A cameo and its place in the list.")
class CameoEdge:
    cursor: str = plain("The place of this cameo: give it as `after`.")
    node: Cameo = plain("The cameo.")


@strawberry.type(description="A page of cameos.")
class CameoConnection:
    edges: list[CameoEdge] = plain("The cameos in order.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[rows.Cameo]) -> CameoConnection:
        """A page of rows the viewer was allowed to load."""
        edges = [
            CameoEdge(cursor=cursor, node=Cameo.of(row)) for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))
