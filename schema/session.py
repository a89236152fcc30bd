"""Sessions: signing up, in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from models import account as rows
from resolvers import session as resolve
from resolvers import sign_up as resolve_sign_up
from schema.access import Access, plain
from schema.account_ref import AccountRef, account_of
from schema.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import global_id, row_id


@strawberry.type(description="A place where a member is signed in.")
class Session:
    id: strawberry.ID = plain("Opaque id, for `revokeSession`.")
    created_at: datetime = plain("When it was opened.")
    expires_at: datetime = plain("When it ends by itself.")
    current: bool = plain("Is it the one that made this request?")

    @classmethod
    def of(cls, row: rows.Session, current: rows.Session | None) -> Session:
        """A row as its owner sees it."""
        return cls(
            id=global_id("Session", row.id),
            created_at=row.created_at,
            expires_at=row.expires_at,
            current=current is not None and current.id == row.id,
        )


@strawberry.input(description="A newcomer.")
class SignUpInput:
    invite_code: str = strawberry.field(description="From a member or the operator; case and dashes do not matter.")
    handle: str = strawberry.field(description="3 to 30 of a–z, 0–9 and _.")
    password: str = strawberry.field(description="At least 15 characters.")
    birth_date: date = strawberry.field(description="ISO 8601 date; never shown to others.")
    region: str = strawberry.field(description="Where they live, as an ISO 3166-1 alpha-2 code such as CA.")


@strawberry.input(description="Who signs in.")
class SignInInput:
    handle: str = strawberry.field(description="The handle, with or without @.")
    password: str = strawberry.field(description="The password.")


@strawberry.type(description="A member is signed in.")
class SignInSuccess:
    token: str = plain("Send it as `Authorization: Bearer <token>`. It is not shown again.")
    expires_at: datetime = plain("When the session ends.")
    account: AccountRef = plain("Who is signed in.")


@strawberry.type(description="The newcomer is a member and signed in.")
class SignUpSuccess:
    token: str = plain("Send it as `Authorization: Bearer <token>`. It is not shown again.")
    expires_at: datetime = plain("When the session ends.")
    account: AccountRef = plain("The new account.")


@strawberry.type(description="The session is over.")
class SignOutSuccess:
    signed_out: bool = plain("Always true.")


@strawberry.input(description="Which session to end.")
class RevokeSessionInput:
    session_id: strawberry.ID = strawberry.field(description="A session of the viewer's.")


@strawberry.type(description="The session is over, everywhere, at once.")
class RevokeSessionSuccess:
    revoked_id: strawberry.ID = plain("Id of the ended session.")


SignUpPayload = Annotated[
    SignUpSuccess | InvalidError | NotFoundError | DeniedError | ConflictError | RateLimitedError,
    strawberry.union("SignUpPayload", description="A session, or why the newcomer was not admitted."),
]
SignInPayload = Annotated[
    SignInSuccess | NotFoundError | RateLimitedError,
    strawberry.union("SignInPayload", description="A session, or why not."),
]
SignOutPayload = Annotated[
    SignOutSuccess | UnauthenticatedError,
    strawberry.union("SignOutPayload", description="Done, or nobody was signed in."),
]
RevokeSessionPayload = Annotated[
    RevokeSessionSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("RevokeSessionPayload", description="The ended session, or why not."),
]


@strawberry.type
class SessionMutations:
    @mutation(Access.ANYONE, "Join with an invite.")
    async def sign_up(
        self, info: Info, input: Annotated[SignUpInput, strawberry.argument(description="The newcomer.")]
    ) -> SignUpPayload:
        request = resolve_sign_up.SignUp(
            invite_code=input.invite_code,
            handle=input.handle,
            password=input.password,
            birth_date=input.birth_date,
            region=input.region,
        )
        token, expires_at, row = await resolve_sign_up.sign_up(info.context, request)
        return SignUpSuccess(token=token, expires_at=expires_at, account=await account_of(info, row.id))

    @mutation(Access.ANYONE, "Open a session with a password.")
    async def sign_in(
        self, info: Info, input: Annotated[SignInInput, strawberry.argument(description="Who.")]
    ) -> SignInPayload:
        token, expires_at, row = await resolve.sign_in(info.context, handle=input.handle, password=input.password)
        return SignInSuccess(token=token, expires_at=expires_at, account=await account_of(info, row.id))

    @mutation(Access.MEMBER, "End the session that sends this.")
    async def sign_out(self, info: Info) -> SignOutPayload:
        await resolve.sign_out(info.context)
        return SignOutSuccess(signed_out=True)

    @mutation(Access.MEMBER, "End any session of the viewer's.")
    async def revoke_session(
        self, info: Info, input: Annotated[RevokeSessionInput, strawberry.argument(description="Which session.")]
    ) -> RevokeSessionPayload:
        await resolve.revoke_session(info.context, row_id(input.session_id, "Session", field="sessionId"))
        return RevokeSessionSuccess(revoked_id=input.session_id)
