"""A member's portrait: what is sent is made anew, small and square; what is no still picture is refused in words."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from engine.capture import photo, runner
from engine.capture.spec import CaptureRefused


def turned(path: Path) -> Path:
    """Left red, right blue as it is stored, to be turned by a quarter; with a place and a description."""
    sheet = Image.new("RGB", (600, 400), (200, 30, 30))
    sheet.paste((30, 30, 200), (300, 0, 600, 400))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "At home"
    exif.get_ifd(0x8825)[1] = "N"
    sheet.save(path, "JPEG", exif=exif, comment=b"secret", quality=95)
    return path


def animated(path: Path) -> Path:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "green", "blue")]
    frames[0].save(path, "WEBP", save_all=True, append_images=frames[1:], duration=50)
    return path


def moving_png(path: Path) -> Path:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "green")]
    frames[0].save(path, "PNG", save_all=True, append_images=frames[1:], duration=50)
    return path


def bomb(path: Path) -> Path:
    """A few bytes that say they are 100,000 by 100,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    )
    return path


def words(path: Path) -> Path:
    path.write_text("<svg onload=alert(1)>")
    return path


def gif(path: Path) -> Path:
    Image.new("P", (80, 80)).save(path, "GIF")
    return path


def cut_short(path: Path) -> Path:
    path.write_bytes(turned(path).read_bytes()[:900])
    return path


def speck(path: Path) -> Path:
    Image.new("RGB", (20, 200)).save(path, "PNG")
    return path


async def test_a_portrait_is_the_middle_upright_and_says_nothing_else(tmp_path: Path) -> None:
    source, work = turned(tmp_path / "picture"), tmp_path / "work"
    work.mkdir()
    made = await runner.make_portrait(source, work, timeout=30)
    assert list(work.iterdir()) == [], "nothing stays"
    (tmp_path / "made").write_bytes(made)
    assert (made[8:12], len(made) < 20_000) == (b"WEBP", True)
    assert not any(secret in made for secret in (b"EXIF", b"At home", b"secret", b"ICCP", b"XMP"))
    with Image.open(tmp_path / "made") as image:
        assert (image.size, dict(image.getexif())) == ((256, 256), {})
        top, bottom = image.convert("RGB").getpixel((128, 20)), image.convert("RGB").getpixel((128, 236))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[0] > 150, bottom[2] > 150) == (True, True), "turned as its maker held it"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (animated, "ANIMATED"), (moving_png, "ANIMATED"), (bomb, "TOO_MANY_PIXELS"), (words, "NOT_A_PICTURE"),
        (gif, "NOT_A_PICTURE"), (cut_short, "BROKEN_FILE"), (speck, "TOO_FEW_PIXELS"),
    ],
)  # fmt: skip
def test_what_is_no_still_picture_is_refused(make: Callable[[Path], Path], code: str, tmp_path: Path) -> None:
    with pytest.raises(CaptureRefused) as refused:
        photo.portrait(make(tmp_path / "picture"), tmp_path)
    assert refused.value.code == code
    assert not (tmp_path / "portrait.webp").exists()
