"""The manifest of what derives from a person names every column of the database, or says why not."""

from __future__ import annotations

from models.erasure_manifest import KEPT, MANIFEST
from tests.jobs_stack import rows


async def test_every_column_is_in_the_manifest_or_holds_nothing_of_a_person(database: str) -> None:
    listed = {column for each in MANIFEST for column in each.columns}
    kept = {name.removesuffix(".*") for name in KEPT}
    found = await rows(
        """
        SELECT table_name || '.' || column_name AS name, table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'jsonb', 'json', 'date', 'inet', 'ARRAY',
            'character varying', 'tsvector', 'USER-DEFINED')
        """
    )
    names = {row["name"] for row in found if row["table_name"] not in kept} | {
        row["name"] for row in found if row["name"] in listed
    }
    new = names - listed - IMPERSONAL
    assert new == set(), "name them in models/erasure_manifest.py, or here when nothing in them is a person's"
    assert names - listed >= IMPERSONAL, "these columns are gone"
    assert listed - {row["name"] for row in found} == set(), "the manifest names columns that are not there"


IMPERSONAL = {
    "approval.draft_hash", "approval.state", "audit_daily_head.day", "audit_daily_head.kid", "audit_daily_head.root",
    "audit_daily_head.signature", "audit_head.chain", "audit_head.hash", "audit_personal.subject",
    "cameo_grant.audience", "cameo_grant.on_expiry", "cameo_grant.request_hash", "cameo_grant.state",
    "cameo_version.face_model", "cameo_version.voice_model", "capture.consent_hash", "capture.kind",
    "capture.nonce_hash", "capture.request_hash", "capture.state", "chore_run.name", "comment.request_hash",
    "decision.stage", "leader.kind", "leader.period",
    "engine_host.capabilities", "engine_host.device",
    "engine_host.engine", "engine_host.host", "engine_host.weights", "export.state",
    "generation.engine", "generation.failure_code", "generation.phase", "generation.request_hash", "generation.state",
    "generation_likeness.via", "notice.photo", "notice.state", "notification.group_key", "notification.kind",
    "outbox.payload", "outbox.topic", "policy.key", "policy.value", "quota_charge.pool", "rendition.content_type",
    "rendition.kind",
    "rendition.sha256", "report.kind", "report.reason", "report.request_hash", "report.verdict", "see_less.kind",
    "session.purpose", "tortoise_migrations.app", "tortoise_migrations.name",
    "trend.kind", "upload.purpose", "upload.token_hash",
    "video_visibility.audience", "video_visibility.author_state", "video_visibility.consent",
    "video_visibility.moderation",
}  # fmt: skip
"""Codes, hashes of random tokens, states, and what servers write about themselves."""
