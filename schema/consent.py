"""The words of consent: audiences, scopes, states and reasons, as clients spell them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import strawberry

from models.cameo import NO_SCOPES, Scope


@strawberry.enum(description="Whose likeness a cameo is.")
class CameoKind(Enum):
    PERSON = strawberry.enum_value("PERSON", description="A person: its owner.")
    OBJECT = strawberry.enum_value("OBJECT", description="A thing.")
    PET = strawberry.enum_value("PET", description="An animal.")
    DRAWN = strawberry.enum_value("DRAWN", description="A drawn character that is no portrait of anybody.")


@strawberry.enum(description="Where a cameo is in its life.")
class CameoState(Enum):
    EMPTY = strawberry.enum_value("EMPTY", description="No recording was accepted yet.")
    ACTIVE = strawberry.enum_value("ACTIVE", description="It can be used, by whomever its owner admits.")
    PAUSED = strawberry.enum_value("PAUSED", description="Nobody can use it until its owner resumes it.")
    ERASING = strawberry.enum_value("ERASING", description="It is being destroyed.")
    ERASED = strawberry.enum_value("ERASED", description="It is destroyed, for ever.")


@strawberry.enum(description="Whom a cameo's owner lets use it without naming them.")
class Audience(Enum):
    ONLY_ME = strawberry.enum_value("ONLY_ME", description="Nobody but the owner.")
    APPROVED = strawberry.enum_value("APPROVED", description="Only people the owner approved one by one.")
    MUTUALS = strawberry.enum_value("MUTUALS", description="Members who follow the owner and whom the owner follows.")
    EVERYONE = strawberry.enum_value("EVERYONE", description="Every member whom the owner does not block.")


@strawberry.enum(description="What may be done with a likeness. One never implies another.")
class CameoScope(Enum):
    FACE = strawberry.enum_value("FACE", description="Show the face.")
    VOICE = strawberry.enum_value("VOICE", description="Speak with the voice.")
    REMIX = strawberry.enum_value("REMIX", description="Build on videos that show the likeness.")
    PUBLISH = strawberry.enum_value("PUBLISH", description="Publish videos that show the likeness.")
    DOWNLOAD = strawberry.enum_value("DOWNLOAD", description="Take videos that show the likeness out of this server.")


@strawberry.enum(description="What becomes of published videos when a permission runs out.")
class OnExpiry(Enum):
    KEEP = strawberry.enum_value("KEEP", description="They stay.")
    WITHDRAW = strawberry.enum_value("WITHDRAW", description="They are withdrawn.")


@strawberry.enum(description="How far back ending a permission reaches.")
class RevokeMode(Enum):
    STOP_FUTURE = strawberry.enum_value("STOP_FUTURE", description="Nothing new is made; what exists stays.")
    WITHDRAW = strawberry.enum_value(
        "WITHDRAW", description="What exists is hidden at once, with everything made from it, and then destroyed."
    )


@strawberry.enum(description="How far back ending every permission for a cameo reaches.")
class CameoRevokeMode(Enum):
    STOP_FUTURE = strawberry.enum_value("STOP_FUTURE", description="Nothing new is made; what exists stays.")
    WITHDRAW = strawberry.enum_value(
        "WITHDRAW", description="Every video with it is hidden at once, and then destroyed."
    )
    ERASE = strawberry.enum_value(
        "ERASE",
        description="As WITHDRAW, and the cameo itself is destroyed for ever: recordings, embeddings, keys. Needs "
        "`stepUp`.",
    )


@strawberry.enum(description="Where a permission is.")
class GrantState(Enum):
    PENDING = strawberry.enum_value("PENDING", description="Asked for, not answered.")
    ACTIVE = strawberry.enum_value("ACTIVE", description="In force, between its start and its end.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="Its time has run out.")
    REVOKED = strawberry.enum_value("REVOKED", description="Ended, or a request that was declined.")
    SUPERSEDED = strawberry.enum_value("SUPERSEDED", description="Replaced by a newer one.")


@strawberry.enum(description="How a likeness came into a video.")
class LikenessVia(Enum):
    SHOWN = strawberry.enum_value("SHOWN", description="It was cast.")
    INHERITED = strawberry.enum_value("INHERITED", description="It came with the video that this one builds on.")


@strawberry.enum(description="Why a likeness was taken out of a video. Told to its owner, never to anybody else.")
class WithdrawalReason(Enum):
    REVOKED = strawberry.enum_value("REVOKED", description="The permission was revoked.")
    REMOVED = strawberry.enum_value("REMOVED", description="The person shown removed this video.")
    BLOCKED = strawberry.enum_value("BLOCKED", description="The person shown blocked its author.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="The permission ran out.")
    DECLINED = strawberry.enum_value("DECLINED", description="The person shown did not approve the draft.")
    ERASED = strawberry.enum_value("ERASED", description="The cameo was erased.")


@strawberry.enum(description="Whether the viewer may use a cameo.")
class MayUseReason(Enum):
    OK = strawberry.enum_value("OK", description="Yes, within the scopes shown.")
    ASK = strawberry.enum_value("ASK", description="Not now; its owner can be asked with `requestCameo`.")
    UNAVAILABLE = strawberry.enum_value("UNAVAILABLE", description="No.")


def scopes_of(stored: int) -> list[CameoScope]:
    """Stored scopes as clients list them."""
    return [scope for scope in CameoScope if stored & Scope[scope.name]]


def stored_scopes(scopes: Iterable[CameoScope]) -> Scope:
    """A client's list as it is stored."""
    total = NO_SCOPES
    for scope in scopes:
        total |= Scope[scope.name]
    return total
