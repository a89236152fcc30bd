"""A small writer of MaxMind DB files (format 2.0), for databases of regions that tests can name every address of."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"


def write_mmdb(path: Path, networks: Mapping[str, Any]) -> Path:
    """Write a database (IPv6 tree, 32-bit records) with a record for each network; IPv4 lies at ::/96."""
    tree: list[list[int | bytes | None]] = [[None, None]]
    for network, record in networks.items():
        _insert(tree, network, _encode(record))
    data, places = b"", dict[bytes, int]()
    for node in tree:
        for side in node:
            if isinstance(side, bytes) and side not in places:
                places[side] = len(data)
                data += side
    size = len(tree)

    def pointer(side: int | bytes | None) -> int:
        return size if side is None else side if isinstance(side, int) else size + 16 + places[side]

    nodes = b"".join(struct.pack(">II", *map(pointer, node)) for node in tree)
    about = {
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_700_000_000,
        "database_type": "Test-Country", "description": {"en": "test"}, "ip_version": 6, "languages": ["en"],
        "node_count": size, "record_size": 32,
    }  # fmt: skip
    path.write_bytes(nodes + bytes(16) + data + _MARKER + _encode(about))
    return path


def _insert(tree: list[list[int | bytes | None]], network: str, record: bytes) -> None:
    found = ip_network(network)
    value, length = int(found.network_address), found.prefixlen + (96 if found.version == 4 else 0)
    node = 0
    for depth in range(length):
        side = value >> (127 - depth) & 1
        if depth == length - 1:
            tree[node][side] = record
            return
        below = tree[node][side]
        if not isinstance(below, int):
            tree.append([None, None])
            tree[node][side] = below = len(tree) - 1
        node = below


def _encode(value: Any) -> bytes:
    if isinstance(value, dict):
        items = [_encode(each) for pair in value.items() for each in pair]
        return _control(7, len(value)) + b"".join(items)
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_encode, value))
    if isinstance(value, str):
        raw = value.encode()
        return _control(2, len(raw)) + raw
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _control(6 if value < 1 << 32 else 9, len(raw)) + raw


def _control(kind: int, size: int) -> bytes:
    small, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([small, kind - 7]) + more if kind > 7 else bytes([kind << 5 | small]) + more
