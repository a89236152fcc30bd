"""What a bundle says, section by section: each is one statement, read a page at a time and written as it is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

from tortoise import connections

from jobs.export.social import SOCIAL_SECTIONS
from models.consent.export import FORBIDDEN, UNANSWERED
from models.rules.video import RAN_OUT

PAGE = 500
_FIRST = UUID(int=0)


async def pages_of(statement: str, export_id: UUID) -> AsyncGenerator[list[str], None]:
    """The rows of a section as JSON texts, in pages."""
    last = _FIRST
    while True:
        rows = await connections.get("default").execute_query_dict(
            f"SELECT s.id, s.said::text AS said FROM ({statement}) AS s WHERE s.id > $2 ORDER BY s.id LIMIT $3",  # noqa: S608 - constants of this file
            [export_id, last, PAGE],
        )
        if rows:
            yield [row["said"] for row in rows]
        if len(rows) < PAGE:
            return
        last = rows[-1]["id"]


def _said(table: str, *columns: str) -> str:
    return "jsonb_build_object(" + ", ".join(f"'{name}', {table}.{name}" for name in columns) + ")"


_EXPORT = "SELECT account_id FROM export WHERE id = $1"
_SCOPES = """(
    SELECT coalesce(jsonb_agg(named.scope ORDER BY named.bit), '[]') FROM (
        VALUES (1, 'FACE'), (2, 'VOICE'), (4, 'REMIX'), (8, 'PUBLISH'), (16, 'DOWNLOAD')
    ) AS named (bit, scope) WHERE (g.scopes & named.bit) <> 0
)"""

# Of a withdrawn clip its author's own words stay, and nothing of the clip. A recipe says who was cast and how they are
# drawn: it goes where the file goes.
_VIDEOS = f"""
    SELECT v.id, CASE WHEN video_visibility.consent = 'WITHDRAWN' OR {RAN_OUT}
        THEN jsonb_build_object('id', v.id, 'tombstone', true, 'prompt', v.prompt, 'caption', v.caption,
            'created_at', v.created_at)
        ELSE {
    _said(
        "v",
        "id",
        "created_at",
        "caption",
        "prompt",
        "seconds",
        "width",
        "height",
        "fps",
        "has_audio",
        "remixable",
        "prompt_public",
    )
}
        || {_said("video_visibility", "author_state", "audience", "moderation", "published_at")}
        || jsonb_build_object(
            'tombstone', false, 'seed', gen.spec -> 'seed', 'parent', t.parent_id,
            'recipe', CASE WHEN p.id IS NOT NULL THEN v.recipe END,
            'file', CASE WHEN p.id IS NOT NULL THEN 'videos/' || v.id || '.mp4' END,
            'why_no_file', CASE WHEN p.id IS NOT NULL THEN NULL
                WHEN video_visibility.moderation <> 'CLEAR' THEN 'taken away by a moderator'
                WHEN {FORBIDDEN} THEN 'needs the download scope'
                WHEN {UNANSWERED} THEN 'somebody shown in it has not approved it'
                ELSE 'not available when this bundle was made' END
        ) END AS said
    FROM export x JOIN video v ON v.author_id = x.account_id
    JOIN video_visibility ON video_visibility.id = v.id AND video_visibility.author_state <> 'DELETED'
    JOIN generation gen ON gen.id = v.generation_id
    LEFT JOIN lineage t ON t.id = v.id
    LEFT JOIN export_part p ON p.export_id = x.id AND p.video_id = v.id AND p.cameo_id IS NULL
    WHERE x.id = $1
"""  # noqa: S608 - constants of this file
_GENERATIONS = f"""
    SELECT gen.id, {_said("gen", "id", "created_at", "state", "engine", "failure_code", "parent_id", "trend_id")}
        || jsonb_build_object('prompt', gen.spec -> 'prompt', 'seed', gen.spec -> 'seed') AS said
    FROM generation gen WHERE gen.account_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_APPEARANCES = f"""
    SELECT l.id, jsonb_build_object('video', l.video_id, 'cameo', l.cameo_id, 'via', l.via, 'grant', l.grant_id,
        'author', v.author_id, 'created_at', l.created_at, 'withdrawn_at', l.withdrawn_at,
        'withdrawn_for', l.withdrawn_for) AS said
    FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id
    JOIN video v ON v.id = l.video_id JOIN video_visibility s ON s.id = v.id AND s.author_state <> 'DELETED'
    WHERE c.owner_id = ({_EXPORT}) AND v.author_id <> c.owner_id
"""  # noqa: S608 - constants of this file
_CAMEOS = f"""
    SELECT c.id, {_said("c", "id", "created_at", "handle", "kind", "state", "version")} AS said
    FROM cameo c WHERE c.owner_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_CAPTURES = f"""
    SELECT k.id, {_said("k", "id", "created_at", "cameo_id", "state", "consent_version", "version")} AS said
    FROM capture k JOIN cameo c ON c.id = k.cameo_id WHERE c.owner_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_GRANT = _said(
    "g", "id", "created_at", "cameo_id", "subject_id", "audience", "not_before", "expires_at", "on_expiry", "state",
    "ended_at", "supersedes_id",
)  # fmt: skip
_GIVEN = f"""
    SELECT g.id, {_GRANT} || {_said("g", "restrictions", "preferences", "per_use_approval", "note")}
        || jsonb_build_object('scopes', {_SCOPES}) AS said
    FROM cameo_grant g JOIN cameo c ON c.id = g.cameo_id WHERE c.owner_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
# What the owner of the cameo wishes beside the scopes is theirs.
_RECEIVED = f"""
    SELECT g.id, {_GRANT} || jsonb_build_object('scopes', {_SCOPES}) AS said
    FROM cameo_grant g WHERE g.subject_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_CONSENT_LOG = f"""
    SELECT e.id, {_said("e", "id", "chain", "seq", "kind", "facts", "created_at")}
        || jsonb_build_object('hash', encode(e.hash, 'hex'), 'prev_hash', encode(e.prev_hash, 'hex')) AS said
    FROM audit_entry e WHERE e.chain IN (SELECT 'cameo/' || c.id FROM cameo c WHERE c.owner_id = ({_EXPORT}))
"""  # noqa: S608 - constants of this file
_DECISIONS = f"""
    SELECT d.id, {_said("d", "id", "created_at", "cameo_id", "actor_id", "stage", "allowed", "rule")} AS said
    FROM decision d JOIN cameo c ON c.id = d.cameo_id WHERE c.owner_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_FOLLOWS = f"""
    SELECT f.id, jsonb_build_object('account', a.id, 'handle', a.handle, 'since', f.created_at) AS said
    FROM follow f JOIN account a ON a.id = f.followee_id WHERE f.follower_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_BLOCKS = f"""
    SELECT b.id, jsonb_build_object('account', a.id, 'handle', a.handle, 'since', b.created_at) AS said
    FROM block b JOIN account a ON a.id = b.blocked_id WHERE b.blocker_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_NOTIFICATIONS = f"""
    SELECT n.id, {_said("n", "id", "created_at", "kind", "cameo_id", "video_id", "grant_id", "rule", "read_at")} AS said
    FROM notification n WHERE n.account_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
ACCOUNT = f"""
    SELECT a.id, {
    _said(
        "a",
        "id",
        "created_at",
        "handle",
        "display_name",
        "bio",
        "birth_date",
        "region",
        "role",
        "remixable_default",
        "on_leaderboards",
        "avatar_key",
    )
} AS said
    FROM account a WHERE a.id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
"""One row. Where the portrait lies in storage is for whoever packs it."""

SECTIONS: dict[str, str] = {
    "videos": _VIDEOS,
    "generations": _GENERATIONS,
    "appearances": _APPEARANCES,
    "cameos": _CAMEOS,
    "captures": _CAPTURES,
    "grants_given": _GIVEN,
    "grants_received": _RECEIVED,
    "consent_log": _CONSENT_LOG,
    "decisions": _DECISIONS,
    "follows": _FOLLOWS,
    "blocks": _BLOCKS,
    "notifications": _NOTIFICATIONS,
    **SOCIAL_SECTIONS,
}
"""In order. Others appear in them as ids; only whom the account itself follows, blocks, mutes or chose has a handle."""
