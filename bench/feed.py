"""Measures a LATEST feed page of 20 videos: server CPU per page and pages a second, beside a hand-written peer.

    python bench/feed.py [--rounds 7] [--requests 400] [--videos 10000] [--out feed.json]

Both servers are one uvicorn process on the same Postgres, with uvloop and httptools, and their answers are compared
before anything is timed. Rounds alternate, so that whatever else the machine does falls on both; a ratio is taken
within each round, and its spread is shown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.progress import track
from rich.table import Table
from tortoise import Tortoise

from app.embedded import start_stores
from app.migrate import migrate
from app.settings import Settings
from models.policy import seed_policy
from models.tables import connect

ROOT = Path(__file__).parents[1]
CONNECTIONS = 8
QUERY = """query Feed($first: Int!) { feed(kind: LATEST, first: $first) {
  edges { cursor node {
    id caption author { id handle displayName }
    media { url posterUrl previewUrl width height seconds hasAudio expiresAt }
    createdAt publishedAt
  } }
  pageInfo { hasNextPage endCursor }
} }"""
SEED = """
INSERT INTO account (id, created_at, handle, display_name)
SELECT gen_random_uuid(), now(), 'member' || n, 'Member ' || n FROM generate_series(1, 200) n;
INSERT INTO generation (id, created_at, account_id, idempotency_key, request_hash, engine, spec, state, cost_seconds)
SELECT gen_random_uuid(), now(), a.id, n::text, '', 'diorama', '{}', 'SUCCEEDED', 5
FROM generate_series(1, %(videos)d) n JOIN account a ON a.handle = 'member' || (n %% 200 + 1);
INSERT INTO video (id, created_at, generation_id, author_id, caption, prompt, seconds, width, height, fps, has_audio,
                   waveform, recipe)
SELECT gen_random_uuid(), now(), id, account_id, 'A caption of some words', 'a prompt', 5, 720, 1280, 24, true,
       (SELECT jsonb_agg(round(random()::numeric, 3)) FROM generate_series(1, 100)), '{}'
FROM generation;
INSERT INTO video_visibility (id, created_at, author_id, author_state, audience, consent, moderation, published_at)
SELECT id, created_at, author_id, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR', now() - random() * interval '90 days'
FROM video;
INSERT INTO rendition (id, created_at, video_id, kind, key, content_type, bytes, sha256)
SELECT gen_random_uuid(), now(), v.id, k, v.id || '/' || k, 'video/mp4', 1000, md5(v.id::text)
FROM video v CROSS JOIN unnest(ARRAY['MP4', 'POSTER', 'PREVIEW']) k;
ANALYZE;
"""


class Client:
    """Sends one request again and again over kept-alive connections, reading no more than it must."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request

    async def send(self, count: int) -> None:
        """Send ``count`` requests over `CONNECTIONS` connections. Raises `RuntimeError` for any answer but 200."""
        shares = [count // CONNECTIONS + (n < count % CONNECTIONS) for n in range(CONNECTIONS)]
        await asyncio.gather(*(self._send(share) for share in shares))

    async def _send(self, count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for _ in range(count):
            writer.write(self._request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
        writer.close()


def cpu_seconds(pid: int) -> float:
    """User and system time of ``pid`` so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(client: Client, pid: int, count: int) -> dict[str, float]:
    """CPU milliseconds of the server per page, and pages a second."""
    cpu, start = cpu_seconds(pid), time.perf_counter()
    await client.send(count)
    wall = time.perf_counter() - start
    return {"cpu_ms": (cpu_seconds(pid) - cpu) * 1e3 / count, "pages_per_second": count / wall}


@asynccontextmanager
async def program(port: int, variables: dict[str, str], *command: str) -> AsyncGenerator[int]:
    """The process id of a server, once it answers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command,
        cwd=ROOT, env={**os.environ, **variables}, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(300):
                try:
                    await client.get(f"http://127.0.0.1:{port}/")
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                else:
                    break
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def compare(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Seed, start both servers, check that they agree, and measure them in turns."""
    with tempfile.TemporaryDirectory() as folder:
        own = Settings(data_dir=Path(folder), port=arguments.port)
        stores = await start_stores(own, console.print, durable=False)
        try:
            await migrate(stores.urls.database_url, console.print)
            await connect(stores.urls.database_url)
            await seed_policy(["US", "CA"])
            await Tortoise.close_connections()
            await _seed(stores.urls.database_url, arguments.videos)
            own.database_url = SecretStr(stores.urls.database_url)
            variables = {
                "YUME_DATA_DIR": folder,
                "YUME_DATABASE_URL": stores.urls.database_url,
                "YUME_REDIS_URL": stores.urls.redis_url,
                "YUME_PORT": str(own.port),
            }
            peer_port = own.port + 1
            peer = (
                "uvicorn",
                "bench.feed_peer:app",
                "--port",
                str(peer_port),
                "--no-access-log",
                "--log-level",
                "error",
            )
            async with (
                program(own.port, variables, "app.cli", "serve") as yume_pid,
                program(peer_port, variables, *peer) as peer_pid,
            ):
                return await _rounds(arguments, own.port, yume_pid, peer_port, peer_pid)
        finally:
            await stores.close()


async def _rounds(
    arguments: argparse.Namespace, port: int, yume_pid: int, peer_port: int, peer_pid: int
) -> dict[str, Any]:
    body = json.dumps({"query": QUERY, "variables": {"first": arguments.first}}).encode()
    post = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
        body
    )
    yume = Client(port, post + body)
    peer = Client(peer_port, b"GET /feed?first=%d HTTP/1.1\r\nhost: x\r\n\r\n" % arguments.first)
    await _check_equal(port, peer_port, body, arguments.first)
    await yume.send(50)
    await peer.send(50)
    rounds = [
        {
            "yume": await measure(yume, yume_pid, arguments.requests),
            "peer": await measure(peer, peer_pid, arguments.requests),
        }
        for _ in track(range(arguments.rounds), "Measuring")
    ]
    return {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "rounds": rounds}


async def _check_equal(port: int, peer_port: int, body: bytes, first: int) -> None:
    async with httpx.AsyncClient() as client:
        headers = {"content-type": "application/json"}
        ours = (await client.post(f"http://127.0.0.1:{port}/graphql", content=body, headers=headers)).json()
        theirs = (await client.get(f"http://127.0.0.1:{peer_port}/feed", params={"first": first})).json()
    if _moments(ours["data"]) != _moments(theirs["data"]) or len(ours["data"]["feed"]["edges"]) != first:
        raise RuntimeError(f"the answers differ:\n{json.dumps(ours)[:1500]}\n{json.dumps(theirs)[:1500]}")


def _moments(data: Any) -> str:
    """The JSON with times spelt one way."""
    return json.dumps(data, sort_keys=True).replace("+00:00", "Z")


async def _seed(database_url: str, videos: int) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(SEED % {"videos": videos})
    await connection.close()


def show(result: dict[str, Any], console: Console) -> None:
    """Medians, and ratios with their spread over the rounds."""
    table = Table("figure", "Yume", "hand-written peer", "ratio (lowest … highest)")
    for name, words in (("cpu_ms", "server CPU, ms a page"), ("pages_per_second", "pages a second")):
        ours = [one["yume"][name] for one in result["rounds"]]
        theirs = [one["peer"][name] for one in result["rounds"]]
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f})"
        table.add_row(words, f"{statistics.median(ours):.2f}", f"{statistics.median(theirs):.2f}", spread)
    console.print(table)


def main() -> None:
    """Measure and show; write every round to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=20)
    parser.add_argument("--port", type=int, default=8750)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    console = Console()
    result = asyncio.run(compare(arguments, console))
    show(result, console)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
