"""Cameos, grants, videos and jobs as the product leaves them, made straight in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.queue import enqueue_generation
from models.account import Account
from models.audit import AuditEntry
from models.base import new_id
from models.cameo import ALL_SCOPES, NO_SCOPES, Cameo, CameoKind, CameoState, CameoVersion, Scope
from models.consent.standing import standings
from models.follow import Follow
from models.generation import Generation, GenerationState, QuotaCharge
from models.grant import Audience, Grant, GrantState, OnExpiry
from models.likeness import GenerationLikeness, Via, VideoLikeness
from models.lineage import Lineage
from models.video import Video, VideoVisibility
from resolvers.context import Stores
from tests.api import Api, finished_video

FACE_AND_ALL = Scope.FACE | Scope.REMIX | Scope.PUBLISH


def account(of: Api | Account) -> Account:
    """The account behind a caller."""
    found = of.viewer if isinstance(of, Api) else of
    assert found is not None
    return found


async def make_cameo(
    owner: Api | Account,
    *,
    handle: str | None = None,
    kind: CameoKind = CameoKind.PERSON,
    state: CameoState = CameoState.ACTIVE,
    audience: Audience = Audience.ONLY_ME,
    scopes: Scope = NO_SCOPES,
    restrictions: Mapping[str, Any] | None = None,
    preferences: str = "",
    per_use_approval: bool = False,
    expires_at: datetime | None = None,
    on_expiry: OnExpiry = OnExpiry.KEEP,
) -> Cameo:
    """A cameo with one accepted version (of no content) and its access grant: ONLY_ME, no scopes, unless told."""
    who = account(owner)
    version = 0 if state is CameoState.EMPTY else 1
    cameo = await Cameo.create(
        owner_id=who.id, handle=handle or who.handle, kind=kind, state=state, version=version
    )  # fmt: skip
    if version:
        await CameoVersion.create(cameo_id=cameo.id, number=1, capture_id=new_id(), files=[])
        await Grant.create(
            cameo_id=cameo.id, audience=audience, scopes=scopes, restrictions=dict(restrictions or {}),
            preferences=preferences, per_use_approval=per_use_approval, expires_at=expires_at, on_expiry=on_expiry,
        )  # fmt: skip
    return cameo


async def make_grant(
    cameo: Cameo,
    subject: Api | Account,
    scopes: Scope = ALL_SCOPES,
    *,
    state: GrantState = GrantState.ACTIVE,
    restrictions: Mapping[str, Any] | None = None,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    on_expiry: OnExpiry = OnExpiry.KEEP,
    supersedes: UUID | None = None,
    note: str = "",
) -> Grant:
    """A grant for one account."""
    return await Grant.create(
        cameo_id=cameo.id, subject_id=account(subject).id, scopes=scopes, state=state,
        restrictions=dict(restrictions or {}), not_before=not_before, expires_at=expires_at, on_expiry=on_expiry,
        supersedes_id=supersedes, note=note,
    )  # fmt: skip


async def access_of(cameo: Cameo) -> Grant:
    """The access grant in force."""
    return await Grant.get(cameo_id=cameo.id, audience__isnull=False, state=GrantState.ACTIVE)


async def follow(follower: Api | Account, followee: Api | Account) -> None:
    """One follows the other."""
    await Follow.create(follower_id=account(follower).id, followee_id=account(followee).id)


async def mutuals(one: Api | Account, other: Api | Account) -> None:
    """Both follow each other."""
    await follow(one, other)
    await follow(other, one)


async def make_job(
    author: Api | Account,
    cast: Iterable[Cameo] = (),
    *,
    scopes: Scope = Scope.FACE,
    parent: Video | None = None,
    state: GenerationState = GenerationState.QUEUED,
    engine: str = "test",
    prompt: str = "a fox",
) -> Generation:
    """A generation as gate 1 leaves it: row, charge, outbox, and a snapshot of how its author stands to the cast.

    With a ``parent`` the parent's likenesses are inherited. A cameo that the author may not use is put in regardless.
    """
    who = account(author)
    wanted = {cameo.id: (scopes, Via.SHOWN) for cameo in cast}
    if parent is not None:
        for row in await VideoLikeness.filter(video_id=parent.id):
            wanted.setdefault(row.cameo_id, (Scope(row.scopes) | Scope.REMIX, Via.INHERITED))
    async with in_transaction() as connection:
        job = await Generation.create(
            using_db=connection, id=new_id(), account_id=who.id, idempotency_key=str(new_id()), request_hash="",
            engine=engine, spec={"prompt": prompt}, cost_seconds=1.0, state=state, fence=int(state != "QUEUED"),
            parent_id=None if parent is None else parent.id,
        )  # fmt: skip
        if state != GenerationState.QUEUED:
            await connection.execute_query(
                "UPDATE generation SET attempt = 1, heartbeat_at = yume_now(), worker_id = $2 WHERE id = $1",
                [job.id, new_id()],
            )
        await QuotaCharge.create(using_db=connection, account_id=who.id, generation_id=job.id, seconds=1.0)
        stood = await standings(connection, who.id, {cameo_id: asked for cameo_id, (asked, _) in wanted.items()})
        for cameo_id, (asked, via) in wanted.items():
            stand = stood[cameo_id]
            await GenerationLikeness.create(
                using_db=connection, generation_id=job.id, cameo_id=cameo_id, grant_id=stand.grant_id,
                version=stand.version, cameo_epoch=stand.cameo_epoch, account_epoch=stand.account_epoch,
                scopes=asked, via=via,
            )  # fmt: skip
        await enqueue_generation(connection, job.id)
    return job


async def make_video(
    stores: Stores,
    author: Api | Account,
    cast: Iterable[Cameo] = (),
    *,
    grants: Mapping[UUID, Grant] | None = None,
    scopes: Scope = Scope.FACE,
    parent: Video | None = None,
    published: bool = True,
) -> Video:
    """A finished clip with its likenesses and its place in the tree, as the finish transaction leaves them.

    Each likeness names the grant of ``grants`` for its cameo, else the one that permits the use now. The parent's
    likenesses are inherited.
    """
    who = account(author)
    job = await make_job(who, cast, scopes=scopes, parent=parent)
    video = await finished_video(stores, who, published=published, generation=job.id)
    path: list[UUID] = []
    if parent is not None:
        above = await Lineage.get(id=parent.id)
        path = [*above.path, parent.id]
    await Lineage.create(
        id=video.id, parent_id=path[-1] if path else None, root_id=path[0] if path else video.id, depth=len(path),
        path=path,
    )  # fmt: skip
    for row in await GenerationLikeness.filter(generation_id=job.id):
        named = (grants or {}).get(row.cameo_id)
        grant_id = row.grant_id if named is None else named.id
        await VideoLikeness.create(
            video_id=video.id, cameo_id=row.cameo_id, grant_id=grant_id,
            publish_grant_id=grant_id if published else None, scopes=row.scopes, version=row.version, via=row.via,
        )  # fmt: skip
    return video


async def consent_of(*videos: Video) -> list[str]:
    """The consent column of each video."""
    found = {row.id: row.consent.value for row in await VideoVisibility.filter(id__in=[v.id for v in videos])}
    return [found[video.id] for video in videos]


async def outcome(job: Generation) -> tuple[str, str | None, bool]:
    """A generation's state, its failure's code, and whether its charge was given back."""
    row = await Generation.get(id=job.id)
    charge = await QuotaCharge.get(generation_id=job.id)
    return row.state.value, row.failure_code, charge.refunded_at is not None


async def epochs(cameo: Cameo, who: Api | Account | None = None) -> tuple[int, int]:
    """The cameo's epoch, and the one it has for ``who`` (0 when nobody is named)."""
    [row] = await connections.get("default").execute_query_dict(
        """
        SELECT c.epoch, coalesce((SELECT e.epoch FROM cameo_epoch e WHERE e.cameo_id = c.id AND e.account_id = $2), 0)
            AS own
        FROM cameo c WHERE c.id = $1
        """,
        [cameo.id, None if who is None else account(who).id],
    )
    return row["epoch"], row["own"]


async def audited(chain: str) -> list[str]:
    """The kinds of a chain's entries, oldest first."""
    return [entry.kind for entry in await AuditEntry.filter(chain=chain).order_by("seq")]


async def shift_clock(by: str) -> None:
    """Set the database's clock, for every connection, ahead of the real one: ``by`` such as "8 days"."""
    await connections.get("default").execute_query(
        f"""
        CREATE OR REPLACE FUNCTION yume_now() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS $$ SELECT clock_timestamp() + interval '{by}' $$
        """
    )
