"""Decisions: every yes and no about the use of a cameo, for its owner. Never a prompt."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.types import Info

from models import decision as rows
from resolvers.page import Page
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of
from schema.connection import PageInfo
from schema.node import global_id


@strawberry.enum(description="When a decision was taken.")
class DecisionStage(Enum):
    REQUEST = strawberry.enum_value("REQUEST", description="When somebody asked for a clip, or for permission.")
    PROMPT = strawberry.enum_value("PROMPT", description="When the words of the request were read.")
    RESULT = strawberry.enum_value("RESULT", description="When the finished clip was looked at.")
    RUNNING = strawberry.enum_value("RUNNING", description="While the clip was being made.")
    PUBLISH = strawberry.enum_value("PUBLISH", description="When the clip was to be shown to more people.")
    OPERATOR = strawberry.enum_value("OPERATOR", description="When somebody who runs this server opened a recording.")


@strawberry.type(description="A yes or no about one use of a cameo.")
class Decision:
    row: strawberry.Private[rows.Decision]

    @classmethod
    def of(cls, row: rows.Decision) -> Decision:
        """A row as the cameo's owner sees it."""
        return cls(row=row)

    @field(Access.PARENT, "Opaque id.")
    def id(self) -> strawberry.ID:
        return global_id("Decision", self.row.id)

    @field(Access.PARENT, "Who wanted to use it; null once their account is gone.")
    async def actor(self, info: Info) -> AccountRef | None:
        return None if self.row.actor_id is None else await account_of(info, self.row.actor_id)

    @field(Access.PARENT, "When it was taken.")
    def stage(self) -> DecisionStage:
        return DecisionStage[self.row.stage.name]

    @field(Access.PARENT, "Was it a yes?")
    def allowed(self) -> bool:
        return self.row.allowed

    @field(Access.PARENT, "Code of the rule that decided.")
    def rule(self) -> str:
        return self.row.rule

    @field(Access.PARENT, "When.")
    def created_at(self) -> datetime:
        return self.row.created_at


@strawberry.type(description="A decision and its place in the log.")
class DecisionEdge:
    cursor: str = plain("The place of this decision: give it as `after`.")
    node: Decision = plain("The decision.")


@strawberry.type(description="A page of the decision log.")
class DecisionConnection:
    edges: list[DecisionEdge] = plain("The decisions, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[rows.Decision]) -> DecisionConnection:
        """A page of rows the viewer was allowed to load."""
        edges = [
            DecisionEdge(cursor=cursor, node=Decision.of(row))
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))
