"""What words mean, as a vector, read away from the event loop."""

from __future__ import annotations

from collections.abc import Sequence

from engine.text.meaning import meaning
from engine.text.pool import in_pool


async def meaning_of(text: str) -> list[float]:
    """The unit vector (384) of what ``text`` says, to be compared with `video_text.meaning`.

    Some 20 ms of a core in a bounded pool; its first 400 characters are read.
    """
    return [float(value) for value in await in_pool(meaning, text)]


def as_vector(values: Sequence[float]) -> str:
    """``values`` in Postgres's notation, for a parameter that is cast: ``$1::text::halfvec(384)``."""
    return "[" + ",".join(f"{value:.5f}" for value in values) + "]"
