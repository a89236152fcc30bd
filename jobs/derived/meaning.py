"""What a published video says, written down to be found by: its words in two languages, its meaning, its topics.

Only what everybody may read or see is findable: the caption, the prompt where its author shows it, and what is in the
picture. So nobody learns of a private prompt by searching for its words. Topics, which lists of teens leave out, are
read out of a private prompt too: they filter, and tell nobody anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.text.check import Use, check_prompt
from engine.text.languages import language_of, leans
from engine.text.meaning import meaning
from engine.text.pool import in_pool
from engine.text.restrictions import Restrictions, Topic
from models.generation import Outbox
from models.taste import authors_taste_changed

TOPIC_MEANING = "meaning"
MOST_STUCK = 20
"""Videos that one turn may fail at before it gives up."""
_TOPIC = "TOPIC:"


@dataclass(frozen=True)
class Said:
    """What a video says. ``shown`` is its prompt where everybody may read that, else empty."""

    caption: str
    prompt: str
    shown: str
    recipe: dict[str, Any]

    @property
    def things(self) -> str:
        """What is in the picture, by the names of the art rather than in the author's words."""
        return things_in(self.recipe)

    @property
    def text(self) -> str:
        """What everybody may read or see, the author's own words first."""
        return _joined(self.caption, self.shown, self.things)


@dataclass(frozen=True)
class Read:
    """What was made of it. ``meaning`` is a halfvec in Postgres's notation, None where nothing is said."""

    meaning: str | None
    topics: list[str]
    language: str | None


async def enqueue_meaning(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """Promise, in the transaction that publishes a video, changes its words or takes it back, that search follows."""
    await Outbox.create(using_db=connection, topic=TOPIC_MEANING, payload={"video_id": str(video_id)})


async def unsay_prompt(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """Forget what a video's prompt said, in the transaction that makes it private: a worker may be minutes behind."""
    # The prompt's words are those of weight B; what words in a meaning are the prompt's, nobody can tell.
    await connection.execute_query(
        "UPDATE video_text SET words = ts_filter(words, '{a,c}'), meaning = NULL WHERE id = $1", [video_id]
    )


async def write_meanings() -> int:
    """Keep what was promised; returns how many promises that were. Any number of workers may call it at once.

    One video that cannot be read keeps none of the others back; its promise stays, and its error is raised at the end.
    """
    kept = 0
    stuck: dict[UUID, Exception] = {}
    while True:
        trying: UUID | None = None
        try:
            async with in_transaction() as connection:
                promise = await _take(connection, skip=stuck)
                if promise is None:
                    break
                trying, video_id = promise
                await _write(connection, video_id)
        except Exception as error:
            if trying is None or len(stuck) >= MOST_STUCK:
                raise
            stuck[trying] = error
            continue
        kept += 1
    if stuck:
        raise next(iter(stuck.values()))
    return kept


def things_in(recipe: dict[str, Any]) -> str:
    """What a recipe says is in the picture, as words; empty for an engine that does not say."""
    listed: object = recipe.get("subjects")
    found: list[str] = []
    for each in cast("list[object]", listed) if isinstance(listed, list) else []:
        name = cast("dict[str, object]", each).get("art") if isinstance(each, dict) else each
        if isinstance(name, str):
            found.append(name.rpartition("/")[2].replace("-", " ").replace("_", " "))
    return ", ".join(dict.fromkeys(found))


def read(said: Said) -> Read:
    """The meaning, the topics and the language of what a video says: tens of milliseconds of a core."""
    text = said.text
    vector = "[" + ",".join(f"{value:.5f}" for value in meaning(text).tolist()) + "]" if text else None
    return Read(vector, topics_of(said), language_of(text) or leans(text))


def topics_of(said: Said) -> list[str]:
    """The topics that a video is about by its words, its meaning, or what is drawn and spoken in it."""
    brief: object = said.recipe.get("brief")
    use = Use(
        prompt=_joined(said.caption, said.prompt),
        brief=cast("dict[str, Any]", brief) if isinstance(brief, dict) else None,
    )
    rules = [breach.rule for breach in check_prompt(Restrictions(topics=tuple(Topic)), use)]
    return sorted({rule.removeprefix(_TOPIC) for rule in rules if rule.startswith(_TOPIC)})


def _joined(*parts: str) -> str:
    return ". ".join(part for part in parts if part)


async def _take(connection: BaseDBAsyncClient, *, skip: Collection[UUID]) -> tuple[UUID, UUID] | None:
    """The oldest promise, off the outbox: its own id and the video's. It comes back should nothing be committed."""
    rows = await connection.execute_query_dict(
        """
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE topic = $1 AND id <> ALL ($2::uuid[])
            ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1
        ) RETURNING id, payload::text AS payload
        """,
        [TOPIC_MEANING, list(skip)],
    )
    return (rows[0]["id"], UUID(json.loads(rows[0]["payload"])["video_id"])) if rows else None


async def _write(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """Write what the video says now; what is no longer published is forgotten."""
    said = await _said(connection, video_id)
    if said is None:
        await connection.execute_query("DELETE FROM video_text WHERE id = $1", [video_id])
        return
    found = await in_pool(read, said)
    # Whoever takes the video back, or changes its words, waits for this row, or has changed it before.
    if await connection.execute_query_dict(f"{_PUBLISHED} FOR SHARE", [video_id]):
        await connection.execute_query(
            _WRITE,
            [video_id, said.caption, said.shown, said.things, found.meaning, found.topics, found.language],
        )
        await authors_taste_changed(connection, video_id)


async def _said(connection: BaseDBAsyncClient, video_id: UUID) -> Said | None:
    """What a video says; None when it is not published."""
    rows = await connection.execute_query_dict(
        f"""
        SELECT caption, prompt, CASE WHEN prompt_public THEN prompt ELSE '' END AS shown, recipe::text AS recipe
        FROM video WHERE id = $1 AND EXISTS ({_PUBLISHED})
        """,  # noqa: S608 - constant
        [video_id],
    )
    if not rows:
        return None
    [row] = rows
    return Said(row["caption"], row["prompt"], row["shown"], json.loads(row["recipe"]))


# Hidden by moderators or not: an appeal may bring it back, and rules are judged when somebody searches.
_PUBLISHED = """
    SELECT id FROM video_visibility WHERE id = $1 AND author_state = 'PUBLISHED' AND consent = 'LIVE'
"""
# Words that changed while they were read have a promise of their own.
_WRITE = """
    INSERT INTO video_text AS t (id, words, meaning, topics, language)
    SELECT v.id,
        setweight(yume_words($2), 'A') || setweight(yume_words($3), 'B') || setweight(yume_words($4), 'C'),
        $5::text::halfvec(384), $6::text[], $7
    FROM video v WHERE v.id = $1 AND v.caption = $2 AND CASE WHEN v.prompt_public THEN v.prompt ELSE '' END = $3
    ON CONFLICT (id) DO UPDATE SET
        words = excluded.words, meaning = excluded.meaning, topics = excluded.topics, language = excluded.language
"""
