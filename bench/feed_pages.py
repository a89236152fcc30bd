"""Makes feed pages of one database when asked on standard input: the other half of `bench/feed_scale.py`.

    python bench/feed_pages.py DATABASE_URL REDIS_URL FOLDER [--explain KIND]

With ``--explain`` it prints what Postgres makes of each statement of two pages instead.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
from redis.asyncio import Redis

from bench.feed_scale import FIRST, QUERY, VIEWERS
from jobs.feed.stream import FEED_STREAM
from jobs.inbox import INBOX_STREAM
from jobs.progress import ProgressReader
from jobs.queue import Doorbell
from jobs.tail import Tail
from models.account import Account
from models.keys import load_keys
from models.storage import MediaStore
from models.tables import connect
from models.vault import Vault, read_master
from resolvers.context import Context, Stores
from resolvers.session import open_session, session_for_token
from schema.root import build_schema

SEEN: list[tuple[str, tuple[Any, ...]]] = []
"""Every statement of the page at work."""


def count_statements() -> None:
    """Note everything that goes to Postgres from here on."""
    for name in ("fetch", "execute", "fetchrow"):
        original = getattr(asyncpg.Connection, name)

        async def call(self: Any, query: str, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
            if "pg_advisory_unlock_all" not in query:  # the pool tidies up after itself
                SEEN.append((query, args))
            return await _original(self, query, *args, **kwargs)

        setattr(asyncpg.Connection, name, call)


class Server:
    """The schema over one database, and sessions of its viewers."""

    def __init__(self, stores: Stores, tokens: list[str]) -> None:
        self._stores, self._tokens = stores, tokens
        self._schema = build_schema(production=False)

    @classmethod
    async def start(cls, database_url: str, redis_url: str, folder: Path) -> Server:
        """Connect, and sign the viewers in."""
        await connect(database_url)
        redis = Redis.from_url(redis_url)
        stores = Stores(
            redis=redis, media=MediaStore.from_url(None, folder), progress=ProgressReader(redis),
            feed=Tail(redis, FEED_STREAM), inbox=Tail(redis, INBOX_STREAM), doorbell=Doorbell(redis),
            keys=load_keys(folder / "keys"), vault=Vault(folder / "keys", read_master(folder / "keys", None)),
            production=False, address="http://127.0.0.1:8000",
        )  # fmt: skip
        viewers = await Account.all().order_by("id").limit(VIEWERS)
        return cls(stores, [(await open_session(viewer.id))[0] for viewer in viewers])

    async def page(self, kind: str, viewer: int, after: str | None) -> dict[str, Any]:
        """One page and its figures. Raises `RuntimeError` for errors."""
        SEEN.clear()
        start, cpu = time.perf_counter(), time.process_time()
        found = await session_for_token(self._tokens[viewer])
        account, session = found or (None, None)
        context = Context(stores=self._stores, viewer=account, session=session, client="bench", request_id="bench")
        result = await self._schema.execute(
            QUERY, variable_values={"kind": kind, "first": FIRST, "after": after}, context_value=context
        )
        took, worked = time.perf_counter() - start, time.process_time() - cpu
        if result.errors or result.data is None:
            raise RuntimeError(f"{kind}: {result.errors}")
        feed = result.data["feed"]
        return {
            "ms": took * 1e3, "cpu_ms": worked * 1e3, "statements": len(SEEN), "videos": len(feed["edges"]),
            "end": feed["pageInfo"]["endCursor"],
        }  # fmt: skip

    async def explain(self, kind: str, database_url: str) -> None:
        """Print each statement of the first and of the second page with its plan."""
        first = await self.page(kind, 0, None)
        statements = list(SEEN)
        await self.page(kind, 0, first["end"])
        statements += SEEN
        connection = await asyncpg.connect(database_url)
        for query, args in statements:
            print(f"\n=== {kind}\n{query}\n")
            if query.lstrip().upper().startswith(("SELECT", "WITH")):
                for row in await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {query}", *args):
                    print(row[0])
        await connection.close()


async def main() -> None:
    """Answer each line with one page's figures."""
    if len(sys.argv) < 4:
        print(__doc__)
        return
    database_url, redis_url, folder = sys.argv[1:4]
    count_statements()
    server = await Server.start(database_url, redis_url, Path(folder))
    if sys.argv[4:5] == ["--explain"]:
        await server.explain(sys.argv[5], database_url)
        return
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        print(json.dumps(await server.page(asked["kind"], asked["viewer"], asked["after"])), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
