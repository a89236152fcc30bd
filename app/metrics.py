"""What Prometheus scrapes: requests and sockets, the workers' jobs, and the queue as Postgres has it."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram
from starlette.requests import Request
from starlette.responses import Response
from tortoise import connections

from app.shared_metrics import exposition
from jobs.failures import STORE_AWAY

REQUESTS = Counter("yume_http_requests", "HTTP requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "yume_http_request_seconds",
    "Time from a request's head to the head of its answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SOCKETS = Gauge("yume_sockets_open", "Websockets open.", multiprocess_mode="livesum")
STREAMS = Gauge("yume_event_streams_open", "Server-sent event streams open.", multiprocess_mode="livesum")

_QUEUE = Gauge(
    "yume_queue_generations", "Generations that are not finished, by state.", ["state"], multiprocess_mode="mostrecent"
)
_OLDEST = Gauge(
    "yume_queue_oldest_seconds",
    "Age of the oldest generation that waits for a worker; 0 when none does.",
    multiprocess_mode="mostrecent",
)
_HOSTS = Gauge("yume_engine_hosts_alive", "Engine hosts heard from within 15 seconds.", multiprocess_mode="mostrecent")
_REACHABLE = Gauge(
    "yume_postgres_reachable", "1 when the last scrape could read the queue.", multiprocess_mode="mostrecent"
)

_QUEUE_SQL = """
SELECT count(*) FILTER (WHERE state = 'QUEUED') AS queued,
       count(*) FILTER (WHERE state = 'RUNNING') AS running,
       count(*) FILTER (WHERE state = 'CHECKING') AS checking,
       coalesce(extract(epoch FROM yume_now() - min(created_at) FILTER (WHERE state = 'QUEUED')), 0)::float8 AS oldest,
       (SELECT count(*) FROM engine_host WHERE heartbeat_at > yume_now() - interval '15 seconds') AS hosts
FROM generation WHERE state IN ('QUEUED', 'RUNNING', 'CHECKING')
"""


async def metrics(_: Request) -> Response:
    """``GET /metrics``: the figures of all processes on this host, with the queue read afresh."""
    await read_queue()
    return Response(exposition(), headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"})


async def read_queue() -> None:
    """Set the queue gauges from Postgres; when it is away, say so and keep the process metrics flowing."""
    try:
        [row] = await connections.get("default").execute_query_dict(_QUEUE_SQL)
    except STORE_AWAY:
        _REACHABLE.set(0)
        return
    _REACHABLE.set(1)
    for state in ("queued", "running", "checking"):
        _QUEUE.labels(state).set(row[state])
    _OLDEST.set(row["oldest"])
    _HOSTS.set(row["hosts"])
