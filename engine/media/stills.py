"""Small pictures of a clip: step previews, the poster and the animated preview, all WebP and bounded in bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from engine.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUALITIES = (80, 65, 50, 35, 20)


def shrink(picture: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """``picture`` (H, W, 3) scaled so that its longer side is at most ``long_side`` pixels; never enlarged."""
    height, width = picture.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1.0:
        return picture.copy()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def encode_preview(picture: NDArray[np.uint8], *, long_side: int, max_bytes: int) -> bytes:
    """RGB ``picture`` (H, W, 3) as a WebP within both bounds: first a lower quality, then fewer pixels.

    Raises `EngineError` when not even a picture of 16 pixels fits.
    """
    while long_side >= 16:
        small = Image.fromarray(shrink(picture, long_side))
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            small.save(buffer, "WEBP", quality=quality, method=2)
            if buffer.tell() <= max_bytes:
                return buffer.getvalue()
        long_side = long_side * 3 // 4
    raise EngineError(f"No preview fits into {max_bytes} bytes.")


class PosterSink:
    """Keeps the frame two fifths in (where a clip is under way) and saves it as a WebP of full size."""

    PLACE = 0.4

    def __init__(self, path: Path, frame_count: int) -> None:
        self._path = path
        self._index = min(frame_count - 1, int(frame_count * self.PLACE))

    def write(self, index: int, frame: NDArray[np.uint8]) -> None:
        """Save frame ``index`` when it is the poster's."""
        if index == self._index:
            Image.fromarray(frame[..., ::-1]).save(self._path, "WEBP", quality=82, method=2)


class AnimatedPreviewSink:
    """Samples two seconds from the middle of a clip as a looping WebP of at most `MAX_BYTES`.

    Call `close` after the last frame; it writes the file.
    """

    SECONDS = 2.0
    RATE = 10
    LONG_SIDE = 400
    MAX_BYTES = 400_000

    def __init__(self, path: Path, *, frame_count: int, fps: int) -> None:
        self._path = path
        length = min(frame_count, round(self.SECONDS * fps))
        first = (frame_count - length) // 2
        pictures = max(1, length * self.RATE // fps)
        self._wanted = {first + k * length // pictures for k in range(pictures)}
        self._duration = round(1000 * length / fps / pictures)
        self._pictures: list[Image.Image] = []

    def write(self, index: int, frame: NDArray[np.uint8]) -> None:
        """Keep a small copy of frame ``index`` when it is one of the sample."""
        if index in self._wanted:
            self._pictures.append(Image.fromarray(shrink(frame, self.LONG_SIDE)[..., ::-1]))

    def close(self) -> None:
        """Write the file. Raises `EngineError` when no frame came or the poorest quality is still too large."""
        if not self._pictures:
            raise EngineError("There is no frame to make a preview of.")
        first, *rest = self._pictures
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            first.save(
                buffer, "WEBP", save_all=True, append_images=rest, duration=self._duration, loop=0,
                quality=quality, method=1, minimize_size=False,
            )  # fmt: skip
            if buffer.tell() <= self.MAX_BYTES:
                self._path.write_bytes(buffer.getvalue())
                return
        raise EngineError(f"The animated preview does not fit into {self.MAX_BYTES} bytes.")
