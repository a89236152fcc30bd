"""Which function draws which place, and a small store of places already drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from engine.diorama.paint import beyond, indoor, landmark, nature, style, town
from engine.diorama.paint.kept import Kept
from engine.diorama.paint.light import light_for
from engine.diorama.paint.sketch import Place, Sketch
from engine.diorama.scene import Brief

DRAWERS: dict[str, Callable[[Sketch], None]] = {
    "meadow": nature.meadow, "forest": nature.forest, "beach": nature.beach, "sea": nature.sea,
    "underwater": beyond.underwater, "city": town.city, "street": town.street, "desert": nature.desert,
    "mountains": nature.mountains, "snowfield": nature.snowfield, "space": beyond.space, "room": indoor.room,
    "kitchen": indoor.kitchen, "stage": indoor.stage, "sky": beyond.sky, "farm": landmark.farm, "jungle": nature.jungle,
    "river": nature.river, "castle": landmark.castle, "stadium": landmark.stadium, "moon": beyond.moon,
    "volcano": beyond.volcano, "garden": nature.garden, "road": town.road, "school": town.school,
}  # fmt: skip


KEPT_BYTES = 40 << 20
"""About two places at 720 × 1280: a remix, and the next try of a prompt, mostly stay where they were."""


def _weigh(place: Place) -> int:
    stamps = (stamp for layer in (*place.back, *place.front) for stamp, _, _ in layer.parts)
    return sum(stamp.colour.nbytes + (0 if stamp.keep is None else stamp.keep.nbytes) for stamp in stamps)


_kept: Kept[Place] = Kept(KEPT_BYTES, _weigh)


def draw_place(name: str, time: str, weather: str, style_name: str, width: int, height: int) -> Place:
    """The place for frames of ``width`` × ``height`` pixels. Always the same picture for the same words.

    Raises `KeyError` for a word that is not in `scene.PLACES`, `TIMES` or `WEATHERS`.
    """
    key = (name, time, weather, style_name, width, height)
    return _kept.get(key, lambda: _draw(*key))


def _draw(name: str, time: str, weather: str, style_name: str, width: int, height: int) -> Place:
    digest = hashlib.blake2s(name.encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(digest, "big"))
    sketch = Sketch(light_for(time, weather), time, weather, width, height, rng)
    DRAWERS[name](sketch)
    return style.restyle_place(sketch.place(), style_name, min(width, height))


@contextmanager
def drawing_place(brief: Brief, width: int, height: int) -> Generator[None]:
    """Draw the place of ``brief`` in a thread of its own while the block runs: whoever paints next finds it kept."""
    with ThreadPoolExecutor(1, thread_name_prefix="scenery") as pool:
        drawn = pool.submit(draw_place, brief.place, brief.time, brief.weather, brief.style, width, height)
        yield
        drawn.result()
