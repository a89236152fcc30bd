"""The shape of ``bundle.json``, as types; the bundle carries it along as a JSON Schema."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

SCHEMA = "yume/export/2"
"""Rises with a change that somebody who reads bundles must know of; new sections and fields are none."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every part says all of its fields, and no others."""


class _Row(_Part, frozen=True, kw_only=True):
    id: UUID
    created_at: datetime


class Account(_Row, frozen=True, kw_only=True):
    """The member. ``avatar`` names a file of the bundle."""

    handle: str
    display_name: str
    bio: str
    birth_date: date | None
    region: str | None
    role: str
    remixable_default: bool
    on_leaderboards: bool
    avatar: str | None


class Video(_Row, frozen=True, kw_only=True):
    """A clip of the member's. Of a ``tombstone`` only their own words are left; ``file`` names a file of the bundle."""

    tombstone: bool
    caption: str
    prompt: str
    seconds: float | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    fps: int | UnsetType = UNSET
    has_audio: bool | UnsetType = UNSET
    remixable: bool | UnsetType = UNSET
    prompt_public: bool | UnsetType = UNSET
    author_state: str | UnsetType = UNSET
    audience: str | UnsetType = UNSET
    moderation: str | UnsetType = UNSET
    published_at: datetime | UnsetType | None = UNSET
    seed: int | UnsetType | None = UNSET
    parent: UUID | UnsetType | None = UNSET
    recipe: dict[str, Any] | UnsetType | None = UNSET
    file: str | UnsetType | None = UNSET
    why_no_file: str | UnsetType | None = UNSET


class Generation(_Row, frozen=True, kw_only=True):
    """What the member asked for."""

    state: str
    engine: str
    failure_code: str | None
    parent_id: UUID | None
    trend_id: UUID | None
    prompt: str | None
    seed: int | None


class Appearance(_Part, frozen=True, kw_only=True):
    """A clip of somebody else's with a cameo of the member's."""

    video: UUID
    cameo: UUID
    via: str
    grant: UUID | None
    author: UUID
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_for: str | None


class Cameo(_Row, frozen=True, kw_only=True):
    """A cameo of the member's; what was recorded never leaves the server."""

    handle: str | None
    kind: str
    state: str
    version: int


class Capture(_Row, frozen=True, kw_only=True):
    """A recording that the member made for a cameo, without the recording."""

    cameo_id: UUID
    state: str
    consent_version: int
    version: int | None


class GrantReceived(_Row, frozen=True, kw_only=True):
    """What somebody permits the member; what they wish beside is theirs."""

    cameo_id: UUID
    subject_id: UUID | None
    audience: str | None
    not_before: datetime | None
    expires_at: datetime | None
    on_expiry: str
    state: str
    ended_at: datetime | None
    supersedes_id: UUID | None
    scopes: list[str]


class GrantGiven(GrantReceived, frozen=True, kw_only=True):
    """What the member permits somebody."""

    restrictions: dict[str, Any]
    preferences: str
    per_use_approval: bool
    note: str


class ConsentEntry(_Row, frozen=True, kw_only=True):
    """An entry of the audit log about a cameo of the member's, with the hashes that chain it."""

    chain: str
    seq: int
    kind: str
    facts: dict[str, Any]
    hash: str
    prev_hash: str | None


class Decision(_Row, frozen=True, kw_only=True):
    """A use of a cameo of the member's that was allowed or refused."""

    cameo_id: UUID
    actor_id: UUID | None
    stage: str
    allowed: bool
    rule: str


class Relation(_Part, frozen=True, kw_only=True):
    """Another member whom this one follows, blocks or mutes."""

    account: UUID
    handle: str
    since: datetime


class Notification(_Row, frozen=True, kw_only=True):
    """Something that the member was told."""

    kind: str
    cameo_id: UUID | None
    video_id: UUID | None
    grant_id: UUID | None
    rule: str | None
    read_at: datetime | None


class Like(_Part, frozen=True, kw_only=True):
    """A video that the member likes."""

    video: UUID
    since: datetime


class Comment(_Row, frozen=True, kw_only=True):
    """What the member wrote under a video, whatever became of that. ``hidden``: nobody else reads it."""

    video: UUID
    parent: UUID | None
    body: str
    hidden: bool


class ChosenViewer(_Part, frozen=True, kw_only=True):
    """Whom the member chose, by name, to see a video of theirs."""

    video: UUID
    account: UUID
    handle: str
    since: datetime


class ShownAppearance(_Part, frozen=True, kw_only=True):
    """A video of somebody else's that the member shows on their profile."""

    video: UUID
    since: datetime


class Report(_Row, frozen=True, kw_only=True):
    """What the member told moderators of a video, or wrote to appeal against what they did to one of theirs."""

    video: UUID
    kind: str
    reason: str
    text: str
    settled_at: datetime | None


class SeeLess(_Part, frozen=True, kw_only=True):
    """What the member asked to see less of. ``target``: the video, or the author."""

    kind: str
    target: UUID
    since: datetime


class FeedWeights(_Part, frozen=True, kw_only=True):
    """How the member set their feed."""

    weights: dict[str, Any]
    steer: str
    updated_at: datetime


class Impression(_Part, frozen=True, kw_only=True):
    """A video that the member met in a feed, and for how many seconds it ran."""

    video: UUID
    seen_at: datetime
    seconds: float


class Taste(_Part, frozen=True, kw_only=True):
    """What the feed made of likes and views: a mean of what videos say, as 384 numbers."""

    liking: list[float] | None
    refreshed_at: datetime


class Bundle(_Part, frozen=True, kw_only=True):
    """Everything that is one member's own. Others are ids, except whom the member follows, blocks, mutes or chose."""

    schema: str
    id: UUID
    asked_at: datetime
    account: Account
    videos: list[Video]
    generations: list[Generation]
    appearances: list[Appearance]
    cameos: list[Cameo]
    captures: list[Capture]
    grants_given: list[GrantGiven]
    grants_received: list[GrantReceived]
    consent_log: list[ConsentEntry]
    decisions: list[Decision]
    follows: list[Relation]
    blocks: list[Relation]
    mutes: list[Relation]
    notifications: list[Notification]
    likes: list[Like]
    comments: list[Comment]
    chosen_viewers: list[ChosenViewer]
    shown_appearances: list[ShownAppearance]
    reports: list[Report]
    see_less: list[SeeLess]
    feed_weights: list[FeedWeights]
    impressions: list[Impression]
    taste: list[Taste]


def json_schema() -> bytes:
    """`Bundle` as a JSON Schema (2020-12)."""
    shape = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **msgspec.json.schema(Bundle)}
    return msgspec.json.format(msgspec.json.encode(shape), indent=2)
