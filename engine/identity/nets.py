"""The networks of this folder: read once, and only when they are the files we know."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from engine.errors import BackendUnavailable

WEIGHTS = Path(__file__).parent / "weights"

DIGESTS = {
    "face_detection_full_range.tflite": "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
    "face_landmark.tflite": "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
    "selfie_segmentation.tflite": "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27",
    "canonical_face_model.obj": "8bac80443397e113f41a8b565ea72c59390bc031d9defab289dba7bc0c54e618",
    "face_recognition.onnx": "31421ce5eb3f4f094fea4f9eedd91e48009c4e0185ef55c8a4ebbf38ef5f0522",
    "face_lifelike.safetensors": "b2bff01153d3c72610ef11b6b9a4cf03e9b68490a98b2a79332eaab6e102e37d",
}
"""SHA-256 of each file; weights/README.md says where it comes from."""


def read(name: str) -> bytes:
    """The bytes of one file. Raises `BackendUnavailable` when it is missing or is not the one we know."""
    path = WEIGHTS / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BackendUnavailable(f"{name} is missing from {WEIGHTS}: install Yume again.") from error
    if hashlib.sha256(data).hexdigest() != DIGESTS[name]:
        raise BackendUnavailable(f"{path} is not the file that belongs to this version: install Yume again.")
    return data


def tflite(name: str) -> cv2.dnn.Net:
    """A TensorFlow Lite network, run by OpenCV: the same numbers to 1e-4, and no further runtime to install."""
    read(name)
    # By its path: from a buffer, and with its new engine, OpenCV 5.0 forgets every output but the first.
    return cv2.dnn.readNetFromTFLite(str(WEIGHTS / name), cv2.dnn.ENGINE_CLASSIC)


def canonical_face() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(468, 3): MediaPipe's average face in centimetres, x to its left (our right), y up, z towards us."""
    lines = read("canonical_face_model.obj").decode().splitlines()
    return np.array([line.split()[1:4] for line in lines if line.startswith("v ")], np.float64)
