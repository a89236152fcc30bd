"""Reads the art pack: what there is (`ids`, `index`), and one subject (`asset`) with its picture and motion."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PACK = Path(__file__).parent / "pack"


@dataclass(frozen=True)
class Reel:
    """How a subject moves by itself: a loop of ``count`` frames that lasts ``seconds``, trimmed to all that it shows.

    ``size`` is (width, height) of a frame in pixels. In fractions of it, ``foot`` is where it stands (x, y), ``tall``
    how high it usually is (what `Asset.size` measures); ``mouths`` has the mouth's (x, y) in each frame, where it
    is known. ``rests``: it shows the subject on the ground, not in flight. ``strides``: cycles of the legs in one loop.
    """

    id: str
    count: int
    seconds: float
    size: tuple[int, int]
    foot: tuple[float, float]
    tall: float
    mouths: tuple[tuple[float, float], ...]
    rests: bool
    strides: int

    def frames(self) -> tuple[NDArray[np.uint8], ...]:
        """``count`` pictures (h, w, 4) uint8 premultiplied BGRA, read-only; decoded together and kept for a while."""
        return _frames(self.id)


@dataclass(frozen=True, eq=False)
class Asset:
    """One subject of the pack, trimmed to what is visible.

    ``image`` is (h, w, 4) uint8 **premultiplied BGRA**, read-only; h is what ``size`` (fraction of the frame's shorter
    side) measures. ``facing`` is the way the drawing looks: -1 left, 0 front, 1 right. ``framing`` is "full",
    "bust" (cut straight at the chest) or "head": the painter owes the last two a body. ``mouth`` is (x, y) in
    fractions of ``image``, None for what never talks. ``foot`` is the x fraction where it touches the ground, at the
    bottom row. ``colours`` are its two main colours as (b, g, r). ``reel`` is its animation, None for most; ``acts``
    names for a motion ("walk") the subject whose animation shows it. ``eyes`` are those that it can close: x, y, half
    width and half height in fractions of ``image``.
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
    reel: Reel | None = None
    acts: Mapping[str, str] = field(default_factory=dict[str, str])
    eyes: tuple[tuple[float, float, float, float], ...] = ()

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
        reel=_reel(asset_id, entry["reel"]) if "reel" in entry else None,
        acts=entry.get("acts", {}),
        eyes=tuple((x, y, wide, tall) for x, y, wide, tall in entry.get("eyes", ())),
    )


def reel_path(asset_id: str) -> Path:
    """The file of the animation of ``asset_id``."""
    return PACK / "anim" / f"{asset_id}.webp"


def _reel(asset_id: str, told: Mapping[str, Any]) -> Reel:
    return Reel(
        id=asset_id,
        count=told["frames"],
        seconds=told["frames"] * told["ms"] / 1000,
        size=(told["size"][0], told["size"][1]),
        foot=(told["foot"][0], told["foot"][1]),
        tall=told["tall"],
        mouths=tuple((x, y) for x, y in told.get("mouth", ())),
        rests=told["rests"],
        strides=told["strides"],
    )


@lru_cache(maxsize=3)  # at most 6 MB each: 38 frames of 200 x 200; painters keep what they posed, not these
def _frames(asset_id: str) -> tuple[NDArray[np.uint8], ...]:
    told = index()[asset_id]["reel"]
    pictures: list[NDArray[np.uint8]] = []
    with Image.open(reel_path(asset_id)) as image:
        for position in range(int(getattr(image, "n_frames", 1))):
            image.seek(position)
            picture = _premultiplied(image.convert("RGBA"))
            # The encoder joins frames that are alike into one that lasts longer.
            pictures += [picture] * max(1, round(int(image.info["duration"]) / told["ms"]))
    return tuple(pictures)


def _bgr(colour: str) -> tuple[int, int, int]:
    return int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)


def _picture(path: Path, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """The trimmed picture at ``path``."""
    with Image.open(path) as image:
        return _premultiplied(image.convert("RGBA").crop(box))


def _premultiplied(image: Image.Image) -> NDArray[np.uint8]:
    """An RGBA image as premultiplied BGRA (h, w, 4) uint8, read-only because it is shared."""
    rgba = np.asarray(image.convert("RGBa"))
    picture = np.empty_like(rgba)
    picture[..., :3], picture[..., 3] = rgba[..., 2::-1], rgba[..., 3]
    picture.flags.writeable = False
    return picture
