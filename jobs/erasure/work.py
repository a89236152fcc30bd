"""Erasing a cameo or an account, second half: destroy what is stored, class by class of the manifest; then a receipt.

Every step may be repeated: what is deleted is counted from the rows that name it, which go in the same transaction.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.withdrawn import BATCH, purge_videos
from jobs.erasure.begin import shred
from jobs.erasure.social import SOCIAL_ACCOUNT_STEPS, SOCIAL_CAMEO_STEPS
from jobs.erasure.steps import ACCOUNT_STEPS, CAMEO_STEPS, text_step
from jobs.feed.scrolls import forget_scrolls
from models.account import avatar_prefix
from models.audit import SERVER, append, chain_of
from models.capture import likeness_prefix
from models.erasure import ErasureKind
from models.erasure_manifest import Of, Tally, counted_of
from models.export import export_prefix, export_subject
from models.keys import Keys
from models.receipt import deletion_receipt
from models.report import evidence_folder, evidence_subject
from models.storage import MediaStore
from models.vault import Vault


@dataclass(frozen=True)
class Eraser:
    """What an erasure reaches."""

    media: MediaStore
    redis: Redis
    vault: Vault
    keys: Keys

    async def erase_pending(self) -> int:
        """Go on with every erasure that is not done; returns how many were completed. Any number may run at once.

        One that storage will not let go on does not keep the others; its error is raised at the end.
        """
        rows = await connections.get("default").execute_query_dict(
            "SELECT id FROM erasure WHERE done_at IS NULL ORDER BY kind DESC, id"
        )
        done = 0
        stuck: list[Exception] = []
        for row in rows:
            try:
                done += await self._go_on(row["id"])
            except Exception as error:  # noqa: BLE001 - raised below, when the others had their turn
                stuck.append(error)
        if stuck:
            raise stuck[0]
        return done

    async def _go_on(self, erasure_id: UUID) -> bool:
        """One erasure, as far as it goes now; whether that is its end."""
        while True:
            async with in_transaction() as connection:
                rows = await connection.execute_query_dict(_TAKE, [erasure_id])
                if not rows:
                    return False
                row = rows[0]
                if await connection.execute_query_dict(_WAITS[row["kind"]], [row["subject_id"]]):
                    return False
                of = Of.CAMEO if row["kind"] == ErasureKind.CAMEO else Of.ACCOUNT
                tally = Tally.of(json.loads(row["erased"]), counted_of(of))
                if of is Of.ACCOUNT and await self._purge_own(connection, row, tally):
                    continue
                await self._finish(connection, of, row, tally)
                return True

    async def _purge_own(self, connection: BaseDBAsyncClient, row: dict[str, Any], tally: Tally) -> bool:
        """A batch of the account's own videos, committed by itself; whether there may be more."""
        videos = await connection.execute_query_dict(_OWN_VIDEOS, [row["subject_id"], BATCH])
        if videos:
            await purge_videos(connection, self.media, self.redis, videos, tally)
            await connection.execute_query(
                "UPDATE erasure SET erased = $2::jsonb WHERE id = $1", [row["id"], json.dumps(tally.counts)]
            )
        return len(videos) == BATCH

    async def _finish(self, connection: BaseDBAsyncClient, of: Of, row: dict[str, Any], tally: Tally) -> None:
        subject_id: UUID = row["subject_id"]
        for step in _STEPS[of]:
            await text_step(connection, step, subject_id, tally)
        subjects = await self._destroy_files(connection, of, subject_id, tally)
        subjects += await self._destroy_evidence(connection, of, row, tally)
        await asyncio.to_thread(shred, self.vault, subjects)
        tally.add("KEY", 0, objects=sum([each in self.vault.ledger for each in subjects]))
        if of is Of.CAMEO:
            await self._count_videos(connection, subject_id, tally)
            await connection.execute_query(
                "UPDATE cameo SET state = 'ERASED', handle = NULL WHERE id = $1", [subject_id]
            )
        await self._sign(connection, of, row, tally.counts)

    async def _destroy_files(self, connection: BaseDBAsyncClient, of: Of, subject_id: UUID, tally: Tally) -> list[str]:
        """Uploads, and the files of versions; returns the vault subjects that everything was sealed under."""
        subjects = [f"{of.value}/{subject_id}"]
        uploads = await connection.execute_query_dict(_UPLOADS[of], [subject_id])
        for upload in uploads:
            subjects.append(f"upload/{upload['id']}")
            if upload["key"] is not None:
                await self.media.delete_under(f"{upload['key']}/")  # a sealed file is a folder of pieces
                tally.add("UPLOAD", upload["bytes"] or 0)
        await connection.execute_query(
            "DELETE FROM upload WHERE id = ANY ($1::uuid[])", [[upload["id"] for upload in uploads]]
        )
        if of is Of.ACCOUNT:
            tally.add("AVATAR", 0, objects=await self.media.delete_under(avatar_prefix(subject_id)))
            tally.add("SCROLL", 0, objects=await forget_scrolls(self.redis, subject_id))
            subjects += await self._destroy_exports(connection, subject_id, tally)
        if of is Of.CAMEO:
            captures = await connection.execute_query_dict("SELECT id FROM capture WHERE cameo_id = $1", [subject_id])
            subjects += [f"capture/{capture['id']}" for capture in captures]
            for version in await connection.execute_query_dict(_VERSIONS, [subject_id]):
                subjects.append(f"cameo/{subject_id}/{version['number']}")
                for file in json.loads(version["files"]):
                    tally.add("CAPTURE_FILE", file["bytes"])
            await self.media.delete_under(likeness_prefix(subject_id))
            await connection.execute_query(_FORGET_VERSIONS, [subject_id])
        return subjects

    async def _destroy_exports(self, connection: BaseDBAsyncClient, account_id: UUID, tally: Tally) -> list[str]:
        """Every bundle of an account, its rows too; returns what they were sealed under."""
        exports = await connection.execute_query_dict(
            "SELECT id, bytes FROM export WHERE account_id = $1 ORDER BY id", [account_id]
        )
        for each in exports:
            await self.media.delete_under(export_prefix(each["id"]))
            tally.add("EXPORT", each["bytes"] or 0)
        await connection.execute_query("DELETE FROM export WHERE account_id = $1", [account_id])
        return [export_subject(each["id"]) for each in exports]

    async def _destroy_evidence(
        self, connection: BaseDBAsyncClient, of: Of, row: dict[str, Any], tally: Tally
    ) -> list[str]:
        """Copies that moderators kept, those among them that a sweep destroyed since the wish; returns the subjects."""
        copies = await connection.execute_query_dict(_EVIDENCE[of], [row["subject_id"], row["created_at"]])
        for copy in copies:
            await self.media.delete_under(evidence_folder(copy["id"]))
            tally.add("EVIDENCE", copy["bytes"])
        await connection.execute_query(
            "UPDATE evidence SET destroyed_at = coalesce(destroyed_at, yume_now()) WHERE id = ANY ($1::uuid[])",
            [[copy["id"] for copy in copies]],
        )
        return [evidence_subject(copy["id"]) for copy in copies]

    async def _count_videos(self, connection: BaseDBAsyncClient, cameo_id: UUID, tally: Tally) -> None:
        rows = await connection.execute_query_dict(
            "SELECT purged::text AS purged FROM withdrawal WHERE cameo_id = $1 AND reason = 'ERASED'", [cameo_id]
        )
        for row in rows:
            tally.add_all(json.loads(row["purged"]))

    async def _sign(
        self, connection: BaseDBAsyncClient, of: Of, row: dict[str, Any], erased: Mapping[str, Mapping[str, int]]
    ) -> None:
        chain = chain_of(row["subject_id"]) if of is Of.CAMEO else SERVER
        [found] = await connection.execute_query_dict(_PROVED, [chain, str(row["subject_id"])])
        receipt = deletion_receipt(
            self.keys,
            receipt_id=row["id"],
            subject=f"{of.value}/{row['subject_id']}",
            asked_at=row["created_at"],
            done_at=found["now"],
            purged=erased,
            audit_hash=found["hash"],
        )
        await connection.execute_query(
            "UPDATE erasure SET done_at = $2, erased = $3::jsonb, receipt = $4::jsonb WHERE id = $1",
            [row["id"], found["now"], json.dumps(erased), json.dumps(receipt)],
        )
        facts = {of.value: row["subject_id"], "erasure": row["id"], "objects": receipt["objects"]}
        await append(connection, chain, f"{of.name}_ERASED", facts)


_STEPS = {Of.CAMEO: CAMEO_STEPS + SOCIAL_CAMEO_STEPS, Of.ACCOUNT: ACCOUNT_STEPS + SOCIAL_ACCOUNT_STEPS}
_TAKE = """
    SELECT id, kind, subject_id, created_at, erased::text AS erased FROM erasure
    WHERE id = $1 AND done_at IS NULL FOR UPDATE SKIP LOCKED
"""
# What must have ended first: jobs that hold opened crops, and the purge of videos, which is counted as well.
_WAITS = {
    ErasureKind.CAMEO: """
        SELECT 1 FROM withdrawal w WHERE w.cameo_id = $1 AND w.purged_at IS NULL
        UNION ALL SELECT 1 FROM generation_likeness l JOIN generation g ON g.id = l.generation_id
        WHERE l.cameo_id = $1 AND g.state IN ('RUNNING', 'CHECKING') LIMIT 1
    """,
    ErasureKind.ACCOUNT: """
        SELECT 1 FROM erasure e JOIN cameo c ON c.id = e.subject_id
        WHERE e.kind = 'CAMEO' AND e.done_at IS NULL AND c.owner_id = $1
        UNION ALL SELECT 1 FROM generation g WHERE g.account_id = $1 AND g.state IN ('QUEUED', 'RUNNING', 'CHECKING')
        LIMIT 1
    """,
}
_OWN_VIDEOS = """
    SELECT v.id, v.generation_id FROM video v
    WHERE v.author_id = $1 AND EXISTS (SELECT 1 FROM rendition r WHERE r.video_id = v.id) LIMIT $2
"""
# Recordings of tries that were repeated are named by no capture any more: those go as well.
_UPLOADS = {
    Of.CAMEO: """
        SELECT u.id, u.key, u.bytes FROM upload u JOIN cameo c ON c.owner_id = u.account_id
        WHERE c.id = $1 AND u.purpose = 'CAPTURE'
            AND NOT EXISTS (SELECT 1 FROM capture o WHERE o.upload_id = u.id AND o.cameo_id <> c.id)
    """,
    Of.ACCOUNT: "SELECT id, key, bytes FROM upload WHERE account_id = $1",
}
_EVIDENCE = {
    of: f"""
        SELECT e.id, e.bytes FROM evidence e
        WHERE (e.destroyed_at IS NULL OR e.destroyed_at >= $2) AND e.video_id IN ({videos})
    """  # noqa: S608 - constants
    for of, videos in {
        Of.CAMEO: "SELECT l.video_id FROM video_likeness l WHERE l.cameo_id = $1",
        Of.ACCOUNT: "SELECT v.id FROM video v WHERE v.author_id = $1",
    }.items()
}
_VERSIONS = "SELECT number, files::text AS files FROM cameo_version WHERE cameo_id = $1 ORDER BY number FOR UPDATE"
_FORGET_VERSIONS = """
    UPDATE cameo_version SET files = '[]', retired_at = coalesce(retired_at, yume_now()),
        destroyed_at = coalesce(destroyed_at, yume_now())
    WHERE cameo_id = $1
"""
_PROVED = """
    SELECT yume_now() AS now, (
        SELECT e.hash FROM audit_entry e
        WHERE e.chain = $1 AND e.kind IN ('CAMEO_ERASING', 'ACCOUNT_DELETED')
            AND (e.chain <> 'server' OR e.facts->>'account' = $2)
        ORDER BY e.seq DESC LIMIT 1
    ) AS hash
"""
