"""Fits what tells a face photographed or drawn from life from a cartoon's: `python -m engine.train.lifelike`.

Portraits come from the user-interface kit npm `@tabler/preview` 1.2.0 (MIT) and are only looked at: what is written is
a plane of 128 weights over the recognition network's numbers. Cartoons are the faces of this repository's own art.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save

from engine.identity.face import Faces
from engine.identity.lifelike import NOTICED
from engine.identity.nets import WEIGHTS
from engine.train.art import ART, fetch

PORTRAITS = "@tabler/preview@1.2.0"
FOLDS, RIDGE, PRESENT = 5, 1e-3, 0.5
Picture = NDArray[np.uint8]


def main() -> None:
    """Print how well a fifth of each is told by a fit to the rest, then write the fit to all."""
    faces = Faces()
    with tempfile.TemporaryDirectory() as name:
        portraits = sorted((fetch(PORTRAITS, Path(name)) / "dist/static/avatars").glob("0*.jpg"))
        rows = [(index, kind, vector) for index, kind, vector in _portraits(portraits, faces)]
    rows += [(index, "cartoon", vector) for index, vector in _cartoons(faces)]
    groups, kinds = (np.array([row[k] for row in rows]) for k in (0, 1))
    vectors, real = np.array([row[2] for row in rows]), kinds != "cartoon"
    scores = np.zeros(len(rows))
    for fold in range(FOLDS):
        apart = groups % FOLDS == fold
        plane, offset = fit(vectors[~apart], real[~apart])
        scores[apart] = vectors[apart] @ plane + offset
    for kind in sorted(set(kinds)):
        mine = scores[kinds == kind]
        print(f"{kind}: {(mine > NOTICED).sum()} of {len(mine)} called lifelike")
    plane, offset = fit(vectors, real)
    data = save({"plane": plane.astype(np.float32), "offset": np.array([offset], np.float32)})
    (WEIGHTS / "face_lifelike.safetensors").write_bytes(data)


def fit(vectors: NDArray[np.float32], real: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """The plane of a ridged logistic regression in which both kinds weigh the same."""
    x, y = torch.tensor(vectors * 10), torch.tensor(real, dtype=torch.float32)
    weights = torch.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y).mean())
    plane, offset = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    descent = torch.optim.LBFGS([plane, offset], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        descent.zero_grad()
        each = torch.nn.functional.binary_cross_entropy_with_logits(x @ plane + offset, y, reduction="none")
        total = (each * weights).mean() + RIDGE * (plane**2).sum()
        total.backward()
        return total

    descent.step(loss)
    return plane.detach().numpy().astype(np.float64) * 10, float(offset.detach()[0])


def _portraits(paths: list[Path], faces: Faces) -> Iterator[tuple[int, str, NDArray[np.float32]]]:
    for index, path in enumerate(paths):
        photo = cv2.imread(str(path))
        for kind, drawn in DRAWN.items():
            picture = drawn(photo)
            edge = max(picture.shape[:2]) // 6
            padded = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
            for vector in _faces(padded, faces):
                yield index, kind, vector


def _cartoons(faces: Faces) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for index, path in enumerate(sorted((ART / "pack").glob("*.webp"))):
        with Image.open(path) as image:
            cut = image.convert("RGBA")
        sheet = Image.new("RGBA", (cut.width + 60, cut.height + 60), (210, 205, 200, 255))
        sheet.alpha_composite(cut, (30, 30))
        for vector in _faces(cv2.cvtColor(np.asarray(sheet), cv2.COLOR_RGBA2BGR), faces):
            yield index, vector


def _faces(bgr: Picture, faces: Faces) -> Iterator[NDArray[np.float32]]:
    for found in faces.detect(bgr, sure=0.45)[:3]:
        mesh = faces.mesh(bgr, found)
        if mesh.presence > PRESENT:
            yield faces.embed_mesh(bgr, mesh)


def _grey(bgr: Picture) -> Picture:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


def _pencil(bgr: Picture) -> Picture:
    light = 255 - cv2.GaussianBlur(255 - _grey(bgr), (0, 0), 6)
    return cv2.cvtColor(cv2.divide(_grey(bgr), np.maximum(light, 1), scale=256), cv2.COLOR_GRAY2BGR)


def _ink(bgr: Picture) -> Picture:
    smooth = cv2.GaussianBlur(_grey(bgr), (0, 0), 1.2)
    lines = cv2.adaptiveThreshold(smooth, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 15, 6)
    return cv2.cvtColor(lines, cv2.COLOR_GRAY2BGR)


def _oil(bgr: Picture) -> Picture:
    for _ in range(3):
        bgr = cv2.bilateralFilter(bgr, 11, 60, 9)
    return cv2.medianBlur(bgr, 5)


DRAWN: dict[str, Callable[[Picture], Picture]] = {
    "photo": lambda bgr: bgr,
    "grey photo": lambda bgr: cv2.cvtColor(_grey(bgr), cv2.COLOR_GRAY2BGR),
    "poster": lambda bgr: cv2.medianBlur(bgr, 5) // 64 * 64 + 32,
    "oil": _oil,
    "pencil": _pencil,
    "ink": _ink,
}
"""A photo, and what somebody would make of it to call it a drawing."""


if __name__ == "__main__":
    main()
