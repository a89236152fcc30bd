"""Permissions for one account: asked for, answered, given and ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from engine.text.restrictions import Restrictions
from models import grant as rows
from models.cameo import NO_SCOPES
from resolvers import grant as resolve
from resolvers.terms import Terms
from schema.access import Access, plain
from schema.consent import CameoScope, OnExpiry, RevokeMode, stored_scopes
from schema.errors import (
    ConflictError,
    IdempotencyConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    StepUpRequiredError,
    UnauthenticatedError,
)
from schema.grant import Grant
from schema.mutation_field import mutation
from schema.node import row_id
from schema.restrictions import RestrictionsInput


@strawberry.input(description="What to ask a cameo's owner for.")
class RequestCameoInput:
    cameo_id: strawberry.ID = strawberry.field(description="A cameo whose `viewerMayUse.reason` is ASK or OK.")
    scopes: list[CameoScope] = strawberry.field(description="What to be allowed.")
    note: str = strawberry.field(description="What for, at most 300 characters; only the owner reads it.", default="")
    idempotency_key: str = strawberry.field(description="The same key makes one request; a UUID is good.")


@strawberry.input(description="An answer to a request. What it grants can be less, or more, than was asked for.")
class AnswerCameoRequestInput:
    request_id: strawberry.ID = strawberry.field(description="From `cameoRequests`.")
    accept: bool = strawberry.field(description="Yes or no.")
    scopes: list[CameoScope] | None = strawberry.field(
        description="What to allow; null: what was asked for.", default=None
    )
    restrictions: RestrictionsInput | None = strawberry.field(
        description="What their uses may not contain, beside the cameo's own restrictions.", default=None
    )
    not_before: datetime | None = strawberry.field(description="From when; null: at once.", default=None)
    expires_at: datetime | None = strawberry.field(description="Until when; null: until it is revoked.", default=None)
    on_expiry: OnExpiry = strawberry.field(
        description="What becomes of published videos when it runs out.", default=OnExpiry.KEEP
    )


@strawberry.input(description="A permission for one member. It replaces what they were permitted by name before.")
class GrantCameoInput:
    cameo_id: strawberry.ID = strawberry.field(description="A cameo of the viewer's.")
    subject: strawberry.ID = strawberry.field(description="The member's account.")
    scopes: list[CameoScope] = strawberry.field(description="What they may do; nothing that is not listed.")
    restrictions: RestrictionsInput | None = strawberry.field(
        description="What their uses may not contain, beside the cameo's own restrictions.", default=None
    )
    not_before: datetime | None = strawberry.field(description="From when; null: at once.", default=None)
    expires_at: datetime | None = strawberry.field(description="Until when; null: until it is revoked.", default=None)
    on_expiry: OnExpiry = strawberry.field(
        description="What becomes of published videos when it runs out.", default=OnExpiry.KEEP
    )
    idempotency_key: str = strawberry.field(description="The same key gives one permission; a UUID is good.")


@strawberry.input(description="Which permission to end.")
class RevokeGrantInput:
    grant_id: strawberry.ID = strawberry.field(description="A permission for a cameo of the viewer's.")
    mode: RevokeMode = strawberry.field(description="How far back it reaches.", default=RevokeMode.WITHDRAW)


@strawberry.type(description="The owner was asked.")
class RequestCameoSuccess:
    request: Grant = plain("The request: a permission that is PENDING.")


@strawberry.type(description="The request is answered.")
class AnswerCameoRequestSuccess:
    grant: Grant = plain("The new permission, or the declined request.")
    not_understood: list[str] = plain("Parts of the restrictions in words that could not be made into a rule.")


@strawberry.type(description="The permission is in force.")
class GrantCameoSuccess:
    grant: Grant = plain("The permission.")
    not_understood: list[str] = plain("Parts of the restrictions in words that could not be made into a rule.")


@strawberry.type(description="The permission has ended.")
class RevokeGrantSuccess:
    grant: Grant = plain("The ended permission.")
    withdrawn_videos: int = plain("How many videos were hidden, with all that was made from them.")
    stopped_jobs: int = plain("How many clips in the making were stopped.")


RequestCameoPayload = Annotated[
    RequestCameoSuccess
    | UnauthenticatedError
    | NotFoundError
    | ConflictError
    | InvalidError
    | IdempotencyConflictError
    | RateLimitedError,
    strawberry.union("RequestCameoPayload", description="The request, or why not."),
]
AnswerCameoRequestPayload = Annotated[
    AnswerCameoRequestSuccess
    | UnauthenticatedError
    | NotFoundError
    | ConflictError
    | InvalidError
    | StepUpRequiredError,
    strawberry.union("AnswerCameoRequestPayload", description="The permission, or why not."),
]
GrantCameoPayload = Annotated[
    GrantCameoSuccess
    | UnauthenticatedError
    | NotFoundError
    | ConflictError
    | InvalidError
    | IdempotencyConflictError
    | StepUpRequiredError,
    strawberry.union("GrantCameoPayload", description="The permission, or why not."),
]
RevokeGrantPayload = Annotated[
    RevokeGrantSuccess | UnauthenticatedError | NotFoundError | ConflictError,
    strawberry.union("RevokeGrantPayload", description="What ended, or why not."),
]


@strawberry.type
class GrantMutations:
    @mutation(Access.MEMBER, "Ask a cameo's owner for permission to use it.")
    async def request_cameo(
        self, info: Info, input: Annotated[RequestCameoInput, strawberry.argument(description="What to ask for.")]
    ) -> RequestCameoPayload:
        row = await resolve.ask(
            info.context,
            row_id(input.cameo_id, "Cameo", field="cameoId"),
            scopes=stored_scopes(input.scopes),
            note=input.note,
            idempotency_key=input.idempotency_key,
        )
        return RequestCameoSuccess(request=Grant.of(row))

    @mutation(Access.MEMBER, "Answer a request for a cameo of the viewer's. Accepting needs `stepUp`; declining never.")
    async def answer_cameo_request(
        self, info: Info, input: Annotated[AnswerCameoRequestInput, strawberry.argument(description="The answer.")]
    ) -> AnswerCameoRequestPayload:
        terms = Terms(
            scopes=NO_SCOPES if input.scopes is None else stored_scopes(input.scopes),
            restrictions=_restrictions(input.restrictions),
            not_before=input.not_before,
            expires_at=input.expires_at,
            on_expiry=rows.OnExpiry[input.on_expiry.name],
        )
        request_id = row_id(input.request_id, "Grant", field="requestId")
        done = await resolve.answer(info.context, request_id, terms if input.accept else None)
        return AnswerCameoRequestSuccess(grant=Grant.of(done.grant), not_understood=done.not_understood)

    @mutation(Access.MEMBER, "Permit one member to use a cameo of the viewer's. Needs `stepUp` unless it only narrows.")
    async def grant_cameo(
        self, info: Info, input: Annotated[GrantCameoInput, strawberry.argument(description="The permission.")]
    ) -> GrantCameoPayload:
        terms = Terms(
            scopes=stored_scopes(input.scopes),
            restrictions=_restrictions(input.restrictions),
            not_before=input.not_before,
            expires_at=input.expires_at,
            on_expiry=rows.OnExpiry[input.on_expiry.name],
        )
        done = await resolve.permit(
            info.context,
            row_id(input.cameo_id, "Cameo", field="cameoId"),
            row_id(input.subject, "Account", field="subject"),
            terms,
            idempotency_key=input.idempotency_key,
        )
        return GrantCameoSuccess(grant=Grant.of(done.grant), not_understood=done.not_understood)

    @mutation(Access.MEMBER, "End a permission; by default everything made under it is withdrawn.")
    async def revoke_grant(
        self, info: Info, input: Annotated[RevokeGrantInput, strawberry.argument(description="Which, how far.")]
    ) -> RevokeGrantPayload:
        grant_id = row_id(input.grant_id, "Grant", field="grantId")
        row, effects = await resolve.revoke(info.context, grant_id, rows.RevokeMode[input.mode.name])
        return RevokeGrantSuccess(
            grant=Grant.of(row), withdrawn_videos=effects.videos, stopped_jobs=len(set(effects.jobs))
        )


def _restrictions(given: RestrictionsInput | None) -> Restrictions:
    return Restrictions() if given is None else given.stored()
