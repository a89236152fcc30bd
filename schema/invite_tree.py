"""The tree of invitees, for admins: look at a branch, close it, open it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.types import Info

from models.invitees import Invitee
from resolvers import invite_branch, invite_tree
from resolvers.page import Page, Window
from schema.access import Access, field, plain
from schema.connection import After, First, PageInfo
from schema.errors import (
    ConflictError,
    DeniedError,
    NotFoundError,
    StepUpRequiredError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import global_id, row_id


@strawberry.type(description="A member's place in the tree of who invited whom. For admins.")
class InviteTreeMember:
    account_id: strawberry.ID = plain("The member, also one that is suspended or deleted.")
    handle: str | None = plain("Their name; null once the account is deleted.")
    invited_by: strawberry.ID | None = plain("Who invited them; null for nobody.")
    joined_at: datetime = plain("When they joined.")
    suspended: bool = plain("Is the account suspended?")
    invites_closed: bool = plain("Did an operator close their invites?")
    invitee_count: int = plain("How many joined by their invites.")
    unused_invites: int = plain("How many of their invites are still open.")
    branch_size: int = plain(
        "Members of the branch: they and all below. Where over 100,000 are counted at once, at least so many."
    )

    @classmethod
    def of(cls, member: Invitee) -> InviteTreeMember:
        """A place as an admin sees it."""
        return cls(
            account_id=global_id("Account", member.id),
            handle=None if member.deleted_at else member.handle,
            invited_by=None if member.invited_by_id is None else global_id("Account", member.invited_by_id),
            joined_at=member.created_at,
            suspended=member.suspended_at is not None,
            invites_closed=member.invites_closed_at is not None,
            invitee_count=member.invitees,
            unused_invites=member.unused,
            branch_size=member.size,
        )


@strawberry.type(description="A member of a branch and their place in the list.")
class InviteTreeEdge:
    cursor: str = plain("The place of this member: give it as `after`.")
    depth: int = plain("Levels below the top: 1 for its own invitees.")
    node: InviteTreeMember = plain("The member.")


@strawberry.type(description="A page of a branch.")
class InviteTreeConnection:
    edges: list[InviteTreeEdge] = plain("The members, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[invite_tree.Place]) -> InviteTreeConnection:
        """A page for an admin."""
        edges = [
            InviteTreeEdge(cursor=cursor, depth=place.depth, node=InviteTreeMember.of(place.member))
            for place, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type(description="A branch of the tree of who invited whom. For admins.")
class InviteTree:
    branch: strawberry.Private[invite_tree.Branch]
    depth: strawberry.Private[int]

    @field(Access.PARENT, "The top of the branch; null for the whole server.")
    def member(self) -> InviteTreeMember | None:
        return None if self.branch.top is None else InviteTreeMember.of(self.branch.top)

    @field(Access.PARENT, "Who invited whom down to the top, the first member first.")
    def path(self) -> list[InviteTreeMember]:
        return [InviteTreeMember.of(each) for each in self.branch.path]

    @field(Access.PARENT, "The members below, newest first.")
    async def invitees(self, info: Info, first: First = 20, after: After = None) -> InviteTreeConnection:
        top: UUID | None = None if self.branch.top is None else self.branch.top.id
        page = await invite_tree.invitees(info.context, top, self.depth, Window(first, after))
        return InviteTreeConnection.of(page)


@strawberry.type
class InviteTreeQueries:
    @field(Access.ADMIN, "Who invited whom.")
    async def invite_tree(
        self,
        info: Info,
        account_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The top of the branch; null: the whole server.")
        ] = None,
        depth: Annotated[int, strawberry.argument(description="Levels to list below the top, 1 to 50.")] = 1,
    ) -> InviteTree:
        top = None if account_id is None else row_id(account_id, "Account", field="accountId")
        return InviteTree(branch=await invite_tree.branch(info.context, top), depth=depth)


@strawberry.input(description="Which branch to close. Look at it with `inviteTree` first.")
class RevokeInviteBranchInput:
    account_id: strawberry.ID = strawberry.field(description="The top of the branch; it is part of it.")
    branch_size: int = strawberry.field(
        description="The `branchSize` that was shown: nothing happens when the branch has another one by now."
    )
    suspend: bool = strawberry.field(description="Also suspend every account of the branch.", default=False)


@strawberry.type(description="Nobody in the branch can invite any more.")
class RevokeInviteBranchSuccess:
    accounts: int = plain("Members of the branch.")
    invites: int = plain("Unused invites that are worthless now.")
    suspended: int = plain("Accounts that were suspended by this.")


@strawberry.input(description="Which branch may invite again.")
class ReopenInviteBranchInput:
    account_id: strawberry.ID = strawberry.field(description="The top of the branch; it is part of it.")


@strawberry.type(description="The branch may invite again. Suspended accounts stay suspended.")
class ReopenInviteBranchSuccess:
    accounts: int = plain("Members whose invites were closed.")


RevokeInviteBranchPayload = Annotated[
    RevokeInviteBranchSuccess
    | UnauthenticatedError
    | DeniedError
    | NotFoundError
    | ConflictError
    | StepUpRequiredError,
    strawberry.union("RevokeInviteBranchPayload", description="What was closed, or why nothing was."),
]
ReopenInviteBranchPayload = Annotated[
    ReopenInviteBranchSuccess | UnauthenticatedError | DeniedError | NotFoundError,
    strawberry.union("ReopenInviteBranchPayload", description="What was opened, or why nothing was."),
]


@strawberry.type
class InviteTreeMutations:
    @mutation(
        Access.ADMIN,
        "Close a branch: unused invites of a member and all below are worthless, and they make no others. "
        "Needs a step-up.",
    )
    async def revoke_invite_branch(
        self, info: Info, input: Annotated[RevokeInviteBranchInput, strawberry.argument(description="Which branch.")]
    ) -> RevokeInviteBranchPayload:
        top = row_id(input.account_id, "Account", field="accountId")
        closed = await invite_branch.revoke_branch(info.context, top, size=input.branch_size, suspend=input.suspend)
        return RevokeInviteBranchSuccess(accounts=closed.accounts, invites=closed.invites, suspended=closed.suspended)

    @mutation(Access.ADMIN, "Let a closed branch invite again.")
    async def reopen_invite_branch(
        self, info: Info, input: Annotated[ReopenInviteBranchInput, strawberry.argument(description="Which branch.")]
    ) -> ReopenInviteBranchPayload:
        opened = await invite_branch.reopen_branch(info.context, row_id(input.account_id, "Account", field="accountId"))
        return ReopenInviteBranchSuccess(accounts=opened)
