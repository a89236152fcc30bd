"""The manifest: every class of data derived from a person, where it lies, and how it is destroyed.

The eraser (`jobs/erasure/work.py`) works through this list and counts class by class in the receipt; tests fail for a
column of the database that no class and no exception names, and plant a canary in each class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Place(StrEnum):
    """Which store."""

    POSTGRES = "Postgres"
    MEDIA = "media storage"
    REDIS = "Redis"
    SCRATCH = "scratch folder"
    KEYS = "key folder"
    LOGS = "logs"
    BACKUPS = "backups"


class Of(StrEnum):
    """What is erased when this class is: a cameo, an account, or either."""

    CAMEO = "cameo"
    ACCOUNT = "account"
    BOTH = "cameo or account"


@dataclass(frozen=True)
class DerivedClass:
    """One class. ``columns`` are ``table.column`` of the database; ``sealed``: unreadable once the key is shredded.

    ``counted``: it appears in the receipt, so an eraser must exist for it. Others are dealt with as ``how`` says.
    """

    name: str
    place: Place
    of: Of
    holds: str
    how: str
    columns: tuple[str, ...] = ()
    sealed: bool = False
    counted: bool = True


def _rows(name: str, of: Of, holds: str, how: str, *columns: str, sealed: bool = False) -> DerivedClass:
    return DerivedClass(name, Place.POSTGRES, of, holds, how, columns, sealed=sealed)


MANIFEST: tuple[DerivedClass, ...] = (
    DerivedClass(
        "KEY", Place.KEYS, Of.BOTH, "data keys of captures, versions, uploads and notices",
        "overwritten, removed, noted in the signed ledger; a restore destroys them again",
    ),
    DerivedClass(
        "UPLOAD", Place.MEDIA, Of.BOTH, "recordings and pictures as they were sent",
        "objects deleted, rows blanked", ("upload.key", "upload.sha256"), sealed=True,
    ),
    DerivedClass(
        "CAPTURE_FILE", Place.MEDIA, Of.CAMEO, "face crops, cut-outs and voice samples of every version",
        "objects deleted, list emptied", ("cameo_version.files",), sealed=True,
    ),
    _rows(
        "EMBEDDING", Of.CAMEO, "face and voice embeddings, fingerprints, places of features", "set to NULL",
        "cameo_version.face_embedding", "cameo_version.voice_embedding", "cameo_version.fingerprint",
        "cameo_version.sealed", sealed=True,
    ),
    _rows(
        "CAPTURE_RESULT", Of.CAMEO, "challenges, what checks found, what was carried from try to try", "blanked",
        "capture.challenge", "capture.checks", "capture.carried", "capture.review", "capture.idempotency_key",
        sealed=False,
    ),
    _rows(
        "GRANT_TEXT", Of.BOTH, "restrictions, preferences and notes in words", "blanked",
        "cameo_grant.restrictions", "cameo_grant.preferences", "cameo_grant.note", "cameo_grant.idempotency_key",
    ),
    _rows(
        "RECIPE", Of.CAMEO, "casts, recipes and loudness of clips with the cameo, whoever made them; not their prompts",
        "blanked", "generation.spec", "generation.recipe", "video.recipe", "video.waveform",
    ),
    _rows("DECISION", Of.BOTH, "who used or asked for the cameo, what was decided", "rows deleted", "decision.rule"),
    _rows(
        "REPORT", Of.BOTH, "words of reports and appeals about a video, and of moderators about those", "blanked",
        "report.text", "report.note", "report.idempotency_key",
    ),
    DerivedClass(
        "EVIDENCE", Place.MEDIA, Of.BOTH, "copies of videos that were withdrawn under an open report",
        "keys shredded at once, objects deleted (else when the report is decided, or after 30 days)", sealed=True,
    ),
    _rows("NOTIFICATION", Of.BOTH, "who did what, as ids", "rows deleted", "notification.rule"),
    _rows(
        "AUDIT_PERSONAL", Of.BOTH, "personal data of the audit log, which itself keeps ids only",
        "rows deleted, key shredded; the chain still verifies", "audit_personal.sealed", sealed=True,
    ),
    _rows("NAME", Of.BOTH, "handles, display name, biography, birth date, region, password", "freed and blanked",
        "cameo.handle", "account.handle", "account.display_name", "account.bio", "account.password_hash",
        "account.birth_date", "account.region",
    ),
    _rows("SESSION", Of.ACCOUNT, "where the account was signed in, its invites", "rows deleted",
        "session.token_hash", "invite.code_hmac",
    ),
    _rows(
        "RELATION", Of.ACCOUNT, "follows, blocks and mutes in both directions, for whom and by whom one was chosen",
        "rows deleted",
    ),
    _rows("APPEARANCE", Of.BOTH, "which videos with them a person shows on their profile", "rows deleted"),
    DerivedClass("AVATAR", Place.MEDIA, Of.ACCOUNT, "the portrait", "object deleted", ("account.avatar_key",)),
    _rows(
        "COMMENT", Of.ACCOUNT, "comments", "rows deleted; one with replies loses its words and keeps its place",
        "comment.body", "comment.idempotency_key",
    ),
    _rows(
        "TASTE", Of.ACCOUNT,
        "likes, videos met and for how long, what is wanted less of, weights of the feed, and what was learned of it",
        "rows deleted, counts corrected; what was met is forgotten after `impression_days` anyway",
        "feed_weights.weights", "feed_weights.steer", "account_taste.liking", "account_taste.near",
    ),
    _rows(
        "MEANING", Of.BOTH, "what captions and prompts say, as words to search by and as a vector", "rows deleted",
        "video_text.words", "video_text.meaning", "video_text.language", "video_text.topics",
    ),
    DerivedClass(
        "PRINT", Place.POSTGRES, Of.BOTH, "coarse signs of a clip's pictures and sound, by which a copy is known again",
        "rows deleted with the clip's file, by a trigger",
        ("video_print.pictures", "video_print.sound", "video_print.picture_keys", "video_print.sound_keys"),
        counted=False,
    ),
    _rows(
        "TREND", Of.BOTH, "trends that a clip gave its name to, and that it belonged to",
        "rows deleted; the others are found anew", "trend.key", "trend.title", "trend_sign.signs",
    ),
    _rows(
        "GENERATION_TEXT", Of.ACCOUNT, "prompts, recipes, captions and words of failures of the account's own clips",
        "blanked", "generation.spec", "generation.recipe", "generation.failure_message",
        "generation.idempotency_key", "video.prompt", "video.caption", "video.recipe", "video.waveform",
    ),
    DerivedClass(
        "EXPORT", Place.MEDIA, Of.ACCOUNT, "bundles of everything that is the account's own",
        "key shredded at once, objects and rows deleted; the erasure of a cameo voids its owner's bundles as well",
        ("export.idempotency_key",), sealed=True,
    ),
    DerivedClass("MP4", Place.MEDIA, Of.BOTH, "finished clips", "objects deleted", ("rendition.key",)),
    DerivedClass("POSTER", Place.MEDIA, Of.BOTH, "still pictures of clips", "objects deleted"),
    DerivedClass("PREVIEW", Place.MEDIA, Of.BOTH, "short animations of clips", "objects deleted"),
    DerivedClass("LATENT", Place.MEDIA, Of.BOTH, "latents that remixes start from", "objects deleted"),
    DerivedClass("LIVE_SEGMENT", Place.MEDIA, Of.BOTH, "segments of clips that were being made", "objects deleted"),
    DerivedClass(
        "STEP_PREVIEW", Place.REDIS, Of.BOTH, "progress streams and the small pictures of steps",
        "keys deleted (else gone after 15 minutes, streams after 24 hours)",
    ),
    DerivedClass(
        "SCROLL", Place.REDIS, Of.ACCOUNT, "ranked scrolls of the account, with the sentences that steer them",
        "keys deleted (else gone some hours after their last use, by policy)",
    ),
    DerivedClass(
        "NOTICE", Place.POSTGRES, Of.BOTH, "notices and block entries of people who need no account",
        "key shredded and columns emptied when a moderator decides, or lifts the entry",
        ("notice.sealed", "notice.face", "block_entry.name", "block_entry.face"), sealed=True, counted=False,
    ),
    DerivedClass(
        "WAITING", Place.POSTGRES, Of.ACCOUNT, "contacts and notes of people who wait to be admitted",
        "row deleted and key shredded when they leave, join, or policy's days are over",
        ("waiting.sealed", "waiting.contact_hmac", "waiting.region", "waiting.token_hash"), sealed=True, counted=False,
    ),
    DerivedClass(
        "RATE_COUNTER", Place.REDIS, Of.ACCOUNT, "how often an address, a handle or an account tried something",
        "keys end by themselves within a day", counted=False,
    ),
    DerivedClass(
        "STREAM_ENTRY", Place.REDIS, Of.BOTH, "ids of videos in the feed stream, ids of accounts in the inbox stream",
        "ids only; entries end within 7 days", counted=False,
    ),
    DerivedClass(
        "SCRATCH", Place.SCRATCH, Of.CAMEO, "opened crops and samples while a job runs",
        "removed with the job, which the erasure stops within seconds; after a crash by the next worker",
        counted=False,
    ),
    DerivedClass(
        "LOG", Place.LOGS, Of.BOTH, "nothing personal: ids and codes only", "by rule; the canary test reads them",
        counted=False,
    ),
    DerivedClass(
        "BACKUP", Place.BACKUPS, Of.BOTH, "copies of Postgres and media",
        "what is sealed is unreadable at once; the rest goes when the backup does, within 30 days by policy, and a "
        "restore erases again before it serves",
        counted=False,
    ),
)  # fmt: skip
"""Everything there is."""

KEPT: Mapping[str, str] = {
    "video_likeness.*": "ids that keep a withdrawn likeness withdrawn for ever",
    "lineage.*": "ids that keep remix chains whole, as tombstones",
    "audit_entry.*": "ids, enums and times, without which the log would not verify",
    "file_hash.*": "hashes of finished files, by which a downloaded copy is told to be without consent",
    "withdrawal.*": "counts and receipts",
    "erasure.*": "counts and receipts",
    "cameo.*": "the tombstone: ids and state",
    "account.*": "the tombstone: ids and times",
}
"""What an erasure leaves, and why. None of it is a name, a face, a voice or a word of the person."""

VIDEO_CLASSES = ("MP4", "POSTER", "PREVIEW", "LATENT", "LIVE_SEGMENT", "STEP_PREVIEW")
"""Classes that a withdrawal destroys."""


def counted_of(subject: Of) -> tuple[str, ...]:
    """Names of the classes that an erasure of ``subject`` counts."""
    return tuple(each.name for each in MANIFEST if each.counted and each.of in (subject, Of.BOTH))


@dataclass
class Tally:
    """How much of each class was destroyed; a class of which nothing was found says so."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])

    @classmethod
    def of(cls, stored: Mapping[str, Mapping[str, int]], classes: Iterable[str]) -> Tally:
        """What was counted so far, with every one of ``classes`` in it."""
        return cls({name: {"objects": 0, "bytes": 0, **stored.get(name, {})} for name in {*classes, *stored}})

    def add(self, name: str, size: int, *, objects: int = 1) -> None:
        """Count ``objects`` of the class ``name`` with ``size`` bytes together."""
        found = self.counts.setdefault(name, {"objects": 0, "bytes": 0})
        found["objects"] += objects
        found["bytes"] += size

    def add_all(self, other: Mapping[str, Mapping[str, int]]) -> None:
        """Count what another act destroyed as well."""
        for name, found in other.items():
            self.add(name, found["bytes"], objects=found["objects"])
