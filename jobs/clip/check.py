"""Is the finished file what was asked for? Looked at in the file itself, before anything is stored or shown."""

from __future__ import annotations

from pathlib import Path

from engine.errors import EngineError
from engine.media.probe import Probe, probe
from engine.spec import GenerationSpec
from jobs.failures import CheckFailed

TOLERANCE_SECONDS = 0.1
BYTES_MAX = 1 << 30


def check_file(path: Path, spec: GenerationSpec, *, audio: bool, seconds_max: float) -> Probe:
    """Measure ``path`` and hold it against ``spec``; ``seconds_max`` is policy's longest clip.

    Raises `CheckFailed` with the first thing that is wrong. Blocks: call it in a thread.
    """
    if not path.is_file() or not 0 < path.stat().st_size <= BYTES_MAX:
        raise CheckFailed("The finished clip has no usable size.")
    try:
        found = probe(path)
    except EngineError as error:
        raise CheckFailed(error.message) from error
    if fault := _fault(found, spec, audio=audio, seconds_max=seconds_max):
        raise CheckFailed(f"The finished clip {fault}, so it was not kept.")
    return found


def _fault(found: Probe, spec: GenerationSpec, *, audio: bool, seconds_max: float) -> str | None:
    if (found.video_streams, found.audio_streams) != (1, int(audio)):
        return f"has {found.video_streams} picture and {found.audio_streams} sound tracks"
    if (found.width, found.height) != (spec.width, spec.height):
        return f"is {found.width}×{found.height} pixels instead of {spec.width}×{spec.height}"
    lengths = [found.video_seconds, *([] if found.audio_seconds is None else [found.audio_seconds])]
    if any(abs(length - spec.seconds) > TOLERANCE_SECONDS for length in lengths):
        return f"lasts {found.seconds:.2f} s instead of {spec.seconds:g} s"
    # Sound may overhang by a coder's frame; the picture may not.
    if found.video_seconds > seconds_max + 1e-3 or found.seconds > seconds_max + TOLERANCE_SECONDS:
        return f"is longer than the {seconds_max:g} s allowed"
    return None
