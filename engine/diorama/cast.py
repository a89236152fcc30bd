"""The cast of a clip: members' face crops and voice samples, read, checked and made ready for paint and sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from engine.diorama.features import Features, found, looked_for
from engine.errors import InvalidRequest
from engine.text.outfit import Outfit, outfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.diorama.sound.likeness import VoicePrint
    from engine.spec import CastMember, FaceCrop

LEAST_SIDE, MOST_SIDE = 64, 4096
"""Pixels: what a head must show, and what a picture may have before it is decoded."""

MOST_BYTES = 24 << 20
FAINT = 24
"""Alpha up to which a pixel is not part of the head."""

KEPT_HEIGHT = 640
"""Pixels: no head is ever drawn taller."""

LEVEL = 0.03
"""Radians of tilt that a head may keep; more is turned back, so that the puppet alone decides how it leans."""


@dataclass(frozen=True, eq=False)
class Crop:
    """One picture of a head, trimmed and level.

    ``image`` is (h, w, 4) uint8 **premultiplied BGRA**, read-only; ``yaw`` in degrees, negative looks to the picture's
    left; ``features`` are in pixels of ``image``.
    """

    image: NDArray[np.uint8]
    yaw: float
    features: Features


@dataclass(frozen=True, eq=False)
class Face:
    """What a head looks like, from one or more sides; ``skin`` is its (b, g, r)."""

    crops: tuple[Crop, ...]
    skin: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Likeness:
    """One cast member ready to play. Either scope may be missing: without it a drawn person or a stock voice serves."""

    name: str
    face: Face | None
    voice: VoicePrint | None
    outfit: Outfit = field(default_factory=Outfit)


def load_cast(members: Sequence[CastMember]) -> tuple[Likeness, ...]:
    """Read every member's files. Raises `InvalidRequest` (field "cast") naming whose file cannot be used, and why."""
    return tuple(_likeness(member) for member in members)


def _likeness(member: CastMember) -> Likeness:
    face = None
    if member.faces:
        crops = tuple(_crop(member.name, each) for each in member.faces)
        straight = min(crops, key=lambda crop: abs(crop.yaw))
        face = Face(crops, skin_of(straight))
    return Likeness(member.name, face, _voice(member), outfit(member.preferences or ""))


def _voice(member: CastMember) -> VoicePrint | None:
    if member.voice is None:
        return None
    from engine.diorama.sound.likeness import voiceprint  # noqa: PLC0415 - most casts bring no voice

    try:
        return voiceprint(Path(member.voice))
    except InvalidRequest as error:
        raise InvalidRequest(f"{member.name}: {error.message}", field="cast") from error


def _crop(name: str, face: FaceCrop) -> Crop:
    picture = _decoded(name, Path(face.path))
    box = picture.getchannel("A").point([255 * (value > FAINT) for value in range(256)]).getbbox()
    if box is None:
        raise InvalidRequest(f"A face picture of {name} is empty: nothing in it is opaque.", field="cast")
    left, top, right, bottom = box
    if min(bottom - top, right - left) < LEAST_SIDE:
        raise InvalidRequest(
            f"The head in a face picture of {name} is too small: it needs {LEAST_SIDE} pixels each way.", field="cast"
        )
    head, fewer = picture.crop(box), max(1, (bottom - top) // KEPT_HEIGHT)
    if fewer > 1:  # before any arithmetic: a picture of 4096 pixels each way took 1.4 GB of it
        head = head.reduce(fewer)
    solid = np.asarray(cv2.cvtColor(np.asarray(head, np.uint8), cv2.COLOR_RGBA2BGRA), np.uint8)
    if face.points is None:
        features = looked_for(solid)
    else:
        features = found(face.points, *picture.size).moved(-left, -top).scaled(1 / fewer)
    image, features = _level(_shrunk(solid, features))
    image.flags.writeable = False
    return Crop(image, face.yaw, features)


def _decoded(name: str, path: Path) -> Image.Image:
    """RGBA, not premultiplied. Nothing is decoded before its size is known to be small enough."""
    try:
        if not path.is_file():  # a pipe would be waited for without end
            raise InvalidRequest(f"A face picture of {name} cannot be read: there is no such file.", field="cast")
        if path.stat().st_size > MOST_BYTES:
            raise InvalidRequest(f"A face picture of {name} is larger than {MOST_BYTES >> 20} MB.", field="cast")
        with Image.open(path, formats=("PNG", "WEBP")) as image:
            if max(image.size) > MOST_SIDE:
                raise InvalidRequest(
                    f"A face picture of {name} is {image.width}×{image.height} pixels; "
                    f"at most {MOST_SIDE} each way are taken.",
                    field="cast",
                )
            if not image.has_transparency_data:
                raise InvalidRequest(f"A face picture of {name} is not cut out: it has no transparency.", field="cast")
            return image.convert("RGBA")
    except Image.DecompressionBombError as error:
        raise InvalidRequest(
            f"A face picture of {name} has too many pixels; at most {MOST_SIDE} each way are taken.", field="cast"
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise InvalidRequest(f"A face picture of {name} cannot be read as a PNG or WebP.", field="cast") from error


def _shrunk(picture: NDArray[np.uint8], features: Features) -> tuple[NDArray[np.uint8], Features]:
    """Premultiplied, its ragged edge drawn in a little, and no taller than is ever drawn."""
    factor = min(1.0, KEPT_HEIGHT / picture.shape[0])
    alpha = picture[:, :, 3]
    reach = max(1, round(picture.shape[0] / 160))
    # A cut-out's outermost pixels hold some of the room behind it.
    inner = cv2.erode(cv2.copyMakeBorder(alpha, 1, 1, 1, 1, cv2.BORDER_CONSTANT), np.ones((3, 3)), iterations=reach)
    soft = cv2.GaussianBlur(inner, (0, 0), max(0.8, reach * 0.8))[1:-1, 1:-1]
    cover = np.minimum(soft, alpha)
    colour = picture[:, :, :3] * (cover[:, :, None] / 255)
    image = np.dstack((np.round(colour), cover)).astype(np.uint8)
    if factor < 1:
        size = (max(1, round(image.shape[1] * factor)), KEPT_HEIGHT)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image, features.scaled(factor)


def _level(what: tuple[NDArray[np.uint8], Features]) -> tuple[NDArray[np.uint8], Features]:
    """Turn a tilted head upright about the middle of its eyes."""
    image, features = what
    angle = features.roll
    if not features.sure or abs(angle) < LEVEL:
        return image, features
    matrix: NDArray[Any] = cv2.getRotationMatrix2D(features.between, float(np.degrees(angle)), 1.0)
    h, w = image.shape[:2]
    corners = matrix @ np.array([[0, w, 0, w], [0, 0, h, h], [1, 1, 1, 1]], np.float64)
    low = np.floor(corners.min(axis=1))
    matrix[:, 2] -= low
    wide, tall = (int(value) for value in np.ceil(corners.max(axis=1) - low))
    turned = np.asarray(cv2.warpAffine(image, matrix, (wide, tall), flags=cv2.INTER_LINEAR), np.uint8)
    rows, columns = (np.flatnonzero(turned[:, :, 3].max(axis=axis) > 8) for axis in (1, 0))
    top, left = int(rows[0]), int(columns[0])
    part = np.ascontiguousarray(turned[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1])
    return part, features.carried(matrix).moved(-left, -top)


def skin_of(crop: Crop) -> tuple[float, float, float]:
    """(b, g, r) of the cheeks and nose: the median between eyes and mouth, which beard, hair and glasses leave free."""
    x0, y0, x1, y1 = crop.features.cheeks
    part = crop.image[int(y0) : max(int(y1), int(y0) + 2), int(x0) : max(int(x1), int(x0) + 2)].reshape(-1, 4)
    solid = part[part[:, 3] > 230][:, :3].astype(np.float64)
    if not len(solid):
        return 140.0, 175.0, 225.0
    light = solid.sum(axis=1)
    # The brighter half: shadows beside the nose would make hands look dirty.
    blue, green, red = (float(value) for value in np.median(solid[light >= np.median(light)], axis=0))
    return blue, green, red
