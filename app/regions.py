"""Opening the operator's database of regions by address."""

from __future__ import annotations

from pathlib import Path

import maxminddb

from app.trouble import RegionDatabaseUnreadable
from resolvers.region import RegionDatabase


def open_regions(path: Path | None) -> RegionDatabase | None:
    """The database at ``path``, or None where the operator gives none. Raises `RegionDatabaseUnreadable`."""
    if path is None:
        return None
    try:
        return RegionDatabase(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise RegionDatabaseUnreadable(
            f"YUME_REGION_DB names {path}, which cannot be read as a MaxMind DB file: {error}",
            mend="Give the path of a country database in the .mmdb format, or unset YUME_REGION_DB.",
        ) from error
