"""What may be ranked for one viewer, gathered in one statement, and how far each of its sources was read."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import msgspec
import numpy as np
import orjson
from tortoise import connections

from models.rules.taste import ALIKE
from resolvers.feed import candidate_sql as sql
from resolvers.feed.rank import Candidate
from resolvers.feed.steer import Facts, Steer, pace_of

DRAWS = 12
_LAST_ID = UUID(int=2**128 - 1)
_HEADER = 4
"""Bytes before the numbers of a sent halfvec: how many they are."""


class Places(msgspec.Struct, frozen=True):
    """Behind which places each source goes on. ``over``: all has been read, and nothing is left that is new."""

    fresh: tuple[datetime, UUID] = (datetime(9999, 1, 1, tzinfo=UTC), _LAST_ID)
    hot: tuple[float, UUID] = (float("inf"), _LAST_ID)
    followed: tuple[datetime, UUID] = (datetime(9999, 1, 1, tzinfo=UTC), _LAST_ID)
    over: bool = False


@dataclass(frozen=True)
class Search:
    """For whom candidates are gathered. ``used``: videos that have a place in the scroll already."""

    viewer_id: UUID | None
    steer: Steer
    used: list[UUID]
    again: bool
    seed: int


async def candidates(search: Search, places: Places) -> tuple[list[Candidate], Places]:
    """Candidates behind ``places``, and where to go on.

    Their authors and audience are judged here so far as it is cheap; the rule is judged when they are hydrated.
    """
    draw = random.Random(f"{search.seed}:{places.fresh}")
    told = bool(search.steer.wishes)
    statement = sql.statement(member=search.viewer_id is not None, again=search.again, told=told)
    _, rows = await connections.get("default").execute_query(
        statement,
        [
            search.viewer_id, search.used, *places.fresh, *places.hot, *places.followed, search.seed,
            # Squared: half of the sample is of the newest quarter of all time.
            [draw.random() ** 2 for _ in range(DRAWS)],
            [_halfvec(each) for each in search.steer.sought], search.steer.sought_authors,
        ],
    )  # fmt: skip
    found = [_candidate(row, search.steer) for row in rows if row["id"] is not None]
    return [each for each in found if each is not None], _ends(rows[0], places)


def _ends(row: Any, places: Places) -> Places:
    fresh = row["fresh_last"] if row["fresh_found"] >= sql.FRESH else row["fresh_end"]
    hot = row["hot_last"] if row["hot_found"] >= sql.HOT else row["hot_end"]
    return Places(
        fresh=places.fresh if fresh is None else tuple(fresh),
        hot=places.hot if hot is None else tuple(hot),
        followed=places.followed if row["followed_last"] is None else tuple(row["followed_last"]),
        over=row["fresh_read"] < sql.SCANNED and row["fresh_found"] < sql.FRESH and not row["followed_found"],
    )


def _candidate(row: Any, steer: Steer) -> Candidate | None:
    """None for what the viewer's sentence, or a wish to see less of its like, leaves out."""
    less = row["less"] or 0.0
    if less > ALIKE:
        return None
    meaning = None if row["meaning"] is None else np.frombuffer(row["meaning"], ">f2", offset=_HEADER).astype("f4")
    steered: float | None = 0.0
    if steer.wishes:
        steered = steer.judge(_facts(row, meaning))
    if steered is None:
        return None
    return Candidate(
        id=row["id"],
        author_id=row["author_id"],
        hours=row["hours"],
        quality=row["quality"],
        views=row["views"],
        follows=row["follows"],
        likes=row["likes"],
        taste=row["taste"] or 0.0,
        less=max(less, 0.0),
        steer=steered,
        meaning=meaning,
    )


def _facts(row: Any, meaning: Any) -> Facts:
    spoken = cast("list[str]", orjson.loads(row["spoken"]))
    written = [] if row["language"] is None else [row["language"]]
    return Facts(
        author_id=row["author_id"],
        follows=row["follows"],
        hours=row["hours"],
        seconds=row["seconds"],
        has_audio=row["has_audio"],
        meaning=meaning,
        topics=frozenset(row["topics"] or ()),
        languages=frozenset(spoken or written),
        style=row["style"] or "",
        pace=pace_of(orjson.loads(row["motions"]), row["mood"] or "", row["camera"] or ""),
    )


def _halfvec(meaning: Any) -> str:
    return "[" + ",".join(f"{value:.5f}" for value in meaning.tolist()) + "]"
