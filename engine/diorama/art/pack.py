"""Reads the art pack: what there is (`ids`, `index`) and one subject with its picture (`asset`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PACK = Path(__file__).parent / "pack"


@dataclass(frozen=True, eq=False)
class Asset:
    """One subject of the pack, trimmed to what is visible.

    ``image`` is (h, w, 4) uint8 **premultiplied BGRA**, read-only; h is what ``size`` (fraction of the frame's shorter
    side) measures. ``facing`` is the way the drawing looks: -1 left, 0 front, 1 right. ``framing`` is "full",
    "bust" (cut straight at the chest) or "head": the painter owes the last two a body. ``mouth`` is (x, y) in
    fractions of ``image``, None for what never talks. ``foot`` is the x fraction where it touches the ground, at the
    bottom row. ``colours`` are its two main colours as (b, g, r).
    """

    id: str
    kind: str
    size: float
    facing: int
    framing: str
    mouth: tuple[float, float] | None
    foot: float
    colours: tuple[tuple[int, int, int], tuple[int, int, int]]
    place: str | None
    image: NDArray[np.uint8]

    @property
    def head_only(self) -> bool:
        """Whether the drawing lacks legs, so that a body has to be built before it walks or jumps."""
        return self.framing != "full"


@cache
def index() -> Mapping[str, Mapping[str, Any]]:
    """Asset id → its entry of index.json: names_en, names_fr, tags, kind, size, box …"""
    entries: dict[str, dict[str, Any]] = json.loads((PACK / "index.json").read_text("utf-8"))
    return entries


@cache
def ids() -> tuple[str, ...]:
    """Every asset id, sorted."""
    return tuple(sorted(index()))


@lru_cache(maxsize=96)
def asset(asset_id: str) -> Asset:
    """The subject called ``asset_id``. Raises KeyError for an id that is not in the pack. Cached (0.26 MB each)."""
    entry = index()[asset_id]
    x0, y0, x1, y1 = entry["box"]
    mouth = entry["mouth"]
    first, second = (_bgr(colour) for colour in entry["colours"])
    return Asset(
        id=asset_id,
        kind=entry["kind"],
        size=entry["size"],
        facing=entry["facing"],
        framing=entry["framing"],
        mouth=(mouth[0], mouth[1]) if mouth else None,
        foot=entry["foot"],
        colours=(first, second),
        place=entry["place"],
        image=_picture(PACK / f"{asset_id}.webp", (x0, y0, x1, y1)),
    )


def _bgr(colour: str) -> tuple[int, int, int]:
    return int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)


def _picture(path: Path, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """The trimmed picture at ``path`` as premultiplied BGRA (h, w, 4) uint8, read-only because it is shared."""
    with Image.open(path) as image:
        rgba = np.asarray(image.convert("RGBA").crop(box), dtype=np.uint16)
    alpha = rgba[..., 3:]
    colour = (rgba[..., 2::-1] * alpha + 127) // 255
    picture = np.concatenate([colour, alpha], axis=2).astype(np.uint8)
    picture.flags.writeable = False
    return picture
