"""What an erasure does to rows: one statement a class, which says how many rows and about how many bytes it took."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.erasure_manifest import Tally


@dataclass(frozen=True)
class RowStep:
    """``find`` lists the ``bytes`` of what ``statement`` then blanks or deletes; both take the subject's id."""

    name: str
    find: str
    statement: str


async def text_step(connection: BaseDBAsyncClient, step: RowStep, subject_id: UUID, tally: Tally) -> None:
    """Do one step and count it."""
    [found] = await connection.execute_query_dict(
        f"SELECT count(*)::int AS objects, coalesce(sum(bytes), 0)::bigint AS bytes FROM ({step.find}) AS found",  # noqa: S608 - constants of this file
        [subject_id],
    )
    await connection.execute_query(step.statement, [subject_id])
    tally.add(step.name, found["bytes"], objects=found["objects"])


def deletes(name: str, table: str, condition: str, *, size: str = "0") -> RowStep:
    """A step that deletes rows; ``size`` is the SQL of how many bytes one holds."""
    return RowStep(
        name,
        f"SELECT {size} AS bytes FROM {table} WHERE {condition}",  # noqa: S608 - constants of two files
        f"DELETE FROM {table} WHERE {condition}",  # noqa: S608 - constants of two files
    )


CAMEO_STEPS: tuple[RowStep, ...] = (
    RowStep(
        "EMBEDDING",
        """
        SELECT coalesce(length(face_embedding), 0) + coalesce(length(voice_embedding), 0)
            + coalesce(length(fingerprint), 0) + coalesce(length(sealed), 0) AS bytes
        FROM cameo_version WHERE cameo_id = $1
        """,
        """
        UPDATE cameo_version SET face_embedding = NULL, voice_embedding = NULL, fingerprint = NULL, sealed = NULL
        WHERE cameo_id = $1
        """,
    ),
    RowStep(
        "CAPTURE_RESULT",
        """
        SELECT octet_length(challenge::text) + octet_length(checks::text) + coalesce(length(carried), 0) AS bytes
        FROM capture WHERE cameo_id = $1
        """,
        """
        UPDATE capture SET challenge = '{}', checks = '[]', carried = NULL, review = NULL, idempotency_key = id::text,
            request_hash = ''
        WHERE cameo_id = $1
        """,
    ),
    RowStep(
        "GRANT_TEXT",
        """
        SELECT octet_length(note) + octet_length(preferences) + octet_length(restrictions::text) AS bytes
        FROM cameo_grant WHERE cameo_id = $1
        """,
        """
        UPDATE cameo_grant SET note = '', preferences = '', restrictions = '{}', idempotency_key = NULL,
            request_hash = NULL
        WHERE cameo_id = $1
        """,
    ),
    deletes("DECISION", "decision", "cameo_id = $1"),
    # That a clip was withdrawn is its author's own news, and names nobody any more.
    deletes("NOTIFICATION", "notification", "cameo_id = $1 AND kind <> 'VIDEO_WITHDRAWN'"),
    deletes(
        "AUDIT_PERSONAL",
        "audit_personal",
        "starts_with(subject, 'cameo/' || ($1::uuid)::text || '/')",
        size="length(sealed)",
    ),
    # Of clips that others made as well: who played in them, what was said and how loud. Their prompts stay their own.
    RowStep(
        "RECIPE",
        """
        SELECT octet_length(v.recipe::text) + octet_length(v.waveform::text) AS bytes
        FROM video v JOIN video_likeness l ON l.video_id = v.id WHERE l.cameo_id = $1 AND v.recipe <> '{}'
        """,
        """
        UPDATE video v SET recipe = '{}', waveform = '[]' FROM video_likeness l
        WHERE l.video_id = v.id AND l.cameo_id = $1
        """,
    ),
    RowStep(
        "RECIPE",
        """
        SELECT coalesce(octet_length(g.recipe::text), 0) + octet_length((g.spec -> 'cast')::text) AS bytes
        FROM generation g JOIN generation_likeness l ON l.generation_id = g.id
        WHERE l.cameo_id = $1 AND g.spec ? 'cast'
        """,
        """
        UPDATE generation g SET recipe = NULL, spec = g.spec - 'cast' FROM generation_likeness l
        WHERE l.generation_id = g.id AND l.cameo_id = $1
        """,
    ),
    RowStep(
        "NAME",
        "SELECT octet_length(handle) AS bytes FROM cameo WHERE id = $1 AND handle IS NOT NULL",
        "UPDATE cameo SET handle = NULL WHERE id = $1",
    ),
    # After the cameo's own row, as whoever decides on a report locks them.
    RowStep(
        "REPORT",
        """
        SELECT octet_length(r.text) + octet_length(r.note) AS bytes
        FROM report r JOIN video_likeness l ON l.video_id = r.video_id WHERE l.cameo_id = $1
        """,
        """
        UPDATE report r SET text = '', note = '' FROM video_likeness l
        WHERE l.video_id = r.video_id AND l.cameo_id = $1
        """,
    ),
)
"""In order; classes of files and keys are `jobs.erasure.work.Eraser`'s."""

ACCOUNT_STEPS: tuple[RowStep, ...] = (
    RowStep(
        "GENERATION_TEXT",
        """
        SELECT octet_length(spec::text) + coalesce(octet_length(recipe::text), 0)
            + coalesce(octet_length(failure_message), 0) AS bytes
        FROM generation WHERE account_id = $1
        """,
        """
        UPDATE generation SET spec = '{}', recipe = NULL, failure_message = NULL, idempotency_key = id::text,
            request_hash = ''
        WHERE account_id = $1
        """,
    ),
    RowStep(
        "GENERATION_TEXT",
        """
        SELECT octet_length(prompt) + octet_length(caption) + octet_length(recipe::text) AS bytes
        FROM video WHERE author_id = $1
        """,
        "UPDATE video SET prompt = '', caption = '', recipe = '{}', waveform = '[]' WHERE author_id = $1",
    ),
    RowStep(
        "GRANT_TEXT",
        "SELECT octet_length(note) AS bytes FROM cameo_grant WHERE subject_id = $1",
        """
        UPDATE cameo_grant SET note = '', ended_at = coalesce(ended_at, yume_now()),
            state = CASE WHEN state IN ('PENDING', 'ACTIVE') THEN 'REVOKED' ELSE state END
        WHERE subject_id = $1
        """,
    ),
    RowStep(
        "DECISION",
        "SELECT 0 AS bytes FROM decision WHERE actor_id = $1",
        "UPDATE decision SET actor_id = NULL WHERE actor_id = $1",
    ),
    RowStep(
        "REPORT",
        """
        SELECT octet_length(r.text) + octet_length(r.note) AS bytes FROM report r JOIN video v ON v.id = r.video_id
        WHERE r.reporter_id = $1 OR v.author_id = $1
        """,
        """
        UPDATE report r SET text = '', note = '', idempotency_key = r.id::text, request_hash = '',
            reporter_id = nullif(r.reporter_id, $1)
        FROM video v WHERE v.id = r.video_id AND (r.reporter_id = $1 OR v.author_id = $1)
        """,
    ),
    deletes("NOTIFICATION", "notification", "account_id = $1 OR actor_id = $1"),
    deletes("AUDIT_PERSONAL", "audit_personal", "subject = 'account/' || ($1::uuid)::text", size="length(sealed)"),
    deletes("SESSION", "session", "account_id = $1", size="octet_length(token_hash)"),
    deletes("SESSION", "invite", "created_by_id = $1", size="octet_length(code_hmac)"),
    deletes("RELATION", "follow", "follower_id = $1 OR followee_id = $1"),
    deletes("RELATION", "block", "blocker_id = $1 OR blocked_id = $1"),
    RowStep(
        "NAME",
        "SELECT 0 AS bytes FROM account WHERE id = $1",
        """
        UPDATE account SET handle = '~' || left(replace(($1::uuid)::text, '-', ''), 29), display_name = '', bio = '',
            password_hash = NULL, birth_date = NULL, region = NULL, role = 'MEMBER', avatar_key = NULL,
            on_leaderboards = false
        WHERE id = $1
        """,
    ),
    # Done in the first half already, unless a restore brought the account back.
    RowStep(
        "NAME",
        "SELECT 0 AS bytes WHERE $1::uuid IS NULL",
        "UPDATE video_visibility SET author_state = 'DELETED' WHERE author_id = $1 AND author_state <> 'DELETED'",
    ),
)
"""In order, after the account's own videos are purged."""
