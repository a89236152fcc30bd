"""The one statement that reads a page of videos with everything that a client shows of them."""

from __future__ import annotations

from functools import lru_cache

from models.account import Account
from models.cameo import Cameo
from models.consent.public_state import STATE
from models.counts import VideoCounts
from models.lineage import Lineage
from models.rules.video import may_be_seen_by, may_be_told_of, open_to, published_to
from models.video import Rendition, Video, VideoVisibility
from resolvers.feed.records import Columns
from resolvers.feed.rules import PUBLISHED, VIEWER
from resolvers.loaders.likeness import APPROVAL, APPROVALS, LIKENESS, LIKENESS_ORDER, LIKENESSES
from resolvers.loaders.relation import relation

VIDEO = Columns(Video, without=frozenset({"recipe"}))
"""A video but for its recipe: long, and for its author only."""
VISIBILITY = Columns(VideoVisibility)
LINEAGE = Columns(Lineage)
COUNTS = Columns(VideoCounts)
ACCOUNT = Columns(Account, without=frozenset({"password_hash"}))
CAMEO = Columns(Cameo)
RENDITION = Columns(Rendition, without=frozenset({"key", "content_type", "bytes", "sha256"}))
"""Where the bytes are is between the origin and its store."""


@lru_cache(maxsize=16)
def statement(rule: str | None) -> str:
    """Reads the videos ``$1`` for the viewer ``$2``, with those that they come from; ``rule`` is judged for each.

    What the viewer may not know of is left out. Each row is a video that the rule allows (``whole``), or else one that
    it does not allow, or a parent or root, without what belongs to a video that is shown itself. One statement sees
    one state of the world.
    """
    return f"""
    WITH wanted AS (
        SELECT p.id, true AS whole FROM unnest($1::uuid[]) AS p (id)
        UNION ALL
        SELECT DISTINCT x.id, false FROM lineage t CROSS JOIN LATERAL (VALUES (t.parent_id), (t.root_id)) AS x (id)
        WHERE t.id = ANY ($1::uuid[]) AND x.id <> ALL ($1::uuid[])
    )
    SELECT k.whole, {may_be_seen_by(VIEWER, PUBLISHED)} AS seen,
        {VIDEO.record("v")} AS video, {VISIBILITY.record("video_visibility")} AS visibility,
        {ACCOUNT.record("a")} AS author,
        CASE WHEN t.id IS NOT NULL THEN {LINEAGE.record("t")} END AS lineage,
        CASE WHEN n.id IS NOT NULL THEN {COUNTS.record("n")} END AS counts,
        CASE WHEN {VIEWER} IS NOT NULL THEN ROW({relation(VIEWER, "v.author_id")}) END AS relation,
        {VIEWER} IS NOT NULL AND EXISTS (
            SELECT 1 FROM video_like l WHERE l.account_id = {VIEWER} AND l.video_id = v.id
        ) AS liked,
        CASE WHEN k.whole THEN v.recipe_of_author END AS recipe,
        v.remixable AND {open_to(VIEWER)} AS open,
        CASE WHEN k.whole THEN ARRAY(
            SELECT {RENDITION.record("s")} FROM rendition s WHERE s.video_id = v.id
        ) END AS renditions,
        CASE WHEN k.whole THEN ARRAY(
            SELECT ROW(ROW({LIKENESS}), {CAMEO.record("c")}, {ACCOUNT.record("o")})
            FROM {LIKENESSES} JOIN account o ON o.id = c.owner_id
            WHERE l.video_id = v.id ORDER BY {LIKENESS_ORDER}
        ) END AS likenesses,
        CASE WHEN k.whole THEN ARRAY(
            SELECT ROW({APPROVAL}) FROM {APPROVALS} WHERE p.video_id = v.id ORDER BY p.id
        ) END AS approvals,
        CASE WHEN k.whole THEN (SELECT ROW({STATE})) END AS consent
    FROM wanted w
    JOIN video_visibility ON video_visibility.id = w.id
    CROSS JOIN LATERAL (SELECT {published_to(VIEWER)} AS published OFFSET 0) r
    CROSS JOIN LATERAL (SELECT CASE WHEN w.whole THEN {rule or "true"} ELSE false END AS whole OFFSET 0) k
    JOIN (
        SELECT *, CASE WHEN author_id = {VIEWER} THEN recipe END AS recipe_of_author FROM video
    ) v ON v.id = w.id
    JOIN account a ON a.id = v.author_id
    LEFT JOIN lineage t ON t.id = w.id
    LEFT JOIN video_counts n ON n.id = w.id
    WHERE {may_be_told_of(VIEWER, PUBLISHED)}
    """  # noqa: S608 - rules and columns
