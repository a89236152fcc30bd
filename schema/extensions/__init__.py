"""What wraps every operation: limits before it runs, masked errors after it."""

from __future__ import annotations

from collections.abc import Callable

from strawberry.extensions import SchemaExtension

from schema.extensions.documents import DocumentCache, Documents
from schema.extensions.masking import Masking
from schema.extensions.observed import Observed

__all__ = ["extensions"]


def extensions(production: bool) -> list[Callable[[], SchemaExtension]]:  # noqa: FBT001 - the one thing that differs
    """Factories of the extensions, outermost first. The rules and caches they share are built here, once."""
    cache = DocumentCache(production=production)
    return [Observed, Masking, lambda: Documents(cache)]
