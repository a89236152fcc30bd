"""Who reads what about a cameo: every field of every type that tells of one, for every role, from the schema itself.

A new field of these types without a line in `READERS` fails the test; so does one that answers to a role it is not for.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)

from jobs.inbox import deliver
from models.account import Role
from models.cameo import ALL_SCOPES, NO_SCOPES, Cameo, Scope
from models.capture import Capture
from models.decision import Decision, DecisionStage
from models.erasure import Erasure, ErasureKind
from models.grant import Audience, GrantState
from models.likeness import Approval, VideoLikeness
from models.notification import Notification, NotificationKind
from models.video import VideoVisibility
from models.withdrawal import Withdrawal
from schema.node import global_id
from schema.root import build_schema
from tests.api import Api, Server
from tests.consent import account, make_cameo, make_grant, make_video, mutuals
from tests.recording import capture_id, start

TYPES = build_schema(production=False)._schema.type_map  # pyright: ignore[reportPrivateUsage]
NOTICES = [
    name
    for name, kind in TYPES.items()
    if isinstance(kind, GraphQLObjectType) and any(each.name == "Notification" for each in kind.interfaces)
]
"""Kinds of notification; what they have in common is in ``READERS["Notification"]``."""
ROLES = (
    "anyone", "stranger", "mutual", "grantee", "asker", "author", "other", "moderator", "admin", "owner",
)  # fmt: skip
"""``author`` made a video and a draft with the cameo, with a permission for its voice; ``other`` is shown beside it."""
ALL: set[str] = set(ROLES)
OWNER, NOBODY = {"owner"}, set[str]()
TOLD = {"author", "other", "owner"}
"""Who may know of the draft."""


def only(readers: set[str], *names: str) -> dict[str, set[str]]:
    return dict.fromkeys(names, readers)


READERS: dict[str, dict[str, set[str]]] = {
    "Cameo": only(ALL, "id", "handle", "owner", "kind", "viewerMayUse", "viewerHasAsked")
    | only({"owner", "grantee"}, "thumbnailUrl")
    | only(
        OWNER,
        "state",
        "version",
        "audience",
        "scopes",
        "restrictions",
        "preferences",
        "expiresAt",
        "onExpiry",
        "perUseApproval",
        "grants",
        "uses",
        "captures",
        "decisions",
        "withdrawals",
        "erasure",
        "breaking",
        "usePreview",
    ),
    "ViewerMayUse": only(ALL, "face", "voice", "remix", "publish", "download", "reason"),
    "Capture": only(
        OWNER,
        "id",
        "state",
        "kind",
        "cameo",
        "checks",
        "challenge",
        "upload",
        "triesLeft",
        "awaitsModerator",
        "consentVersion",
        "version",
        "createdAt",
    ),
    "CaptureCheck": only(OWNER, "name", "passed", "code", "message", "recording"),
    "Challenge": only(
        OWNER, "nonce", "expiresAt", "language", "steps", "digits", "turns", "gestures", "accessible", "text"
    )
    | only(NOBODY, "phrase"),
    "UploadTicket": only(OWNER, "id", "url", "headers", "maxBytes", "expiresAt"),
    "Grant": only(
        OWNER,
        "id",
        "cameo",
        "subject",
        "audience",
        "scopes",
        "restrictions",
        "note",
        "notBefore",
        "expiresAt",
        "onExpiry",
        "state",
        "createdAt",
        "endedAt",
    ),
    "Restrictions": only(OWNER, "topics", "places", "styles", "otherPeople", "languages", "text"),
    "Decision": only(OWNER, "id", "actor", "stage", "allowed", "rule", "createdAt"),
    "CameoUse": only(OWNER, "video", "via", "scopes", "createdAt", "withdrawnAt", "withdrawnFor"),
    "UsePreview": only(OWNER, "admitted", "named", "sentences"),
    "CameoBreachEdge": only(OWNER, "cursor", "node", "rules"),
    "Withdrawal": only(OWNER, "createdAt", "reason", "videos", "destroyed", "purgedAt", "receiptUrl"),
    "Erasure": only(OWNER, "createdAt", "destroyed", "doneAt", "receiptUrl"),
    "Destroyed": only(OWNER, "name", "objects", "bytes"),
    "Approval": only({"author", "owner"}, "state", "draftHash", "expiresAt", "answeredAt", "cameo"),
    "Likeness": only(ALL, "via", "consented", "cameo"),
    "Notification": only(OWNER, "id", "cursor", "createdAt", "readAt", "count", "unread", "actor", "cameo", "video"),
    "CameoRefused": only(OWNER, "rule"),
    "CameoRequested": only(OWNER, "grantId"),
    "CaptureAcceptedNotification": only(OWNER, "captureId"),
    "VideoWithdrawn": only(NOBODY, "makeAgainWithout") | only(OWNER, "makeAgainAsOriginal"),
    "Commented": only(NOBODY, "comment"),
    "Replied": only(NOBODY, "comment"),
    "Remixed": only(NOBODY, "original"),
    "Verification": only(ALL, "answer", "checkedAt", "videoId", "receipt"),
    "VideoConsent": only(ALL, "state", "receiptUrl"),
}
"""Type → field → the roles that read it when it has a value. ``NOBODY``: nobody here; it has none in this world."""
SECRETS = {
    "PREFERS": OWNER, "NOT-THESE-WORDS": OWNER, "FOR-A-BIRTHDAY": OWNER, "SECRET-RULE": OWNER,
    "HIDDEN-PROMPT": TOLD,
}  # fmt: skip
"""Words planted in what is stored → who may ever be sent them."""
ARGUMENTS = {"usePreview": "(audience: EVERYONE, scopes: [FACE])"}
WAYS = (
    "query($cameo: ID!) { node(id: $cameo) %(Cameo)s }",
    "query($capture: ID!) { node(id: $capture) %(Capture)s }",
    "query($published: ID!) { video(id: $published) %(Video)s }",
    "query($draft: ID!) { video(id: $draft) %(Video)s }",
    "query($notices: [ID!]!) { nodes(ids: $notices) %(Notification)s }",
    "query { notifications { edges { node %(Notification)s } } }",
    (
        "query($owner: String!) { account(handle: $owner) { cameo { id } cameos { id } "
        "cameoRequests { edges { node %(Grant)s } } appearances { edges { node { id } } } } }"
    ),
    "query($published: ID!) { verify(videoId: $published) %(Verification)s }",
)
"""How anybody comes upon what tells of a cameo. Payloads of mutations hold the same types, of the viewer's own."""


@dataclass
class World:
    """The callers by their roles, and the ids that everybody asks about."""

    callers: dict[str, Api]
    ids: dict[str, Any]


def fields_of(name: str) -> set[str]:
    """Names of a type's fields."""
    kind = TYPES[name]
    return set(kind.fields) if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else set()


def read_of(name: str, within: tuple[str, ...] = ()) -> str:
    """A selection of every field of a type, and of what hangs on it, but other nodes by their ids only."""
    kind = TYPES[name]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    parts = [_selected(field_name, field, (*within, name)) for field_name, field in kind.fields.items()]
    return "{ __typename " + " ".join(parts) + " }"


def _selected(name: str, field: GraphQLField, within: tuple[str, ...]) -> str:
    kind = get_named_type(field.type)
    call = name + ARGUMENTS.get(name, "(first: 5)" if "first" in field.args else "")
    if isinstance(kind, GraphQLUnionType):
        return call + " { __typename }"
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return call
    if kind.name in within or (_is_node(kind) and name not in {"captures", "likenesses"}):
        return call + (" { __typename id }" if "id" in kind.fields else " { __typename }")
    return f"{call} {read_of(kind.name, within)}"


def _is_node(kind: GraphQLNamedType) -> bool:
    interfaces = kind.interfaces if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else ()
    return kind.name == "Node" or any(each.name == "Node" for each in interfaces)


def documents(role: str) -> list[str]:
    """`WAYS`, selecting everything."""
    parts = {name: f"{{ ... on {name} {read_of(name)} }}" for name in ("Cameo", "Capture")}
    parts |= {name: read_of(name) for name in ("Grant", "Verification")}
    own = " ".join(f"... on {name} {{ {_own_fields(name)} }}" for name in NOTICES)
    parts["Notification"] = f"{{ __typename ... on Notification {read_of('Notification')} {own} }}"
    parts["Video"] = (
        f"{{ __typename id prompt approvals {read_of('Approval')} likenesses {read_of('Likeness')}"
        f" consent {read_of('VideoConsent')} }}"
    )
    return [way % parts for way in WAYS if role != "anyone" or "notifications" not in way]


def _own_fields(name: str) -> str:
    kind = TYPES[name]
    assert isinstance(kind, GraphQLObjectType)
    own = sorted(fields_of(name) - fields_of("Notification"))
    return " ".join(_selected(each, kind.fields[each], (name,)) for each in own) or "__typename"


@pytest.fixture
async def world(server: Server) -> World:
    names = {role: role for role in ROLES if role not in ("anyone", "moderator", "admin")}
    callers = {role: await server.member(f"the_{name}") for role, name in names.items()}
    callers |= {"anyone": server.anyone}
    callers |= {"moderator": await server.member("the_moderator", role=Role.MODERATOR)}
    callers |= {"admin": await server.member("the_admin", role=Role.ADMIN)}
    owner, soon = callers["owner"], datetime.now(UTC) + timedelta(days=9)
    await mutuals(owner, callers["mutual"])
    cameo = await make_cameo(
        owner, handle="lent", audience=Audience.APPROVED, preferences="PREFERS a hat", expires_at=soon,
        restrictions={"places": ["beach"], "text": "NOT-THESE-WORDS"}, per_use_approval=True,
    )  # fmt: skip
    beside = await make_cameo(callers["other"], handle="beside", audience=Audience.EVERYONE, scopes=ALL_SCOPES)
    await make_grant(
        cameo, callers["grantee"], Scope.FACE, not_before=datetime(2026, 1, 1, tzinfo=UTC), expires_at=soon
    )
    await make_grant(cameo, callers["author"], Scope.VOICE | Scope.PUBLISH)
    await make_grant(cameo, callers["asker"], state=GrantState.PENDING, note="FOR-A-BIRTHDAY")
    ended = await make_grant(cameo, callers["stranger"], NO_SCOPES, state=GrantState.REVOKED)
    ended.ended_at = soon
    await ended.save()
    videos = await _videos(server, callers["author"], cameo, beside)
    await _papers(cameo, callers["author"], videos["draft"])
    started = await start(owner, cameoId=global_id("Cameo", cameo.id))
    check = {"name": "FILE", "passed": True, "code": "OK", "message": "Fine.", "recording": 1}
    await Capture.filter(id=capture_id(started)).update(version=1, checks=[check])
    for kind in NotificationKind:
        await Notification.create(
            account_id=account(owner).id, kind=kind, group_key=kind.value, actor_id=account(callers["asker"]).id,
            cameo_id=cameo.id, video_id=videos["draft"].id, rule="SECRET-RULE", read_at=soon,
            grant_id=ended.id, capture_id=capture_id(started),
        )  # fmt: skip
    await deliver(server.stores.redis)
    notices = [row.id for row in await Notification.all()]
    return World(callers, {
        "cameo": global_id("Cameo", cameo.id), "capture": started["capture"]["id"], "owner": "the_owner",
        "published": global_id("Video", videos["published"].id), "draft": global_id("Video", videos["draft"].id),
        "notices": [global_id("Notification", one) for one in notices],
    })  # fmt: skip


async def _videos(server: Server, author: Api, cameo: Cameo, beside: Cameo) -> dict[str, Any]:
    made = {
        "published": await make_video(server.stores, author, [cameo, beside], scopes=Scope.VOICE),
        "draft": await make_video(server.stores, author, [cameo, beside], scopes=Scope.VOICE, published=False),
    }
    gone = await make_video(server.stores, author, [cameo], scopes=Scope.VOICE)
    await VideoVisibility.filter(id=gone.id).update(consent="WITHDRAWN")
    await VideoLikeness.filter(video_id=gone.id).update(withdrawn_at=datetime.now(UTC), withdrawn_for="REMOVED")
    made["draft"].prompt = "HIDDEN-PROMPT"
    await made["draft"].save()
    made["published"].recipe = {"brief": {"place": "beach", "subjects": []}}
    await made["published"].save()
    return made


async def _papers(cameo: Cameo, author: Api, draft: Any) -> None:
    now = datetime.now(UTC)
    await Approval.create(
        video_id=draft.id, cameo_id=cameo.id, draft_hash="0" * 64, expires_at=now + timedelta(days=1), answered_at=now
    )
    await Decision.create(
        cameo_id=cameo.id, actor_id=account(author).id, stage=DecisionStage.REQUEST, allowed=False, rule="SECRET-RULE"
    )
    counted = {"MP4": {"objects": 1, "bytes": 3}}
    await Withdrawal.create(
        cameo_id=cameo.id, reason="REMOVED", videos=1, marked_at=now, told_at=now, purged_at=now, purged=counted,
        receipt={"id": "x"},
    )  # fmt: skip
    await Erasure.create(
        kind=ErasureKind.CAMEO, subject_id=cameo.id, account_id=cameo.owner_id, erased=counted, done_at=now
    )


def seen_in(data: Any, found: dict[str, set[str]]) -> None:
    """Collect ``Type → fields`` that have a value, at any depth."""
    if isinstance(data, list):
        for one in data:
            seen_in(one, found)
    if isinstance(data, dict):
        name = data.get("__typename", "")
        base = "Notification" if name in NOTICES else name
        for field, value in data.items():
            if field != "__typename" and value is not None:
                found[base if field in fields_of("Notification") else name].add(field)
            seen_in(value, found)


def test_every_field_of_what_tells_of_a_cameo_has_its_readers() -> None:
    for name, readers in READERS.items():
        own = fields_of(name) - (fields_of("Notification") if name in NOTICES else set())
        assert own == set(readers), f"{name}: write down who reads its new fields"
    assert {name for name in NOTICES if fields_of(name) - fields_of("Notification")} <= set(READERS)


def test_nothing_that_is_measured_of_a_face_or_a_voice_is_in_the_schema() -> None:
    words = ("embedding", "crop", "fingerprint", "vector", "voicesample", "mask")
    fields = [
        f"{kind.name}.{name}"
        for kind in TYPES.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name in kind.fields
    ]
    assert [name for name in fields if any(word in name.lower() for word in words)] == []


def _named(way: str, ids: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ids.items() if f"${name}:" in way}


async def test_every_role_reads_what_is_for_it_and_nothing_else(world: World) -> None:
    for role, caller in world.callers.items():
        answer = [await caller.run(way, **_named(way, world.ids)) for way in documents(role)]
        found: dict[str, set[str]] = defaultdict(set)
        seen_in(answer, found)
        for name, readers in READERS.items():
            expected = {field for field, roles in readers.items() if role in roles}
            assert found[name] == expected, f"{role} reads of {name}: {found[name] ^ expected} is wrong"
        text = json.dumps(answer)
        assert {word for word in SECRETS if word in text} == {w for w, who in SECRETS.items() if role in who}, role
