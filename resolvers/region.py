"""Regions: where a newcomer says they are, and where their address is, where the operator gave a database for that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any

import maxminddb
import structlog

from models.errors import Denied, Invalid

_log = structlog.get_logger()

_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK"
)
CODES = frozenset(_CODES.split())
"""ISO 3166-1 alpha-2, and XK."""


class RegionDatabase:
    """Regions by address, from a file in MaxMind's format (GeoLite2-Country, DB-IP lite, …) that may be replaced.

    The file is opened anew when it has changed; where it is no database any more, the one before is used on. Addresses
    are looked up in this process and never kept.
    """

    def __init__(self, path: Path) -> None:
        """Raises `OSError` or `maxminddb.InvalidDatabaseError` when there is no such database."""
        self._path = path
        self._stamp, self._reader = self._open()

    async def region_of(self, address: str) -> str | None:
        """ISO 3166-1 alpha-2 code of the region that an IP address is in; None when the database cannot tell."""
        return await asyncio.to_thread(self._region_of, address)

    def _region_of(self, address: str) -> str | None:
        try:
            place = ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(place, IPv6Address) and place.ipv4_mapped is not None:
            place = place.ipv4_mapped
        self._renew()
        if place.version == 6 and self._reader.metadata().ip_version == 4:
            return None
        return _code(self._reader.get(place))

    def _renew(self) -> None:
        try:
            if self._path.stat().st_mtime_ns != self._stamp:
                self._stamp, self._reader = self._open()
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            _log.warning("region_database_unreadable", error=repr(error))

    def _open(self) -> tuple[int, maxminddb.Reader]:
        # In memory, not mapped: a file that is copied over in place would change under a map.
        return self._path.stat().st_mtime_ns, maxminddb.open_database(self._path, maxminddb.MODE_MEMORY)


def read_region(declared: str) -> str:
    """A region as somebody wrote it. Raises `Invalid`."""
    region = declared.strip().upper()
    if region not in CODES:
        raise Invalid("A region is an ISO 3166-1 alpha-2 code such as CA.", field="region")
    return region


async def check_region(declared: str, address: str, allowed: Sequence[str], database: RegionDatabase | None) -> None:
    """Raise `Denied` unless the declared region and, where there is a database, the address's are both admitted."""
    admitted = f"This server admits members from {', '.join(allowed)} only for now"
    if declared not in allowed:
        raise Denied(f"{admitted}. You can join the waiting list.", field="region")
    if database is None:
        return
    seen = await database.region_of(address)
    if seen is None:
        raise Denied(
            f"{admitted}, and it cannot tell which region your connection comes from. Try without a VPN or proxy.",
            field="region",
        )
    if seen not in allowed:
        raise Denied(f"{admitted}, and your connection comes from {seen}.", field="region")


def _code(record: Any) -> str | None:
    """The region in a record: databases spell it ``{"country": {"iso_code": "CA"}}`` or ``{"country_code": "CA"}``."""
    if not isinstance(record, dict):
        return None
    for name in ("country", "country_code", "registered_country"):
        found: Any = record.get(name)
        code = found.get("iso_code") if isinstance(found, dict) else found
        if isinstance(code, str) and code.upper() in CODES:
            return code.upper()
    return None
