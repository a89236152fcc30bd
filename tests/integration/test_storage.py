"""Media storage in a local folder: whole objects or none, ranges, streams, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from models.errors import NotFound
from models.storage import MediaStore

KEY = "videos/g/1/clip.mp4"
CONTENT = bytes(range(256)) * 4096


@pytest.fixture
async def media(tmp_path: Path) -> MediaStore:
    store = MediaStore.from_url(None, tmp_path)
    source = tmp_path / "source.bin"
    source.write_bytes(CONTENT)
    await store.put_file(KEY, source, "video/mp4")
    return store


async def test_what_is_put_comes_back_whole_and_in_ranges(media: MediaStore) -> None:
    assert await media.size(KEY) == len(CONTENT)
    assert await media.get_range(KEY, 5, 9) == CONTENT[5:9]
    pieces = [piece async for piece in media.stream(KEY, 100, 900_000, chunk=65_536)]
    assert len(pieces) > 5
    assert b"".join(pieces) == CONTENT[100:900_000]
    assert b"".join([piece async for piece in media.stream(KEY)]) == CONTENT
    assert [piece async for piece in media.stream(KEY, 7, 7)] == []


async def test_an_object_is_replaced_as_a_whole(media: MediaStore) -> None:
    await media.put_bytes(KEY, b"new", "video/mp4")
    assert b"".join([piece async for piece in media.stream(KEY)]) == b"new"


async def test_what_is_absent_is_named_as_such(media: MediaStore) -> None:
    for call in (media.size("no/such"), media.get_range("no/such", 0, 1), anext(media.stream("no/such"))):
        with pytest.raises(NotFound, match="no/such"):
            await call


async def test_deleting_is_idempotent_and_leaves_no_folders(media: MediaStore, tmp_path: Path) -> None:
    await media.delete([KEY, "no/such"])
    await media.delete([KEY])
    assert [key async for key in media.list("videos")] == []
    assert list((tmp_path / "media").rglob("*")) == []


async def test_a_folder_is_deleted_with_its_half_written_files_and_its_neighbours_stay(
    media: MediaStore, tmp_path: Path
) -> None:
    await media.put_bytes("videos/g/2/clip.mp4", b"2", "video/mp4")
    half = tmp_path / "media" / "videos" / "g" / "1" / "clip.mp4#1"
    half.write_bytes(b"half")
    assert [key async for key in media.list("videos/g/1/")] == [KEY]
    assert await media.delete_under("videos/g/1/") == 1
    assert not half.exists()
    assert [key async for key in media.list("videos")] == ["videos/g/2/clip.mp4"]
    assert await media.delete_under("videos/none/") == 0


async def test_a_writer_killed_half_way_leaves_no_object(tmp_path: Path) -> None:
    source = tmp_path / "big.bin"
    with source.open("wb") as file:
        file.truncate(600 << 20)
    script = (
        "import asyncio, sys; from pathlib import Path; from models.storage import MediaStore;"
        "store = MediaStore.from_url(None, Path(sys.argv[1]));"
        "asyncio.run(store.put_file('videos/g/1/clip.mp4', Path(sys.argv[2]), 'video/mp4'))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path), str(source), cwd=Path(__file__).parents[2]
    )
    folder = tmp_path / "media" / "videos" / "g" / "1"
    async with asyncio.timeout(30):
        while not (folder.exists() and any(folder.iterdir())):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    store = MediaStore.from_url(None, tmp_path)
    assert [key async for key in store.list("videos")] == []
    with pytest.raises(NotFound):
        await store.size("videos/g/1/clip.mp4")
    await store.delete_under("videos/g/1/")
    assert not folder.exists()


def test_only_folders_and_s3_are_offered(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="s3://"):
        MediaStore.from_url("ftp://somewhere", tmp_path)
