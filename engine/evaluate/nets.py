"""The oracle's networks: `Setting`, `Find` for figures, `Look` for names, `Watch` for motions, `Ear` for sounds."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama.scene import MOTIONS, PLACES, STYLES, TIMES, WEATHERS

GRID = 4
"""Pixels of the half-size picture per cell of the map of centres."""

CROP = 56
POSE = 6
"""What `Look` reads of a figure's pose: sine and cosine of the rotation, facing, and how far off the crop is: the
figure's centre across and down from the crop's (in extents), log of its extent to the crop's."""

SETTING = (("place", PLACES), ("time", TIMES), ("weather", WEATHERS), ("style", STYLES))


class Block(nn.Module):
    """Two convolutions around a shortcut; ``stride`` 2 halves the map."""

    def __init__(self, inward: int, outward: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(inward, outward, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outward)
        self.second = nn.Conv2d(outward, outward, 3, 1, 1, bias=False)
        self.again = nn.BatchNorm2d(outward)
        self.short = nn.Conv2d(inward, outward, 1, stride, bias=False) if inward != outward or stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        """(b, inward, h, w) → (b, outward, h / stride, w / stride)."""
        y = self.again(self.second(F.relu(self.norm(self.first(x)))))
        return F.relu(y + (x if self.short is None else self.short(x)))


class Setting(nn.Module):
    """Place, hour, weather and style of a half-size picture.

    In: (b, 4, h, w), BGR and the change of lightness since the picture before, −1 … 1. Out: logits by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(4, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.fine, self.middle, self.coarse = Block(16, 32, 2), Block(32, 64, 2), Block(64, 96, 2)
        self.wide = Block(96, 96)
        self.setting = nn.ModuleDict({name: nn.Linear(2 * 96 + 2 * 32, len(values)) for name, values in SETTING})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """See the class."""
        fine = self.fine(self.stem(x))
        coarse = self.wide(self.coarse(self.middle(fine)))
        # Rain and stars are in the fine map, the place in the coarse one.
        seen = torch.cat([*(f(m, dim=(2, 3)) for m in (coarse, fine) for f in (torch.mean, torch.amax))], dim=1)
        return {name: layer(seen) for name, layer in self.setting.items()}


class Find(nn.Module):
    """Where figures are, whatever they are, on half-size pictures that show nothing else.

    In: (b, 4, h, w), BGR and mask, −1 … 1. Out: (b, 5, h/4, w/4): logits of centres, offsets of centres (cells), logs
    of width and height (half-size pixels / 32) of the whole figure, hidden parts too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(4, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.fine, self.middle, self.coarse = Block(16, 32, 2), Block(32, 64, 2), Block(64, 96, 2)
        self.wide = Block(96, 96)
        self.lower, self.low = nn.Conv2d(96, 64, 1), nn.Conv2d(64, 32, 1)
        self.joined, self.head = Block(64, 64), nn.Sequential(Block(32, 32), nn.Conv2d(32, 5, 1))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        fine = self.fine(self.stem(x))
        middle = self.middle(fine)
        coarse = self.wide(self.coarse(middle))
        up = self.joined(middle + F.interpolate(self.lower(coarse), middle.shape[-2:]))
        return self.head(fine + F.interpolate(self.low(up), fine.shape[-2:]))


class Look(nn.Module):
    """What one figure is: (b, 4, CROP, CROP) BGR and mask −1 … 1 → logits of the class, and `POSE` numbers."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            Block(32, 64, 2), Block(64, 128, 2), Block(128, 160, 2),
        )  # fmt: skip
        self.name, self.pose = nn.Linear(320, classes), nn.Linear(320, POSE)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        seen = self.body(x)
        seen = torch.cat([seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))], dim=1)
        return self.name(seen), self.pose(seen)


WATCHED = 48
"""Moments of a track that `Watch` reads, evenly spaced over one motion's share of the clip."""

READINGS = 15
"""x, y of the foot, log height and width, sine and cosine of the rotation, facing, log area, elongation by twice its
angle (2), contrast, presence, change of looks, scroll of the stage, seconds of the share / 5."""


class Watch(nn.Module):
    """Which motion a measured track shows: (b, READINGS, WATCHED) → logits over `MOTIONS`."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(2 * READINGS, 64, 5, 1, 2), nn.ReLU(), nn.Conv1d(64, 64, 5, 2, 2), nn.ReLU(),
            nn.Conv1d(64, 96, 5, 2, 2), nn.ReLU(), nn.Conv1d(96, 96, 3, 1, 1), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Sequential(nn.Linear(192, 96), nn.ReLU(), nn.Linear(96, len(MOTIONS)))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        change = F.pad(x[..., 1:] - x[..., :-1], (1, 0)) * 8
        seen = self.body(torch.cat([x, change], dim=1))
        return self.head(torch.cat([seen.mean(dim=2), seen.amax(dim=2)], dim=1))


BANDS, HOP, HEARD_RATE = 64, 160, 16_000
"""Mel bands, samples between two moments and sample rate of what `Ear` hears: 100 moments a second."""

SOUNDS = ("landing", "dog", "cat", "cow", "sheep", "duck", "horse", "roar", "wolf", "owl", "frog", "pig", "elephant")


class Ear(nn.Module):
    """What is heard when: (b, BANDS, m) log-mel → (b, len(SOUNDS), m) logits at each of the m moments."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(BANDS, 96, 5, 1, 2), nn.BatchNorm1d(96), nn.ReLU(),
            nn.Conv1d(96, 96, 5, 1, 4, 2), nn.BatchNorm1d(96), nn.ReLU(),
            nn.Conv1d(96, 96, 5, 1, 8, 4), nn.BatchNorm1d(96), nn.ReLU(),
            nn.Conv1d(96, 96, 5, 1, 16, 8), nn.BatchNorm1d(96), nn.ReLU(), nn.Dropout(0.25),
        )  # fmt: skip
        self.head = nn.Conv1d(96, len(SOUNDS), 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return self.head(self.body(x))
