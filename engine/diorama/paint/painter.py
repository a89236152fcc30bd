"""Paints a scene: background, actors, weather, camera and words become finished frames."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.cast import Likeness
from engine.diorama.journey import embark
from engine.diorama.outline import cover_of
from engine.diorama.paint import bubble, effects, raster, style
from engine.diorama.paint.ambient import Ambient, Glitter
from engine.diorama.paint.attach import Put, bonds_of, fastened
from engine.diorama.paint.belt import endless, passing
from engine.diorama.paint.camera import Camera, View
from engine.diorama.paint.likeness import Bodied, LikenessPuppet, cast_puppet, in_hand
from engine.diorama.paint.motion import Course, Pose
from engine.diorama.paint.places import draw_place
from engine.diorama.paint.postures import HOLDING
from engine.diorama.paint.puppet import MOUTHS, Drawn, Puppet, puppet_for
from engine.diorama.paint.raster import Matrix, Picture, Scratch
from engine.diorama.paint.sketch import MARGIN_X, MARGIN_Y, Layer
from engine.diorama.paint.stance import bulk, gait_of, stance
from engine.diorama.paint.weather import strikes, weather_for
from engine.diorama.scene import MOUTH_RATE, Scene, Soundtrack

AHEAD = 2
"""Frames painted at the same time: OpenCV lets go of the interpreter's lock."""

SMOOTH = 20
"""From so many frames a second on, what moves "on twos" is drawn for every second frame."""

SMALL = 240
"""Frames whose shorter side is no longer than this share their puppets, which are cheap to keep at that size."""

Spot = tuple[float, float, float, tuple[float, float]]
"""Where an actor is: x and y of its foot, its height, and where its mouth is."""

MIST = {"space", "underwater", "moon"}


class Painter:
    """Turns one directed scene into pictures. The same scene and sizes always give the same bytes."""

    def __init__(
        self,
        scene: Scene,
        soundtrack: Soundtrack | None,
        *,
        width: int,
        height: int,
        fps: int,
        cast: tuple[Likeness, ...] = (),
    ) -> None:
        """``width`` × ``height`` in pixels; ``soundtrack`` brings moving mouths and bubbles, ``cast`` known faces."""
        scene, self.journey = embark(scene)
        self.scene, self.width, self.height, self.fps = scene, width, height, fps
        brief = scene.brief
        self.unit = min(width, height)
        self.place = draw_place(brief.place, brief.time, brief.weather, brief.style, width, height)
        if self.journey is not None:
            self.place = endless(self.place, round(width * (1 + 2 * MARGIN_X)))
        self.rng = np.random.default_rng(scene.seed)
        self.courses = [
            Course(scene, k, aspect=width / height, ground=self.place.ground, journey=self.journey)
            for k in range(len(brief.subjects))
        ]
        self.puppets = [self._puppet(course, cast) for course in self.courses]
        self.bonds = bonds_of(brief.subjects, self.puppets)
        self.holding = {b.carrier for b in self.bonds.values() if b.where in {"hand", "raised", "above"}}
        # Golden steps from a chosen start: no two of a kind play in step.
        first = np.random.default_rng((scene.seed, len(self.courses))).random()
        self.lags = [float((first + k * 0.618) % 1) for k in range(len(self.courses))]
        self.camera = Camera(scene, width, height)
        self.speeches = soundtrack.speeches if soundtrack else ()
        self.bubbles = [bubble.Bubble(speech, width, height) for speech in self.speeches]
        thunder = [float(e["time"]) for e in soundtrack.events if e["sound"] == "thunder"] if soundtrack else []
        self.window = self._window()
        w, h = (width, height) if self.window is None else (self.window[2], self.window[3])
        self.weather = weather_for(
            brief.weather, self.place.light, self.rng, w, h, strikes(self.rng, scene.seconds, thunder),
            puddles=self.window is None, rate=fps / 2 if fps >= SMOOTH else fps,
        ) if w > 8 and h > 8 else ()  # fmt: skip
        self.bursts = [
            burst for k, course in enumerate(self.courses)
            for burst in effects.bursts_of(course, scene.seed + 1000 * k, dusty=self.place.ground is not None)
        ]  # fmt: skip
        dust = 0xEAF4FF if brief.place == "snowfield" else 0xD8F2FF if brief.place in MIST else 0xE6D8C2
        letters = tuple(_letter(self.unit, size) for size in (0.05, 0.062, 0.078))
        fire = tuple(effects.puff(self.unit, code, 0.95) for code in effects.FIRE)
        self.tones = effects.Tones(effects.puff(self.unit, dust), letters, fire)
        self.edge = style.vignette(width, height, 0.44 if self.place.light.dark else 0.3, 0.5)
        self.finish = style.finish_for(brief.style, width, height)
        self.scratch = Scratch()
        self.backdrop: tuple[object, Picture | None] | None = None

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Exactly round(seconds × fps) pictures (height, width, 3) uint8 BGR in order, painted a little ahead.

        Each is valid until the next is asked for: then it is painted over.
        """
        count = round(self.scene.seconds * self.fps)
        hold = style.HOLD.get(self.scene.brief.style, 1) if self.fps >= SMOOTH else 1
        spare = [self._blank() for _ in range(AHEAD + 2)]  # those being painted or waiting, and the one being read
        with ThreadPoolExecutor(AHEAD, thread_name_prefix="paint") as pool:
            waiting: list[Future[Picture]] = []
            starts = list(range(0, count, hold))
            try:
                for position, start in enumerate(starts):
                    while len(waiting) <= AHEAD and position + len(waiting) < len(starts):
                        time = starts[position + len(waiting)] / self.fps
                        waiting.append(pool.submit(self._paint, time, spare.pop()))
                    picture = waiting.pop(0).result()
                    for _ in range(min(hold, count - start)):
                        yield picture
                    spare.append(picture)
            finally:
                for future in waiting:
                    future.cancel()

    def still(self, time: float) -> NDArray[np.uint8]:
        """The picture at ``time`` seconds: (height, width, 3) uint8 BGR, contiguous."""
        return self._paint(time, self._blank())

    def _blank(self) -> Picture:
        return np.empty((self.height, self.width, 3), np.uint8)

    def _paint(self, time: float, out: Picture) -> Picture:
        """Fill ``out`` with the picture at ``time``."""
        view = self.camera.at(time, whole=self.window is not None and len(self.weather) > 0)
        left, top, width, height = view.box
        frame = self.scratch.sheet("world", height, width)
        self.behind(frame, view, time)
        if self.window is not None:
            self._weather_outside(frame, time, view)
        poses = [course.at(time) for course in self.courses]
        poses = in_hand(self.puppets, self.scene.brief.subjects, poses, (self.width, self.height))
        spots = self._actors(frame, poses, time, (left, top))
        for burst in self.bursts:
            since = self._passed(1.0, time) - self._passed(1.0, burst.time)
            effects.draw_burst(frame, burst, time, (since - left, -top), (self.width, self.height), self.tones)
        for layer in self.place.front:
            layer.draw(frame, *self._offset(layer, view, time))
        frame = view.enlarge(frame, self.scratch)
        if self.window is None:
            for sheet in self.weather:
                sheet.draw(frame, time)
        cv2.multiply(frame, self.edge, dst=out, scale=1 / 255)
        if self.finish is not None:
            self.finish(out)
        self._words(out, time, view, spots)
        return out

    def _puppet(self, course: Course, cast: tuple[Likeness, ...]) -> Puppet:
        pixels = round(course.subject.size * self.unit * bulk(course))
        known = cast_puppet(course.subject, cast, self.place.light, self.scene, pixels)
        if known is not None:
            return known
        if self.unit > SMALL:
            return Puppet(course.subject, self.place.light, self.scene.brief.style, pixels)
        return puppet_for(course.subject, self.place.light, self.scene.brief.style, round(pixels / 4) * 4)

    # --- scenery ---

    def behind(self, frame: Picture, view: View, time: float) -> None:
        """Draw on ``frame`` (the view's box) what lies behind the actors; what stands still is drawn but twice."""
        offsets = [self._offset(layer, view, time) for layer in self.place.back]
        key = (view.box, tuple(offsets))
        known = self.backdrop
        if known is not None and known[0] == key and known[1] is not None:
            np.copyto(frame, known[1])
        else:
            self._draw_layers(frame, offsets, view, time)
            # A camera on the move never comes back, so only what is asked for twice is kept.
            self.backdrop = (key, None if known is None or known[0] != key else frame.copy())
        for ambient in self.place.ambients:
            if self.journey is None or not isinstance(ambient, Glitter):
                self._enliven(frame, ambient, view, time)

    def _enliven(self, frame: Picture, ambient: Ambient, view: View, time: float) -> None:
        x, y = view.offset(ambient.depth, 0)
        at = x + round(MARGIN_X * self.width), y + round(MARGIN_Y * self.height)
        ambient.draw(frame, time, *at, gone=self._passed(ambient.depth, time))

    def _passed(self, depth: float, time: float) -> int:
        """How far to the right, in pixels, what lies at ``depth`` has gone past the actors."""
        return 0 if self.journey is None else -round(self.journey.gone(time) * passing(depth) * self.unit)

    def _offset(self, layer: Layer, view: View, time: float) -> tuple[int, int]:
        x, y = view.offset(layer.depth, layer.drift * time)
        return x + self._passed(layer.depth, time), y

    def _draw_layers(self, frame: Picture, offsets: list[tuple[int, int]], view: View, time: float) -> None:
        """Draw the layers behind the actors, each only down to where nearer ones hide it.

        On a journey what stands before water goes past its glitter, which therefore is drawn in between.
        """
        glitter = [] if self.journey is None else [a for a in self.place.ambients if isinstance(a, Glitter)]
        floors = [frame.shape[0]]
        for layer, offset in zip(reversed(self.place.back), reversed(offsets), strict=True):
            floors.append(max(0, min(floors[-1], layer.solid_from(*offset, frame))))
        frame[: floors.pop()] = 0
        for layer, offset, floor in zip(self.place.back, offsets, reversed(floors), strict=True):
            layer.draw(frame[:floor], *offset)
            for light in glitter:
                if light.depth == layer.depth:
                    self._enliven(frame[:floor], light, view, time)

    # --- actors ---

    def _order(self, poses: list[Pose]) -> list[int]:
        rank = [pose.ground for pose in poses]
        for k, course in enumerate(self.courses):
            other = course.subject.target
            if other is not None and 0 <= other < len(rank) and other != k:
                relation = course.subject.relation
                sheltered = relation == "under" and cover_of(self.courses[other].subject) != ""
                if relation == "behind" or (relation == "under" and not sheltered):
                    rank[k] = min(rank[k], rank[other] - 1e-3)
                elif sheltered or (relation in {"in_front_of", "on", "over", "holding"} and other not in self.bonds):
                    rank[k] = max(rank[k], rank[other] + 1e-3)
        for k, bond in self.bonds.items():
            # A mount hides its rider's legs; what is held is in front of the holder.
            rank[k] = rank[bond.carrier] + (-1e-3 if bond.where == "seat" else 1e-3)
        return sorted(range(len(poses)), key=lambda k: (rank[k], k))

    def _actors(self, frame: Picture, poses: list[Pose], time: float, corner: tuple[int, int]) -> list[Spot]:
        """Draw all actors back to front on a frame that begins at ``corner`` of the world.

        Returns each one's (x, y, height) and where its mouth is, in pixels of the world.
        """
        spots: list[Spot] = [(0, 0, 0, (0, 0))] * len(poses)
        order = self._order(poses)
        if self.place.ground is not None:
            for k in order:
                if k not in self.bonds:
                    self._shadow(frame, k, poses[k], corner)
        poses = self.fastened(poses, time)
        for k in order:
            x, y, tall, mouth = self._actor(frame, k, poses[k], time, corner)
            spots[k] = (x + corner[0], y + corner[1], tall, (mouth[0] + corner[0], mouth[1] + corner[1]))
        return spots

    def fastened(self, poses: list[Pose], time: float) -> list[Pose]:
        """``poses`` with everything that is carried moved to its carrier, a carrier's carrier first."""
        poses, size = list(poses), (self.width, self.height, self.unit)
        for k in sorted(self.bonds, key=lambda k: (self.bonds[k].carrier in self.bonds, k)):
            bond = self.bonds[k]
            puppet, pose, drawn, tall, matrix, _ = self._posed(bond.carrier, poses[bond.carrier], time, (0, 0))
            put = Put(puppet, drawn, matrix, tall, 1.0 if pose.facing >= 0 else -1.0, pose.opacity)
            poses[k] = fastened(bond, self.puppets[k], poses[k], self.courses[k].subject.size, put, size)
        return poses

    def _posed(
        self, index: int, pose: Pose, time: float, corner: tuple[int, int]
    ) -> tuple[Puppet, Pose, Drawn, float, Matrix, float]:
        """Somebody's puppet, pose, picture, height in pixels, affine to a frame at ``corner``, and open mouth."""
        puppet, course = self.puppets[index], self.courses[index]
        opening = self._opening(index, time)
        gait, phase = gait_of(puppet, pose, time, talks=self._talks(index, time), lag=self.lags[index])
        drawn = puppet.drawn(gait + HOLDING if index in self.holding and puppet.rig is not None else gait, phase)
        tall = course.subject.size * pose.scale * self.unit
        foot = (pose.x * self.width - corner[0], pose.y * self.height - corner[1])
        return puppet, pose, drawn, tall, stance(puppet, drawn, pose, tall / drawn.tall, foot, time, opening), opening

    def _shadow(self, frame: Picture, index: int, pose: Pose, corner: tuple[int, int]) -> None:
        kind = self.courses[index].subject.kind
        if kind == "sky" or pose.opacity < 0.05:
            return
        puppet = self.puppets[index]
        tall = self.courses[index].subject.size * pose.scale * self.unit
        picture = puppet.drawn("idle", 0)
        wide = tall * min(1.5, (picture.picture.shape[1] - 2 * puppet.pad) / picture.tall)
        fade = 1 / (1 + max(0.0, pose.shade - pose.y) * self.height / (0.24 * self.unit))
        half = max(3, round(wide * 0.46 * (0.55 + 0.45 * fade) / 3) * 3)
        strength = round((150 if not self.place.light.dark else 165) * fade * pose.opacity / 6) * 6
        factor = raster.shadow(half, max(2, round(half * 0.2)), strength)
        x, y = round(pose.x * self.width) - corner[0], round(pose.shade * self.height) - corner[1]
        raster.darken(frame, factor, x - half, y - factor.shape[0] // 2 - max(1, round(tall * 0.015)))

    def _actor(self, frame: Picture, index: int, pose: Pose, time: float, corner: tuple[int, int]) -> Spot:
        puppet, course = self.puppets[index], self.courses[index]
        _, _, drawn, tall, matrix, opening = self._posed(index, pose, time, corner)
        foot = (pose.x * self.width - corner[0], pose.y * self.height - corner[1])
        if pose.motion != "explode" or pose.opacity > 0.5:
            effects.trail(frame, pose, time, foot, tall, self.unit, self.tones)
        raster.warp_over(frame, drawn.picture, matrix, pose.opacity)
        if isinstance(puppet, LikenessPuppet) and isinstance(drawn, Bodied):
            return foot[0], foot[1], tall, puppet.put_head(frame, drawn, matrix, course, time, opening)
        level = round(opening * (MOUTHS - 1))
        if level and drawn.lip:
            lips = puppet.lips(level, drawn.lip)
            placed = matrix.copy()
            placed[:, 2] += matrix[:, :2] @ (drawn.mouth[0] - lips.shape[1] / 2, drawn.mouth[1] - lips.shape[0] / 2)
            raster.warp_over(frame, lips, placed, pose.opacity)
        mouth = matrix @ (drawn.mouth[0], drawn.mouth[1], 1.0)
        return foot[0], foot[1], tall, (float(mouth[0]), float(mouth[1]))

    def _opening(self, index: int, time: float) -> float:
        for speech in self.speeches:
            if speech.line.speaker == index:
                position = int((time - speech.start) * MOUTH_RATE)
                if 0 <= position < len(speech.mouth):
                    return float(np.clip(speech.mouth[position], 0, 1))
        return 0.0

    def _talks(self, index: int, time: float) -> bool:
        mine = (speech for speech in self.speeches if speech.line.speaker == index)
        return any(speech.start - 0.2 <= time <= speech.start + speech.seconds + 0.2 for speech in mine)

    # --- weather and words ---

    def _window(self) -> tuple[int, int, int, int] | None:
        """The part of the frame (x, y, width, height) where weather is seen from indoors; None outdoors."""
        if self.place.window is None:
            return None
        x0, y0, x1, y1 = self.place.window
        return (
            round(x0 * self.width), round(y0 * self.height),
            round((x1 - x0) * self.width), round((y1 - y0) * self.height),
        )  # fmt: skip

    def _weather_outside(self, frame: Picture, time: float, view: View) -> None:
        """Draw the weather that is seen through the window."""
        if self.window is None:
            return
        x, y, w, h = self.window
        dx, dy = view.offset(0.85, 0)
        left, top = x + dx + round(MARGIN_X * self.width), y + dy + round(MARGIN_Y * self.height)
        if left < 0 or top < 0 or left + w > self.width or top + h > self.height:
            return
        for sheet in self.weather:
            sheet.draw(frame[top : top + h, left : left + w], time)

    def _words(self, frame: Picture, time: float, view: View, spots: list[Spot]) -> None:
        for words in self.bubbles:
            page = words.page(time)
            if page is None:
                continue
            speaker = words.speech.line.speaker
            if speaker is None or speaker >= len(spots):
                words.draw(frame, time, (self.width / 2, bubble.SAFE[3] * self.height - page.body[1] / 2), None)
                continue
            heads: list[tuple[float, float]] = []
            for shift in (-0.4, -0.2, 0.0, 0.2, 0.4):  # a bubble follows its speaker lazily
                pose = self.courses[speaker].at(min(max(time + shift, page.start), page.end))
                tall = self.courses[speaker].subject.size * pose.scale * self.unit
                heads.append(view.seen(pose.x * self.width, pose.y * self.height - tall))
            head = (sum(x for x, _ in heads) / 5, sum(y for _, y in heads) / 5)
            boxes = [self._box(view, spot) for spot in spots]
            x, y, tall, mouth = spots[speaker]
            centre = words.spot(page, head, tall * view.zoom, boxes)
            beside = abs(view.seen(x, y - tall * 0.9)[1] - centre[1]) < page.body[1] / 2 + 0.02 * self.unit
            side = tall * 0.36 * (1 if centre[0] > view.seen(x, y)[0] else -1)
            # The tail ends at the top of the head, or at the cheek, never on the face.
            top = y - tall * 1.04 if view.seen(x, y)[1] > centre[1] else y + 0.02 * self.unit
            aim = (mouth[0] + side, mouth[1]) if beside else (mouth[0] + side * 0.2, top)
            words.draw(frame, time, centre, view.seen(*aim))

    def _box(self, view: View, spot: Spot) -> tuple[float, float, float, float]:
        x, y, tall, _ = spot
        x0, y0 = view.seen(x - tall * 0.4, y - tall)
        x1, y1 = view.seen(x + tall * 0.4, y)
        return x0, y0, x1, y1


def _letter(unit: int, size: float) -> Picture:
    picture, _ = bubble.glyph("Z", max(8, round(size * unit)))
    return picture


def preview(
    scene: Scene, *, long_side: int, aspect: float, time: float, cast: tuple[Likeness, ...] = ()
) -> NDArray[np.uint8]:
    """A small RGB picture (h, w, 3) of the scene at ``time``, for the sampler's steps; ``aspect`` is width / height."""
    width = long_side if aspect >= 1 else max(2, round(long_side * aspect))
    height = long_side if aspect < 1 else max(2, round(long_side / aspect))
    frame = Painter(scene, None, width=width, height=height, fps=24, cast=cast).still(time)
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
