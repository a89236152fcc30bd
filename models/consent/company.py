"""In whose company a likeness is shown: what restrictions on other people are held against."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.rules.account import mutual


async def company(connection: BaseDBAsyncClient, cameo_ids: Iterable[UUID]) -> dict[UUID, str]:
    """For each of these cameos, shown together: NONE (nobody else), MUTUALS, or STRANGERS to its owner.

    The values are those of `engine.text.check.Company`. Two cameos of one owner are no strangers.
    """
    rows = await connection.execute_query_dict(_COMPANY, [list(set(cameo_ids))])
    return {row["id"]: row["company"] for row in rows}


_COMPANY = f"""
    SELECT c.id, CASE
        WHEN cardinality($1::uuid[]) = 1 THEN 'NONE'
        WHEN EXISTS (
            SELECT 1 FROM cameo other WHERE other.id = ANY ($1::uuid[]) AND other.id <> c.id
            AND other.owner_id <> c.owner_id AND NOT {mutual("c.owner_id", "other.owner_id")}
        ) THEN 'STRANGERS'
        ELSE 'MUTUALS' END AS company
    FROM cameo c WHERE c.id = ANY ($1::uuid[])
"""
