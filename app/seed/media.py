"""The few real clips that all seeded videos show, and their place in media storage."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import orjson

from models.storage import SHARED, MediaStore

FOLDER = Path(__file__).parent / "clips"
"""For each clip of ``clips.json`` an MP4, a poster and a moving preview, made by this project's own engine."""
_PARTS = {"MP4": ("mp4", "video/mp4"), "POSTER": ("webp", "image/webp"), "PREVIEW": ("preview.webp", "image/webp")}


@dataclass(frozen=True)
class SharedObject:
    """One stored object."""

    key: str
    content_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class SharedClip:
    """One clip. ``waveform`` is its peaks as JSON, ``objects`` has its objects by kind of rendition."""

    seconds: float
    width: int
    height: int
    fps: int
    waveform: str
    objects: dict[str, SharedObject]


async def share_clips(media: MediaStore) -> list[SharedClip]:
    """Put the clips into storage, where they are not there yet, and tell what they are."""
    clips: list[SharedClip] = []
    for one in orjson.loads((FOLDER / "clips.json").read_bytes()):
        objects: dict[str, SharedObject] = {}
        for kind, (ending, content_type) in _PARTS.items():
            path = FOLDER / f"{one['name']}.{ending}"
            content = path.read_bytes()
            objects[kind] = SharedObject(
                f"{SHARED}{path.name}", content_type, len(content), hashlib.sha256(content).hexdigest()
            )
            await media.put_bytes(objects[kind].key, content, content_type)
        waveform = orjson.dumps(one["waveform"]).decode()
        clips.append(SharedClip(one["seconds"], one["width"], one["height"], one["fps"], waveform, objects))
    return clips
