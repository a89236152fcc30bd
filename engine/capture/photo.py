"""Turns a foreign picture into a clean one: for cameos of things, photos of a block entry, and portraits of members."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from engine.capture.spec import CaptureRefused, Cleaned

MOST_BYTES = 24 << 20
LEAST_SIDE, MOST_SIDE, MOST_PIXELS = 64, 8192, 50_000_000
"""Before decoding: what a phone's camera makes, and no more."""
KEPT_SIDE = 1280
PORTRAIT_SIDE = 256
_PORTRAIT_QUALITY = 86

_FORMATS = ("JPEG", "PNG", "WEBP")
_MAGIC = ((0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"), (8, b"WEBP"))


def is_picture(source: Path) -> bool:
    """Whether the file begins as a JPEG, PNG or WebP does."""
    if not source.is_file():
        return False
    with source.open("rb") as file:
        head = file.read(16)
    return any(head[at : at + len(sign)] == sign for at, sign in _MAGIC)


def clean_photo(source: Path, out_dir: Path) -> Cleaned:
    """Decode ``source`` and write ``still.png`` in ``out_dir``: upright, at most `KEPT_SIDE` a side, no metadata.

    It is RGBA where the picture has transparency, else RGB. Raises `CaptureRefused` with the reason.
    """
    upright = _upright(source)
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    path = out_dir / "still.png"
    clean.save(path, compress_level=1)
    return Cleaned(still=str(path), width=clean.width, height=clean.height)


def portrait(source: Path, out_dir: Path) -> Path:
    """Write ``portrait.webp`` in ``out_dir``: the middle of ``source``, `PORTRAIT_SIDE` square, without metadata.

    Only pixels are read: nobody's face is looked for or measured. Raises `CaptureRefused` with the reason, also for an
    animation.
    """
    if not is_picture(source):
        raise CaptureRefused("NOT_A_PICTURE", "This is no picture. Send a JPEG, PNG or WebP.")
    upright = _upright(source, still=True)
    side = (PORTRAIT_SIDE, PORTRAIT_SIDE)
    clean = Image.new(upright.mode, side)
    clean.paste(ImageOps.fit(upright, side, Image.Resampling.LANCZOS))
    path = out_dir / "portrait.webp"
    clean.save(path, "WEBP", quality=_PORTRAIT_QUALITY, method=4)
    return path


def _upright(source: Path, *, still: bool = False) -> Image.Image:
    """The picture as it is meant to be looked at, at most `KEPT_SIDE` a side; ``still``: no animation."""
    if source.stat().st_size > MOST_BYTES:
        raise CaptureRefused("TOO_LARGE", f"The picture is larger than {MOST_BYTES >> 20} MB. Send a smaller one.")
    try:
        with Image.open(source, formats=_FORMATS) as image:
            if max(image.size) > MOST_SIDE or image.width * image.height > MOST_PIXELS:
                raise _too_many(image.width, image.height)
            if min(image.size) < LEAST_SIDE:
                raise CaptureRefused("TOO_FEW_PIXELS", f"The picture needs at least {LEAST_SIDE} pixels each way.")
            if still and image.format != "JPEG" and getattr(image, "is_animated", False):
                raise CaptureRefused("ANIMATED", "The picture moves. Send a still one as JPEG, PNG or WebP.")
            image.thumbnail((KEPT_SIDE, KEPT_SIDE))  # before anything else: large photos are decoded smaller
            return ImageOps.exif_transpose(image).convert("RGBA" if image.has_transparency_data else "RGB")
    except Image.DecompressionBombError as error:
        raise CaptureRefused("TOO_MANY_PIXELS", "The picture has too many pixels. Send a smaller one.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise CaptureRefused("BROKEN_FILE", "The picture cannot be read. Send a JPEG, PNG or WebP.") from error


def _too_many(width: int, height: int) -> CaptureRefused:
    return CaptureRefused(
        "TOO_MANY_PIXELS", f"The picture is {width}×{height} pixels; at most {MOST_SIDE} a side are taken."
    )
