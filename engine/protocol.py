"""What a worker and its engine child say to each other: typed messages in length-prefixed JSON."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO, cast

import msgspec

from engine.errors import (
    BackendUnavailable,
    ChildDied,
    EngineError,
    InvalidRequest,
    OutOfMemory,
    TimedOut,
)
from engine.spec import Capabilities, GenerationSpec, Phase

MAX_MESSAGE = 8 << 20
"""Bytes. Pictures and sound travel as files of the scratch folder, so a longer message is a fault."""

_LENGTH = struct.Struct(">I")


class Run(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """Make ``spec`` in the folder ``scratch``, giving up ``deadline`` seconds from now."""

    job: str
    spec: GenerationSpec
    scratch: str
    deadline: float


class Cancel(msgspec.Struct, frozen=True, kw_only=True, tag="cancel"):
    """Stop ``job`` at its next step or frame. Ignored when that job is not the one at work."""

    job: str


class Exit(msgspec.Struct, frozen=True, kw_only=True, tag="exit"):
    """Stop what is at work and end the process."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """The backend is loaded. ``weights`` is the SHA-256 of its weights (empty where it has none)."""

    backend: str
    capabilities: Capabilities
    weights: str


class StepMessage(msgspec.Struct, frozen=True, kw_only=True, tag="step"):
    """One step done.

    ``index`` counts from 1 to ``total`` inside ``phase``. ``fraction`` (0 … 1) never falls within a job and is 1 when
    the engine is done; checking and storing come after. ``eta_seconds`` is the time left. ``preview`` is the path of a
    small WebP in the scratch folder, or None.
    """

    job: str
    phase: Phase
    index: int
    total: int
    fraction: float
    eta_seconds: float
    preview: str | None = None


class SegmentMessage(msgspec.Struct, frozen=True, kw_only=True, tag="segment"):
    """A playable piece of the clip is whole: number ``index`` (from 1), in order, while the rest is being painted.

    ``path`` and ``init`` (what goes before the first segment; the same for all) are files of the scratch folder.
    ``start`` and ``seconds`` are its place in the clip, ``codecs`` its RFC 6381 names; ``last`` says that none follows.
    Its pictures and sound are the final file's own packets.
    """

    job: str
    index: int
    path: str
    init: str
    start: float
    seconds: float
    codecs: str
    last: bool


Signs = bytes
"""A name of its own, because a clip has a field called bytes."""


class ClipMessage(msgspec.Struct, frozen=True, kw_only=True, tag="clip"):
    """The finished clip: paths in the scratch folder, and what was measured on the finished MP4.

    ``waveform`` is 100 peaks 0 … 1 for drawing. ``latent`` is a safetensors file or None. ``timings`` are wall seconds
    by phase. ``fps`` is frames per second and ``frames`` their exact number. ``picture_signs`` and ``sound_signs`` are
    what the clip is known again by (`engine/media/print.py`).
    """

    job: str
    path: str
    poster: str
    preview: str
    waveform: tuple[float, ...]
    latent: str | None
    seconds: float
    width: int
    height: int
    fps: float
    frames: int
    bytes: int
    sha256: str
    has_audio: bool
    recipe: dict[str, Any]
    timings: dict[str, float]
    picture_signs: Signs = b""
    sound_signs: Signs = b""


class ErrorMessage(msgspec.Struct, frozen=True, kw_only=True, tag="error"):
    """The job failed, or (``job`` None) the child could not start. Words are fit to be shown."""

    job: str | None
    code: str
    message: str
    retryable: bool
    field: str | None = None


class CancelledMessage(msgspec.Struct, frozen=True, kw_only=True, tag="cancelled"):
    """The job stopped because it was cancelled; what it left in the scratch folder is the parent's to delete."""

    job: str


ParentMessage = Run | Cancel | Exit
ChildMessage = Ready | StepMessage | SegmentMessage | ClipMessage | ErrorMessage | CancelledMessage

_encoder = msgspec.json.Encoder()
_parent_decoder = msgspec.json.Decoder[ParentMessage](ParentMessage)
_child_decoder = msgspec.json.Decoder[ChildMessage](ChildMessage)

_BY_CODE: dict[str, type[EngineError]] = {
    kind.code: kind for kind in (OutOfMemory, BackendUnavailable, ChildDied, TimedOut)
}


def pack(message: ParentMessage | ChildMessage) -> bytes:
    """``message`` as the bytes to write: four of length (big endian), then JSON."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


def body_length(head: bytes) -> int:
    """How many bytes of JSON follow the four bytes ``head``. Raises `ValueError` when that cannot be a message."""
    length = cast("int", _LENGTH.unpack(head)[0])
    if length > MAX_MESSAGE:
        raise ValueError(f"a message of {length} bytes is too long: something else wrote to the pipe")
    return length


def decode_child(body: bytes) -> ChildMessage:
    """A child's message. Raises `msgspec.ValidationError` when it is none."""
    return _child_decoder.decode(body)


def decode_parent(body: bytes) -> ParentMessage:
    """A parent's message. Raises `msgspec.ValidationError` when it is none."""
    return _parent_decoder.decode(body)


def read_parent(pipe: BinaryIO) -> ParentMessage | None:
    """Wait for the parent's next message; None when the parent closed the pipe (or died inside a message)."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    body = pipe.read(length := body_length(head))
    return decode_parent(body) if len(body) == length else None


def to_message(error: EngineError, job: str | None) -> ErrorMessage:
    """``error`` as it crosses the pipe."""
    return ErrorMessage(
        job=job,
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        field=error.field if isinstance(error, InvalidRequest) else None,
    )


def to_error(message: ErrorMessage) -> EngineError:
    """The exception that ``message`` carried, with its class restored."""
    if message.code == InvalidRequest.code:
        return InvalidRequest(message.message, field=message.field)
    error = _BY_CODE.get(message.code, EngineError)(message.message)
    error.code, error.retryable = message.code, message.retryable
    return error
