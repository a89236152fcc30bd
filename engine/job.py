"""One clip in the engine's process: a backend's steps reported, its frames encoded, its files measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import safetensors.numpy

from engine.errors import Cancelled, EngineError, TimedOut
from engine.media.encode import Mp4Writer, VideoSettings, fit_sound
from engine.media.filters import FrameFilter, build_filters
from engine.media.live import LiveSegments, Segment
from engine.media.print import PrintSink, sound_signs
from engine.media.probe import probe
from engine.media.pump import pump
from engine.media.stills import AnimatedPreviewSink, PosterSink, encode_preview, shrink
from engine.media.waveform import peaks
from engine.progress import PhaseTimes, Progress
from engine.protocol import ClipMessage, Run, SegmentMessage, StepMessage
from engine.spec import Backend, Clip, Phase, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

_ENCODE_REPORTS = 12
"""Steps reported while a clip is drawn and encoded."""


class Job:
    """One order at work with a loaded backend. Use once: ``Job(…).make()``.

    ``stopped`` is asked at every step and frame; ``report`` gets every step and, from the encoding thread, every live
    segment; ``times`` learns from the finished clip.
    """

    def __init__(
        self,
        backend: Backend,
        order: Run,
        *,
        stopped: Callable[[], bool],
        report: Callable[[StepMessage | SegmentMessage], None],
        times: PhaseTimes,
    ) -> None:
        self._backend, self._order, self._spec = backend, order, order.spec
        self._stopped, self._report, self._times = stopped, report, times
        self._folder = Path(order.scratch)
        self._end = time.monotonic() + order.deadline
        self._steps = backend.capabilities.resolve_steps(order.spec)
        self._progress = Progress(times.expect(order.spec, self._steps))
        self._previews = 0
        self._print = PrintSink(order.spec.fps)
        self._credits = () if order.spec.source is None else order.spec.source.credits

    def make(self) -> ClipMessage:
        """Make the clip in the order's scratch folder.

        Raises `Cancelled` when told to stop, `TimedOut` past the deadline, and whatever the backend raises. What a
        job that failed leaves in the folder is the parent's to delete.
        """
        self._backend.capabilities.validate(self._spec)
        filters = build_filters(self._spec)
        with ExitStack() as stack:
            clip = self._generate(stack)
            self._encode(clip, filters)
        self._times.learn(self._spec, self._steps, self._progress.seconds)
        return self._measure(clip)

    def _generate(self, stack: ExitStack) -> Clip:
        steps = _closing(stack, self._backend.generate(self._spec))
        for item in steps:
            self._check()
            if isinstance(item, Clip):
                _closing(stack, item.frames)
                return item
            self._tell(item)
        raise EngineError("The engine ended without a clip.")

    def _encode(self, clip: Clip, filters: Sequence[FrameFilter]) -> None:
        spec = self._spec
        settings = VideoSettings(
            width=spec.width,
            height=spec.height,
            fps=spec.fps,
            frame_count=spec.frame_count,
            comment=f"Remix of {', '.join(self._credits)}" if self._credits else "",
        )
        sound = None if clip.waveform is None else fit_sound(clip.waveform, clip.sample_rate, settings)
        poster = PosterSink(self._folder / "poster.webp", spec.frame_count)
        moving = AnimatedPreviewSink(self._folder / "preview.webp", frame_count=spec.frame_count, fps=spec.fps)
        streaming = self._backend.capabilities.streaming
        live = LiveSegments(self._folder / "live", settings, self._tell_segment) if streaming else None
        with Mp4Writer(self._folder / "clip.mp4", settings, sound, live) as video:
            pump(
                clip.frames,
                (video, poster, moving, self._print, _Reporter(self._frame_drawn, spec.frame_count)),
                frame_count=spec.frame_count,
                shape=(spec.height, spec.width),
                filters=filters,
                on_frame=self._check,
            )
            moving.close()  # while the encoder empties its queue
        self._progress.advance(Phase.ENCODE, _ENCODE_REPORTS, _ENCODE_REPORTS)

    def _measure(self, clip: Clip) -> ClipMessage:
        path = self._folder / "clip.mp4"
        measured = probe(path)
        return ClipMessage(
            job=self._order.job,
            path=str(path),
            poster=str(self._folder / "poster.webp"),
            preview=str(self._folder / "preview.webp"),
            waveform=peaks(clip.waveform),
            latent=self._save_latent(clip),
            seconds=measured.seconds,
            width=measured.width,
            height=measured.height,
            fps=measured.fps,
            frames=measured.frames,
            bytes=measured.bytes,
            sha256=measured.sha256,
            has_audio=measured.has_audio,
            recipe=clip.recipe | ({"credits": list(self._credits)} if self._credits else {}),
            timings={phase.value: round(seconds, 4) for phase, seconds in self._progress.seconds.items()},
            picture_signs=self._print.signs,
            sound_signs=sound_signs(clip.waveform, clip.sample_rate),
        )

    def _save_latent(self, clip: Clip) -> str | None:
        if not clip.latent:
            return None
        path = self._folder / "latent.safetensors"
        arrays = {name: np.ascontiguousarray(array) for name, array in clip.latent.items()}
        safetensors.numpy.save_file(arrays, path, {"format": clip.latent_format})
        return str(path)

    def _check(self) -> None:
        if self._stopped():
            raise Cancelled
        if time.monotonic() > self._end:
            raise TimedOut(f"The clip was not done after {self._order.deadline:g} seconds.")

    def _frame_drawn(self, index: int, frame: NDArray[np.uint8]) -> None:
        wanted = self._backend.capabilities.preview
        small = shrink(frame, self._spec.preview.long_side)[..., ::-1] if wanted else None
        self._tell(Step(Phase.ENCODE, index, _ENCODE_REPORTS, small))

    def _tell(self, step: Step) -> None:
        fraction, left = self._progress.advance(step.phase, step.index, step.total)
        self._report(
            StepMessage(
                job=self._order.job,
                phase=step.phase,
                index=step.index,
                total=step.total,
                fraction=round(fraction, 4),
                eta_seconds=round(left, 2),
                preview=None if step.preview is None else self._save_preview(step.preview),
            )
        )

    def _tell_segment(self, segment: Segment) -> None:
        self._report(
            SegmentMessage(
                job=self._order.job,
                index=segment.index,
                path=str(segment.path),
                init=str(segment.init),
                start=segment.start,
                seconds=segment.seconds,
                codecs=segment.codecs,
                last=segment.last,
            )
        )

    def _save_preview(self, picture: NDArray[np.uint8]) -> str:
        bounds = self._spec.preview
        data = encode_preview(picture, long_side=bounds.long_side, max_bytes=bounds.max_bytes)
        self._previews += 1
        path = self._folder / f"step-{self._previews:04d}.webp"
        path.write_bytes(data)
        return str(path)


class _Reporter:
    """A sink that calls ``tell(report number, frame)`` at evenly spaced frames, the last one included."""

    def __init__(self, tell: Callable[[int, NDArray[np.uint8]], None], frame_count: int) -> None:
        self._tell = tell
        self._at = {-(-frame_count * k // _ENCODE_REPORTS) - 1: k for k in range(1, _ENCODE_REPORTS + 1)}

    def write(self, index: int, frame: NDArray[np.uint8]) -> None:
        if (number := self._at.get(index)) is not None:
            self._tell(number, frame)


def _closing(stack: ExitStack, items: Iterator[T]) -> Iterator[T]:
    """``items``, its generator (if it is one) closed with ``stack``: a backend lets go of threads and buffers there."""
    if isinstance(items, Generator):
        stack.callback(items.close)
    return items
