"""Which function draws which place, and a small store of places already drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from engine.diorama.paint import beyond, indoor, landmark, nature, style, town
from engine.diorama.paint.light import light_for
from engine.diorama.paint.sketch import Place, Sketch

DRAWERS: dict[str, Callable[[Sketch], None]] = {
    "meadow": nature.meadow, "forest": nature.forest, "beach": nature.beach, "sea": nature.sea,
    "underwater": beyond.underwater, "city": town.city, "street": town.street, "desert": nature.desert,
    "mountains": nature.mountains, "snowfield": nature.snowfield, "space": beyond.space, "room": indoor.room,
    "kitchen": indoor.kitchen, "stage": indoor.stage, "sky": beyond.sky, "farm": landmark.farm, "jungle": nature.jungle,
    "river": nature.river, "castle": landmark.castle, "stadium": landmark.stadium, "moon": beyond.moon,
    "volcano": beyond.volcano, "garden": nature.garden, "road": town.road, "school": town.school,
}  # fmt: skip


@lru_cache(maxsize=4)
def draw_place(name: str, time: str, weather: str, style_name: str, width: int, height: int) -> Place:
    """The place for frames of ``width`` × ``height`` pixels. Always the same picture for the same words.

    Raises `KeyError` for a word that is not in `scene.PLACES`, `TIMES` or `WEATHERS`.
    """
    digest = hashlib.blake2s(name.encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(digest, "big"))
    sketch = Sketch(light_for(time, weather), time, weather, width, height, rng)
    DRAWERS[name](sketch)
    return style.restyle_place(sketch.place(), style_name, min(width, height))
