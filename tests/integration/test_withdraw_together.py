"""Two people shown in the same videos take them out at the same moment."""

from __future__ import annotations

import asyncio
import random

from models.cameo import ALL_SCOPES, Scope
from models.grant import Audience, RevokeMode
from models.likeness import VideoLikeness
from resolvers.cameo_access import revoke_all
from tests.api import Api, Server
from tests.consent import consent_of, make_cameo, make_video


async def test_two_withdrawals_over_the_same_videos_both_succeed(server: Server, ada: Api, bob: Api) -> None:
    author = await server.member("author")
    cameos = [await make_cameo(who, audience=Audience.EVERYONE, scopes=ALL_SCOPES) for who in (ada, bob)]
    root = await make_video(server.stores, author, [cameos[0]], scopes=Scope.FACE)
    videos = [await make_video(server.stores, author, [cameos[0]], scopes=Scope.FACE) for _ in range(60)]
    # The other cameo's rows lie in another order: a statement that hides meets the videos as it finds them.
    shuffled = random.Random(5).sample(videos, len(videos))
    for video in shuffled:
        await VideoLikeness.create(
            video_id=video.id, cameo_id=cameos[1].id, scopes=int(Scope.FACE), version=1, via="SHOWN"
        )  # fmt: skip
    contexts = [await who.context() for who in (ada, bob)]
    await asyncio.gather(
        *(revoke_all(context, cameo.id, RevokeMode.WITHDRAW) for context, cameo in zip(contexts, cameos, strict=True))
    )
    assert set(await consent_of(root, *videos)) == {"WITHDRAWN"}
