"""The playable segments of a clip that is still being made: stored, told of, and away again when the attempt ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from engine.media.playlist import INIT_NAME, PLAYLIST_NAME, playlist, segment_name
from engine.protocol import SegmentMessage
from jobs.clip.lease import Lease
from jobs.progress.writer import ProgressWriter, SupersededError
from models.storage import MediaStore

LAST_SECONDS = 1.0
"""How long the finished clip's own end waits for its last segments to be told of."""
CLEAR_SECONDS = 5.0
"""How long an upload under way is waited for when the attempt has ended."""
PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
SEGMENT_TYPE = "video/mp4"

_log = structlog.get_logger()


class LiveSegments:
    """The segments of one claim, uploaded in order beside the clip's own progress: no clip waits for them or fails by
    them. They lie under the claim's fence, so those of a worker that lost its lease are in nobody's playlist.
    """

    def __init__(self, media: MediaStore, lease: Lease, writer: ProgressWriter) -> None:
        self._media, self._writer, self._prefix = media, writer, lease.live_prefix
        self._log = _log.bind(generation=str(lease.generation_id), fence=lease.fence)
        self._queue: asyncio.Queue[SegmentMessage | None] = asyncio.Queue()
        self._seconds: list[float] = []
        self._ending = False
        self._task: asyncio.Task[None] | None = None

    def take(self, message: SegmentMessage) -> None:
        """Store and tell of a segment, after those before it. Its file must stay until `clear`."""
        self._queue.put_nowait(message)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="live-segments")

    def stop(self) -> None:
        """Tell of nothing further."""
        self._ending = True
        self._queue.put_nowait(None)

    async def finish(self) -> None:
        """Let those taken so far be told of, for a moment; then no more."""
        self._queue.put_nowait(None)
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=LAST_SECONDS)
        self._ending = True

    async def clear(self) -> None:
        """Stop, and delete what was stored. Should that fail, what the attempt's end promised the outbox does it."""
        self.stop()
        if self._task is None:
            return
        # An upload runs in a thread that nothing interrupts: what it still brings must be there to be deleted.
        _, late = await asyncio.wait({self._task}, timeout=CLEAR_SECONDS)
        for task in late:
            task.cancel()
        try:
            await self._media.delete_under(self._prefix)
        except Exception as error:  # noqa: BLE001 - whatever storage raises
            self._log.warning("live_segments_left", error=repr(error))

    async def _run(self) -> None:
        try:
            while (message := await self._queue.get()) is not None and not self._ending:
                await self._store(message)
                if not self._ending:
                    await self._writer.segment(
                        index=message.index, start=message.start, seconds=message.seconds, codecs=message.codecs
                    )
        except SupersededError:
            return  # the attempt's own next word learns the same
        except Exception as error:  # noqa: BLE001 - a clip must not fail by what is only watched meanwhile
            self._log.warning("live_segments_stopped", error=repr(error))

    async def _store(self, message: SegmentMessage) -> None:
        if not self._seconds:
            await self._media.put_file(self._prefix + INIT_NAME, Path(message.init), SEGMENT_TYPE)
        await self._media.put_file(self._prefix + segment_name(message.index), Path(message.path), SEGMENT_TYPE)
        self._seconds.append(message.seconds)
        # Last, so that the playlist names nothing that is not there.
        listed = playlist(self._seconds, ended=message.last)
        await self._media.put_bytes(self._prefix + PLAYLIST_NAME, listed.encode(), PLAYLIST_TYPE)
