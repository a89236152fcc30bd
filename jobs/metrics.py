"""What Prometheus is told about the jobs of one worker; the queue as a whole is read from Postgres by the API."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

CLAIMED = Counter("yume_generations_claimed_total", "Generations taken from the queue by this worker")
SETTLED = Counter("yume_generations_settled_total", "Attempts of this worker by how they ended", ["outcome"])
ATTEMPT_SECONDS = Histogram(
    "yume_generation_attempt_seconds",
    "Wall seconds from claim to end of an attempt",
    ["outcome"],
    buckets=(1, 2, 5, 10, 20, 40, 80, 160, 320, 640),
)
WAIT_SECONDS = Histogram(
    "yume_generation_wait_seconds",
    "Seconds from creation to the first claim",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900),
)
EXPIRED = Counter("yume_leases_expired_total", "Leases whose worker fell silent, as this worker's sweep found them")
PURGED = Counter("yume_media_objects_purged_total", "Media objects deleted by this worker")
CAPTURES = Counter("yume_captures_checked_total", "Recordings checked by this worker, by how that ended", ["outcome"])
