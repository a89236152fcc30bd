"""Draws a clip's frames once, through its frame filters, into every sink that wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.media.filters import FrameFilter


class Sink(Protocol):
    """Takes every frame of a clip in order: a file being encoded, a poster, a preview, a live segmenter."""

    def write(self, index: int, frame: NDArray[np.uint8]) -> None:
        """Take frame ``index`` (from 0), (height, width, 3) uint8 BGR, valid only during the call."""
        ...


def pump(
    frames: Iterable[NDArray[np.uint8]],
    sinks: Sequence[Sink],
    *,
    frame_count: int,
    shape: tuple[int, int],
    filters: Sequence[FrameFilter] = (),
    on_frame: Callable[[], None] | None = None,
) -> None:
    """Send exactly ``frame_count`` pictures of ``shape`` (height, width) through ``filters`` into all ``sinks``.

    ``on_frame()`` is called after each and may raise to stop. Raises `EngineError` when
    the backend draws too few or too many pictures, or one of another shape.
    """
    drawn: NDArray[np.uint8] | None = None
    done = 0
    for frame in frames:
        if done == frame_count:
            raise EngineError(f"The engine drew more than the {frame_count} pictures asked for.")
        if frame.shape != (*shape, 3) or frame.dtype != np.uint8:
            raise EngineError(f"The engine drew a picture of shape {frame.shape}, not {(*shape, 3)}.")
        if filters:
            # Filters draw in place, and a backend may go on drawing over its own buffer.
            drawn = np.empty_like(frame) if drawn is None else drawn
            np.copyto(drawn, frame)
            for apply in filters:
                apply(done, drawn)
        for sink in sinks:
            sink.write(done, drawn if drawn is not None else frame)
        done += 1
        if on_frame is not None:
            on_frame()
    if done != frame_count:
        raise EngineError(f"The engine drew {done} of the {frame_count} pictures asked for.")
