"""Words in the picture: speech bubbles that point at their speaker, and captions for a narrator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture, Stamp
from engine.diorama.scene import Speech

FONT = Path(__file__).parent.parent / "art" / "fonts" / "Baloo2-Bold.ttf"

SAFE = (0.04, 0.105, 0.96, 0.81)
"""Left, top, right and bottom between which words stay clear of a player's overlay."""

INK = (0x3B, 0x2A, 0x6B)
MOST_LINES = 4

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


@lru_cache(maxsize=24)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The bundled face at ``size`` pixels."""
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=512)
def _drawable(character: str) -> bool:
    face = font(24)

    def shape(one: str) -> bytes:
        image = Image.new("L", (48, 48))
        ImageDraw.Draw(image).text((6, 0), one, font=face, fill=255)
        return image.tobytes()

    return character.isspace() or shape(character) != shape("\uffff")


def readable(text: str) -> str:
    """``text`` without what the face cannot draw; never empty."""
    kept = " ".join("".join(c if _drawable(c) else " " for c in text if c.isprintable() or c.isspace()).split())
    return kept or "…"


def wrap(words: list[str], size: int, width: float) -> list[str]:
    """Lines no wider than ``width`` pixels; a single longer word is broken."""
    face, lines, line = font(size), [], ""
    queue = list(words)
    while queue:
        word = queue.pop(0)
        trial = f"{line} {word}".strip()
        if face.getlength(trial) <= width:
            line = trial
        elif line:
            lines.append(line)
            line = ""
            queue.insert(0, word)
        else:
            cut = len(word)
            while cut > 1 and face.getlength(word[:cut]) > width:
                cut -= 1
            lines.append(word[:cut])
            if word[cut:]:
                queue.insert(0, word[cut:])
    return [*lines, line] if line else lines


def paginate(text: str, unit: int, width: float) -> tuple[int, list[list[str]]]:
    """A type size and the lines of each page: short words are shown large, long speeches on several pages."""
    words = readable(text).split()
    largest, smallest = max(10, round(0.062 * unit)), max(8, round(0.044 * unit))
    for size in range(largest, smallest - 1, -2):
        lines = wrap(words, size, width)
        if len(lines) <= 3:
            return size, [lines]
    lines = wrap(words, smallest, width)
    pages = math.ceil(len(lines) / MOST_LINES)
    each = math.ceil(len(lines) / pages)
    return smallest, [lines[k : k + each] for k in range(0, len(lines), each)]


@dataclass(frozen=True)
class Page:
    """One bubble's picture and when it shows (s). ``body`` is the bubble's width and height without its shadow."""

    start: float
    end: float
    picture: Picture
    stamp: Stamp
    body: tuple[int, int]


class Bubble:
    """What is said in one speech, as bubbles (or, without a speaker, as captions)."""

    def __init__(self, speech: Speech, width: int, height: int) -> None:
        self.speech = speech
        self.frame_size = (width, height)
        self.unit = min(width, height)
        self.pages: list[Page] = []
        if not speech.line.text:  # a song's later phrases: lips move, nothing is written
            return
        narrated = speech.line.speaker is None
        size, pages = paginate(speech.line.text, self.unit, (0.8 if narrated else 0.56) * self.unit)
        total = sum(len(" ".join(lines)) for lines in pages)
        start = speech.start
        for lines in pages:
            share = len(" ".join(lines)) / max(total, 1)
            end = start + speech.seconds * share
            picture, body = _bubble_picture(lines, size, narrated=narrated)
            self.pages.append(Page(start, end, picture, Stamp.of(picture), body))
            start = end
        last = self.pages[-1]
        self.pages[-1] = Page(last.start, last.end + 0.45, last.picture, last.stamp, last.body)

    def page(self, time: float) -> Page | None:
        """The page that shows at ``time``, if any."""
        return next((page for page in self.pages if page.start <= time < page.end), None)

    def spot(self, page: Page, head: tuple[float, float], tall: float, others: list[Box]) -> tuple[float, float]:
        """Centre (px) for ``page`` near a speaker ``tall`` pixels high whose top is ``head``, clear of ``others``."""
        width, height = self.frame_size
        w, h = page.body
        low_x, high_x = SAFE[0] * width + w / 2, SAFE[2] * width - w / 2
        low_y, high_y = SAFE[1] * height + h / 2, SAFE[3] * height - h / 2
        gap = 0.085 * self.unit
        best, cost = (width / 2, low_y), math.inf
        side = 1 if head[0] < width / 2 else -1
        for dx, dy, price in (
            (0.1 * side * self.unit, -gap - h / 2, 0.0), (0.3 * side * self.unit, -gap - h / 2, 0.05),
            (-0.2 * side * self.unit, -gap - h / 2, 0.1), (side * (w / 2 + 0.2 * self.unit), 0.02 * self.unit, 0.25),
            (-side * (w / 2 + 0.2 * self.unit), 0.02 * self.unit, 0.3), (0.0, -2 * gap - h, 0.2),
            (0.08 * side * self.unit, tall + 0.6 * gap + h / 2, 0.2),
        ):  # fmt: skip
            x = min(max(head[0] + dx, low_x), max(high_x, low_x))
            y = min(max(head[1] + dy, low_y), max(high_y, low_y))
            covered = sum(
                max(0.0, min(x + w / 2, x1) - max(x - w / 2, x0))
                * max(0.0, min(y + h / 2, y1) - max(y - h / 2, y0))
                / max(1.0, min(w * h, (x1 - x0) * (y1 - y0)))
                for x0, y0, x1, y1 in others
            )
            total = covered * 3 + price + (abs(x - head[0] - dx) + abs(y - head[1] - dy)) / self.unit
            if total < cost - 1e-9:
                best, cost = (x, y), total
        return best

    def draw(self, frame: Picture, time: float, centre: tuple[float, float], mouth: tuple[float, float] | None) -> None:
        """Draw the page of ``time`` around ``centre``, popping in, with a tail towards ``mouth``."""
        page = self.page(time)
        if page is None:
            return
        age = (time - page.start) / 0.2
        grow = (
            1.0 if age >= 1 or page is not self.pages[0] else max(0.05, 1 + 1.6 * (age - 1) ** 3 + 0.6 * (age - 1) ** 2)
        )
        if mouth is not None and grow > 0.6:
            _tail(frame, centre, page.body, mouth, self.unit)
        h, w = page.picture.shape[:2]
        if grow == 1.0:
            page.stamp.draw(frame, round(centre[0] - w / 2), round(centre[1] - h / 2))
            return
        matrix = np.array([[grow, 0, centre[0] - grow * w / 2], [0, grow, centre[1] - grow * h / 2]], np.float64)
        raster.warp_over(frame, page.picture, matrix)


def _tail(
    frame: Picture, centre: tuple[float, float], body: tuple[int, int], mouth: tuple[float, float], unit: int
) -> None:
    dx, dy = mouth[0] - centre[0], mouth[1] - centre[1]
    far = math.hypot(dx, dy)
    if far < 1:
        return
    # Start inside the bubble at the point of its edge that faces the speaker.
    share = min(body[0] * 0.36 / max(abs(dx), 1e-6), body[1] * 0.4 / max(abs(dy), 1e-6), 1.0)
    root = (centre[0] + dx * share, centre[1] + dy * share)
    left = math.hypot(mouth[0] - root[0], mouth[1] - root[1])
    reach = min(max(left - 0.015 * unit, 0.0), 0.15 * unit + body[1] * 0.12)
    ux, uy = (mouth[0] - root[0]) / max(left, 1e-6), (mouth[1] - root[1]) / max(left, 1e-6)
    half = 0.03 * unit
    tip = (root[0] + ux * reach, root[1] + uy * reach)
    shape = np.array([(root[0] - uy * half, root[1] + ux * half), tip, (root[0] + uy * half, root[1] - ux * half)])
    cv2.fillConvexPoly(frame, np.round(shape * 16).astype(np.int32), (255, 253, 252), cv2.LINE_AA, 4)


def _bubble_picture(lines: list[str], size: int, *, narrated: bool) -> tuple[Picture, tuple[int, int]]:
    face = font(size)
    text_width = max(face.getlength(line) for line in lines)
    step = round(size * 1.16)
    pad_x, pad_y = round(size * 0.95), round(size * 0.52)
    w, h = round(text_width) + 2 * pad_x, step * len(lines) + 2 * pad_y
    margin = round(size * 0.7)
    mask = Image.new("L", (w + 2 * margin, h + 2 * margin), 0)
    radius = min(h / 2, size * 1.1)
    scale = 3  # Pillow's shapes are not anti-aliased
    large = Image.new("L", (w * scale, h * scale), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, w * scale - 1, h * scale - 1), round(radius * scale), fill=255)
    mask.paste(large.resize((w, h), Image.Resampling.LANCZOS), (margin, margin))
    body = np.asarray(mask, np.float32) / 255
    drop = cv2.warpAffine(body, np.array([[1, 0, 0], [0, 1, size * 0.16]], np.float64), body.shape[::-1])
    drop = cv2.GaussianBlur(drop, (0, 0), size * 0.24) * 0.34 * (1 - body)
    ink = Image.new("L", mask.size, 0)
    pen = ImageDraw.Draw(ink)
    ascent, descent = face.getmetrics()
    for k, line in enumerate(lines):
        x = margin + (w - face.getlength(line)) / 2
        y = margin + pad_y + k * step + (step - ascent - descent) / 2
        pen.text((x, y), line, font=face, fill=255)
    letters = np.asarray(ink, np.float32)[:, :, None] / 255
    paper, strength, colour = (
        ((252, 253, 255), 1.0, INK[::-1]) if not narrated else ((46, 24, 20), 0.74, (255, 250, 246))
    )
    base = np.array(paper, np.float32)[None, None, :] * (body * strength)[:, :, None]
    picture = base * (1 - letters) + np.array(colour, np.float32) * letters
    alpha = np.clip(body * strength * 255 * (1 - letters[:, :, 0]) + 255 * letters[:, :, 0] + drop * 255, 0, 255)
    return np.dstack((np.clip(picture, 0, 255), alpha)).astype(np.uint8), (w, h)


def glyph(text: str, size: int) -> tuple[Picture, tuple[int, int]]:
    """White letters with a dark edge on nothing, premultiplied, and their size."""
    face = font(size)
    w, h = math.ceil(face.getlength(text)) + 8, math.ceil(size * 1.4)
    ink = Image.new("L", (w, h), 0)
    ImageDraw.Draw(ink).text((4, 0), text, font=face, fill=255)
    body = np.asarray(ink)
    edge = cv2.GaussianBlur(cv2.dilate(body, np.ones((3, 3), np.uint8)), (0, 0), 0.8)
    colour = body[:, :, None].astype(np.float32) + (edge - np.minimum(edge, body))[:, :, None] * np.array(
        [0.42, 0.16, 0.23]
    )
    return np.dstack((np.clip(colour, 0, 255), edge)).astype(np.uint8), (w, h)
