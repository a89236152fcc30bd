"""Examines pictures and clips of things, animals and drawings, and cuts what they show out of its ground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from engine.capture.fingerprint import EVERY as HASHED_EVERY
from engine.capture.fingerprint import fingerprint, shrunk
from engine.capture.portraits import TALLEST, save_thumbnail
from engine.capture.spec import CheckName, CheckResult
from engine.capture.watch import Watched
from engine.identity.lifelike import NOTICED, most_lifelike
from engine.spec import FaceCrop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engine.identity.face import Faces

FACES_EVERY = 1.0
"""Seconds between the pictures of a clip that are searched for faces, in whole, in quarters and turned."""
BLUR = 60.0
"""Variance of the Laplacian of a picture 320 pixels high below which it is blurred (drawings are far above)."""
DARK, BRIGHT = 35.0, 247.0
LEAST, MOST = 0.03, 0.93
"""The share of a picture that a thing may cover."""
WHOLE = 0.6
"""The share of what stands out that must hang together."""
LEAST_SIDE = 64
"""Pixels that a thing needs each way."""

_CUT_SIDE = 256


def examine_clip(frames: Iterable[tuple[float, NDArray[np.uint8]]], *, out_dir: Path, faces: Faces) -> Watched:
    """Examine a clip of a thing: its sharpest picture becomes the cameo; every second of it is searched for faces."""
    small: list[NDArray[np.float32]] = []
    best: NDArray[np.uint8] | None = None
    hashed = searched = sharpest = 0.0
    lifelike = -np.inf
    for seconds, bgr in frames:
        if seconds + 1e-6 >= hashed:
            small.append(shrunk(bgr))
            hashed += HASHED_EVERY
            if best is None or _sharpness(bgr) > sharpest:
                best, sharpest = bgr.copy(), _sharpness(bgr)
        if seconds + 1e-6 >= searched:
            lifelike = max(lifelike, most_lifelike(bgr, faces))
            searched = seconds + FACES_EVERY
    if best is not None:  # the one picture that is kept is searched whatever moment it is from
        lifelike = max(lifelike, most_lifelike(best, faces))
    return _examined(best, None, lifelike, fingerprint(small), out_dir)


def examine_still(path: Path, *, out_dir: Path, faces: Faces) -> Watched:
    """Examine a picture (PNG of our own making, RGB or RGBA). Where it has transparency, that is the outline."""
    with Image.open(path, formats=("PNG",)) as image:
        picture = np.asarray(image.convert("RGBA"), np.uint8)
    alpha = picture[:, :, 3]
    bgr = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGBA2BGR), np.uint8)
    solid = np.asarray(np.where(alpha[:, :, None] > 0, bgr, 205), np.uint8)
    # What is transparent may still hold a face: whoever opens the file sees it.
    lifelike = max(most_lifelike(solid, faces), most_lifelike(bgr, faces) if (alpha == 0).any() else -np.inf)
    print_ = fingerprint([shrunk(solid)])
    return _examined(bgr, alpha if (alpha < 128).mean() > 0.02 else None, lifelike, print_, out_dir)


def outline(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) uint8: what stands out from the colours along the picture's edge, refined by GrabCut (Rother 2004)."""
    height, width = bgr.shape[:2]
    scale = _CUT_SIDE / max(height, width)
    small = np.asarray(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    h, w = lab.shape[:2]
    rim = max(2, min(h, w) // 40)
    edge = np.ones((h, w), np.bool_)
    edge[rim:-rim, rim:-rim] = False
    cv2.setRNGSeed(1)  # the same picture is cut the same way each time
    rims = lab[edge]
    few = (cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    _, _, grounds = cv2.kmeans(rims, 4, np.zeros((len(rims), 1), np.int32), few, 1, cv2.KMEANS_PP_CENTERS)
    away = np.min(np.linalg.norm(lab[:, :, None] - np.asarray(grounds)[None, None], axis=3), axis=2)
    mask = np.full((h, w), cv2.GC_PR_BGD, np.uint8)
    mask[away > 14] = cv2.GC_PR_FGD
    mask[edge] = cv2.GC_BGD
    if not 0.005 < float((mask == cv2.GC_PR_FGD).mean()) < 0.98:
        return np.zeros((height, width), np.uint8)
    colours = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, mask, (0, 0, 0, 0), *colours, 4, cv2.GC_INIT_WITH_MASK)
    found = np.asarray(((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)) * 255, np.uint8)
    wide = cv2.resize(found, (width, height), interpolation=cv2.INTER_CUBIC)
    smooth = cv2.GaussianBlur(wide, (0, 0), 0.75 / scale)
    return np.asarray(np.clip((smooth.astype(np.float32) - 96) * 4, 0, 255), np.uint8)


def _examined(
    bgr: NDArray[np.uint8] | None, alpha: NDArray[np.uint8] | None, lifelike: float, print_: bytes, out_dir: Path
) -> Watched:
    human = lifelike > NOTICED
    first = _result(
        CheckName.NO_HUMAN_FACE,
        "HUMAN_FACE" if human else "OK",
        "This shows a person's face. Only that person can lend it, by recording themselves."
        if human
        else "It shows no human face.",
        {"lifelike": max(lifelike, -99.0)},
    )
    if bgr is None or human:
        return Watched((first,), print_, face_model="")
    cover = _largest(outline(bgr) if alpha is None else alpha)
    checks = (first, _sharp(bgr), _lit(bgr, cover), _outlined(cover))
    if not checks[-1].passed:
        return Watched(checks, print_, face_model="")
    crop = _cut(bgr, cover, out_dir)
    path = out_dir / "thumbnail.webp"
    _thumbnail(bgr, cover, path)
    return Watched(checks, print_, face_model="", crops=(crop,), thumbnail=str(path))


def _sharpness(bgr: NDArray[np.uint8]) -> float:
    scale = 320 / bgr.shape[0]
    grey = cv2.cvtColor(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _sharp(bgr: NDArray[np.uint8]) -> CheckResult:
    sharp = _sharpness(bgr)
    if sharp >= BLUR:
        return _result(CheckName.SHARP, "OK", "The picture is sharp.", {"sharp": sharp})
    return _result(
        CheckName.SHARP, "BLURRED", "The picture is blurred. Hold the camera still and let it focus.", {"sharp": sharp}
    )


def _lit(bgr: NDArray[np.uint8], cover: NDArray[np.uint8]) -> CheckResult:
    grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.float32)
    light = float(grey[cover > 128].mean()) if (cover > 128).any() else float(grey.mean())
    if light < DARK:
        return _result(CheckName.LIT, "TOO_DARK", "It is too dark to see. Turn on a light.", {"light": light})
    if light > BRIGHT:
        return _result(CheckName.LIT, "TOO_BRIGHT", "It is too bright. Move out of direct light.", {"light": light})
    return _result(CheckName.LIT, "OK", "The light is good.", {"light": light})


def _outlined(cover: NDArray[np.uint8]) -> CheckResult:
    solid = cover > 128
    share = float(solid.mean())
    rows, columns = (np.flatnonzero(solid.any(axis=axis)) for axis in (1, 0))
    large = len(rows) and min(np.ptp(rows), np.ptp(columns)) >= LEAST_SIDE
    if not large or not LEAST <= share <= MOST:
        return _result(
            CheckName.OUTLINE, "NO_OUTLINE",
            "We cannot tell it from what is behind it. Put it alone before a plain wall or sheet of another colour, "
            "whole and large in the picture, or send a PNG with a transparent background.",
            {"share": share},
        )  # fmt: skip
    return _result(CheckName.OUTLINE, "OK", "It stands out from what is behind it.", {"share": share})


def _largest(cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Only the largest piece, where it is most of all; else nothing, since it is not known what is meant."""
    count, labels, sizes, _ = cv2.connectedComponentsWithStats((cover > 128).astype(np.uint8))
    if count < 2:
        return np.zeros_like(cover)
    areas = np.asarray(sizes)[1:, cv2.CC_STAT_AREA]
    if areas.max() < WHOLE * areas.sum():
        return np.zeros_like(cover)
    kept = cv2.dilate((labels == 1 + int(areas.argmax())).astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(cover * kept, np.uint8)


def _cut(bgr: NDArray[np.uint8], cover: NDArray[np.uint8], out_dir: Path) -> FaceCrop:
    x0, y0, x1, y1 = _box(cover)
    rgb = cv2.cvtColor(bgr[y0:y1, x0:x1], cv2.COLOR_BGR2RGB)
    image = Image.fromarray(np.asarray(np.dstack((rgb, cover[y0:y1, x0:x1])), np.uint8), "RGBA")
    image.thumbnail((TALLEST, TALLEST), Image.Resampling.LANCZOS)
    path = out_dir / "face-0.png"
    image.save(path, compress_level=3)
    return FaceCrop(path=str(path))


def _thumbnail(bgr: NDArray[np.uint8], cover: NDArray[np.uint8], path: Path) -> None:
    x0, y0, x1, y1 = _box(cover)
    height, width = bgr.shape[:2]
    side = min(height, width, round(1.15 * max(x1 - x0, y1 - y0)))
    left = int(np.clip((x0 + x1 - side) / 2, 0, width - side))
    top = int(np.clip((y0 + y1 - side) / 2, 0, height - side))
    part = bgr[top : top + side, left : left + side].astype(np.float32)
    share = cover[top : top + side, left : left + side, None].astype(np.float32) / 255
    # Of what lies behind a cut-out nothing is shown: it may be a room.
    save_thumbnail(np.asarray(part * share + 225 * (1 - share), np.uint8), path)


def _box(cover: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = (np.flatnonzero((cover > 24).any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _result(name: CheckName, code: str, message: str, detail: dict[str, float]) -> CheckResult:
    return CheckResult(name=name, passed=code == "OK", code=code, message=message, detail=detail)
