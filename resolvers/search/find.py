"""Search as it is asked for: one page of videos, members or cameos, and what each was found by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.account import Account
from models.cameo import Cameo
from models.video import Video
from resolvers import cameo as resolve_cameo
from resolvers.context import Context
from resolvers.feed.hydrate import hydrate
from resolvers.limit import Limit
from resolvers.page import Page, Window
from resolvers.search.asked import read_name, read_search
from resolvers.search.names import accounts, cameos
from resolvers.search.videos import videos

_TRIES = Limit("search", 120, 60)
"""As somebody types, each letter may be a search; each costs some 20 ms of a core."""


class Scope(StrEnum):
    """Among what to search."""

    VIDEOS = "VIDEOS"
    ACCOUNTS = "ACCOUNTS"
    CAMEOS = "CAMEOS"


class Match(StrEnum):
    """What a hit was found by."""

    WORDS = "WORDS"
    MEANING = "MEANING"
    NAME = "NAME"


@dataclass(frozen=True)
class Hit:
    """One thing found."""

    row: Video | Account | Cameo
    matched: tuple[Match, ...]


async def search(context: Context, text: str, scope: Scope, window: Window) -> Page[Hit]:
    """One page of what answers ``text`` best and may be listed for the viewer, whom they mute left out.

    Raises `Invalid` (text, first, after) and `RateLimited`.
    """
    window.check()
    asked = read_search(text)
    await _TRIES.spend(context.stores.redis, context.client if context.viewer is None else str(context.viewer.id))
    match scope:
        case Scope.VIDEOS:
            return await _videos(context, await videos(context, asked, window))
        case Scope.ACCOUNTS:
            return await _accounts(context, await accounts(context, read_name(text), window))
        case Scope.CAMEOS:
            page = await resolve_cameo.hydrate(Cameo, await cameos(context, read_name(text), window))
            return page.map(lambda row: Hit(row, (Match.NAME,)))


async def _videos(context: Context, places: Page[dict[str, Any]]) -> Page[Hit]:
    found: dict[UUID, tuple[Match, ...]] = {
        row["id"]: (*((Match.WORDS,) if row["said"] else ()), *((Match.MEANING,) if row["meant"] else ()))
        for row in places.rows
    }
    page = await hydrate(context, places.map(lambda row: row["id"]))
    return page.map(lambda video: Hit(video, found[video.id]))


async def _accounts(context: Context, places: Page[dict[str, Any]]) -> Page[Hit]:
    page = await resolve_cameo.hydrate(Account, places)
    for row in page.rows:
        context.loaders.accounts.prime(row.id, row)
    return page.map(lambda row: Hit(row, (Match.NAME,)))
