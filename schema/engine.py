"""Engines: the backends that living workers offer, and their limits."""

from __future__ import annotations

import strawberry

from resolvers.engine import EngineReading
from schema.access import plain


@strawberry.type(description="A picture size an engine makes.")
class Size:
    width: int = plain("Pixels.")
    height: int = plain("Pixels.")


@strawberry.type(description="What an engine can do. A request beyond it is refused by name before anything is stored.")
class EngineCapabilities:
    audio: bool = plain("Makes sound with the picture.")
    start_frame: bool = plain("Can start from a picture.")
    cast: bool = plain("Can show consented likenesses.")
    remix_strength: bool = plain("Can remix by a chosen strength.")
    preview: bool = plain("Sends preview pictures while it works.")
    min_seconds: float = plain("Shortest clip, in seconds.")
    max_seconds: float = plain("Longest clip, in seconds; policy may allow less.")
    sizes: list[Size] = plain("Picture sizes.")
    fps: list[int] = plain("Frames a second.")
    styles: list[str] = plain("Values that `style` takes.")


@strawberry.type(description="A backend that makes clips.")
class Engine:
    name: str = plain("Give this as `engine` in `createGeneration`.")
    title: str = plain("Name for people.")
    device: str = plain("What it runs on, such as cpu or cuda:0.")
    available: bool = plain("Is a worker with this engine alive right now? If not, clips wait in the queue.")
    workers: int = plain("How many workers offer it right now.")
    capabilities: EngineCapabilities = plain("What it can do.")

    @classmethod
    def of(cls, reading: EngineReading) -> Engine:
        """A reading as clients see it."""
        can = reading.capabilities
        return cls(
            name=reading.name,
            title=can.title,
            device=reading.device,
            available=reading.available,
            workers=reading.workers,
            capabilities=EngineCapabilities(
                audio=can.audio,
                start_frame=can.first_frame,
                cast=can.cast,
                remix_strength=can.remix_strength,
                preview=can.preview,
                min_seconds=can.min_seconds,
                max_seconds=can.max_seconds,
                sizes=[Size(width=width, height=height) for width, height in can.sizes],
                fps=list(can.fps),
                styles=list(can.styles),
            ),
        )
