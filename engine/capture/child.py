"""The process that opens a recording: `python -m engine.capture.child` does one order, shut in, and ends.

A foreign file and everything known of a person never meet in one process. The first child is given the file and
nothing else, and makes it anew; a second one checks what the first made.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.capture.confine import confine, limit
from engine.capture.protocol import (
    Answer,
    CheckOrder,
    CleanDone,
    CleanOrder,
    FacesDone,
    FacesOrder,
    Order,
    PictureDone,
    PictureOrder,
    PortraitDone,
    PortraitOrder,
    Problem,
    body_length,
    decode_order,
    pack,
)
from engine.capture.spec import CaptureRefused

CLEAN_MEMORY, CHECK_MEMORY = 1 << 30, 3 << 30
"""Bytes of address space. Much of what the models map is never touched; see docs/capture.md for what is used."""
CLEAN_CPU, CHECK_CPU = 60, 120
"""Seconds of CPU time, far above what the longest recording takes."""
MOST_WRITTEN = 64 << 20
"""Bytes of any one file."""

_PR_SET_PDEATHSIG = 1
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom", "/proc/self",
    "/proc/cpuinfo", "/proc/meminfo", "/sys/devices", "/sys/bus/pci",
)  # fmt: skip


def _code() -> list[Path]:
    """Where Python, the packages and the models are: no secrets, and some of it is imported late."""
    package = Path(__file__).resolve().parents[1]
    return sorted({package, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve(), *map(Path, _SYSTEM)})


def _clean(order: CleanOrder) -> Iterator[Answer]:
    source, out_dir = Path(order.path).resolve(), Path(order.out_dir).resolve()
    limit(memory=CLEAN_MEMORY, cpu=CLEAN_CPU, file_size=MOST_WRITTEN)
    confine(readable=[*_code(), source], writable=out_dir)
    from engine.capture.decode import clean  # noqa: PLC0415 - libraries are touched behind the walls
    from engine.capture.photo import clean_photo, is_picture  # noqa: PLC0415 - as above

    photo = order.pictures and is_picture(source)
    yield CleanDone(cleaned=clean_photo(source, out_dir) if photo else clean(source, out_dir))


def _check(order: CheckOrder) -> Iterator[Answer]:
    limit(memory=CHECK_MEMORY, cpu=CHECK_CPU, file_size=MOST_WRITTEN)
    confine(readable=_code(), writable=Path(order.out_dir).resolve())
    from engine.capture.checks import check  # noqa: PLC0415 - as above

    yield from check(order)


def _faces(order: FacesOrder) -> Iterator[Answer]:
    limit(memory=CHECK_MEMORY, cpu=CHECK_CPU, file_size=0)
    confine(readable=[*_code(), *(Path(path).resolve() for path in order.paths)], writable=None)
    from engine.capture.checks import faces_in_clips  # noqa: PLC0415 - as above

    yield FacesDone(embeddings=faces_in_clips(order.paths, order.every))


def _picture(order: PictureOrder) -> Iterator[Answer]:
    still = Path(order.cleaned.still or "").resolve()
    limit(memory=CHECK_MEMORY, cpu=CHECK_CPU, file_size=0)
    confine(readable=[*_code(), still], writable=None)
    from engine.capture.checks import examine  # noqa: PLC0415 - as above

    yield PictureDone(report=examine(order.cleaned))


def _portrait(order: PortraitOrder) -> Iterator[Answer]:
    source, out_dir = Path(order.path).resolve(), Path(order.out_dir).resolve()
    limit(memory=CLEAN_MEMORY, cpu=CLEAN_CPU, file_size=MOST_WRITTEN)
    confine(readable=[*_code(), source], writable=out_dir)
    from engine.capture.photo import portrait  # noqa: PLC0415 - as above

    yield PortraitDone(path=str(portrait(source, out_dir)))


def work(order: Order) -> Iterator[Answer]:
    """Do ``order``, shutting this process in first. What fails is a `Problem`, in words, and the last answer."""
    try:
        match order:
            case CleanOrder():
                yield from _clean(order)
            case CheckOrder():
                yield from _check(order)
            case FacesOrder():
                yield from _faces(order)
            case PictureOrder():
                yield from _picture(order)
            case PortraitOrder():
                yield from _portrait(order)
    except CaptureRefused as refused:
        if refused.__cause__ is not None:
            traceback.print_exception(refused)
        yield Problem(code=refused.code, message=refused.message, retryable=refused.retryable)
    except MemoryError:
        yield Problem(
            code="TOO_BIG", message="The recording needs more memory than is given to one. Record it smaller."
        )
    except Exception as error:  # noqa: BLE001 - whatever a library raises, the parent hears of it
        traceback.print_exception(error)
        yield Problem(
            code="CHECK_FAILED", message="The recording could not be checked. Please send it again.", retryable=True
        )


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes for ourselves; whatever else prints (Python or C) goes to standard error."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return orders, answers


def main() -> int:
    """Read one order, answer it, end. Returns the exit status."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 1  # the parent ended before the kernel knew to tell us
    orders, answers = _take_pipes()
    order = decode_order(orders.read(body_length(orders.read(4))))
    with contextlib.suppress(BrokenPipeError):  # the parent is gone: nobody is left to tell
        for answer in map(pack, work(order)):
            answers.write(answer)
            answers.flush()
    return 0


if __name__ == "__main__":
    # Not sys.exit: threads of the models must not delay the end.
    status = main()
    sys.stderr.flush()
    os._exit(status)
