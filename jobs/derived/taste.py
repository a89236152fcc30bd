"""Works out what members like, as the mean of what videos mean that they liked, made or watched to the end."""

from __future__ import annotations

from tortoise import connections

BATCH = 20
TURN = 5
"""Batches in one turn of a worker, which has other work."""
LIKED, MADE, MET = 200, 50, 300
"""The newest rows that are read of each: what somebody liked long ago makes way for what they like now."""
NEAR = 300
"""Videos nearest to a taste that are kept beside it: feeds take those that are not met yet."""
COMMON, SAMPLED = 0.8, 1_000
"""How much of the mean of how many of the newest videos is taken off."""
WHOLE = 0.9
"""The part of a clip that counts as having watched it to its end."""


async def refresh_tastes() -> int:
    """Work out what some members like whose likes changed; returns how many. Any number of workers may call it."""
    total = 0
    for _ in range(TURN):
        rows = await connections.get("default").execute_query_dict(_REFRESH)
        total += len(rows)
        if len(rows) < BATCH:
            break
    return total


# A like counts twice: it is the only one of the three that was said. What all videos here have in common, as far as the
# newest tell, is nobody's taste and is taken off; not all of it, for in a small world everything is dear to its maker.
_REFRESH = f"""
    WITH due AS (
        SELECT id FROM account_taste WHERE due ORDER BY refreshed_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    ), common AS MATERIALIZED (
        SELECT avg(t.meaning) * array_fill({COMMON}::real, ARRAY[384])::halfvec(384) AS meaning FROM (
            SELECT meaning FROM video_text WHERE meaning IS NOT NULL ORDER BY id DESC LIMIT {SAMPLED}
        ) AS t
    ), found AS (
        SELECT due.id, (
            SELECT l2_normalize(avg(t.meaning) - (SELECT meaning FROM common)) FROM (
                SELECT liked.video_id FROM (
                    SELECT video_id FROM video_like WHERE account_id = due.id ORDER BY id DESC LIMIT {LIKED}
                ) AS liked CROSS JOIN (VALUES (1), (2)) AS twice
                UNION ALL
                SELECT made.id FROM (
                    SELECT id FROM video_visibility WHERE author_id = due.id AND author_state = 'PUBLISHED'
                    AND consent = 'LIVE' AND moderation = 'CLEAR' ORDER BY published_at DESC, id DESC LIMIT {MADE}
                ) AS made
                UNION ALL
                SELECT met.video_id FROM (
                    SELECT video_id, seconds FROM impression WHERE account_id = due.id
                    ORDER BY video_id DESC LIMIT {MET}
                ) AS met JOIN video v ON v.id = met.video_id WHERE met.seconds >= {WHOLE} * v.seconds
            ) AS dear JOIN video_text t ON t.id = dear.video_id WHERE t.meaning IS NOT NULL
        ) AS liking FROM due
    )
    UPDATE account_taste a SET liking = found.liking, refreshed_at = yume_now(), due = false,
        near = ARRAY(SELECT n.id FROM meaning_near(found.liking, {NEAR}) AS n ORDER BY n.near DESC)
    FROM found WHERE a.id = found.id RETURNING a.id
"""  # noqa: S608 - numbers
