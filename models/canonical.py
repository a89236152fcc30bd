"""One spelling of a JSON value, so that its hashes and signatures agree everywhere: RFC 8785 (JCS), no fractions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

SAFE_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (I-JSON, RFC 7493)."""


def canonical(value: Any) -> bytes:
    """The UTF-8 bytes of ``value``: no white space, keys in the order of their UTF-16 code units, shortest escapes.

    Takes objects with string keys, arrays, strings, integers up to `SAFE_INTEGER`, booleans and null. Raises
    `ValueError` for anything else: fractions above all, which JCS would have to spell as JavaScript does.
    """
    return _text(value).encode()


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > SAFE_INTEGER:
            raise ValueError(f"{value} is larger than JSON readers keep exact.")
        return str(int(value))
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(key)}:{_text(value[key])}" for key in _sorted_keys(value)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return "[" + ",".join(map(_text, value)) + "]"
    raise ValueError(f"{type(value).__name__} has no canonical spelling in JSON.")


def _sorted_keys(value: Mapping[Any, Any]) -> list[str]:
    if not all(isinstance(key, str) for key in value):
        raise ValueError("A JSON object has strings as its keys.")
    return sorted(value, key=lambda key: key.encode("utf-16-be"))
