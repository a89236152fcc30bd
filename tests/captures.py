"""Recordings of people who do not exist: a head of triangles, painted and turned by code, for tests of the capture."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from engine.capture.spec import Gesture, Turn
from tests.people import FPS, LIVING_ROOM, PEOPLE, TALL, WIDE, Person, Picture, Pose, Scene, person, picture, wall

__all__ = [
    "AIMS", "FPS", "LIVING_ROOM", "PEOPLE", "TALL", "WIDE", "Person", "Picture", "Pose", "Scene", "person", "picture",
    "record", "shots", "track",
]  # fmt: skip

AIMS = {Turn.LEFT: ("yaw", 32.0), Turn.RIGHT: ("yaw", -32.0), Turn.UP: ("pitch", 24.0), Turn.DOWN: ("pitch", -24.0)}
"""What turns, and by how many degrees."""


def track(
    turns: Sequence[Turn] = (), *, say: float = 1.5, gestures: Sequence[Gesture] = (), far: float = 1.0
) -> list[Pose]:
    """Poses, `FPS` a second: a look with a blink, each gesture and turn, then ``say`` seconds of speech."""
    poses = [Pose(), *[Pose(yaw=1.5 * math.sin(k / 2), pitch=math.cos(k / 3) - 1) for k in range(round(0.9 * FPS))]]
    poses[5] = replace(poses[5], blink=1.0)
    for gesture in gestures:
        shown = {"blink": 1.0} if gesture is Gesture.BLINK else {"smile": 1.0}
        poses += [Pose(**shown)] * (3 if gesture is Gesture.BLINK else round(0.8 * FPS)) + [Pose()] * round(0.5 * FPS)
    for turn in turns:
        axis, degrees = AIMS[turn]
        out = [math.sin(math.pi / 2 * k / 4) * degrees * far for k in range(1, 5)]
        poses += [Pose(**{axis: value}) for value in [*out, *out[-1:] * round(0.35 * FPS), *reversed(out)]] + [
            Pose()
        ] * 2
    for k in range(round(say * FPS)):
        opened = (0, 0.35, 0.6, 0.2, 0.5, 0.1)[k % 6]
        poses.append(Pose(mouth=opened, yaw=(0, 1, 0, -1)[k // 3 % 4]))
    return poses


def shots(
    number: int, poses: Iterable[Pose], scene: Scene = LIVING_ROOM, *, variant: str = "good"
) -> Iterator[Picture]:
    """The pictures of a recording of person ``number``.

    Variants: "good", "no_face", "two_faces", "photo" (a print of the person, held up and turned), "dark", "blurred".
    """
    printed = _shown(number, Pose(), scene) if variant == "photo" else None
    for index, pose in enumerate(poses):
        if variant == "no_face":
            shot = np.asarray(wall(scene.room).clip(0, 255), np.uint8)
        elif variant == "two_faces":
            shot = picture([person(number), person(number % len(PEOPLE) + 1)], pose, scene)
        elif printed is not None:
            shot = _held_up(printed, pose, scene)
        else:
            shot = _shown(number, pose, scene)
        if variant == "dark":
            shot = np.asarray(shot * 0.15, np.uint8)
        if variant == "blurred":
            shot = np.asarray(cv2.GaussianBlur(shot, (0, 0), 5), np.uint8)
        yield np.asarray(cv2.add(shot, _grain(index % 7), dtype=cv2.CV_8U), np.uint8)


@cache
def _grain(index: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(index).normal(0, 2.0, (TALL // 2, WIDE // 2, 1)).astype(np.float32)
    return np.repeat(cv2.resize(noise, (WIDE, TALL), interpolation=cv2.INTER_NEAREST)[:, :, None], 3, axis=2)


@lru_cache(400)
def _shown(number: int, pose: Pose, scene: Scene) -> Picture:
    return picture(person(number), pose, scene)


def _held_up(printed: Picture, pose: Pose, scene: Scene) -> Picture:
    """A print of somebody, held before the camera and turned as ``pose`` says."""
    half = np.array([0.62 * WIDE / TALL * 1.2, 0.62 * 1.2])
    corners = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]]) * half
    yaw, pitch = math.radians(pose.yaw), math.radians(-pose.pitch)
    turn = cv2.Rodrigues(np.array([0, yaw, 0.0]))[0] @ cv2.Rodrigues(np.array([pitch, 0, 0.0]))[0]
    placed = np.column_stack([corners, np.zeros(4)]) @ turn.T
    seen = placed[:, :2] / (3.2 - placed[:, 2:]) * 3.2 * TALL / 2 * [1, -1] + [WIDE / 2, TALL / 2]
    flat = np.float32([[0, 0], [WIDE, 0], [WIDE, TALL], [0, TALL]])
    matrix = cv2.getPerspectiveTransform(flat, seen.astype(np.float32))
    behind = np.asarray(wall(scene.room + 1).clip(0, 255), np.uint8)
    print_ = cv2.warpPerspective(printed, matrix, (WIDE, TALL))
    where = cv2.warpPerspective(np.full((TALL, WIDE), 255, np.uint8), matrix, (WIDE, TALL)) > 0
    return np.where(where[:, :, None], print_, behind)


def record(
    path: Path,
    number: int = 1,
    turns: Sequence[Turn] = (),
    *,
    wav: Path | None = None,
    gestures: Sequence[Gesture] = (),
    scene: Scene = LIVING_ROOM,
    variant: str = "good",
    far: float = 1.0,
    say: float | None = None,
) -> Path:
    """Save a recording as MP4 or WebM, by the name of ``path``; ``wav`` is heard when the turns are done."""
    voice, rate = _wave(wav)
    speech = len(voice) / rate + 0.3 if say is None and wav is not None else (1.5 if say is None else say)
    poses = track(turns, say=speech, gestures=gestures, far=far)
    silence = np.zeros(round((len(poses) / FPS - speech) * rate), np.int16)
    sound = np.concatenate([silence, voice])
    web = path.suffix == ".webm"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libvpx" if web else "libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDE, TALL, "yuv420p"
        video.options = {"crf": "12", "b": "1500k", "cpu-used": "8"} if web else {"crf": "22", "preset": "veryfast"}
        video.codec_context.thread_count = 1
        spoken = container.add_stream("libopus" if web else "aac", rate=48_000, layout="mono") if wav else None
        for shot in shots(number, poses, scene, variant=variant):
            container.mux(video.encode(av.VideoFrame.from_ndarray(shot, format="bgr24")))
        container.mux(video.encode(None))
        if spoken is not None:
            frame = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
            frame.sample_rate = rate
            resampler = av.AudioResampler("fltp" if not web else "s16", "mono", 48_000)
            for made in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(spoken.encode(made))
            container.mux(spoken.encode(None))
    return path


def _wave(path: Path | None) -> tuple[NDArray[np.int16], int]:
    if path is None:
        return np.zeros(0, np.int16), 24_000
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16), file.getframerate()
