"""What every worker does beside making clips: telling those concerned, destroying what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from redis.asyncio import Redis
from tortoise import connections

from jobs.consent.change import TOPIC_WITHDRAWN
from jobs.consent.evidence import destroy_copies
from jobs.consent.notices import examine_notices
from jobs.consent.withdrawn import purge_withdrawn, tell_withdrawn
from jobs.derived.counts import settle_counts
from jobs.derived.impressions import forget_impressions
from jobs.derived.leaders import rank_leaders
from jobs.derived.meaning import write_meanings
from jobs.derived.quality import refresh_quality
from jobs.derived.taste import refresh_tastes
from jobs.erasure.work import Eraser
from jobs.export.build import build_pending
from jobs.feed.live_counts import tell_counts
from jobs.feed.stream import FEED_STREAM
from jobs.inbox import deliver
from jobs.outbox import purge_pending, tell_feeds
from jobs.trends.find import find_trends
from models.keys import Keys
from models.storage import MediaStore
from models.vault import Vault


@dataclass(frozen=True)
class Chores:
    """All of them may run in any number of workers at once, and be repeated after any crash."""

    redis: Redis
    media: MediaStore
    keys: Keys
    vault: Vault
    scratch: Path

    async def tell(self) -> None:
        """Tell open feeds and inboxes. Raises `RedisError` or `OSError` when Redis is away: nothing is forgotten."""
        await tell_feeds(self.redis)
        await tell_withdrawn(self.redis)
        # The withdrawal's own row is what both halves go by; its outbox row only asked for haste.
        await connections.get("default").execute_query("DELETE FROM outbox WHERE topic = $1", [TOPIC_WITHDRAWN])
        await deliver(self.redis)

    async def count(self) -> int:
        """Let counts follow what is listed, and tell open feeds; returns how many promises were kept.

        Raises `RedisError` or `OSError` when Redis is away: what was counted stays, and feeds hear of a later change.
        """
        kept = await settle_counts(self.redis)
        await tell_counts(self.redis, FEED_STREAM)
        return kept

    async def destroy(self) -> int:
        """Destroy what committed transactions gave up; returns how many wishes were fulfilled.

        Raises what storage raises; what could not be destroyed is tried again.
        """
        done = 0
        stuck: list[Exception] = []
        for part in (self._purge, self._purge_withdrawn, self._eraser.erase_pending, self._examine, self._evidence):
            try:
                done += await part()
            except Exception as error:  # noqa: BLE001 - raised below, when the others had their turn
                stuck.append(error)
        if stuck:
            raise stuck[0]
        return done

    async def describe(self) -> int:
        """Write down what published videos say, for search and feeds; returns how many promises were kept.

        Raises what the encoder or the database raises; the video is tried again.
        """
        return await write_meanings()

    async def find_trends(self) -> int:
        """Find what rises, when policy's time for it has come; returns 1 when this worker did."""
        return int(await find_trends())

    async def prepare_ranking(self) -> int:
        """Work out what the ranked feed goes by wherever it changed; returns how many videos and members."""
        return await refresh_quality() + await refresh_tastes()

    async def rank_leaders(self) -> int:
        """Work the leaderboards out, when policy's time for it has come; returns 1 when this worker did."""
        return int(await rank_leaders())

    async def forget(self) -> int:
        """Forget what members met long ago, once an hour; returns how many meetings were forgotten."""
        return await forget_impressions()

    async def export(self) -> int:
        """Build the bundles that were asked for, one after the other; returns how many became ready.

        Raises what storage raises; the bundle is tried again.
        """
        return await build_pending(self.media, self.vault)

    async def _purge(self) -> int:
        return await purge_pending(self.media)

    async def _purge_withdrawn(self) -> int:
        return await purge_withdrawn(self.media, self.redis, self.keys, self.vault)

    async def _evidence(self) -> int:
        return await destroy_copies(self.media, self.vault)

    async def _examine(self) -> int:
        return await examine_notices(self.vault, self.media, self.scratch)

    @cached_property
    def _eraser(self) -> Eraser:
        return Eraser(self.media, self.redis, self.vault, self.keys)
