"""Tracks and camera as the numbers the model denoises, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.scene import CAMERA_CHANNELS, KEYS, TRACK_CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

LATENT_FORMAT = "diorama-scene/1"
"""Name and version of the arrays a remix starts from. A change of `CENTRE`, `GAIN` or the layout is a new version."""

CHANNELS = len(TRACK_CHANNELS) + 1
"""x, y, scale, sin and cos of rotation, squash, facing, opacity, impact."""
X, Y, SCALE, ROTATION, SQUASH, FACING, OPACITY, IMPACT = range(len(TRACK_CHANNELS))
"""Columns of a track."""

CENTRE = np.array([0.5, 0.65, 0.75, 0.0, 0.85, 0.0, 0.0, 0.93, 0.03], np.float32)
GAIN = np.array([4.5, 7.0, 3.6, 3.0, 2.6, 7.0, 1.0, 4.5, 7.0], np.float32)
CAMERA_CENTRE = np.array([0.5, 0.515, 1.09, 0.08], np.float32)
CAMERA_GAIN = np.array([25.0, 45.0, 9.0, 4.5], np.float32)


def encode(tracks: NDArray[np.float32], camera: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, KEYS, 8) tracks and (KEYS, 4) camera → (n + 1, KEYS, CHANNELS) latents; the camera is the last row."""
    turn = tracks[..., ROTATION]
    parts = [tracks[..., :ROTATION], np.sin(turn)[..., None], np.cos(turn)[..., None], tracks[..., ROTATION + 1 :]]
    latents = np.zeros((len(tracks) + 1, KEYS, CHANNELS), np.float32)
    latents[:-1] = (np.concatenate(parts, axis=-1) - CENTRE) * GAIN
    latents[-1, :, : len(CAMERA_CHANNELS)] = (camera - CAMERA_CENTRE) * CAMERA_GAIN
    return latents


def decode(latents: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n + 1, KEYS, CHANNELS) latents → (n, KEYS, 8) tracks and (KEYS, 4) camera, unclamped.

    Rotation is unwound along the keys, so a whirl counts up past a full turn.
    """
    raw = latents[:-1] / GAIN + CENTRE
    turn = np.unwrap(np.arctan2(raw[..., ROTATION], raw[..., ROTATION + 1]), axis=-1)
    parts = [raw[..., :ROTATION], turn[..., None], raw[..., ROTATION + 2 :]]
    tracks = np.concatenate(parts, axis=-1, dtype=np.float32)
    camera = latents[-1, :, : len(CAMERA_CHANNELS)] / CAMERA_GAIN + CAMERA_CENTRE
    return tracks, camera.astype(np.float32)
