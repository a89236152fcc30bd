"""Two people shown in the same videos take them out at the same moment."""

from __future__ import annotations

import asyncio

from tortoise import connections

from models.cameo import ALL_SCOPES
from models.grant import Audience, RevokeMode
from models.video import ConsentState, VideoVisibility
from resolvers.cameo_access import revoke_all
from tests.api import Api, Server
from tests.consent import account, make_cameo

VIDEOS = 3_000
_PLANT = """
WITH job AS (
    INSERT INTO generation (id, created_at, account_id, idempotency_key, request_hash, engine, spec, state,
                            cost_seconds)
    SELECT gen_random_uuid(), now(), $1, n::text, '', 'test', '{}', 'SUCCEEDED', 1 FROM generate_series(1, $2::int) n
    RETURNING id
), clip AS (
    INSERT INTO video (id, created_at, generation_id, author_id, prompt, seconds, width, height, fps, has_audio,
                       waveform, recipe)
    SELECT gen_random_uuid(), now(), id, $1, 'a fox', 1, 64, 96, 10, true, '[]', '{}' FROM job RETURNING id
), place AS (
    INSERT INTO lineage (id, root_id, path) SELECT id, id, '{}' FROM clip
)
INSERT INTO video_visibility (id, created_at, author_id, author_state, audience, consent, moderation, published_at)
SELECT id, now(), $1, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR', now() FROM clip
"""
_SHOW = """
INSERT INTO video_likeness (id, created_at, video_id, cameo_id, scopes, version, via)
SELECT gen_random_uuid(), now(), id, $1, 1, 1, 'SHOWN' FROM video ORDER BY id {order}
"""


async def test_two_withdrawals_over_the_same_videos_both_succeed(server: Server, ada: Api, bob: Api) -> None:
    author, database = account(await server.member("author")), connections.get("default")
    await database.execute_query(_PLANT, [author.id, VIDEOS])
    cameos = [await make_cameo(who, audience=Audience.EVERYONE, scopes=ALL_SCOPES) for who in (ada, bob)]
    # A statement that hides meets the videos in the order of its own cameo's rows.
    for cameo, order in zip(cameos, ("ASC", "DESC"), strict=True):
        await database.execute_query(_SHOW.format(order=order), [cameo.id])
    contexts = [await who.context() for who in (ada, bob)]
    await asyncio.gather(
        *(revoke_all(context, cameo.id, RevokeMode.WITHDRAW) for context, cameo in zip(contexts, cameos, strict=True))
    )
    assert await VideoVisibility.filter(consent=ConsentState.WITHDRAWN).count() == VIDEOS
