"""Access to a cameo: its owner sets it, pauses, resumes, and ends it all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from engine.text.restrictions import Restrictions
from models import grant as rows
from resolvers import cameo_access as resolve
from resolvers.erase import erase_cameo
from resolvers.terms import Terms
from schema.access import Access, plain
from schema.cameo import Cameo
from schema.consent import Audience, CameoRevokeMode, CameoScope, OnExpiry, stored_scopes
from schema.errors import ConflictError, InvalidError, NotFoundError, StepUpRequiredError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id
from schema.restrictions import RestrictionsInput


@strawberry.input(description="Whom a cameo admits, and to what.")
class SetCameoAccessInput:
    cameo_id: strawberry.ID = strawberry.field(description="A cameo of the viewer's.")
    audience: Audience = strawberry.field(description="Whom it admits without naming them.")
    scopes: list[CameoScope] = strawberry.field(description="What they may do; nothing that is not listed.")
    restrictions: RestrictionsInput | None = strawberry.field(
        description="What no use may contain, whoever is admitted how; null leaves what is set.", default=None
    )
    preferences: str | None = strawberry.field(
        description="How the person likes to be shown, at most 300 characters; null leaves what is set.", default=None
    )
    expires_at: datetime | None = strawberry.field(description="Until when; null: always.", default=None)
    on_expiry: OnExpiry = strawberry.field(
        description="What becomes of published videos when it runs out.", default=OnExpiry.KEEP
    )
    per_use_approval: bool = strawberry.field(
        description="Does each draft wait for the owner's approval before it can be published?", default=False
    )


@strawberry.input(description="Which cameo to pause.")
class PauseCameoInput:
    cameo_id: strawberry.ID = strawberry.field(description="A cameo of the viewer's.")


@strawberry.input(description="Which cameo to resume.")
class ResumeCameoInput:
    cameo_id: strawberry.ID = strawberry.field(description="A cameo of the viewer's.")


@strawberry.input(description="Which cameo to end all permissions for.")
class RevokeCameoInput:
    cameo_id: strawberry.ID = strawberry.field(description="A cameo of the viewer's.")
    mode: CameoRevokeMode = strawberry.field(description="How far back it reaches.", default=CameoRevokeMode.WITHDRAW)


@strawberry.type(description="The access is in force: who is no longer admitted is stopped already.")
class SetCameoAccessSuccess:
    cameo: Cameo = plain("The cameo.")
    not_understood: list[str] = plain(
        "Parts of the restrictions in words that could not be made into a rule: say them differently."
    )
    unsupported: list[str] = plain("Parts of the preferences that no engine here can follow.")


@strawberry.type(description="Nobody can use the cameo until it is resumed.")
class PauseCameoSuccess:
    cameo: Cameo = plain("The cameo.")


@strawberry.type(description="The cameo can be used again by whomever it admits.")
class ResumeCameoSuccess:
    cameo: Cameo = plain("The cameo.")


@strawberry.type(description="Every permission has ended.")
class RevokeCameoSuccess:
    cameo: Cameo = plain("The cameo: only for its owner from now on.")
    withdrawn_videos: int = plain("How many videos were hidden, with all that was made from them.")
    stopped_jobs: int = plain("How many clips in the making were stopped.")


SetCameoAccessPayload = Annotated[
    SetCameoAccessSuccess | UnauthenticatedError | NotFoundError | ConflictError | InvalidError | StepUpRequiredError,
    strawberry.union("SetCameoAccessPayload", description="The cameo, or why nothing changed."),
]
PauseCameoPayload = Annotated[
    PauseCameoSuccess | UnauthenticatedError | NotFoundError | ConflictError,
    strawberry.union("PauseCameoPayload", description="The paused cameo, or why not."),
]
ResumeCameoPayload = Annotated[
    ResumeCameoSuccess | UnauthenticatedError | NotFoundError | ConflictError | StepUpRequiredError,
    strawberry.union("ResumeCameoPayload", description="The cameo, or why not."),
]
RevokeCameoPayload = Annotated[
    RevokeCameoSuccess | UnauthenticatedError | NotFoundError | StepUpRequiredError,
    strawberry.union("RevokeCameoPayload", description="What ended, or why not."),
]


@strawberry.type
class CameoAccessMutations:
    @mutation(
        Access.MEMBER,
        "Set whom a cameo of the viewer's admits. Narrowing takes effect at once, for clips in the making too; "
        "widening needs `stepUp`. ONLY_ME ends every permission, and what exists stays.",
    )
    async def set_cameo_access(
        self, info: Info, input: Annotated[SetCameoAccessInput, strawberry.argument(description="The access.")]
    ) -> SetCameoAccessPayload:
        terms = Terms(
            audience=rows.Audience[input.audience.name],
            scopes=stored_scopes(input.scopes),
            restrictions=Restrictions() if input.restrictions is None else input.restrictions.stored(),
            preferences=input.preferences or "",
            expires_at=input.expires_at,
            on_expiry=rows.OnExpiry[input.on_expiry.name],
            per_use_approval=input.per_use_approval,
        )
        request = resolve.AccessRequest(
            cameo_id=row_id(input.cameo_id, "Cameo", field="cameoId"),
            terms=terms,
            keep_restrictions=input.restrictions is None,
            keep_preferences=input.preferences is None,
        )
        done = await resolve.set_access(info.context, request)
        return SetCameoAccessSuccess(
            cameo=Cameo.of(done.cameo), not_understood=done.not_understood, unsupported=done.unsupported
        )

    @mutation(Access.MEMBER, "Stop every use of a cameo of the viewer's, for now; what is published stays.")
    async def pause_cameo(
        self, info: Info, input: Annotated[PauseCameoInput, strawberry.argument(description="Which cameo.")]
    ) -> PauseCameoPayload:
        row = await resolve.pause(info.context, row_id(input.cameo_id, "Cameo", field="cameoId"))
        return PauseCameoSuccess(cameo=Cameo.of(row))

    @mutation(Access.MEMBER, "Let a paused cameo be used again, as it is set. Needs `stepUp`.")
    async def resume_cameo(
        self, info: Info, input: Annotated[ResumeCameoInput, strawberry.argument(description="Which cameo.")]
    ) -> ResumeCameoPayload:
        row = await resolve.resume(info.context, row_id(input.cameo_id, "Cameo", field="cameoId"))
        return ResumeCameoSuccess(cameo=Cameo.of(row))

    @mutation(
        Access.MEMBER,
        "End every permission for a cameo of the viewer's in one go; by default everything made with it is withdrawn. "
        "ERASE destroys the cameo itself.",
    )
    async def revoke_cameo(
        self, info: Info, input: Annotated[RevokeCameoInput, strawberry.argument(description="Which, how far.")]
    ) -> RevokeCameoPayload:
        cameo_id = row_id(input.cameo_id, "Cameo", field="cameoId")
        if input.mode is CameoRevokeMode.ERASE:
            row, effects = await erase_cameo(info.context, cameo_id)
        else:
            row, effects = await resolve.revoke_all(info.context, cameo_id, rows.RevokeMode[input.mode.name])
        return RevokeCameoSuccess(
            cameo=Cameo.of(row), withdrawn_videos=effects.videos, stopped_jobs=len(set(effects.jobs))
        )
