"""What a bundle says of likes, words, choices, reports and tastes: one statement a section, in any state."""

from __future__ import annotations

_EXPORT = "SELECT account_id FROM export WHERE id = $1"

# Own words are exported whatever became of the video, and of the comment but its own deletion, which emptied it.
_COMMENTS = f"""
    SELECT m.id, jsonb_build_object('id', m.id, 'created_at', m.created_at, 'video', m.video_id,
        'parent', m.parent_id, 'body', m.body, 'hidden', m.hidden_at IS NOT NULL) AS said
    FROM comment m WHERE m.author_id = ({_EXPORT}) AND m.deleted_at IS NULL
"""  # noqa: S608 - constants of this file
_LIKES = f"""
    SELECT k.id, jsonb_build_object('video', k.video_id, 'since', k.created_at) AS said
    FROM video_like k WHERE k.account_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_MUTES = f"""
    SELECT m.id, jsonb_build_object('account', a.id, 'handle', a.handle, 'since', m.created_at) AS said
    FROM mute m JOIN account a ON a.id = m.muted_id WHERE m.muter_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_CHOSEN = f"""
    SELECT w.id, jsonb_build_object('video', w.video_id, 'account', a.id, 'handle', a.handle, 'since', w.created_at)
        AS said
    FROM chosen_viewer w JOIN video v ON v.id = w.video_id JOIN account a ON a.id = w.account_id
    JOIN video_visibility s ON s.id = v.id AND s.author_state <> 'DELETED'
    WHERE v.author_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_SHOWN = f"""
    SELECT w.id, jsonb_build_object('video', w.video_id, 'since', w.created_at) AS said
    FROM shown_appearance w WHERE w.account_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_SEE_LESS = f"""
    SELECT l.id, jsonb_build_object('kind', l.kind, 'target', l.target_id, 'since', l.created_at) AS said
    FROM see_less l WHERE l.account_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_FEED_WEIGHTS = f"""
    SELECT w.id, jsonb_build_object('weights', w.weights, 'steer', w.steer, 'updated_at', w.updated_at) AS said
    FROM feed_weights w WHERE w.id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_IMPRESSIONS = f"""
    SELECT i.video_id AS id,
        jsonb_build_object('video', i.video_id, 'seen_at', i.seen_at, 'seconds', i.seconds) AS said
    FROM impression i WHERE i.account_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
# What moderators decided, and wrote about it, is not the reporter's.
_REPORTS = f"""
    SELECT r.id, jsonb_build_object('id', r.id, 'created_at', r.created_at, 'video', r.video_id, 'kind', r.kind,
        'reason', r.reason, 'text', r.text, 'settled_at', r.resolved_at) AS said
    FROM report r WHERE r.reporter_id = ({_EXPORT})
"""  # noqa: S608 - constants of this file
_TASTE = f"""
    SELECT t.id, jsonb_build_object('liking', t.liking::text::jsonb, 'refreshed_at', t.refreshed_at) AS said
    FROM account_taste t WHERE t.id = ({_EXPORT})
"""  # noqa: S608 - constants of this file

SOCIAL_SECTIONS: dict[str, str] = {
    "mutes": _MUTES,
    "likes": _LIKES,
    "comments": _COMMENTS,
    "chosen_viewers": _CHOSEN,
    "shown_appearances": _SHOWN,
    "reports": _REPORTS,
    "see_less": _SEE_LESS,
    "feed_weights": _FEED_WEIGHTS,
    "impressions": _IMPRESSIONS,
    "taste": _TASTE,
}
"""In order, each a statement that selects ``id`` and ``said`` for the export ``$1``."""
