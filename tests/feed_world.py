"""Many published videos at once, written in a few statements, with what they say read as a worker reads it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tortoise import connections

from engine.text.languages import language_of, leans
from engine.text.meaning import meaning, topics
from models.base import new_id
from tests.api import Api
from tests.consent import account

NATURE = [
    "a fox in a green forest", "a river in the mountains", "flowers bloom in a meadow", "waves roll onto a quiet beach",
    "birds fly over a lake at dawn", "a deer drinks from a stream",
]  # fmt: skip
OTHER = [
    "an election debate on a stage", "a president gives a speech", "a red sports car races in the city",
    "a chef cooks pasta in a kitchen", "a football match in a stadium", "a robot dances to music",
]  # fmt: skip


async def publish_many(authors: Sequence[Api], captions: Sequence[str], *, hours_apart: float = 1.0) -> list[UUID]:
    """One video a caption, by the authors in turn; the first is the newest."""
    ids = [new_id() for _ in captions]
    jobs = [new_id() for _ in captions]
    who = [account(authors[place % len(authors)]).id for place in range(len(captions))]
    ages = [hours_apart * place for place in range(len(captions))]
    run = connections.get("default").execute_query
    await run(
        """
        INSERT INTO generation (id, created_at, account_id, idempotency_key, request_hash, engine, spec, cost_seconds,
            state, parent_id, attempt, fence, priority)
        SELECT job, yume_now(), account, job::text, '', 'test', '{}', 1, 'SUCCEEDED', NULL, 1, 1, 0
        FROM unnest($1::uuid[], $2::uuid[]) AS g (job, account)
        """,
        [jobs, who],
    )
    await run(
        """
        INSERT INTO video (id, created_at, generation_id, author_id, caption, prompt, seconds, width, height, fps,
            has_audio, waveform, recipe)
        SELECT id, yume_now(), job, account, caption, '', 4, 720, 1280, 30, true, '[0.5]', '{}'
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS g (id, job, account, caption)
        """,
        [ids, jobs, who, list(captions)],
    )
    await run(
        """
        INSERT INTO video_visibility (id, created_at, author_id, author_state, audience, consent, moderation,
            published_at)
        SELECT id, yume_now(), account, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR', yume_now() - make_interval(mins => age)
        FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS g (id, account, age)
        """,
        [ids, who, [round(age * 60) for age in ages]],
    )
    await run(
        "INSERT INTO lineage (id, root_id, depth, path) SELECT id, id, 0, '{}' FROM unnest($1::uuid[]) AS g (id)", [ids]
    )
    said = [str(meaning(caption).tolist()) for caption in captions]
    await run(
        """
        INSERT INTO video_text (id, words, meaning, language, topics)
        SELECT id, yume_words(caption), meaning::halfvec(384), language, string_to_array(topics, ',')
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
            AS g (id, caption, meaning, language, topics)
        """,
        [
            ids, list(captions), said, [language_of(each) or leans(each) for each in captions],
            [",".join(topic.value for topic, _ in topics(each)) for each in captions],
        ],
    )  # fmt: skip
    return ids
