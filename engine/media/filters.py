"""Frame filters: named things drawn on every frame between the painter and the encoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.errors import InvalidRequest
from engine.spec import GenerationSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

VISIBLE_MARK = "visible-mark"
MARK_TEXT = "made with Yume"


class FrameFilter(Protocol):
    """Draws on frame ``index`` (height, width, 3) uint8 BGR, in place."""

    def __call__(self, index: int, frame: NDArray[np.uint8], /) -> None:
        """Draw on ``frame``."""
        ...


_filters: dict[str, Callable[[GenerationSpec], FrameFilter]] = {}


def frame_filter(
    name: str,
) -> Callable[[Callable[[GenerationSpec], FrameFilter]], Callable[[GenerationSpec], FrameFilter]]:
    """Decorator: make a factory (or class) of filters available to specs under ``name``."""

    def add(factory: Callable[[GenerationSpec], FrameFilter]) -> Callable[[GenerationSpec], FrameFilter]:
        if name in _filters:
            raise RuntimeError(f"two frame filters are called {name!r}")
        _filters[name] = factory
        return factory

    return add


def build_filters(spec: GenerationSpec) -> Sequence[FrameFilter]:
    """The filters that ``spec.filters`` names, in that order. Raises `InvalidRequest` for an unknown name."""
    for name in spec.filters:
        if name not in _filters:
            known = ", ".join(sorted(_filters))
            raise InvalidRequest(f"There is no frame filter called {name!r}. Known: {known}.", field="filters")
    return [_filters[name](spec) for name in spec.filters]


@frame_filter(VISIBLE_MARK)
class VisibleMark:
    """A small see-through "made with Yume" that drifts along a slow loop, so that no crop removes it throughout.

    It stays out of the top 10 % and the bottom 18 % of the frame, where players lay their controls.
    """

    LOOP_SECONDS = 12.0
    OPACITY = 0.55

    def __init__(self, spec: GenerationSpec) -> None:
        self._fps = spec.fps
        ink, shade = _letters(MARK_TEXT, max(10, round(min(spec.width, spec.height) * 0.032)))
        # Premultiplied once: out = frame · keep + add.
        alpha = np.clip(ink + shade, 0.0, 1.0) * self.OPACITY
        self._keep = np.repeat((1.0 - alpha)[..., None], 3, axis=2).astype(np.float32)
        self._add = np.repeat((255.0 * ink * self.OPACITY)[..., None], 3, axis=2).astype(np.float32)
        height, width = ink.shape
        self._left, self._right = spec.width * 0.04, spec.width * 0.96 - width
        self._top, self._bottom = spec.height * 0.11, spec.height * 0.81 - height

    def position(self, index: int) -> tuple[int, int]:
        """Left and top pixel of the mark on frame ``index``: once around an ellipse in `LOOP_SECONDS`."""
        turn = 2.0 * math.pi * (index / self._fps / self.LOOP_SECONDS + 0.125)
        x = self._left + (self._right - self._left) * (0.5 + 0.5 * math.cos(turn))
        y = self._top + (self._bottom - self._top) * (0.5 + 0.5 * math.sin(turn))
        return round(x), round(y)

    def __call__(self, index: int, frame: NDArray[np.uint8], /) -> None:
        """Blend the mark into ``frame``."""
        x, y = self.position(index)
        height, width = self._keep.shape[:2]
        patch = frame[y : y + height, x : x + width]
        patch[:] = cv2.convertScaleAbs(cv2.multiply(patch, self._keep, dtype=cv2.CV_32F) + self._add)


def _letters(text: str, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """White letters and their soft dark edge as two (h, w) float32 coverages 0 … 1."""
    font = ImageFont.load_default(size)
    margin = max(3, size // 4)
    left, top, right, bottom = font.getbbox(text)
    mask = Image.new("L", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin))
    ImageDraw.Draw(mask).text((margin - left, margin - top), text, fill=255, font=font)
    ink = np.asarray(mask, dtype=np.float32) / 255.0
    shade = np.clip(cv2.GaussianBlur(ink, (0, 0), size / 10) * 1.2, 0.0, 1.0)
    return ink, np.asarray(shade, dtype=np.float32)
