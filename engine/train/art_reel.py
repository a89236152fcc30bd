"""Bakes one animated glyph: every second frame, trimmed to what is ever seen, as one small animated WebP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.train.art_dry import without_water

GLYPH = 256
FINEST = 200
"""Pixels at which the glyph of something tall is kept; small things are kept smaller."""

Frames = NDArray[np.float32]


def read_frames(path: Path) -> tuple[Frames, int]:
    """Every second frame of an animated glyph (n, 256, 256, 4), premultiplied 0 … 255, and what each lasts in ms."""
    kept: list[NDArray[np.float32]] = []
    total = 0
    with Image.open(path) as image:
        count = int(getattr(image, "n_frames", 1))
        for index in range(count):
            image.seek(index)
            picture = image.convert("RGBA")
            total += int(image.info["duration"])
            if index % 2 == 0 and index < count - count % 2:
                frame = np.asarray(picture, np.float32)[:GLYPH, :GLYPH].copy()
                frame[..., :3] *= frame[..., 3:] / 255
                kept.append(frame)
    return np.stack(kept), round(total / len(kept))


def extents(frames: Frames) -> NDArray[np.int64]:
    """(n, 4) left, top, right and bottom of what is visible in each frame; right and bottom are exclusive."""
    boxes: list[tuple[int, int, int, int]] = []
    for frame in frames:
        solid = frame[..., 3] > 24
        rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
        boxes.append((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    return np.array(boxes, np.int64)


def stance(frames: Frames, boxes: NDArray[np.int64], union: tuple[int, int, int, int]) -> dict[str, Any]:
    """Where the animation stands, in fractions of the union box: ``foot`` (x, y) and ``tall``, its usual height."""
    x0, y0, x1, y1 = union
    ground = float(np.quantile(boxes[:, 3], 0.8))
    feet: list[float] = []
    for frame, box in zip(frames, boxes, strict=True):
        low = frame[max(box[1], box[3] - max(1, (box[3] - box[1]) // 10)) : box[3], :, 3] > 24
        columns = np.flatnonzero(low.any(axis=0))
        feet.append(float(columns[0] + columns[-1] + 1) / 2)
    return {
        "foot": [round((float(np.median(feet)) - x0) / (x1 - x0), 3), round((ground - y0) / (y1 - y0), 3)],
        "tall": round(float(np.median(boxes[:, 3] - boxes[:, 1])) / (y1 - y0), 3),
    }


def follow(frames: Frames, start: tuple[float, float], reach: int = 30) -> list[tuple[float, float]]:
    """Where the spot that lies at ``start`` (glyph pixels) in the first frame is in each: a face keeps its mouth.

    Found by matching the patch around it; ``reach`` is how far (pixels) it may wander.
    """
    half = 40
    grey = [cv2.cvtColor(frame[..., :3], cv2.COLOR_RGB2GRAY) for frame in frames]
    padded = [cv2.copyMakeBorder(one, half + reach, half + reach, half + reach, half + reach, cv2.BORDER_CONSTANT)
              for one in grey]  # fmt: skip
    x, y = round(start[0]) + half + reach, round(start[1]) + half + reach
    patch = padded[0][y - half : y + half, x - half : x + half]
    found: list[tuple[float, float]] = []
    for one in padded:
        window = one[y - half - reach : y + half + reach, x - half - reach : x + half + reach]
        _, _, _, at = cv2.minMaxLoc(cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED))
        found.append((start[0] + at[0] - reach, start[1] + at[1] - reach))
    return found


def spread(frames: Frames) -> tuple[float, float]:
    """(seam, usual): mean change from the last frame to the first, and the 95 % quantile of that between neighbours."""
    change = [float(np.abs(frames[k] - frames[k - 1]).mean()) for k in range(len(frames))]
    return change[0], float(np.quantile(change[1:], 0.95))


def bake_reel(
    path: Path, out: Path, *, size: float, mouth: tuple[float, float] | None, dry: bool = False
) -> dict[str, Any]:
    """Write the animation at ``path`` to ``out`` and return what index.json says of it.

    ``size`` is the subject's height in fractions of the frame's shorter side (small things need fewer pixels);
    ``mouth`` is where the still's mouth is, in fractions of the still's trimmed picture; ``dry`` takes water away.
    Raises ValueError where the loop jumps at its end.
    """
    frames, lasting = read_frames(path)
    if dry:
        frames = np.stack([without_water(frame) for frame in frames])
    seam, usual = spread(frames)
    if seam > 1.8 * usual + 0.5:
        raise ValueError(f"{path.name}: its last frame does not lead to its first ({seam:.1f} against {usual:.1f})")
    boxes = extents(frames)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    union = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    pixels = float(np.clip(size * 720, 136, FINEST))
    pictures = [_shrunk(frame, union, pixels / GLYPH) for frame in frames]
    pictures[0].save(
        out, "WEBP", save_all=True, append_images=pictures[1:], duration=lasting, loop=0,
        quality=52, alpha_quality=60, method=6,
    )  # fmt: skip
    told: dict[str, Any] = {"frames": len(frames), "ms": lasting, "size": list(pictures[0].size)}
    told |= stance(frames, boxes, union)
    if mouth is not None:
        first = boxes[0]
        at = first[0] + mouth[0] * (first[2] - first[0]), first[1] + mouth[1] * (first[3] - first[1])
        told["mouth"] = [
            [round((x - union[0]) / (union[2] - union[0]), 3), round((y - union[1]) / (union[3] - union[1]), 3)]
            for x, y in follow(frames, at)
        ]
    return told


def _shrunk(frame: NDArray[np.float32], box: tuple[int, int, int, int], scale: float) -> Image.Image:
    cut = frame[box[1] : box[3], box[0] : box[2]]
    size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    # WebP wants colour that is not multiplied by alpha.
    plain = np.where(small[..., 3:] > 0, small[..., :3] * 255 / np.maximum(small[..., 3:], 1), 0)
    return Image.fromarray(np.clip(np.dstack((plain, small[..., 3])) + 0.5, 0, 255).astype(np.uint8))
