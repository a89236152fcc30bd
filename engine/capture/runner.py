"""Checks recordings from an asyncio process, in children that know little, have limits and are killed in time."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec

from engine.capture import protocol
from engine.capture.protocol import (
    Answer,
    CheckDone,
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
    Report,
)
from engine.capture.spec import (
    CameoKind,
    CaptureRefused,
    CaptureRequest,
    Cleaned,
    PictureReport,
)

CHILD_COMMAND = (sys.executable, "-m", "engine.capture.child")
CLEAN_SECONDS = 60.0
"""Of the time given, what opening the file may take at most."""

# The whole environment: secrets of the parent's stay with it, and every library keeps to one thread.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "PYTHONDONTWRITEBYTECODE": "1",
}


async def check_capture(
    request: CaptureRequest, *, timeout: float, command: Sequence[str] = CHILD_COMMAND
) -> AsyncGenerator[CheckDone | Report, None]:
    """Check a recording: yield each check's result as it is known, at last one `Report`.

    A file that cannot be checked at all raises `CaptureRefused` with the reason in words, and so does one that is not
    done after ``timeout`` seconds; ``out_dir`` then holds nothing. Leaving early (``aclose``, a cancelled task) kills
    the child at once. At most two children run one after the other, each within the limits of `engine.capture.child`.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + timeout
    out_dir = Path(request.out_dir)
    done = False
    try:
        pictures = request.challenge.kind is not CameoKind.PERSON
        clean = CleanOrder(path=request.path, out_dir=request.out_dir, pictures=pictures)
        cleaned = await _clean(clean, min(timeout, CLEAN_SECONDS), command)
        order = CheckOrder(
            cleaned=cleaned,
            challenge=request.challenge,
            out_dir=request.out_dir,
            known_fingerprints=request.known_fingerprints,
            earlier_face=request.earlier_face,
        )
        async with contextlib.aclosing(_ask(order, end - clock(), command)) as answers:
            async for answer in answers:
                done = isinstance(answer, Report)  # before the yield: whoever has the report may leave
                if isinstance(answer, (CheckDone, Report)):
                    yield answer
        if not done:
            raise _died()
    finally:
        if not done:
            await asyncio.to_thread(_empty, out_dir)


async def faces_in(
    clips: Sequence[Path], *, every: float = 0.5, timeout: float, command: Sequence[str] = CHILD_COMMAND
) -> list[tuple[float, ...]]:
    """The embeddings of the human faces in ``clips`` (MP4s of our own making), looking every ``every`` seconds.

    One person seen twice is listed once. Raises `CaptureRefused`.
    """
    order = FacesOrder(paths=tuple(str(path) for path in clips), every=every)
    answer = await _answer(order, timeout, command)
    if not isinstance(answer, FacesDone):
        raise _died()
    return list(answer.embeddings)


async def examine_picture(
    picture: Path, scratch: Path, *, timeout: float, command: Sequence[str] = CHILD_COMMAND
) -> PictureReport:
    """How many human faces the foreign ``picture`` (JPEG, PNG, WebP) shows, and the embedding of a single one.

    Nothing of it is kept: what was written in the existing folder ``scratch`` is deleted. Raises `CaptureRefused`.
    """
    try:
        clean = CleanOrder(path=str(picture), out_dir=str(scratch), pictures=True)
        cleaned = await _clean(clean, min(timeout, CLEAN_SECONDS), command)
        if cleaned.still is None:
            raise CaptureRefused("NOT_A_PICTURE", "This is a video. Send a photo as JPEG, PNG or WebP.")
        answer = await _answer(PictureOrder(cleaned=cleaned), timeout, command)
        if not isinstance(answer, PictureDone):
            raise _died()
        return answer.report
    finally:
        await asyncio.to_thread(_empty, scratch)


async def make_portrait(
    picture: Path, scratch: Path, *, timeout: float, command: Sequence[str] = CHILD_COMMAND
) -> bytes:
    """The foreign ``picture`` (JPEG, PNG, WebP) as a small square WebP without metadata; nobody's face is looked for.

    Nothing of it is kept: what was written in the existing folder ``scratch`` is deleted. Raises `CaptureRefused`.
    """
    try:
        answer = await _answer(PortraitOrder(path=str(picture), out_dir=str(scratch)), timeout, command)
        if not isinstance(answer, PortraitDone):
            raise _died()
        return await asyncio.to_thread(Path(answer.path).read_bytes)
    finally:
        await asyncio.to_thread(_empty, scratch)


async def _clean(order: CleanOrder, timeout: float, command: Sequence[str]) -> Cleaned:
    answer = await _answer(order, timeout, command)
    if not isinstance(answer, CleanDone):
        raise _died()
    return answer.cleaned


async def _answer(order: Order, timeout: float, command: Sequence[str]) -> Answer:
    async with contextlib.aclosing(_ask(order, timeout, command)) as answers:
        async for answer in answers:
            return answer
    raise _died()


async def _ask(order: Order, timeout: float, command: Sequence[str]) -> AsyncGenerator[Answer, None]:
    """What one fresh child answers to ``order``; it is dead when this ends, however it ends."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_ENVIRONMENT,
        start_new_session=True,
    )
    end = asyncio.get_running_loop().time() + timeout
    try:
        await _send(process, order)
        while (body := await _read(process, end)) is not None:
            answer = protocol.decode_answer(body)
            if isinstance(answer, Problem):
                raise CaptureRefused(answer.code, answer.message, retryable=answer.retryable)
            yield answer
    except TimeoutError:
        raise CaptureRefused(
            "TOO_SLOW", "Checking the recording took too long and was stopped. Record it shorter.", retryable=True
        ) from None
    except (asyncio.IncompleteReadError, msgspec.MsgspecError, ValueError) as error:
        raise _died() from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.shield(process.wait())


async def _send(process: asyncio.subprocess.Process, order: Order) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died at once: its silence tells
            process.stdin.write(protocol.pack(order))
            await process.stdin.drain()


async def _read(process: asyncio.subprocess.Process, end: float) -> bytes | None:
    """The next answer's bytes, waiting until ``end`` on the loop's clock; None when the child has said everything."""
    if process.stdout is None:
        return None
    async with asyncio.timeout_at(end):
        head = await process.stdout.read(4)
        if not head:
            return None
        head += await process.stdout.readexactly(4 - len(head))
        return await process.stdout.readexactly(protocol.body_length(head))


def _died() -> CaptureRefused:
    return CaptureRefused(
        "CHECK_DIED",
        "Checking the recording ended unexpectedly: it may be damaged. Record it again.",
        retryable=True,
    )


def _empty(folder: Path) -> None:
    """Delete everything inside ``folder``."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
