"""What the oracle sees in a clip: figures with their names and poses in every picture, and the setting of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn

from engine.diorama.scene import MOTIONS
from engine.evaluate.blobs import Spot, divided, peaks, settled
from engine.evaluate.nets import SETTING, Ear, Find, Look, Setting, Watch
from engine.evaluate.stills import HEIGHT, WIDTH, gray
from engine.evaluate.views import contrast, cropped, glanced, half, masked, tensor
from engine.evaluate.vocabulary import classes

WEIGHTS = Path(__file__).parent / "weights" / "oracle.safetensors"
THUMB = 14
_AT_ONCE = 32


@dataclass(frozen=True)
class Figures:
    """The n figures of one picture.

    ``spots`` (n, 4) centre x and y, width and height in fractions of the picture; ``alone`` (n,) whether it is all of a
    blob; ``ranks`` (n, 2) whether it counts as a figure (the rest are other ways to see the same blob), and whether it
    is a blob that may be divided; ``names`` (n, classes) log-probabilities; ``poses`` (n, 3) sine and cosine of the
    rotation, facing; ``shapes`` (n, 4) share of the picture that it covers, elongation times cosine and sine of twice
    its axis' angle, contrast to the stage 0 … 1; ``thumbs`` (n, THUMB²) its lightness, small.
    """

    spots: NDArray[np.float32]
    alone: NDArray[np.bool_]
    ranks: NDArray[np.bool_]
    names: NDArray[np.float32]
    poses: NDArray[np.float32]
    shapes: NDArray[np.float32]
    thumbs: NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """A clip as seen: its figures picture by picture at ``fps``, and the probability of each place, time, …

    ``scroll`` (t,) is how far the stage moved to the right since the picture before, in widths of the picture.
    """

    figures: tuple[Figures, ...]
    scroll: NDArray[np.float64]
    setting: Mapping[str, Mapping[str, float]]
    fps: float


class Oracle:
    """The fitted networks: the eye (`see`), the reader of motions (`motions`) and the ear."""

    def __init__(self, setting: Setting, find: Find, look: Look, watch: Watch, ear: Ear) -> None:
        """Networks in any state; they are used for inference only."""
        self.setting, self.find, self.look = setting.eval(), find.eval(), look.eval()
        self.watch, self.ear = watch.eval(), ear.eval()

    @torch.inference_mode()
    def see(self, frames: NDArray[np.uint8], plates: NDArray[np.uint8], fps: float, *, setting: bool = True) -> Seen:
        """Look at (t, HEIGHT, WIDTH, 3) uint8 BGR pictures taken ``fps`` times a second, and at their empty stage."""
        sheets = [masked(frame, plate) for frame, plate in zip(frames, plates, strict=True)]
        found: list[list[tuple[float, float, float, float]]] = []
        for start in range(0, len(sheets), _AT_ONCE):
            views = np.stack([half(sheet) for sheet in sheets[start : start + _AT_ONCE]])
            found += [peaks(one) for one in self.find(tensor(views))]
        groups = [divided(sheet[:, :, 3], centres) for sheet, centres in zip(sheets, found, strict=True)]
        contrasts = [contrast(frame, plate) for frame, plate in zip(frames, plates, strict=True)]
        figures = self._looked(sheets, contrasts, groups)
        return Seen(tuple(figures), scrolled(plates), self._settings(frames) if setting else {}, fps)

    @torch.inference_mode()
    def motions(self, readings: NDArray[np.float32], among: tuple[str, ...]) -> dict[str, float]:
        """The probability of each motion in ``among`` for one track's (READINGS, WATCHED) readings."""
        logits = self.watch(torch.from_numpy(readings)[None])[0]
        chosen = logits[[MOTIONS.index(name) for name in among]].softmax(0)
        return dict(zip(among, chosen.tolist(), strict=True))

    def _settings(self, frames: NDArray[np.uint8]) -> dict[str, dict[str, float]]:
        """Every third picture, with the one before it."""
        chosen = range(1, len(frames), 3) if len(frames) > 1 else range(1)
        views = np.stack([glanced(frames[k], frames[max(k - 1, 0)]) for k in chosen])
        answers = [self.setting(tensor(views[k : k + _AT_ONCE])) for k in range(0, len(views), _AT_ONCE)]
        shares: dict[str, dict[str, float]] = {}
        for name, values in SETTING:
            mean = torch.cat([one[name].log_softmax(1) for one in answers]).mean(0).softmax(0)
            shares[name] = dict(zip(values, mean.tolist(), strict=True))
        return shares

    def _looked(
        self, sheets: list[NDArray[np.uint8]], contrasts: list[NDArray[np.uint8]], groups: list[list[list[Spot]]]
    ) -> list[Figures]:
        crops: list[NDArray[np.uint8]] = []
        shapes: list[tuple[float, ...]] = []
        for sheet, apart, own in zip(sheets, contrasts, groups, strict=True):
            for spot in (one for group in own for one in group):
                cut = np.asarray(cv2.bitwise_and(sheet, sheet, mask=spot.mask), np.uint8)
                crops.append(cropped(cut, spot.x, spot.y, max(spot.wide, spot.tall)))
                shapes.append(shape(spot, apart))
        names, poses = [torch.zeros(0, len(classes()))], [torch.zeros(0, 6)]
        for start in range(0, len(crops), 4 * _AT_ONCE):
            named, posed = self.look(tensor(np.stack(crops[start : start + 4 * _AT_ONCE])))
            names.append(named.log_softmax(1))
            poses.append(posed)
        called, held = torch.cat(names).numpy(), torch.cat(poses).numpy()[:, :3]
        figures: list[Figures] = []
        at = 0
        for own in groups:
            part: list[int] = []
            kept: list[Spot] = []
            ranks: list[tuple[bool, bool]] = []
            for group in own:
                chosen = settled(group, called[at : at + len(group)])
                part += range(at, at + len(group))
                kept += group
                ranks += [(k in chosen, k == 0 and len(group) > 1) for k in range(len(group))]
                at += len(group)
            thumbs = [small(crops[k]) for k in part]
            figures.append(
                Figures(
                    boxes(kept), np.array([one.alone for one in kept], np.bool_),
                    np.array(ranks, np.bool_).reshape(-1, 2),
                    called[part], held[part], np.array([shapes[k] for k in part], np.float32).reshape(-1, 4),
                    np.array(thumbs, np.float32).reshape(-1, THUMB * THUMB),
                )
            )  # fmt: skip
        return figures

    def save(self, path: Path = WEIGHTS) -> None:
        """Write all networks to ``path`` at half precision."""
        parts = {
            f"{name}.{key}": value.half() if value.is_floating_point() else value
            for name, net in self._nets().items()
            for key, value in net.state_dict().items()
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({key: value.contiguous() for key, value in parts.items()}, path)
        path.chmod(0o644)

    def _nets(self) -> dict[str, nn.Module]:
        return {"setting": self.setting, "find": self.find, "look": self.look, "watch": self.watch, "ear": self.ear}

    @staticmethod
    def load(path: Path = WEIGHTS) -> Oracle:
        """Read the networks from ``path``. Raises ``FileNotFoundError``; `engine.evaluate.fit` makes them."""
        found = Oracle(Setting(), Find(), Look(len(classes())), Watch(), Ear())
        parts = load_file(path)
        for name, net in found._nets().items():
            own = {key.removeprefix(f"{name}."): value for key, value in parts.items() if key.startswith(f"{name}.")}
            net.load_state_dict({key: v.float() if v.is_floating_point() else v for key, v in own.items()})
        return found


@cache
def oracle() -> Oracle:
    """The committed oracle, loaded once. Raises ``FileNotFoundError``."""
    return Oracle.load()


def boxes(spots: list[Spot]) -> NDArray[np.float32]:
    """(n, 4) centres, widths and heights in fractions of the picture."""
    rows = [(s.x / WIDTH, s.y / HEIGHT, s.wide / WIDTH, s.tall / HEIGHT) for s in spots]
    return np.array(rows, np.float32).reshape(-1, 4)


def shape(spot: Spot, apart: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """Area, axis and contrast of a figure, as `Figures` has them."""
    x0, y0 = max(int(spot.x - spot.wide / 2), 0), max(int(spot.y - spot.tall / 2), 0)
    rows, columns = slice(y0, y0 + int(spot.tall) + 1), slice(x0, x0 + int(spot.wide) + 1)
    own = spot.mask[rows, columns]
    m = cv2.moments(own, binaryImage=True)
    area = max(m["m00"], 1.0)
    spread = m["mu20"] + m["mu02"] + 1e-6
    strength = float(apart[rows, columns][own > 0].mean()) / 255 if m["m00"] else 0.0
    return area / spot.mask.size, (m["mu20"] - m["mu02"]) / spread, 2 * m["mu11"] / spread, strength


def small(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(THUMB²,) lightness of a crop, 0 … 1."""
    light = gray(np.ascontiguousarray(crop[:, :, :3]))
    return np.asarray(cv2.resize(light, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.float32).ravel() / np.float32(
        255
    )


def scrolled(plates: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(t,) how far the stage moves to the right from picture to picture, in widths."""
    rows = slice(plates.shape[1] * 3 // 10, plates.shape[1] * 9 // 10)
    views = [
        cv2.resize(gray(plate[rows]), (68, 72), interpolation=cv2.INTER_AREA).astype(np.float32) for plate in plates
    ]
    window = cv2.createHanningWindow((68, 72), cv2.CV_32F)
    moved = np.zeros(len(views))
    for k in range(1, len(views)):
        (across, _), sure = cv2.phaseCorrelate(views[k - 1], views[k], window)
        moved[k] = across / 68 if sure > 0.2 else 0.0
    return moved
