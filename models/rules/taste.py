"""What a member does not want to meet again: a rule over ``video_visibility``, beside who may see it."""

from __future__ import annotations

ALIKE = 0.55
"""Cosine above which a video is about the same as one that somebody wants less like; below it, it only costs points."""

_V = "video_visibility"


def unwanted_by(viewer: str) -> str:
    """Did this viewer ask to see less of this video, of its author, or of what is as good as the same?"""
    return f"""EXISTS (
        SELECT 1 FROM see_less s WHERE s.account_id = {viewer} AND (
            (s.kind = 'VIDEO' AND s.target_id = {_V}.id) OR (s.kind = 'AUTHOR' AND s.target_id = {_V}.author_id)
            OR (s.kind = 'TOPIC' AND (s.target_id = {_V}.id OR (
                SELECT t.meaning <=> o.meaning FROM video_text t, video_text o
                WHERE t.id = s.target_id AND o.id = {_V}.id
            ) < {1 - ALIKE}))
        )
    )"""
