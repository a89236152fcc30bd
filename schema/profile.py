"""Profiles: what members say of themselves, and which appearances they show."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import appearances
from resolvers import profile as resolve
from schema.access import Access, plain
from schema.account import Account
from schema.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import row_id


@strawberry.input(description="What to change of the viewer's profile; what is left out stays as it is.")
class UpdateProfileInput:
    display_name: str | None = strawberry.field(
        description="Name to show: one line of at most 60 characters.", default=None
    )
    bio: str | None = strawberry.field(description="What they say of themselves, at most 300 characters.", default=None)
    avatar_upload_id: strawberry.ID | None = strawberry.field(
        description="A picture that was sent to an AVATAR ticket of `createUpload`: a still JPEG, PNG or WebP. Its "
        "middle becomes the portrait, 256 pixels square, without metadata; whoever is on it is not recognised, and no "
        "cameo.",
        default=None,
    )
    remove_avatar: bool = strawberry.field(description="Have no portrait any more.", default=False)
    remixable_default: bool | None = strawberry.field(
        description="May others remix the viewer's videos, where `publishVideo` does not say?", default=None
    )
    on_leaderboards: bool | None = strawberry.field(
        description="Be ranked with others on leaderboards? Nobody is, unless they ask for it.", default=None
    )


@strawberry.type(description="The profile is as asked.")
class UpdateProfileSuccess:
    account: Account = plain("The viewer.")


@strawberry.input(description="Which appearance, and whether to show it.")
class ShowAppearanceInput:
    video_id: strawberry.ID = strawberry.field(
        description="A public video of somebody else's in which the viewer was cast."
    )
    shown: bool = strawberry.field(description="Show it on the viewer's profile, or no longer?")


@strawberry.type(description="The profile shows it, or does not, as asked.")
class ShowAppearanceSuccess:
    account: Account = plain("The viewer.")


UpdateProfilePayload = Annotated[
    UpdateProfileSuccess | UnauthenticatedError | NotFoundError | ConflictError | InvalidError | RateLimitedError,
    strawberry.union("UpdateProfilePayload", description="The viewer, or why not."),
]
ShowAppearancePayload = Annotated[
    ShowAppearanceSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("ShowAppearancePayload", description="The viewer, or why not."),
]


@strawberry.type
class ProfileMutations:
    @mutation(Access.MEMBER, "Change the viewer's name, words, portrait and defaults: all that is asked, or nothing.")
    async def update_profile(
        self, info: Info, input: Annotated[UpdateProfileInput, strawberry.argument(description="What to change.")]
    ) -> UpdateProfilePayload:
        upload = input.avatar_upload_id
        change = resolve.ProfileChange(
            display_name=input.display_name,
            bio=input.bio,
            avatar_upload_id=None if upload is None else row_id(upload, "Upload", field="avatarUploadId"),
            remove_avatar=input.remove_avatar,
            remixable_default=input.remixable_default,
            on_leaderboards=input.on_leaderboards,
        )
        return UpdateProfileSuccess(account=Account.of(await resolve.update_profile(info.context, change)))

    @mutation(Access.MEMBER, "Show a public video in which somebody cast the viewer on the viewer's profile, or not.")
    async def show_appearance(
        self, info: Info, input: Annotated[ShowAppearanceInput, strawberry.argument(description="Which one.")]
    ) -> ShowAppearancePayload:
        video_id = row_id(input.video_id, "Video", field="videoId")
        await appearances.show_appearance(info.context, video_id, shown=input.shown)
        return ShowAppearanceSuccess(account=Account.of(info.context.member))
