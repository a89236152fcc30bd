"""The painter of diorama: a directed scene becomes crisp frames."""

from engine.diorama.paint.painter import Painter, preview
from engine.diorama.paint.places import drawing_place

__all__ = ["Painter", "drawing_place", "preview"]
