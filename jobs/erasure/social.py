"""What an erasure does to social rows: words and counts under videos, tastes, meanings and trends."""

from __future__ import annotations

from jobs.erasure.steps import RowStep, deletes

_LEGIBLE = "author_id = $1 AND deleted_at IS NULL AND hidden_at IS NULL"
"""Those that are counted."""
_OWN = "SELECT v.id FROM video v WHERE v.author_id = $1"
_OWNER = "SELECT c.owner_id FROM cameo c WHERE c.id = $1"
_SHOWING = "SELECT l.video_id FROM video_likeness l WHERE l.cameo_id = $1"


def _meanings(videos: str) -> RowStep:
    return deletes(
        "MEANING", "video_text", f"id IN ({videos})",
        size="pg_column_size(words) + coalesce(pg_column_size(meaning), 0)",
    )  # fmt: skip


def _trends(videos: str) -> tuple[RowStep, ...]:
    """A trend of nobody else's goes; in the others these videos lose their place, and a job finds the rest anew."""
    alone = f"""
        EXISTS (SELECT 1 FROM trend_video m WHERE m.trend_id = trend.id AND m.video_id IN ({videos}))
        AND NOT EXISTS (SELECT 1 FROM trend_video m WHERE m.trend_id = trend.id AND m.video_id NOT IN ({videos}))
        OR (trend.kind = 'REMIX' AND trend.key IN (SELECT o.id::text FROM ({videos}) AS o (id)))
    """  # noqa: S608 - constants of this file
    return (
        deletes("TREND", "trend", alone, size="octet_length(key) + octet_length(title)"),
        deletes("TREND", "trend_video", f"video_id IN ({videos})"),
        deletes("TREND", "trend_sign", f"id IN ({videos})", size="pg_column_size(signs)"),
        _follows("TREND", f"UPDATE trend SET sample_id = NULL WHERE sample_id IN ({videos})"),  # noqa: S608 - as above
    )


def _follows(name: str, statement: str) -> RowStep:
    """What another step counted already."""
    return RowStep(name, "SELECT 0 AS bytes WHERE $1::uuid IS NULL", statement)


SOCIAL_CAMEO_STEPS: tuple[RowStep, ...] = (
    deletes("APPEARANCE", "shown_appearance", f"video_id IN ({_SHOWING}) AND account_id = ({_OWNER})"),
    _meanings(_SHOWING),
    *_trends(_SHOWING),
)
"""After a cameo's own steps. Captions and prompts of others' videos stay their own; nobody finds them any more."""

# Replies before what they answer, and counts after that by id, as everybody who holds several of these rows takes them.
SOCIAL_ACCOUNT_STEPS: tuple[RowStep, ...] = (
    RowStep(
        "COMMENT",
        "SELECT octet_length(body) AS bytes FROM comment WHERE author_id = $1 AND body <> ''",
        "SELECT 1 FROM comment WHERE author_id = $1 ORDER BY parent_id IS NULL, id FOR UPDATE",
    ),
    _follows(
        "COMMENT",
        f"""
        WITH threads AS (
            SELECT t.id FROM comment t WHERE t.id IN (SELECT parent_id FROM comment WHERE {_LEGIBLE})
            ORDER BY t.id FOR NO KEY UPDATE
        )
        UPDATE comment c SET reply_count = greatest(c.reply_count - mine.replies, 0)
        FROM (SELECT parent_id, count(*) AS replies FROM comment WHERE {_LEGIBLE} GROUP BY parent_id) AS mine
            JOIN threads ON threads.id = mine.parent_id
        WHERE c.id = threads.id
        """,  # noqa: S608 - a constant of this file
    ),
    _follows(
        "COMMENT",
        f"""
        INSERT INTO video_counts AS c (id)
        SELECT video_id FROM comment WHERE {_LEGIBLE} GROUP BY video_id ORDER BY video_id
        ON CONFLICT (id) DO UPDATE SET refreshed_at = NULL, comment_count = greatest(
            c.comment_count - (SELECT count(*) FROM comment WHERE {_LEGIBLE} AND comment.video_id = c.id), 0
        )
        """,  # noqa: S608 - a constant of this file
    ),
    _follows(
        "COMMENT",
        """
        UPDATE comment SET body = '', deleted_at = coalesce(deleted_at, yume_now()), hidden_at = NULL,
            hidden_by_id = NULL, idempotency_key = NULL, request_hash = NULL
        WHERE author_id = $1
        """,
    ),
    _follows("COMMENT", "DELETE FROM comment WHERE author_id = $1 AND parent_id IS NOT NULL"),
    _follows(
        "COMMENT",
        """
        DELETE FROM comment c
        WHERE c.author_id = $1 AND NOT EXISTS (SELECT 1 FROM comment r WHERE r.parent_id = c.id)
        """,
    ),
    _follows(
        "TASTE",
        """
        INSERT INTO video_counts AS c (id) SELECT video_id FROM video_like WHERE account_id = $1 ORDER BY video_id
        ON CONFLICT (id) DO UPDATE SET refreshed_at = NULL, like_count = greatest(c.like_count - 1, 0)
        """,
    ),
    deletes("TASTE", "video_like", "account_id = $1"),
    deletes("TASTE", "see_less", "account_id = $1 OR (kind = 'AUTHOR' AND target_id = $1)"),
    deletes("TASTE", "feed_weights", "id = $1", size="octet_length(weights::text) + octet_length(steer)"),
    deletes("TASTE", "impression", "account_id = $1"),
    deletes("TASTE", "account_taste", "id = $1", size="coalesce(pg_column_size(liking), 0) + pg_column_size(near)"),
    deletes("RELATION", "leader", "account_id = $1"),
    deletes("RELATION", "mute", "muter_id = $1 OR muted_id = $1"),
    deletes("RELATION", "chosen_viewer", f"account_id = $1 OR video_id IN ({_OWN})"),
    deletes("APPEARANCE", "shown_appearance", f"account_id = $1 OR video_id IN ({_OWN})"),
    _meanings(_OWN),
    *_trends(_OWN),
)
"""After an account's own steps, in order."""
