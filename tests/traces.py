"""What a member leaves in social tables, and what of it is still there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tortoise import connections

from jobs.feed.scrolls import head_key, owned_key
from models.account import Account, avatar_prefix
from models.appearance import ShownAppearance
from models.base import new_id
from models.chosen import ChosenViewer
from models.comment import Comment
from models.counts import VideoCounts
from models.like import Like
from models.mute import Mute
from models.taste import FeedWeights, LessOf, SeeLess
from models.trend import Trend, TrendKind, TrendVideo
from models.video import Video
from tests.api import Api, Server
from tests.consent import account
from tests.jobs_stack import rows

_VECTOR = "[" + ",".join(["0.05"] * 384) + "]"


async def leave_traces(
    server: Server, who: Api, other: Api, word: str, *, own: Sequence[Video], others: Sequence[Video]
) -> None:
    """Fill every social table as the product leaves it, with ``word`` wherever words are kept.

    ``others`` are videos of ``other``'s; under the first, ``who`` began a thread that ``other`` answered.
    """
    mine, theirs = account(who), account(other)
    key = avatar_prefix(mine.id) + "portrait.webp"
    await server.stores.media.put_bytes(key, word.encode(), "image/webp")
    scroll_id = new_id()
    await server.stores.redis.lpush(owned_key(str(mine.id)), scroll_id.hex)
    await server.stores.redis.set(head_key(scroll_id), f"more {word}")
    await Account.filter(id=mine.id).update(avatar_key=key, on_leaderboards=True)
    thread = await Comment.create(video_id=others[0].id, author_id=mine.id, body=f"oh, {word}", reply_count=1)
    await Comment.create(video_id=others[0].id, author_id=theirs.id, parent_id=thread.id, body="thank you")
    await Comment.create(video_id=others[1].id, author_id=mine.id, body=f"and {word}")
    await Like.create(account_id=mine.id, video_id=others[0].id)
    await VideoCounts.update_or_create({"like_count": 1, "comment_count": 2}, id=others[0].id)
    await VideoCounts.update_or_create({"comment_count": 1}, id=others[1].id)
    await Mute.create(muter_id=mine.id, muted_id=theirs.id)
    await SeeLess.create(account_id=mine.id, kind=LessOf.AUTHOR, target_id=theirs.id)
    await SeeLess.create(account_id=theirs.id, kind=LessOf.AUTHOR, target_id=mine.id)
    await FeedWeights.create(id=mine.id, weights={"FRESHNESS": 1.5}, steer=f"more {word}")
    for video in {each.id: each for each in others}.values():
        await ShownAppearance.create(video_id=video.id, account_id=mine.id)
    await ChosenViewer.create(video_id=others[0].id, account_id=mine.id)
    await ChosenViewer.create(video_id=own[0].id, account_id=theirs.id)
    connection = connections.get("default")
    await connection.execute_query(
        "INSERT INTO impression (account_id, video_id, seconds) VALUES ($1, $2, 4)", [mine.id, others[0].id]
    )
    await connection.execute_query(
        "INSERT INTO account_taste (id, liking) VALUES ($1, $2::text::halfvec)", [mine.id, _VECTOR]
    )
    for video in own:
        await connection.execute_query(
            """
            INSERT INTO video_text (id, words, meaning) VALUES ($1, to_tsvector('simple', $2), $3::text::halfvec)
            ON CONFLICT (id) DO UPDATE SET words = excluded.words, meaning = excluded.meaning
            """,
            [video.id, word, _VECTOR],
        )
    shared = await Trend.create(kind=TrendKind.SOUND, key="rain", title="shared", sample_id=own[0].id)
    await TrendVideo.create(trend_id=shared.id, video_id=others[1].id)
    for video in own:
        alone = await Trend.create(kind=TrendKind.PROMPT, key=f"{word} {video.id}", title=word, sample_id=video.id)
        await TrendVideo.create(trend_id=alone.id, video_id=video.id)
        await TrendVideo.create(trend_id=shared.id, video_id=video.id)


async def traces_left(who: Api, liked: Video) -> dict[str, Any]:
    """What names ``who`` in social tables, the counts and threads under ``liked``, and the trends and texts there are.

    A thread is told as its words and how many replies it has.
    """
    mine = account(who).id
    [named] = await rows(
        f"""
        SELECT (SELECT count(*) FROM video_like WHERE account_id = '{mine}')
            + (SELECT count(*) FROM mute WHERE '{mine}' IN (muter_id, muted_id))
            + (SELECT count(*) FROM see_less WHERE '{mine}' IN (account_id, target_id))
            + (SELECT count(*) FROM feed_weights WHERE id = '{mine}')
            + (SELECT count(*) FROM impression WHERE account_id = '{mine}')
            + (SELECT count(*) FROM account_taste WHERE id = '{mine}')
            + (SELECT count(*) FROM shown_appearance) + (SELECT count(*) FROM chosen_viewer)
            + (SELECT count(*) FROM account WHERE avatar_key IS NOT NULL)
            + (SELECT count(*) FROM comment WHERE author_id = '{mine}' AND body <> '') AS n
        """
    )
    counts = await VideoCounts.get(id=liked.id)
    threads = await Comment.filter(video_id=liked.id, parent_id=None)
    return {
        "rows": named["n"],
        "likes": counts.like_count,
        "comments": counts.comment_count,
        "threads": [(each.body, each.reply_count) for each in threads],
        "trends": [trend.title for trend in await Trend.filter(sample_id=None)],
        "texts": (await rows("SELECT count(*) AS n FROM video_text"))[0]["n"],
    }
