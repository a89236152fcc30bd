"""The FOR_YOU feed: ranked by features and weights that the viewer can see, in a scroll that stands still."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec
import structlog
from redis.exceptions import RedisError

from models.errors import Conflict
from models.rules.taste import unwanted_by
from resolvers.context import Context
from resolvers.cursor import decode_cursor, encode_cursor
from resolvers.feed.candidates import Places, Search, candidates
from resolvers.feed.fill import fill
from resolvers.feed.latest import by_time
from resolvers.feed.nudge import nudge
from resolvers.feed.present import FeedPage
from resolvers.feed.rank import Rules, Taken, explain, rank
from resolvers.feed.rules import PUBLIC, PUBLIC_OR_FROM_FOLLOWED, VIEWER
from resolvers.feed.scroll import LONGEST, Entry, Head, Scroll, add, entries, open_scroll, read_scroll
from resolvers.feed.skeleton import Place, Stretch
from resolvers.feed.steer import Steer, check_steer, make_steer
from resolvers.feed.weights import going_of
from resolvers.feed.why import Reason
from resolvers.limit import Limit
from resolvers.page import Window

ROUNDS = 4
"""Times that one page asks for more candidates; a page may end short after that, and still say that there is more."""
SHARED_SECONDS = 10
"""Who is not signed in and says nothing shares a ranking with all others of these seconds."""
_SCROLLS = Limit("scroll", 600, 600)
"""New rankings of one member, or of one address: each costs tens of milliseconds, however it is asked for."""
AWAY = (RedisError, TimeoutError, ConnectionError)
"""What it is to ask a Redis that is away."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_RULE = f"({PUBLIC_OR_FROM_FOLLOWED} AND NOT {unwanted_by(VIEWER)})"

_log = structlog.get_logger()


async def for_you(context: Context, window: Window, steer: str | None = None) -> FeedPage:
    """One page of the ranked feed. ``steer`` is what the viewer asks for in words, on top of what they keep.

    While Redis, which keeps scrolls, is away, a new one is ordered by time, and stays so. Raises `Invalid`
    (first, after, steer), `RateLimited`, and `Conflict` for the cursor of a scroll that is gone.
    """
    window.check()
    skeleton = Ranked(context, check_steer(steer or ""))
    unranked = by_time(context, "feed:FOR_YOU:unranked")
    if window.after is not None and unranked.knows(window.after):
        return await fill(context, unranked, window)
    try:
        page = await fill(context, skeleton, window)
    except AWAY as error:
        if window.after is not None:
            raise Conflict("This scroll cannot be reached now. Start again without a cursor.", field="after") from error
        _log.warning("scroll_not_kept", error=repr(error))
        return await fill(context, unranked, window)
    return await _told(context, skeleton, page)


async def _told(context: Context, skeleton: Ranked, page: FeedPage) -> FeedPage:
    head = skeleton.head
    if head is None:
        return page
    said = None
    if context.viewer is not None:
        after, gap = head.nudge
        said = await nudge(context.stores.redis, context.viewer.id, after=after, gap=gap)
    return replace(page, interpretation=head.reading, nudge=said)


class Ranked:
    """The skeleton of one viewer's ranked feed: places of a scroll, to which more are added as it is read."""

    def __init__(self, context: Context, steer: str) -> None:
        self.context, self.steer = context, steer
        self._viewer_id = None if context.viewer is None else context.viewer.id
        self._scroll: Scroll | None = None
        self._steer: Steer | None = None

    @property
    def rule(self) -> str:
        """See `resolvers.feed.rules`: what was published to the viewer, and is not of what they want less of."""
        return PUBLIC if self._viewer_id is None else _RULE

    @property
    def head(self) -> Head | None:
        """What holds for the scroll; None before it was read."""
        return None if self._scroll is None else self._scroll.head

    async def read(self, after: str | None, most: int) -> Stretch:
        """At most ``most`` places behind ``after``. Raises `Invalid` (a foreign cursor), `Conflict` (an old one)."""
        scroll, first = await self._open(after)
        for _ in range(ROUNDS):
            # One more than asked tells whether anything is behind this stretch.
            if scroll.head.over or scroll.length > first + most:
                break
            scroll = await self._extend(scroll)
        self._scroll = scroll
        found = await entries(self.context.stores.redis, scroll, first, most)
        weights = scroll.head.weights
        whys = [explain(each.reason, each.parts, weights, each.author_id) for each in found]
        places = [
            Place(each.video_id, self._cursor(scroll, first + row), why)
            for row, (each, why) in enumerate(zip(found, whys, strict=True))
        ]
        more = scroll.length > first + len(found) or not scroll.head.over
        return Stretch(places, self._cursor(scroll, first + len(found) - 1) if more else None)

    @property
    def _connection(self) -> str:
        """What a cursor is bound to: the feed, its viewer, and the sentence it was asked for with."""
        return f"feed:FOR_YOU:{self._viewer_id or '-'}:{self.steer}"

    def _cursor(self, scroll: Scroll, row: int) -> str:
        moment = _EPOCH + timedelta(microseconds=row)
        return encode_cursor(self.context.stores.keys.cursor, self._connection, moment, scroll.id)

    async def _open(self, after: str | None) -> tuple[Scroll, int]:
        """The scroll to read, and its first row behind ``after``."""
        if after is None:
            scroll = await self._begin()
            return scroll, 0
        moment, scroll_id = decode_cursor(self.context.stores.keys.cursor, self._connection, after)
        row = (moment - _EPOCH) // timedelta(microseconds=1)
        if self._scroll is not None and self._scroll.id == scroll_id:
            return self._scroll, row + 1
        return await read_scroll(self.context.stores.redis, scroll_id), row + 1

    async def _begin(self) -> Scroll:
        """A new scroll under the weights and the sentence of now."""
        scroll_id, owner = self._whose()
        if owner is not None:
            await _SCROLLS.spend(self.context.stores.redis, owner)
        own = await going_of(self.context, self.steer)
        rules = own.rules
        text = ". ".join(part for part in (own.steer, self.steer) if part)
        self._steer = await make_steer(text, own.authors)
        head = Head(
            weights=self._steer.weights(own.weights),
            half_life=float(rules["feed_half_life_hours"]),
            gap=rules["feed_author_gap"],
            keep_seconds=round(rules["feed_scroll_minutes"] * 60),
            nudge=(float(rules["feed_nudge_minutes"]), float(rules["feed_nudge_gap_minutes"])),
            seed=scroll_id.int % 2**62,
            steer=text,
            authors=dict(own.authors),
            reading=self._steer.reading,
        )
        scroll = await open_scroll(self.context.stores.redis, scroll_id, head, owner)
        if owner is None and scroll.head.over:
            # All there is has a place in it already: so little is ranked anew at once, with what came since.
            await _SCROLLS.spend(self.context.stores.redis, self._address)
            scroll = await open_scroll(self.context.stores.redis, uuid4(), head, self._address)
        return scroll

    @property
    def _address(self) -> str:
        return f"from:{self.context.client}"

    def _whose(self) -> tuple[UUID, str | None]:
        """The new scroll's id, and by whom it is counted."""
        if self._viewer_id is not None:
            return uuid4(), str(self._viewer_id)
        if self.steer:
            return uuid4(), self._address
        return uuid5(NAMESPACE_URL, f"yume:for-you:{int(time.time() // SHARED_SECONDS)}"), None

    async def _extend(self, scroll: Scroll) -> Scroll:
        """``scroll`` with what else is new; then with what the viewer met before, the best first; then no more."""
        redis, head = self.context.stores.redis, scroll.head
        if self._steer is None:
            self._steer = await make_steer(head.steer, head.authors)
        so_far = await entries(redis, scroll, 0, scroll.length) if scroll.length else []
        used = [each.video_id for each in so_far]
        search = Search(self._viewer_id, self._steer, used, head.again, head.seed)
        found, places = await candidates(search, head.places)
        taken = rank(found, head.weights, Rules(head.half_life, head.gap), before=[each.author_id for each in so_far])
        again, over = head.again, scroll.length + len(taken) >= LONGEST
        if places.over:
            over, again = over or again or self._viewer_id is None, True
            places = Places()
        changed = msgspec.structs.replace(head, places=places, again=again, over=over)
        return await add(redis, scroll, changed, [_entry(each, met=head.again) for each in taken])


def _entry(taken: Taken, *, met: bool) -> Entry:
    reason = Reason.SEEN_BEFORE if met else taken.reason
    return Entry(taken.candidate.id, taken.candidate.author_id, reason, taken.parts)
