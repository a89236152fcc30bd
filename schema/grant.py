"""Grants: permissions to use a cameo, and requests for one, as the two people concerned see them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.types import Info

from models import grant as rows
from resolvers.page import Page
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of
from schema.cameo_ref import CameoRef, cameo_of
from schema.connection import PageInfo
from schema.consent import Audience, CameoScope, GrantState, OnExpiry, scopes_of
from schema.node import global_id
from schema.restrictions import Restrictions


@strawberry.type(description="A permission to use a cameo. It is never edited: a change makes a new one.")
class Grant:
    row: strawberry.Private[rows.Grant]

    @classmethod
    def of(cls, row: rows.Grant) -> Grant:
        """A row as its cameo's owner, or its subject, sees it."""
        return cls(row=row)

    @field(Access.PARENT, "Opaque id, for `revokeGrant`.")
    def id(self) -> strawberry.ID:
        return global_id("Grant", self.row.id)

    @field(Access.PARENT, "The cameo.")
    async def cameo(self, info: Info) -> CameoRef:
        return await cameo_of(info, self.row.cameo_id)

    @field(Access.PARENT, "Whom it names; null for the cameo's own access, which names nobody.")
    async def subject(self, info: Info) -> AccountRef | None:
        return None if self.row.subject_id is None else await account_of(info, self.row.subject_id)

    @field(Access.PARENT, "Whom it admits without naming them; null when it names somebody.")
    def audience(self) -> Audience | None:
        return None if self.row.audience is None else Audience[rows.Audience(self.row.audience).name]

    @field(Access.PARENT, "What it allows, or what was asked for.")
    def scopes(self) -> list[CameoScope]:
        return scopes_of(self.row.scopes)

    @field(Access.PARENT, "What a use may not contain, beside the cameo's own restrictions.")
    def restrictions(self) -> Restrictions:
        return Restrictions.of(self.row.restrictions)

    @field(Access.PARENT, "What the person who asked wrote.")
    def note(self) -> str:
        return self.row.note

    @field(Access.PARENT, "From when it holds; null: at once.")
    def not_before(self) -> datetime | None:
        return self.row.not_before

    @field(Access.PARENT, "Until when it holds; null: until it is revoked.")
    def expires_at(self) -> datetime | None:
        return self.row.expires_at

    @field(Access.PARENT, "What becomes of published videos when it runs out.")
    def on_expiry(self) -> OnExpiry:
        return OnExpiry[self.row.on_expiry.name]

    @field(Access.PARENT, "Where it is now.")
    async def state(self, info: Info) -> GrantState:
        if self.row.state == rows.GrantState.ACTIVE and self.row.expires_at is not None:
            over = await info.context.loaders.grants_over.load(self.row.id)
            return GrantState.EXPIRED if over else GrantState.ACTIVE
        return GrantState[self.row.state.name]

    @field(Access.PARENT, "When it was made.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @field(Access.PARENT, "When it was revoked or replaced; null while it was not.")
    def ended_at(self) -> datetime | None:
        return self.row.ended_at


@strawberry.type(description="A permission and its place in the list.")
class GrantEdge:
    cursor: str = plain("The place of this permission: give it as `after`.")
    node: Grant = plain("The permission.")


@strawberry.type(description="A page of permissions.")
class GrantConnection:
    edges: list[GrantEdge] = plain("The permissions, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[rows.Grant]) -> GrantConnection:
        """A page of rows the viewer was allowed to load."""
        edges = [
            GrantEdge(cursor=cursor, node=Grant.of(row)) for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))
