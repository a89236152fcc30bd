"""How other types name `Cameo` without importing its module in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import Info

if TYPE_CHECKING:
    from schema.cameo import Cameo

CameoRef = Annotated["Cameo", strawberry.lazy("schema.cameo")]


async def cameo_of(info: Info, cameo_id: UUID) -> Any:
    """The cameo named by something the viewer was allowed to load, batched with the operation's others."""
    from schema.cameo import Cameo  # noqa: PLC0415 - schema.cameo lists uses, so the circle is closed late

    return Cameo.of(await info.context.loaders.cameos_shown.load(cameo_id))
