"""The painter of diorama: a directed scene becomes crisp frames."""

from engine.diorama.paint.painter import Painter, preview

__all__ = ["Painter", "preview"]
