"""Makes the small clips that seeded videos show (``python -m app.seed.record``): one a topic, by this repo's engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import orjson

from app.seed.media import FOLDER
from engine.media.encode import Mp4Writer, VideoSettings, fit_sound
from engine.media.stills import AnimatedPreviewSink, PosterSink
from engine.media.waveform import peaks
from engine.registry import create
from engine.spec import Clip, GenerationSpec

PROMPTS = {
    "forest": "a red fox jumps over a log in the forest in the rain",
    "sea": "a whale swims in the sea at sunset, pan left",
    "space": "an astronaut floats on the moon, the camera zooms in",
    "kitchen": "a chef dances in the kitchen and says 'bon appétit'",
    "sport": "a surfer rides a big wave at sunset",
    "music": "a cat plays the trumpet in the city at night in neon style",
    "city": "a yellow taxi drives through the city in the rain at night",
    "robots": "two robots dance in the living room and say 'hello friend'",
    "dragons": "a green dragon flies over a castle in a storm at night",
    "garden": "a frog jumps in a green garden in clay style",
    "winter": "two penguins dance in the snow",
    "vehicles": "a red train crosses the mountains at sunset in watercolour style",
}
SECONDS, WIDTH, HEIGHT, FPS = 3.0, 360, 640, 15


class SmallPreviewSink(AnimatedPreviewSink):
    """A moving preview that a repository can carry."""

    LONG_SIDE = 240
    MAX_BYTES = 60_000


def record(name: str, prompt: str, backend: Any) -> dict[str, Any]:
    """Make one clip's files in `FOLDER`; returns its entry in ``clips.json``."""
    spec = GenerationSpec(prompt=prompt, seconds=SECONDS, width=720, height=1280, fps=30, seed=7)
    clip = next(item for item in backend.generate(spec) if isinstance(item, Clip))
    count = round(SECONDS * FPS)
    settings = VideoSettings(width=WIDTH, height=HEIGHT, fps=FPS, frame_count=count, crf=31, preset="slow", tuning="")
    sound = None if clip.waveform is None else fit_sound(clip.waveform, clip.sample_rate, settings)
    poster = PosterSink(FOLDER / f"{name}.webp", count)
    moving = SmallPreviewSink(FOLDER / f"{name}.preview.webp", frame_count=count, fps=FPS)
    with Mp4Writer(FOLDER / f"{name}.mp4", settings, sound) as video:
        for index, frame in enumerate(clip.frames):
            if index % 2:
                continue
            small = np.asarray(cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
            for sink in (video, poster, moving):
                sink.write(index // 2, small)
    moving.close()
    waveform = list(peaks(clip.waveform))
    return {"name": name, "seconds": SECONDS, "width": WIDTH, "height": HEIGHT, "fps": FPS, "waveform": waveform}


def main() -> None:
    """Make them all."""
    FOLDER.mkdir(exist_ok=True)
    backend = create("diorama")
    backend.load("cpu")
    made = [record(name, prompt, backend) for name, prompt in PROMPTS.items()]
    Path(FOLDER / "clips.json").write_bytes(orjson.dumps(made))


if __name__ == "__main__":
    main()
