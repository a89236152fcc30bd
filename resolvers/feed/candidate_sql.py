"""The one statement that gathers what may be ranked: bounded stretches of indexes, whatever the size of the tables."""
# ruff: noqa: S608 - constants and rules make the statement; every value is bound

from __future__ import annotations

from functools import lru_cache

from jobs.derived.quality import PRIOR
from models.rules.account import apart, follows, in_good_standing, mutes
from models.rules.video import addresses

FRESH, HOT, FOLLOWED, NEAR, EXPLORED, SAID = 90, 50, 40, 40, 30, 30
"""Most candidates of each source; SAID for each topic of the viewer's sentence, and for each author it names."""
SCANNED = 1_000
"""Index rows read of the newest, and of the best received, to find some that the viewer has not met."""
FOLLOWEES, BY_FOLLOWEE = 120, 3
"""Members whom the viewer follows that are asked for their newest videos, and how many each."""
SAMPLE = 8
"""Neighbours read at each place where the exploring sample looks."""
RECENT_LIKES, LESS_TOPICS, MEANT = 300, 30, 150

_VIEWER, _USED = "$1::uuid", "$2::uuid[]"
_FRESH_PLACE = "($3::timestamptz, $4::uuid)"
_HOT_PLACE = "($5::float8, $6::uuid)"
_FOLLOWED_PLACE = "($7::timestamptz, $8::uuid)"
_SEED = "$9::bigint"
_DRAWS = "$10::float8[]"
_TOPICS, _AUTHORS = "$11::text[]", "$12::uuid[]"

_LISTED = "author_state = 'PUBLISHED' AND audience = 'PUBLIC' AND consent = 'LIVE' AND moderation = 'CLEAR'"
_OUT = "v.author_state = 'PUBLISHED' AND v.consent = 'LIVE' AND v.moderation = 'CLEAR' AND v.audience <> 'LINK'"
_TIMES_MET = f"(SELECT count(*) FROM impression i WHERE i.account_id = {_VIEWER} AND i.video_id = x.id)"
"""As a count, so that it is asked for one row after the other: as an anti-join all that somebody ever met is read."""
_TO_ALL_OF = "(SELECT v.audience FROM video_visibility v WHERE v.id = x.id) = 'PUBLIC'"


@lru_cache(maxsize=8)
def statement(*, member: bool, again: bool, told: bool) -> str:
    """Selects candidates and how far each source was read, as `resolvers.feed.candidates` reads them.

    ``member``: somebody is signed in. ``again``: what they met before may come again. ``told``: a sentence speaks of
    what only the video's own row tells. Values: the viewer, videos used already, the places (moment or figure, id)
    behind which the newest, the best received and what those followed published are read, a seed that picks among
    many followed, where the sample looks (0: now … 1: the first video), meanings and authors that are wanted.
    """
    # As a query, what was used is hashed: in a long scroll that is thousands.
    new = f"(x.id NOT IN (SELECT unnest({_USED}))" + (f" AND {_TIMES_MET} = 0)" if member and not again else ")")
    # A source that is not asked must not be in the statement: what the planner takes it to cost makes it plan anew.
    parts = [*_PUBLIC_SOURCES, _SAID if told else _NOTHING_SAID, *(_MEMBERS_SOURCES if member else _NO_SOURCES)]
    sources = ["fresh", "hot", "explored", "said", "followed", "near"]
    with_parts = ", ".join(part.replace("<new>", new) for part in parts)
    pool = " UNION ".join(f"SELECT id FROM {source}" for source in sources)
    return f"""
    WITH clock AS MATERIALIZED (SELECT yume_now() AS now),
    given AS (SELECT {_VIEWER}, {_FOLLOWED_PLACE}, {_SEED}, {_TOPICS}, {_AUTHORS}),
    {with_parts}, pool AS ({pool})
    SELECT ends.*, c.* FROM ({_ENDS}) AS ends LEFT JOIN LATERAL (
        SELECT v.id, v.author_id, (extract(epoch FROM clock.now - v.published_at) / 3600)::float8 AS hours,
            coalesce(nullif(n.quality, 0), {PRIOR}) AS quality, coalesce(n.view_count, 0) AS views,
            halfvec_send(t.meaning) AS meaning, t.topics, t.language,
            {_OF_MEMBER if member else _OF_NOBODY}{_TOLD if told else ""}
        FROM pool p CROSS JOIN clock JOIN video_visibility v ON v.id = p.id
        LEFT JOIN video_counts n ON n.id = v.id LEFT JOIN video_text t ON t.id = v.id
        {"LEFT JOIN mine ON mine.author_id = v.author_id" if member else ""}
        {"JOIN video w ON w.id = v.id" if told else ""}
        WHERE {_OUT} AND {in_good_standing("v.author_id")} AND {_TO_MEMBER if member else _TO_ALL}
    ) AS c ON true
    """


_PUBLIC_SOURCES = (
    f"""newest AS MATERIALIZED (
        SELECT id, published_at FROM video_visibility WHERE {_LISTED} AND (published_at, id) < {_FRESH_PLACE}
        ORDER BY published_at DESC, id DESC LIMIT {SCANNED}
    ), fresh AS MATERIALIZED (
        SELECT x.id, x.published_at FROM newest x WHERE <new> ORDER BY x.published_at DESC, x.id DESC LIMIT {FRESH}
    )""",
    f"""best AS MATERIALIZED (
        SELECT id, hot FROM video_counts WHERE (hot, id) < {_HOT_PLACE} ORDER BY hot DESC, id DESC LIMIT {SCANNED}
    ), hot AS MATERIALIZED (
        SELECT x.id, x.hot FROM best x WHERE <new> ORDER BY x.hot DESC, x.id DESC LIMIT {HOT}
    )""",
    f"""explored AS (
        SELECT x.id FROM (
            SELECT DISTINCT near.id FROM clock CROSS JOIN unnest({_DRAWS}) AS draw (share) CROSS JOIN (
                SELECT published_at FROM video_visibility WHERE {_LISTED} ORDER BY published_at, id LIMIT 1
            ) AS oldest CROSS JOIN LATERAL (
                SELECT id FROM video_visibility
                WHERE {_LISTED} AND published_at <= clock.now - (clock.now - oldest.published_at) * draw.share
                ORDER BY published_at DESC, id DESC LIMIT {SAMPLE}
            ) AS near
        ) AS x LEFT JOIN video_counts n ON n.id = x.id
        WHERE <new> ORDER BY coalesce(n.view_count, 0), x.id LIMIT {EXPLORED}
    )""",
)
_SAID = f"""said AS (
        SELECT found.id FROM unnest({_TOPICS}) AS topic (meaning) CROSS JOIN LATERAL (
            SELECT x.id FROM meaning_about(topic.meaning::halfvec(384), {MEANT}) AS x
            WHERE <new> AND {_TO_ALL_OF} ORDER BY x.near DESC LIMIT {SAID}
        ) AS found
        UNION ALL
        SELECT found.id FROM unnest({_AUTHORS}) AS author (id) CROSS JOIN LATERAL (
            SELECT x.id FROM video_visibility x
            WHERE x.author_id = author.id AND x.author_state = 'PUBLISHED' AND x.consent = 'LIVE'
                AND x.moderation = 'CLEAR' AND x.audience = 'PUBLIC' AND <new>
            ORDER BY x.published_at DESC, x.id DESC LIMIT {SAID}
        ) AS found
    )"""
_NOTHING_SAID = "said AS (SELECT NULL::uuid AS id WHERE false)"
_MEMBERS_SOURCES = (
    f"""followed AS MATERIALIZED (
        SELECT x.id, x.published_at FROM (
            SELECT followee_id FROM follow WHERE follower_id = {_VIEWER}
            ORDER BY uuid_hash_extended(followee_id, {_SEED}) LIMIT {FOLLOWEES}
        ) AS f CROSS JOIN LATERAL (
            SELECT v.id, v.published_at FROM video_visibility v
            WHERE v.author_id = f.followee_id AND {_OUT} AND (v.published_at, v.id) < {_FOLLOWED_PLACE}
            ORDER BY v.published_at DESC, v.id DESC LIMIT {BY_FOLLOWEE}
        ) AS x
        WHERE <new> ORDER BY x.published_at DESC, x.id DESC LIMIT {FOLLOWED}
    )""",
    f"""near AS (
        SELECT x.id FROM account_taste a CROSS JOIN LATERAL unnest(a.near) WITH ORDINALITY AS x (id, place)
        WHERE a.id = {_VIEWER} AND <new> ORDER BY x.place LIMIT {NEAR}
    )""",
    f"""mine AS (
        SELECT v.author_id, count(*) AS likes FROM (
            SELECT video_id FROM video_like WHERE account_id = {_VIEWER} ORDER BY id DESC LIMIT {RECENT_LIKES}
        ) AS l JOIN video_visibility v ON v.id = l.video_id GROUP BY v.author_id
    )""",
    f"""less AS MATERIALIZED (
        SELECT t.meaning FROM (
            SELECT target_id FROM see_less WHERE account_id = {_VIEWER} AND kind = 'TOPIC'
            ORDER BY id DESC LIMIT {LESS_TOPICS}
        ) AS s JOIN video_text t ON t.id = s.target_id
    )""",
)
_NO_SOURCES = (
    "followed AS (SELECT NULL::uuid AS id, NULL::timestamptz AS published_at WHERE false)",
    "near AS (SELECT NULL::uuid AS id WHERE false)",
)
_ENDS = """
    SELECT (SELECT count(*) FROM fresh) AS fresh_found, (SELECT count(*) FROM newest) AS fresh_read,
        (SELECT ROW(published_at, id) FROM fresh ORDER BY published_at, id LIMIT 1) AS fresh_last,
        (SELECT ROW(published_at, id) FROM newest ORDER BY published_at, id LIMIT 1) AS fresh_end,
        (SELECT count(*) FROM hot) AS hot_found, (SELECT count(*) FROM best) AS hot_read,
        (SELECT ROW(hot, id) FROM hot ORDER BY hot.hot, id LIMIT 1) AS hot_last,
        (SELECT ROW(hot, id) FROM best ORDER BY best.hot, id LIMIT 1) AS hot_end,
        (SELECT count(*) FROM followed) AS followed_found,
        (SELECT ROW(published_at, id) FROM followed ORDER BY published_at, id LIMIT 1) AS followed_last
"""
_OF_MEMBER = f"""
            EXISTS (SELECT 1 FROM follow f WHERE f.follower_id = {_VIEWER} AND f.followee_id = v.author_id) AS follows,
            coalesce(mine.likes, 0) AS likes,
            1 - (t.meaning <=> (SELECT liking FROM account_taste WHERE id = {_VIEWER})) AS taste,
            (SELECT max(1 - (less.meaning <=> t.meaning)) FROM less) AS less"""
_OF_NOBODY = """
            false AS follows, 0::bigint AS likes, NULL::float8 AS taste, NULL::float8 AS less"""
_TOLD = """,
            w.seconds, w.has_audio, w.recipe->>'style' AS style, w.recipe->>'mood' AS mood,
            w.recipe->>'camera' AS camera,
            jsonb_path_query_array(w.recipe, '$.motions[*][*]')::text AS motions,
            jsonb_path_query_array(w.recipe, '$.lines[*].language')::text AS spoken"""
_TO_ALL = "v.audience = 'PUBLIC'"
# What is for others takes no place: a gap between cursors, or points lost for being like it, would tell of it.
_TO_MEMBER = f"""({_TO_ALL} OR EXISTS (
                SELECT 1 FROM video_visibility WHERE video_visibility.id = v.id
                AND {follows(_VIEWER, "v.author_id")} AND {addresses(_VIEWER)} OFFSET 0
            ))
            AND NOT {apart(_VIEWER, "v.author_id")} AND NOT {mutes(_VIEWER, "v.author_id")}
            AND NOT EXISTS (
                SELECT 1 FROM see_less s WHERE s.account_id = {_VIEWER}
                AND (s.kind, s.target_id) IN (('VIDEO', v.id), ('AUTHOR', v.author_id))
            )"""
