"""What is said to the process that opens a recording, and what it answers: messages in length-prefixed JSON."""

from __future__ import annotations

import struct
from typing import cast

import msgspec

from engine.capture.spec import CaptureReport, Challenge, CheckResult, Cleaned, PictureReport

MAX_MESSAGE = 16 << 20
"""Bytes. The longest are the fingerprints of earlier captures."""

_LENGTH = struct.Struct(">I")


class CleanOrder(msgspec.Struct, frozen=True, kw_only=True, tag="clean"):
    """Make the foreign file ``path`` anew in ``out_dir``; a picture too where ``pictures`` says so."""

    path: str
    out_dir: str
    pictures: bool = False


class CheckOrder(msgspec.Struct, frozen=True, kw_only=True, tag="check"):
    """Check what `CleanOrder` made; see `CaptureRequest`."""

    cleaned: Cleaned
    challenge: Challenge
    out_dir: str
    known_fingerprints: tuple[bytes, ...] = ()
    earlier_face: tuple[float, ...] | None = None


class FacesOrder(msgspec.Struct, frozen=True, kw_only=True, tag="faces"):
    """Find the human faces of clips of our own making, looking every ``every`` seconds."""

    paths: tuple[str, ...]
    every: float


class PictureOrder(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """Find the human faces of the still that `CleanOrder` made."""

    cleaned: Cleaned


class PortraitOrder(msgspec.Struct, frozen=True, kw_only=True, tag="portrait"):
    """Make the foreign picture ``path`` a portrait in ``out_dir``."""

    path: str
    out_dir: str


class CleanDone(msgspec.Struct, frozen=True, kw_only=True, tag="clean_done"):
    """The file was made anew."""

    cleaned: Cleaned


class CheckDone(msgspec.Struct, frozen=True, kw_only=True, tag="check_done"):
    """One check has its answer."""

    result: CheckResult


class Report(msgspec.Struct, frozen=True, kw_only=True, tag="report"):
    """All checks are done."""

    report: CaptureReport


class FacesDone(msgspec.Struct, frozen=True, kw_only=True, tag="faces_done"):
    """The embedding of each human face seen, those of one person once."""

    embeddings: tuple[tuple[float, ...], ...]


class PictureDone(msgspec.Struct, frozen=True, kw_only=True, tag="picture_done"):
    """The picture was examined."""

    report: PictureReport


class PortraitDone(msgspec.Struct, frozen=True, kw_only=True, tag="portrait_done"):
    """The portrait is at ``path``."""

    path: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, tag="problem"):
    """The file cannot be checked. Words are fit to be shown."""

    code: str
    message: str
    retryable: bool = False


Order = CleanOrder | CheckOrder | FacesOrder | PictureOrder | PortraitOrder
Answer = CleanDone | CheckDone | Report | FacesDone | PictureDone | PortraitDone | Problem

_encoder = msgspec.json.Encoder()
_orders = msgspec.json.Decoder[Order](Order)
_answers = msgspec.json.Decoder[Answer](Answer)


def pack(message: Order | Answer) -> bytes:
    """``message`` as the bytes to write: four of length (big endian), then JSON."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


def body_length(head: bytes) -> int:
    """How many bytes of JSON follow the four bytes ``head``. Raises `ValueError` when that cannot be a message."""
    length = cast("int", _LENGTH.unpack(head)[0])
    if length > MAX_MESSAGE:
        raise ValueError(f"a message of {length} bytes is too long: something else wrote to the pipe")
    return length


def decode_order(body: bytes) -> Order:
    """An order. Raises `msgspec.ValidationError` when it is none."""
    return _orders.decode(body)


def decode_answer(body: bytes) -> Answer:
    """An answer. Raises `msgspec.ValidationError` when it is none."""
    return _answers.decode(body)
