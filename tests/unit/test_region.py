"""Which region an address is in, as far as the operator's database knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.regions import open_regions
from app.trouble import RegionDatabaseUnreadable
from models.errors import Denied, Invalid
from resolvers.region import RegionDatabase, check_region, read_region
from tests.mmdb import write_mmdb


@pytest.fixture
def database(tmp_path: Path) -> RegionDatabase:
    networks = {
        "192.0.2.0/24": {"country": {"iso_code": "CA"}, "registered_country": {"iso_code": "US"}},
        "198.51.100.0/25": {"country": {"iso_code": "FR"}},
        "198.51.100.128/25": {"country_code": "us"},
        "203.0.113.0/24": {"continent": {"code": "EU"}},
        "2001:db8::/32": {"country": {"iso_code": "US"}},
    }
    found = open_regions(write_mmdb(tmp_path / "regions.mmdb", networks))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("192.0.2.7", "CA"), ("::ffff:192.0.2.7", "CA"), ("198.51.100.7", "FR"), ("198.51.100.200", "US"),
        ("2001:db8::1", "US"), ("2001:db8::1%eth0", "US"), ("203.0.113.9", None), ("127.0.0.1", None), ("::1", None),
        ("10.0.0.1", None), ("", None), ("unix:", None), ("not an address", None),
    ],
)  # fmt: skip
async def test_an_address_is_in_the_region_that_the_database_says_or_in_none(
    database: RegionDatabase, address: str, region: str | None
) -> None:
    assert await database.region_of(address) == region


async def test_the_declared_region_and_the_address_must_both_be_admitted(database: RegionDatabase) -> None:
    await check_region("CA", "192.0.2.7", ["CA", "US"], database)
    await check_region("US", "192.0.2.7", ["CA", "US"], database)
    for declared, address, told in (
        ("FR", "192.0.2.7", "CA, US only"),
        ("CA", "198.51.100.7", "comes from FR"),
        ("CA", "203.0.113.9", "cannot tell"),
        ("CA", "10.0.0.1", "cannot tell"),
    ):
        with pytest.raises(Denied, match=told) as refusal:
            await check_region(declared, address, ["CA", "US"], database)
        assert refusal.value.field == "region"
        assert address not in refusal.value.message
    await check_region("CA", "198.51.100.7", ["CA"], None)


async def test_a_database_that_is_replaced_is_read_anew(database: RegionDatabase, tmp_path: Path) -> None:
    assert await database.region_of("192.0.2.7") == "CA"
    path = write_mmdb(tmp_path / "regions.mmdb", {"192.0.2.0/24": {"country": {"iso_code": "BE"}}})
    os.utime(path, ns=(1, 1))
    assert await database.region_of("192.0.2.7") == "BE"
    path.write_bytes(b"half a file")
    assert await database.region_of("192.0.2.7") == "BE"
    path.unlink()
    assert await database.region_of("192.0.2.7") == "BE"


def test_what_is_no_database_stops_the_start_in_words(tmp_path: Path) -> None:
    assert open_regions(None) is None
    bad = tmp_path / "bad.mmdb"
    bad.write_bytes(b"no such format" * 40)
    for path in (bad, tmp_path / "missing.mmdb", tmp_path):
        with pytest.raises(RegionDatabaseUnreadable) as trouble:
            open_regions(path)
        assert "YUME_REGION_DB" in trouble.value.mend


@pytest.mark.parametrize("written", ["\0", "", "USA", "é", "ZZ", "Canada"])
def test_a_region_is_a_code_that_exists(written: str) -> None:
    assert read_region(" ca ") == "CA"
    with pytest.raises(Invalid):
        read_region(written)
