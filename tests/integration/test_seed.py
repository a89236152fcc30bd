"""A seeded world in Postgres: whole, consistent, readable through the API, and never beside real members."""

from __future__ import annotations

import time
from pathlib import Path

import asyncpg
import pytest

from app.seed.load import NotEmpty, Progress, check_empty, load, settle
from app.seed.media import share_clips
from app.seed.world import make_world, tables
from models.house import HOUSE_IDS, make_house_accounts
from models.storage import MediaStore
from tests.api import Server

FOREIGN_KEYS = """
    SELECT k.conrelid::regclass::text AS child, a.attname AS field, k.confrelid::regclass::text AS parent
    FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f'
"""
MISCOUNTED = "SELECT 1 FROM video_counts c WHERE {} <> (SELECT count(*) FROM {} r WHERE r.video_id = c.id)"
NONE_OF_THESE = {
    "likes": MISCOUNTED.format("like_count", "video_like"),
    "views": MISCOUNTED.format("view_count", "impression"),
    "comments": MISCOUNTED.format("comment_count", "comment"),
    "finished": """SELECT 1 FROM video_counts c JOIN video v ON v.id = c.id WHERE finish_count <> (
        SELECT count(*) FROM impression i WHERE i.video_id = c.id AND i.seconds >= 0.9 * v.seconds)""",
    "replies": "SELECT 1 FROM comment c WHERE reply_count <> (SELECT count(*) FROM comment r WHERE r.parent_id = c.id)",
    "threads": """SELECT 1 FROM comment c JOIN comment p ON p.id = c.parent_id
        WHERE p.parent_id IS NOT NULL OR p.video_id <> c.video_id OR p.id >= c.id""",
    "remixes": """SELECT 1 FROM video_counts c WHERE remix_count <> (SELECT count(*) FROM lineage l
        JOIN video_counts n ON n.id = l.id WHERE l.parent_id = c.id AND n.counted)""",
    "trees": """SELECT 1 FROM video_counts c WHERE tree_count <> (SELECT count(*) FROM lineage l
        JOIN video_counts n ON n.id = l.id WHERE c.id = ANY (l.path) AND n.counted)""",
    "paths": """SELECT 1 FROM lineage l LEFT JOIN lineage p ON p.id = l.parent_id
        WHERE l.depth <> cardinality(l.path) OR l.root_id <> coalesce(l.path[1], l.id)
        OR l.path <> CASE WHEN l.parent_id IS NULL THEN '{}' ELSE p.path || p.id END""",
    "counted": """SELECT 1 FROM video_visibility v LEFT JOIN video_counts c ON c.id = v.id
        WHERE coalesce(c.counted, false) <> (v.author_state = 'PUBLISHED' AND v.audience = 'PUBLIC')""",
    "weighed": "SELECT 1 FROM video_counts WHERE refreshed_at IS NULL",
    "found": """SELECT 1 FROM video_visibility v LEFT JOIN video_text t ON t.id = v.id
        WHERE (v.author_state = 'PUBLISHED') <> (t.meaning IS NOT NULL)""",
    "early": "SELECT 1 FROM video_visibility WHERE published_at > yume_now()",
    "prompts": """SELECT 1 FROM video v JOIN video_text t ON t.id = v.id
        WHERE NOT v.prompt_public AND t.words <> yume_words(v.caption)""",
}  # fmt: skip
FEED = """{ feed(kind: LATEST, first: 20) { edges { node {
    caption author { displayName } likeCount media { url posterUrl seconds } parent { __typename }
} } } }"""


async def test_a_world_is_whole_consistent_and_read_as_any_other(database: str, server: Server) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(database)
    try:
        await make_house_accounts()
        await check_empty(connection, HOUSE_IDS)
        clips = await share_clips(server.stores.media)
        world = make_world(50, 200, density=1.0, seed=1, now=int(time.time() * 1000))
        progress = Progress(lambda _table, _done, _count: None)
        await load(connection, tables(world, clips), progress)
        await settle(lambda _done: None)

        for name, rows in progress.rows.items():
            further = len(HOUSE_IDS) if name == "account" else 0
            assert await connection.fetchval(f'SELECT count(*) FROM "{name}"') == rows + further, name
        for key in await connection.fetch(FOREIGN_KEYS):
            child, field, parent = key["child"], key["field"], key["parent"]
            lost = f"""SELECT count(*) FROM {child} c WHERE c.{field} IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = c.{field})"""
            assert await connection.fetchval(lost) == 0, (child, field)
        for name, wrong in NONE_OF_THESE.items():
            assert await connection.fetchval(f"SELECT count(*) FROM ({wrong}) AS wrong") == 0, name

        edges = (await server.anyone.run(FEED))["feed"]["edges"]
        assert len(edges) == 20
        assert all(edge["node"]["media"]["seconds"] == 3.0 for edge in edges)
        assert any(edge["node"]["parent"] for edge in edges)

        with pytest.raises(NotEmpty, match="50 members"):
            await check_empty(connection, HOUSE_IDS)
    finally:
        await connection.close()


async def test_a_world_that_cannot_be_written_whole_is_not_written(database: str, server: Server) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(database)
    try:
        clips = await share_clips(server.stores.media)
        world = make_world(10, 20, density=1.0, seed=1, now=int(time.time() * 1000))
        broken = list(tables(world, clips))
        broken.append(broken[0])
        with pytest.raises(asyncpg.UniqueViolationError):
            await load(connection, broken, Progress(lambda _table, _done, _count: None))
        assert await connection.fetchval("SELECT count(*) FROM account") == 0
        assert await connection.fetchval("SELECT count(*) FROM pg_indexes WHERE indexname = 'video_text_meaning'") == 1
    finally:
        await connection.close()


async def test_a_made_up_video_that_goes_leaves_the_shared_clips_where_they_are(tmp_path: Path) -> None:
    media = MediaStore.from_url(None, tmp_path)
    keys = [stored.key for clip in await share_clips(media) for stored in clip.objects.values()]
    await media.put_bytes("videos/one/clip.mp4", b"own", "video/mp4")
    await media.delete(["videos/one/clip.mp4", *keys])
    assert [key async for key in media.list("videos")] == []
    assert sorted([key async for key in media.list("shared")]) == sorted(keys)
