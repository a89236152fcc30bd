"""How arq is spoken to: its queues, and msgpack instead of its default pickle."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool, Redis

GENERATE_QUEUE = "yume:generate"
"""Rings for idle engines. One arq job is one ring: "there may be a row to claim"."""

CHORES_QUEUE = "yume:chores"
"""Work that needs no engine, such as deleting media."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


def encode(payload: dict[str, Any]) -> bytes:
    """An arq job as msgpack."""
    return _encoder.encode(payload)


def decode(content: bytes) -> dict[str, Any]:
    """An arq job from msgpack. Raises `msgspec.DecodeError` for anything else, pickles included."""
    return cast("dict[str, Any]", _decoder.decode(content))


def bell_key(queue: str) -> str:
    """The list that workers of ``queue`` block on."""
    return f"{queue}:bell"


def arq_redis(redis: Redis) -> ArqRedis:
    """An arq client over the connection pool of ``redis`` (which must answer bytes, not text)."""
    pool = cast("ConnectionPool", redis.connection_pool)
    return ArqRedis(pool, job_serializer=encode, job_deserializer=decode)
