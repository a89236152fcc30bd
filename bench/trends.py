"""Measures the chore that finds trends in a world of a million videos: the first run, and those that follow it.

    python -m bench.trends [--videos 1000000] [--days 90] [--out FILE]

Videos are spread evenly over the days, by 5 % as many members, who are invited in branches of four; captions are of
eight words out of 2,000, a third are remixes, everybody likes and meets about as many videos as there are. In the last
day 300 strangers write a tag, 300 remix one clip, and 84 accounts of one branch write another tag. Seconds are of CPU,
of this process and of Postgres' one: the wall's are somebody else's on a shared machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table
from tortoise import Tortoise, connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from app.embedded import start_stores
from app.migrate import migrate
from app.settings import Settings
from bench.feed import cpu_seconds
from jobs.trends.find import rank_trends
from jobs.trends.score import Scale
from models.policy import policy_in_force, seed_policy
from models.tables import connect

SEED = """
CREATE FUNCTION pg_temp.words(n int) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT string_agg('w' || (random() * random() * 2000)::int, ' ') FROM generate_series(1, 8) g WHERE n IS NOT NULL
$$;
CREATE TEMP TABLE who AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, %(members)d - 1) n;
CREATE INDEX ON who (n);
ANALYZE who;
INSERT INTO account (id, created_at, handle, display_name, region, invited_by_id)
SELECT w.id, now(), 'm' || w.n, 'M', 'CA', (SELECT i.id FROM who i WHERE w.n >= 100 AND i.n = w.n / 4)
FROM who w ORDER BY w.n;
CREATE TEMP TABLE made AS
SELECT g.n, gen_random_uuid() AS id, w.id AS author_id, now() - random() * %(days)d * interval '1 day' AS at,
    pg_temp.words(g.n) AS caption
FROM generate_series(1, %(videos)d) AS g (n) JOIN who w ON w.n = (g.n * 7919::bigint) %% %(members)d;
UPDATE made SET caption = '#lanterns', at = now() - random() * interval '1 day' WHERE n <= 300;
UPDATE made SET at = now() - random() * interval '1 day' WHERE n BETWEEN 301 AND 600;
CREATE INDEX ON made (n);
ANALYZE made;
UPDATE made SET caption = '#buythis', at = now() - random() * interval '1 day', author_id = w.id
FROM who w WHERE made.n BETWEEN 601 AND 900 AND w.n = CASE WHEN made.n < 605 THEN made.n - 201
    WHEN made.n < 621 THEN 1600 + made.n - 605 ELSE 6400 + (made.n - 621) %% 64 END;
INSERT INTO generation (id, created_at, account_id, idempotency_key, request_hash, engine, spec, state, cost_seconds)
SELECT id, at, author_id, n::text, '', 'test', '{}', 'SUCCEEDED', 5 FROM made;
INSERT INTO video (id, created_at, generation_id, author_id, caption, prompt, seconds, width, height, fps, has_audio,
    waveform, recipe)
SELECT id, at, id, author_id, caption, 'a prompt', 5, 720, 1280, 24, true, '[]',
    jsonb_build_object('mood', (ARRAY['calm', 'happy', 'sad', 'tense', 'epic'])[n %% 5 + 1], 'brief', repeat('x', 500))
FROM made;
INSERT INTO video_visibility (id, created_at, author_id, author_state, audience, consent, moderation, published_at)
SELECT id, at, author_id, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR', at FROM made;
INSERT INTO lineage (id, parent_id, root_id, depth, path)
SELECT m.id, r.id, coalesce(r.id, m.id), CASE WHEN r.id IS NULL THEN 0 ELSE 1 END,
    CASE WHEN r.id IS NULL THEN '{}' ELSE ARRAY[r.id] END
FROM made m LEFT JOIN made r
    ON r.n = CASE WHEN m.n BETWEEN 301 AND 600 THEN 300 WHEN m.n > 1000 AND m.n %% 3 = 0 THEN m.n / 3 * 2 - 1 END;
INSERT INTO video_like (id, created_at, account_id, video_id)
SELECT DISTINCT ON (w.id, m.id) gen_random_uuid(), m.at + random() * (now() - m.at), w.id, m.id
FROM made m JOIN who w ON w.n = (m.n * 31::bigint) %% %(members)d;
INSERT INTO impression (account_id, video_id, seen_at, seconds)
SELECT w.id, m.id, m.at + random() * (now() - m.at), 3
FROM made m JOIN who w ON w.n = (m.n * 37::bigint) %% %(members)d ON CONFLICT DO NOTHING;
DROP TABLE made; DROP TABLE who;
"""
LATER = """
UPDATE video_visibility SET published_at = now()
WHERE id IN (SELECT id FROM video_visibility WHERE published_at < now() - interval '30 days' LIMIT 1000)
"""


async def run(connection: BaseDBAsyncClient, what: str) -> dict[str, Any]:
    """One run, with its CPU seconds and what is on."""
    [backend] = await connection.execute_query_dict("SELECT pg_backend_pid() AS pid, yume_now() AS now")
    before, own, wall = cpu_seconds(backend["pid"]), time.process_time(), time.perf_counter()
    found = await rank_trends(connection, Scale.of(await policy_in_force(connection), backend["now"]))
    return {
        "run": what,
        "postgres": cpu_seconds(backend["pid"]) - before,
        "python": time.process_time() - own,
        "wall": time.perf_counter() - wall,
        "trends": [(one.sign, round(one.score, 2)) for one in found],
    }


async def measure(arguments: argparse.Namespace, console: Console) -> list[dict[str, Any]]:
    """Seed, then run three times."""
    with tempfile.TemporaryDirectory() as folder:
        stores = await start_stores(Settings(data_dir=Path(folder)), console.print, durable=False)
        try:
            url = stores.urls.database_url
            await migrate(url, lambda _: None)
            begun = time.perf_counter()
            connection = await asyncpg.connect(url)
            sizes = {"videos": arguments.videos, "days": arguments.days, "members": max(10_000, arguments.videos // 20)}
            await connection.execute(SEED % sizes)
            await connection.execute("VACUUM ANALYZE")
            await connection.close()
            console.print(f"{arguments.videos:,} videos in {time.perf_counter() - begun:.0f} s")
            await connect(url)
            await seed_policy(["US", "CA"])
            runs: list[dict[str, Any]] = []
            for what in ("first: nothing is read yet", "nothing new", "1,000 new"):
                if what == "1,000 new":
                    await connections.get("default").execute_query(LATER)
                async with in_transaction() as db:
                    runs.append(await run(db, what))
            await Tortoise.close_connections()
            return runs
        finally:
            await stores.close()


def main() -> None:
    """Measure and show; write everything to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    console = Console(width=140)
    runs = asyncio.run(measure(arguments, console))
    table = Table("run", "Postgres, CPU s", "Python, CPU s", "wall, s", "on", "highest")
    for one in runs:
        highest = ", ".join(f"{sign} {score}" for sign, score in one["trends"][:4])
        table.add_row(
            one["run"], f"{one['postgres']:.1f}", f"{one['python']:.1f}", f"{one['wall']:.1f}", str(len(one["trends"])),
            highest,
        )  # fmt: skip
    console.print(table)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(runs, indent=2))


if __name__ == "__main__":
    main()
