"""The human faces in pictures and finished clips, each person once: for block entries and for what was generated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.capture.seen import PRESENT
from engine.identity.face import SAME_FACE, Faces, likeness, mean_embedding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MOST_PEOPLE = 32
"""A crowd is not told apart further."""
_VIEWS = 8
"""Views that are averaged for one person."""


def people_in(moments: Iterable[tuple[float, NDArray[np.uint8]]], faces: Faces) -> list[tuple[float, ...]]:
    """The embedding of every human face in ``moments`` (seconds, (H, W, 3) BGR), one person's views averaged."""
    people: list[list[NDArray[np.float32]]] = []
    for _, bgr in moments:
        for found in faces.detect(bgr):
            mesh = faces.mesh(bgr, found)
            if mesh.presence >= PRESENT:
                _add(people, faces.embed_mesh(bgr, mesh))
    return [tuple(float(value) for value in mean_embedding(views)) for views in people]


def _add(people: list[list[NDArray[np.float32]]], view: NDArray[np.float32]) -> None:
    nearest = max(people, key=lambda views: likeness(mean_embedding(views), view), default=None)
    if nearest is not None and likeness(mean_embedding(nearest), view) >= SAME_FACE:
        if len(nearest) < _VIEWS:
            nearest.append(view)
    elif len(people) < MOST_PEOPLE:
        people.append([view])
