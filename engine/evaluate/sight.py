"""What the oracle sees in a clip: figures with their names and poses in every picture, and the setting of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama.scene import COLOURS, MOTIONS
from engine.evaluate.nets import POSE, SETTING, Ear, Glance, Look, Watch
from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.views import cropped, glanced, tensor
from engine.evaluate.vocabulary import classes

WEIGHTS = Path(__file__).parent / "weights" / "oracle.safetensors"
FOUND = 0.12
"""Least score of a centre: low, because a closer look tells flowers and clouds from figures."""

MOST = 10
"""Most figures looked at in one picture."""

_AT_ONCE = 32


@dataclass(frozen=True)
class Figures:
    """The figures of one picture, best first: (n, 4) x, y of the centre, height (fractions of the picture), score.

    ``names`` (n, classes) and ``colours`` (n, COLOURS) are probabilities, ``poses`` (n, 5) the pose as in `nets.POSE`.
    """

    spots: NDArray[np.float32]
    names: NDArray[np.float32]
    colours: NDArray[np.float32]
    poses: NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """A clip as seen: its figures picture by picture at ``fps``, and the probability of each place, time, …"""

    figures: tuple[Figures, ...]
    setting: Mapping[str, Mapping[str, float]]
    fps: float


class Oracle:
    """The fitted networks: the eye (`see`), the reader of motions (`motions`) and the ear."""

    def __init__(self, glance: Glance, look: Look, watch: Watch, ear: Ear) -> None:
        """Networks in any state; they are used for inference only."""
        self.glance, self.look, self.watch, self.ear = glance.eval(), look.eval(), watch.eval(), ear.eval()

    @torch.inference_mode()
    def see(self, frames: NDArray[np.uint8], fps: float) -> Seen:
        """Look at (t, HEIGHT, WIDTH, 3) uint8 BGR pictures taken ``fps`` times a second (about 12)."""
        pasts = frames[[0, *range(len(frames) - 1)]]
        views = np.stack([glanced(now, before) for now, before in zip(frames, pasts, strict=True)])
        maps: list[Tensor] = []
        settings: dict[str, list[Tensor]] = {name: [] for name, _ in SETTING}
        for start in range(0, len(views), _AT_ONCE):
            found, setting = self.glance(tensor(views[start : start + _AT_ONCE]))
            maps.append(found)
            for name, logits in setting.items():
                settings[name].append(logits.log_softmax(1))
        spots = [peaks(one) for one in torch.cat(maps)]
        return Seen(tuple(self._looked(frames, spots)), _averaged(settings), fps)

    @torch.inference_mode()
    def motions(self, readings: NDArray[np.float32], among: tuple[str, ...]) -> dict[str, float]:
        """The probability of each motion in ``among`` for one track's (READINGS, WATCHED) readings."""
        logits = self.watch(torch.from_numpy(readings)[None])[0]
        chosen = logits[[MOTIONS.index(name) for name in among]].softmax(0)
        return dict(zip(among, chosen.tolist(), strict=True))

    def _looked(self, frames: NDArray[np.uint8], spots: list[NDArray[np.float32]]) -> list[Figures]:
        crops = [
            cropped(frame, x, y, tall)
            for frame, found in zip(frames, spots, strict=True)
            for x, y, tall, _ in found.tolist()
        ]
        answers: list[tuple[Tensor, Tensor, Tensor]] = [
            (torch.zeros(0, len(classes())), torch.zeros(0, len(COLOURS)), torch.zeros(0, POSE))
        ]
        for start in range(0, len(crops), 4 * _AT_ONCE):
            names, colours, poses = self.look(tensor(np.stack(crops[start : start + 4 * _AT_ONCE])))
            answers.append((names.softmax(1), colours.softmax(1), poses))
        names, colours, poses = (torch.cat(parts).numpy() for parts in zip(*answers, strict=True))
        ends = np.cumsum([len(found) for found in spots])
        own = [slice(end - len(found), end) for found, end in zip(spots, ends, strict=True)]
        return [
            once(Figures(nudged(found, poses[part, 5:]), names[part], colours[part], poses[part, :5]))
            for found, part in zip(spots, own, strict=True)
        ]

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
        return {"glance": self.glance, "look": self.look, "watch": self.watch, "ear": self.ear}

    @staticmethod
    def load(path: Path = WEIGHTS) -> Oracle:
        """Read the networks from ``path``. Raises ``FileNotFoundError``; `engine.evaluate.fit` makes them."""
        found = Oracle(Glance(), Look(len(classes())), Watch(), Ear())
        parts = load_file(path)
        for name, net in found._nets().items():
            own = {key.removeprefix(f"{name}."): value for key, value in parts.items() if key.startswith(f"{name}.")}
            net.load_state_dict({key: v.float() if v.is_floating_point() else v for key, v in own.items()})
        return found


@cache
def oracle() -> Oracle:
    """The committed oracle, loaded once. Raises ``FileNotFoundError``."""
    return Oracle.load()


def peaks(maps: Tensor) -> NDArray[np.float32]:
    """The figures in a (4, h, w) map of `Glance`: (n, 4) x, y, height, score, best first, none twice."""
    score = maps[0].sigmoid()
    top = (score == F.max_pool2d(score[None, None], 3, 1, 1)[0, 0]) & (score > FOUND)
    rows, columns = torch.nonzero(top, as_tuple=True)
    values = score[rows, columns]
    kept: list[tuple[float, float, float, float]] = []
    height, width = score.shape
    for index in values.argsort(descending=True, stable=True).tolist()[: 3 * MOST]:
        row, column = int(rows[index]), int(columns[index])
        x = (column + 0.5 + float(maps[1, row, column])) / width
        y = (row + 0.5 + float(maps[2, row, column])) / height
        tall = float(np.clip(np.exp(float(maps[3, row, column])), 0.01, 1.2))
        if all(np.hypot((x - ox) * width / height, y - oy) > 0.28 * max(tall, other) for ox, oy, other, _ in kept):
            kept.append((x, y, tall, float(values[index])))
    return np.array(kept[:MOST], np.float32).reshape(-1, 4)


def nudged(spots: NDArray[np.float32], off: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 4) spots put right by the (n, 3) errors that `Look` saw."""
    right, tall = spots.copy(), spots[:, 2]
    right[:, 0] += off[:, 0] * tall * HEIGHT / WIDTH
    right[:, 1] += off[:, 1] * tall
    right[:, 2] *= np.exp(np.clip(off[:, 2], -0.5, 0.5))
    return right


def once(figures: Figures) -> Figures:
    """The figures, best first, without those that turn out to be part of a better one: close by, or near and faint."""
    kept: list[int] = []
    for index, (x, y, tall, score) in enumerate(figures.spots.tolist()):
        others = figures.spots[kept]
        apart = np.hypot((others[:, 0] - x) * WIDTH / HEIGHT, others[:, 1] - y) / np.maximum(others[:, 2], tall)
        if not ((apart < 0.3) | ((apart < 0.7) & (score < 0.5 * others[:, 3]))).any():
            kept.append(index)
    return Figures(figures.spots[kept], figures.names[kept], figures.colours[kept], figures.poses[kept])


def _averaged(settings: dict[str, list[Tensor]]) -> dict[str, dict[str, float]]:
    shares: dict[str, dict[str, float]] = {}
    for name, values in SETTING:
        mean = torch.cat(settings[name]).mean(0).softmax(0)
        shares[name] = dict(zip(values, mean.tolist(), strict=True))
    return shares
