"""People who do not exist: a head of triangles, painted, lit and turned by code."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

WIDE, TALL, FPS = 360, 480, 10
LOW, HIGH = np.array([-1.3, 5.5]), np.array([1.3, 8.9])
"""What the painted skin covers, seen from the front: x and y of the head at rest."""
SHEET = (416, 544)
PEOPLE = (11, 125, 65, 50, 87, 82)
"""Seeds of six people no two of whom the recognition network takes for one."""
PARTS = 4
"""Skin, eyes, teeth, the inside of the mouth."""
PIVOT = np.array([0.0, 6.5, 0.35])
NEAR, FAR, VIEW, AWAY = 1.0, 40.0, 0.42, 11.0
SKIN = ((208, 160, 132), (232, 190, 164), (172, 116, 84), (118, 76, 54), (222, 172, 130), (146, 98, 70))
HAIR = ((44, 30, 24), (112, 72, 38), (196, 154, 92), (22, 20, 22), (128, 56, 30), (150, 146, 142))
IRIS = ((86, 56, 30), (70, 110, 150), (74, 116, 74), (52, 34, 22), (110, 120, 128))

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Pose:
    """Degrees as `engine.identity.face.Mesh` has them; ``mouth``, ``blink`` and ``smile`` go from 0 to 1."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    mouth: float = 0.0
    blink: float = 0.0
    smile: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Where somebody sits: ``light`` is how bright, ``side`` where it comes from (−1 … 1), ``warmth`` its colour."""

    light: float = 1.0
    side: float = 0.3
    warmth: float = 0.0
    room: int = 0
    size: float = 1.0
    x: float = 0.0


LIVING_ROOM = Scene()


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody drawn from a seed: the shape of the head, its colours, its hair."""

    places: NDArray[np.float64]
    skin: Picture
    iris: tuple[int, int, int]
    hair: tuple[int, int, int]
    thickness: float
    hairline: float
    long: bool


@cache
def _head() -> dict[str, NDArray]:
    return load_file(Path(__file__).parent / "heads" / "head.safetensors")


@cache
def person(number: int) -> Person:
    """Persons 1 to 6 are told apart by the recognition network; the others are whoever a seed makes."""
    seed = PEOPLE[number - 1] if 1 <= number <= len(PEOPLE) else number
    head, rng = _head(), np.random.default_rng(1000 + seed)
    ways = rng.normal(0, 1.6, len(head["basis"])).clip(-2.8, 2.8)
    places = head["places"].astype(np.float64) + np.tensordot(ways, head["basis"].astype(np.float64), 1)
    tone, hair = SKIN[seed % len(SKIN)], HAIR[(seed * 5 + seed // 6) % len(HAIR)]
    return Person(
        places=places,
        skin=_skin(rng, tone, hair, beard=seed % 4 == 3, glasses=seed % 5 == 2),
        iris=IRIS[seed % len(IRIS)],
        hair=hair,
        thickness=float(rng.uniform(0.07, 0.2)),
        hairline=float(rng.uniform(-0.12, 0.12)),
        long=seed % 3 == 1,
    )


def _skin(
    rng: np.random.Generator, tone: tuple[int, ...], hair: tuple[int, ...], *, beard: bool, glasses: bool
) -> Picture:
    """RGB of the skin as seen from the front, brows, lips and blemishes painted on."""
    head, (wide, tall) = _head(), SHEET
    sheet = np.empty((tall, wide, 3), np.float32)
    sheet[:] = tone
    for cells, strength in ((6, 9), (30, 5), (150, 4)):
        noise = rng.normal(0, strength, (cells, cells, 1)).astype(np.float32)
        sheet += cv2.resize(noise, (wide, tall), interpolation=cv2.INTER_CUBIC)[:, :, None]

    def blot(x: float, y: float, rx: float, ry: float, colour: tuple[float, ...], strength: float) -> None:
        gx, gy = np.meshgrid(np.linspace(LOW[0], HIGH[0], wide), np.linspace(HIGH[1], LOW[1], tall))
        weight = strength * np.exp(-(((gx - x) / rx) ** 2) - ((gy - y) / ry) ** 2)[:, :, None]
        sheet[:] = sheet * (1 - weight) + np.array(colour, np.float32) * weight

    flush = (tone[0] * 0.98, tone[1] * 0.72, tone[2] * 0.7)
    for side in (-1, 1):
        blot(0.45 * side, 6.95, 0.24, 0.2, flush, 0.35)
        blot(0.31 * side, 7.27, 0.19, 0.1, tuple(v * 0.62 for v in tone), 0.4)
    blot(0, 6.95, 0.12, 0.1, flush, 0.3)
    if beard:
        dark = tuple(0.75 * v + 0.12 * t for v, t in zip(hair, tone, strict=True))
        for x, y, rx, ry in ((0, 6.2, 0.62, 0.26), (-0.6, 6.7, 0.2, 0.5), (0.6, 6.7, 0.2, 0.5), (0, 6.86, 0.24, 0.06)):
            blot(x, y, rx, ry, dark, 0.95)
    if rng.random() < 0.35:
        for side in (-1, 1):
            blot(0.31 * side, 7.36, 0.2, 0.09, tuple(rng.uniform(30, 140, 3)), 0.6)
    cheeks = rng.uniform(0.1, 0.7)
    for side in (-1, 1):
        blot(0.47 * side, 6.85 + 0.2 * cheeks, 0.16, 0.3, tuple(v * 0.68 for v in tone), float(cheeks))
    for _ in range(int(rng.integers(2, 9))):
        x, y = rng.uniform(-0.6, 0.6), rng.uniform(6.4, 8.0)
        blot(x, y, 0.016, 0.016, tuple(v * 0.45 for v in tone), 0.9)
    mask = np.zeros((tall, wide), np.uint8)
    lips, rest = head["lips"] > 60, head["rest"]
    for corners in head["triangles"]:
        if lips[corners].all():
            cv2.fillConvexPoly(mask, np.round(_on_sheet(rest[corners])).astype(np.int32), 255)
    red = float(rng.uniform(0.25, 0.7))
    weight = cv2.GaussianBlur(mask, (0, 0), 1.2)[:, :, None] / 255 * float(rng.uniform(0.45, 0.95))
    sheet = sheet * (1 - weight) + np.array((tone[0] * 0.9, tone[1] * red, tone[2] * red), np.float32) * weight
    sheet = _brows(sheet, rng, hair)
    for side in (-1, 1) if glasses else ():
        x, y = _on_sheet(np.array([[0.32 * side, 7.27]]))[0].round().astype(int).tolist()
        cv2.ellipse(sheet, (x, y), (38, 30), 0, 0, 360, (28, 24, 30), 5, cv2.LINE_AA)
        cv2.line(sheet, (x - 38 * side, y - 8), (x - 58 * side, y - 10), (28, 24, 30), 5, cv2.LINE_AA)
        cv2.line(sheet, (x + 38 * side, y - 8), (x + 130 * side, y - 12), (28, 24, 30), 5, cv2.LINE_AA)
    return np.asarray(sheet.clip(0, 255), np.uint8)


def _brows(sheet: NDArray[np.float32], rng: np.random.Generator, hair: tuple[int, ...]) -> NDArray[np.float32]:
    mask = np.zeros(sheet.shape[:2], np.uint8)
    thick, arch, height = rng.uniform(3, 15), rng.uniform(-0.01, 0.06), rng.uniform(7.5, 7.56)
    for side in (-1, 1):
        x = np.linspace(0.12, 0.55, 9)
        y = height + arch * np.sin(np.pi * (x - 0.12) / 0.43) - 0.1 * ((x - 0.12) / 0.43) ** 2.5
        points = np.round(_on_sheet(np.column_stack([side * x, y]))).astype(np.int32)
        for k in range(8):
            cv2.line(
                mask, points[k].tolist(), points[k + 1].tolist(), 255, max(1, round(thick * (1 - k / 13))), cv2.LINE_AA
            )
    weight = cv2.GaussianBlur(mask, (0, 0), 1.5)[:, :, None] / 255 * 0.85
    return sheet * (1 - weight) + np.array(hair, np.float32) * 0.7 * weight


def _on_sheet(places: NDArray) -> NDArray[np.float64]:
    """Pixels of the painted sheet for x and y of the head at rest."""
    share = (places[:, :2] - LOW) / (HIGH - LOW)
    return np.column_stack([share[:, 0], 1 - share[:, 1]]) * SHEET


def picture(who: Person | list[Person], pose: Pose, scene: Scene = LIVING_ROOM) -> Picture:
    """(640, 480, 3) uint8 BGR: ``who`` in ``pose``, before a wall of ``scene``."""
    canvas = _room(scene)
    for index, each in enumerate(who if isinstance(who, list) else [who]):
        place = scene if not isinstance(who, list) else replace(scene, size=0.72, x=-0.95 + 1.9 * index)
        canvas = _drawn(canvas, each, pose, place)
    lit = canvas * scene.light * np.array([1 - 0.25 * scene.warmth, 1.0, 1 + 0.2 * scene.warmth], np.float32)
    return np.asarray(lit.clip(0, 255), np.uint8)


@cache
def wall(room: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(77 + room)
    wall = np.empty((TALL, WIDE, 3), np.float32)
    wall[:] = rng.uniform(90, 190, 3)
    wall *= np.linspace(1.08, 0.8, TALL)[:, None, None]
    for _ in range(5):
        x, y = rng.integers(0, WIDE), rng.integers(0, TALL // 2)
        box = (int(x), int(y)), (int(x + rng.integers(40, 160)), int(y + rng.integers(50, 220)))
        cv2.rectangle(wall, *box, tuple(rng.uniform(40, 220, 3)), -1)
    wall = cv2.GaussianBlur(wall, (0, 0), 3)
    return wall + rng.normal(0, 3, wall.shape).astype(np.float32)


def _room(scene: Scene) -> NDArray[np.float32]:
    return wall(scene.room).copy()


def _drawn(canvas: NDArray[np.float32], who: Person, pose: Pose, scene: Scene) -> NDArray[np.float32]:
    head = _head()
    moved = _moved(who.places, pose)
    placed = _placed(moved, pose)
    normals = _normals(placed, head["triangles"])
    light = _light(normals, scene)
    depth = np.full(canvas.shape[:2], FAR, np.float32)
    camera = np.eye(4, dtype=np.float32)
    camera[:3, 3] = [scene.x, -7.05, -AWAY / scene.size]
    rest = (head["rest"][:, :2] - LOW) / (HIGH - LOW)
    parts, triangles = head["parts"], head["triangles"]
    triangles = triangles[(parts[triangles] == parts[triangles[:, :1]]).all(axis=1)]
    values = np.column_stack([np.where((parts == 1)[:, None], _on_eye(head), rest), light / 2]).clip(0, 1)
    values[:, 0] = (parts + values[:, 0] * 0.98 + 0.01) / PARTS
    drawn, where = _rasterised(placed, triangles, values, depth, camera)
    of = (drawn[:, :, 0] * PARTS).astype(np.int8)
    drawn[:, :, 0] = (drawn[:, :, 0] * PARTS - of - 0.01) / 0.98
    for part in range(PARTS):
        mine = where & (of == part)
        canvas[mine] = _coloured(part, drawn[mine], who)
    scalp, hair_triangles = _scalp(who, moved, head)
    strands = _placed(scalp, pose)
    shade = _light(_normals(strands, hair_triangles), scene)
    around = np.column_stack([np.arctan2(head["rest"][:, 0], head["rest"][:, 2]) / 7 + 0.5, rest[:, 1], shade / 2])
    drawn, where = _rasterised(strands, hair_triangles, around, depth, camera)
    streak = 0.82 + 0.3 * np.abs(np.sin(drawn[where][:, 0] * 190 + 4 * np.sin(drawn[where][:, 1] * 11)))
    canvas[where] = np.array(who.hair[::-1]) * streak[:, None] * drawn[where][:, 2:] * 2
    return _torso(canvas, who, scene)


def _rasterised(
    places: NDArray, triangles: NDArray, values: NDArray, depth: NDArray[np.float32], camera: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Values at each pixel where these triangles are nearest, and where that is; ``depth`` is kept up to date."""
    sheet = np.full((*depth.shape, 3), -1, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    made, deep = cv2.triangleRasterize(
        places.astype(np.float32), triangles.astype(np.int32), values.astype(np.float32).clip(0, 1), sheet,
        depth.copy(), camera, VIEW, NEAR, FAR, settings,
    )  # fmt: skip
    where = made[:, :, 2] >= 0
    depth[:] = deep
    return made, where


def _coloured(part: int, values: NDArray[np.float32], who: Person) -> NDArray[np.float32]:
    """BGR of pixels from where on the sheet they lie and how they are lit."""
    shade = values[:, 2:] * 2
    if part == 1:
        away = np.hypot(values[:, 0] - 0.5, values[:, 1] - 0.5)[:, None]
        white, iris = np.array([236, 238, 240]), np.array(who.iris[::-1])
        colour = np.where(away < 0.2, iris, white)
        colour = np.where(away < 0.085, 12, colour)
        glint = np.hypot(values[:, 0] - 0.55, values[:, 1] - 0.57)[:, None] < 0.035
        return np.where(glint, 250, colour * np.minimum(shade, 1.05) * 0.9)
    if part == 2:
        return np.array([215, 225, 230]) * shade * 0.85
    if part == 3:
        return np.array([30, 28, 70]) * shade * 0.6
    at = np.column_stack([values[:, 0], 1 - values[:, 1]]) * np.float32([SHEET[0] - 1, SHEET[1] - 1])
    rows = [  # in rows that OpenCV can take
        cv2.remap(
            who.skin, np.ascontiguousarray(row[None, :, 0]), np.ascontiguousarray(row[None, :, 1]), cv2.INTER_LINEAR
        )[0]
        for row in np.array_split(at, len(at) // 20_000 + 1)
    ]
    return np.concatenate(rows)[:, ::-1] * shade


def _moved(places: NDArray[np.float64], pose: Pose) -> NDArray[np.float64]:
    jaw, blink_left, blink_right, smile_left, smile_right = _head()["moves"].astype(np.float64)
    return places + pose.mouth * jaw + pose.blink * (blink_left + blink_right) + pose.smile * (smile_left + smile_right)


def _placed(places: NDArray[np.float64], pose: Pose) -> NDArray[np.float64]:
    """The head turned on its neck: what lies low turns less."""
    share = np.clip((places[:, 1] - 5.8) / 0.6, 0, 1)[:, None]
    yaw, pitch, roll = (math.radians(value) for value in (pose.yaw, -pose.pitch, -pose.roll))
    turn = cv2.Rodrigues(np.array([0, yaw, 0.0]))[0] @ cv2.Rodrigues(np.array([pitch, 0, 0.0]))[0]
    turn = cv2.Rodrigues(np.array([0, 0, roll]))[0] @ turn
    turned = (places - PIVOT) @ turn.T + PIVOT
    return places * (1 - share) + turned * share


def _normals(places: NDArray[np.float64], triangles: NDArray) -> NDArray[np.float64]:
    a, b, c = (places[triangles[:, k]] for k in range(3))
    each, total = np.cross(b - a, c - a), np.zeros_like(places)
    for k in range(3):
        np.add.at(total, triangles[:, k], each)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)


def _light(normals: NDArray[np.float64], scene: Scene) -> NDArray[np.float64]:
    """0 … 2: a lamp above and to one side, a weaker one opposite, and the room."""
    lamp = np.array([scene.side, 0.45, 0.85])
    lamp /= np.linalg.norm(lamp)
    fill = np.array([-scene.side, 0.1, 0.6])
    fill /= np.linalg.norm(fill)
    diffuse = np.clip(normals @ lamp, 0, 1) * 0.72 + np.clip(normals @ fill, 0, 1) * 0.22
    half = lamp + np.array([0, 0, 1])
    shine = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1) ** 24 * 0.12
    return 0.3 + diffuse + shine


def _on_eye(head: dict[str, NDArray]) -> NDArray[np.float64]:
    """Where each corner of an eye lies in a square about its iris."""
    rest, eyes = head["rest"], head["parts"] == 1
    out = np.full((len(rest), 2), 0.5)
    for side in (-1, 1):
        mine = eyes & (np.sign(rest[:, 0]) == side)
        centre = (rest[mine].min(axis=0) + rest[mine].max(axis=0)) / 2
        behind = np.where(rest[mine, 2] < centre[2], 3.0, 1.0)
        out[mine] = 0.5 + (rest[mine, :2] - centre[:2]) / 0.36 * behind[:, None]
    return out


def _scalp(who: Person, moved: NDArray[np.float64], head: dict[str, NDArray]) -> tuple[NDArray[np.float64], NDArray]:
    """The corners of the head lifted where hair grows, and the triangles that are hair."""
    rest = head["rest"]
    line = np.interp(rest[:, 2], [-1.0, 0.0, 0.42, 0.7, 1.1], [6.2, 6.5, 7.35, 7.72, 7.92]) + who.hairline
    if who.long:
        line = np.interp(rest[:, 2], [-1.0, 0.0, 0.3, 0.7, 1.1], [5.6, 5.7, 7.0, 7.72, 7.92]) + who.hairline
    grows = (head["parts"] == 0) & (rest[:, 1] > line)
    over = np.clip((rest[:, 1] - line) / 0.25, 0, 1)[:, None]
    out = moved - np.array([0, 7.2, 0.35])
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    wave = 1 + 0.25 * np.sin(9 * rest[:, :1] + 3) * np.sin(7 * rest[:, 1:2])
    lift = who.thickness * wave * over + 0.015
    if who.long:
        lift = lift + 0.22 * np.clip((7.3 - rest[:, 1:2]) / 1.2, 0, 1) * (rest[:, 2:] < 0.5)
    triangles = head["triangles"]
    return moved + out * lift, triangles[grows[triangles].all(axis=1)]


def _torso(canvas: NDArray[np.float32], who: Person, scene: Scene) -> NDArray[np.float32]:
    """A pullover, flat: it only has to be there, over the end of the neck."""
    scale = TALL / 2 / math.tan(VIEW / 2) / (AWAY / scene.size)  # pixels for one unit of the head
    x, top, reach = int(WIDE / 2 + scene.x * scale), int(TALL / 2 + 1.12 * scale), int(1.9 * scale)
    colour = tuple(float((value * 7 + 60) % 180 + 30) for value in who.iris)
    cv2.ellipse(canvas, (x, top + reach), (reach, reach), 0, 180, 360, colour, -1, cv2.LINE_AA)
    cv2.rectangle(canvas, (x - reach, top + reach), (x + reach, TALL), colour, -1)
    return canvas
