"""Exports: ask for a bundle of everything that is one's own, and fetch it while consent to every part of it stands."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from models.base import new_id
from models.consent.export import still_good
from models.consent.locks import lock_account
from models.errors import NotFound, RateLimited
from models.export import Export, ExportState, export_folder, export_subject
from models.rules.account import in_good_standing
from models.sealed_media import SealedMedia
from models.vault import Shredded
from resolvers.context import Context, Stores
from resolvers.idempotency import check_idempotency_key
from resolvers.media import LIFE_SECONDS, read, sign

A_DAY = 3
"""Bundles an account may ask for in 24 hours."""

_KIND = b"x"
_LENGTH = 1 + 5 + 16
_GONE = "This bundle cannot be fetched. It may be over, or somebody took consent back: ask for a new one."


@dataclass(frozen=True)
class OpenExport:
    """A bundle on its way to its owner. ``pieces`` raise `NotFound` when consent to a part ends on the way."""

    id: UUID
    bytes: int
    pieces: AsyncIterator[bytes]


async def export_my_data(context: Context, idempotency_key: str) -> Export:
    """Ask for a bundle. The same key gives the same one again; while one is being built, any key gives that one.

    Raises `Unauthenticated`, `Invalid` (idempotencyKey), `RateLimited` (three in 24 hours).
    """
    member = context.member
    check_idempotency_key(idempotency_key)
    async with in_transaction() as connection:
        await lock_account(connection, member.id)
        rows = await connection.execute_query_dict(_KNOWN, [member.id, idempotency_key])
        if rows:
            return await Export.get(id=rows[0]["id"], using_db=connection)
        [spent] = await connection.execute_query_dict(_SPENT, [member.id])
        if spent["n"] >= A_DAY:
            raise RateLimited(
                f"You can ask for {A_DAY} bundles in 24 hours. The one you have may still be there.",
                retry_after=max(spent["left"], 1),
            )
        export_id = new_id()
        await connection.execute_query(
            """
            INSERT INTO export (id, created_at, account_id, idempotency_key, state)
            VALUES ($1, yume_now(), $2, $3, $4)
            """,
            [export_id, member.id, idempotency_key, ExportState.QUEUED.value],
        )
        return await Export.get(id=export_id, using_db=connection)


async def own_export(context: Context, export_id: UUID) -> Export:
    """A bundle of the viewer's. Raises `Unauthenticated`, `NotFound` (anybody else's)."""
    row = await Export.get_or_none(id=export_id, account_id=context.member.id)
    if row is None:
        raise NotFound("There is no such export.", field="id")
    return row


async def state_of(row: Export) -> ExportState:
    """Where it is at this moment: a bundle that may not be handed out any more says so before it is destroyed."""
    if row.state is not ExportState.READY or row.expires_at is None:
        return row.state
    if row.expires_at <= await _now():
        return ExportState.EXPIRED
    return ExportState.READY if row.id in await still_good(connections.get("default"), [row.id]) else ExportState.VOID


async def export_url(stores: Stores, row: Export) -> str | None:
    """Where its owner can fetch it for 15 minutes; None unless it is ready."""
    if await state_of(row) is not ExportState.READY:
        return None
    end = int((await _now()).timestamp()) + LIFE_SECONDS
    return f"{stores.address}/exports/{sign(stores.keys.media, _KIND + end.to_bytes(5, 'big') + row.id.bytes)}"


async def open_export(stores: Stores, token: str) -> OpenExport:
    """The bundle that an address stands for. Raises `NotFound`: forged, over, voided, or its account is gone."""
    body = read(stores.keys.media, token)
    if body[:1] != _KIND or len(body) != _LENGTH:
        raise NotFound(_GONE)
    rows = await connections.get("default").execute_query_dict(
        _READY, [UUID(bytes=body[6:]), float(int.from_bytes(body[1:6], "big"))]
    )
    if not rows:
        raise NotFound(_GONE)
    row = rows[0]
    await _check(row["id"])
    pieces = SealedMedia(stores.media, stores.vault).read(
        export_subject(row["id"]), export_folder(row["id"], row["fence"])
    )
    try:
        first = await anext(aiter(pieces))
    except (Shredded, NotFound):  # whose words may name a place in storage
        raise NotFound(_GONE) from None
    return OpenExport(row["id"], row["bytes"], _checked(row["id"], first, pieces))


async def _checked(export_id: UUID, first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in rest:
        await _check(export_id)  # a piece is a few megabytes: what is revoked on the way does not arrive whole
        yield piece


async def _now() -> datetime:
    [row] = await connections.get("default").execute_query_dict("SELECT yume_now() AS now")
    return row["now"]


async def _check(export_id: UUID) -> None:
    if export_id not in await still_good(connections.get("default"), [export_id]):
        raise NotFound(_GONE)


_KNOWN = """
    SELECT id FROM export WHERE account_id = $1 AND (idempotency_key = $2 OR state IN ('QUEUED', 'BUILDING'))
    ORDER BY idempotency_key = $2 DESC, id DESC LIMIT 1
"""
_SPENT = """
    SELECT count(*)::int AS n,
        coalesce(extract(epoch FROM min(created_at) + interval '24 hours' - yume_now()), 0)::int AS left
    FROM export WHERE account_id = $1 AND created_at > yume_now() - interval '24 hours'
"""
_READY = f"""
    SELECT x.id, x.fence, x.bytes FROM export x
    WHERE x.id = $1 AND x.state = 'READY' AND x.expires_at > yume_now() AND to_timestamp($2::float8) > yume_now()
        AND {in_good_standing("x.account_id")}
"""  # noqa: S608 - rules
