"""Videos by their words and by their meaning, the two rankings made one."""

from __future__ import annotations

from typing import Any

from models.rules.account import mutes
from models.rules.sql import account
from models.rules.video import may_be_listed
from resolvers.context import Context
from resolvers.meaning import as_vector, meaning_of
from resolvers.page import Page, Window
from resolvers.search.asked import Asked
from resolvers.search.window import MOST, ranked_page

NEAR = 0.05
"""Cosine below which a meaning is another one: see docs/search.md."""
NEWEST = 2_000
"""Of a word that very many videos have, so many are ranked, the newest."""
LEVEL = 60
"""Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): a rank counts as 1 / (60 + rank)."""


async def videos(context: Context, asked: Asked, window: Window) -> Page[dict[str, Any]]:
    """Places of videos that may be listed for the viewer: ``id``, and whether it was ``said`` or ``meant``."""
    viewer = account(None if context.viewer is None else context.viewer.id)
    vector = None if asked.exact else as_vector(await meaning_of(asked.text))
    values: list[Any] = [asked.head, asked.last, *([] if vector is None else [vector])]
    return await ranked_page(
        context, f"search:VIDEOS:{asked.text}", statement(viewer, meant=vector is not None), values, window
    )


def statement(viewer: str, *, meant: bool) -> str:
    """The window for `ranked_page`; its own values are the head, the last word and, with ``meant``, the vector."""
    near = _NEAR if meant else "SELECT NULL::uuid AS id, NULL::bigint AS place WHERE false"
    return f"""
        WITH start AS MATERIALIZED (
            SELECT coalesce($1::timestamptz, yume_now()) AS began
        ), said AS (
            {_SAID}
        ), near AS (
            {near}
        ), fused AS (
            SELECT id, s.place IS NOT NULL AS said, n.place IS NOT NULL AS meant,
                coalesce(1.0 / ({LEVEL} + s.place), 0) + coalesce(1.0 / ({LEVEL} + n.place), 0) AS score
            FROM said s FULL JOIN near n USING (id)
        ), placed AS (
            SELECT f.*, row_number() OVER (ORDER BY f.score DESC, f.said DESC, f.id DESC)::int AS place FROM fused f
        )
        SELECT p.id, p.place, p.said, p.meant, (SELECT began FROM start) AS began
        FROM placed p JOIN video_visibility ON video_visibility.id = p.id
        WHERE p.place > coalesce((SELECT l.place FROM placed l WHERE l.id = $2::uuid), $3::int, 0)
            AND {may_be_listed(viewer)} AND NOT {mutes(viewer, "video_visibility.author_id")}
        ORDER BY p.place LIMIT $4::int
    """  # noqa: S608 - rules and constants


def _query(language: str) -> str:
    return f"""(
        websearch_to_tsquery('yume_{language}', $5::text)
        && CASE WHEN $6::text = '' THEN ''::tsquery ELSE to_tsquery('yume_{language}', $6::text || ':*') END
    )"""


# Constants of one statement to the planner: it knows how many videos have these words before it chooses a way.
WORDS = f"({_query('en')} || {_query('fr')})"
_SAID = f"""
    SELECT w.id, row_number() OVER (ORDER BY ts_rank_cd(w.words, {WORDS}, 1) DESC, w.id DESC) AS place
    FROM (
        SELECT t.id, t.words, t.written_at FROM video_text t
        WHERE t.words @@ {WORDS} AND querytree({WORDS}) NOT IN ('', 'T')
        ORDER BY t.id DESC LIMIT {NEWEST}
    ) AS w JOIN video_visibility v ON v.id = w.id
    WHERE v.author_state = 'PUBLISHED' AND v.audience = 'PUBLIC' AND v.consent = 'LIVE' AND v.moderation = 'CLEAR'
        AND w.written_at <= (SELECT began FROM start)
    ORDER BY place LIMIT {MOST}
"""  # noqa: S608 - constants
_NEAR = f"""
    SELECT m.id, row_number() OVER (ORDER BY m.near DESC, m.id DESC) AS place
    FROM meaning_near($7::text::halfvec(384), {MOST}) AS m JOIN video_text t ON t.id = m.id
    WHERE m.near >= {NEAR} AND t.written_at <= (SELECT began FROM start)
"""  # noqa: S608 - constants
