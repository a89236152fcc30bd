"""Near duplicates: for moderators, among what is published, looked up by keys."""

from __future__ import annotations

import numpy as np

from engine.media.alike import picture_keys, sound_keys
from models.account import Role
from models.video import Video, VideoVisibility
from resolvers.duplicates import NEAR
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import make_video
from tests.integration.test_search import plan
from tests.jobs_stack import rows

NEAR_DUPLICATES = "query($id: ID!, $first: Int! = 10) { nearDuplicates(videoId: $id, first: $first) { %s } }"
ALL = NEAR_DUPLICATES % "videoId pictures sound video { id }"


def signs(seed: int, *, flips: float = 0.0) -> tuple[bytes, bytes]:
    """Prints of a five-second clip: 20 pictures of two views, 100 moments; some share of the bits turned."""
    made = np.random.default_rng(seed).integers(0, 256, 20 * 16 + 100 * 4, np.uint8)
    turned = np.packbits(np.random.default_rng(99).random(made.size * 8) < flips)
    raw = (made ^ turned).tobytes()
    return raw[: 20 * 16], raw[20 * 16 :]


async def print_of(video: Video, pictures: bytes, sound: bytes) -> None:
    await rows(
        "INSERT INTO video_print (id, pictures, sound, picture_keys, sound_keys) VALUES ($1, $2, $3, $4, $5)",
        video.id, pictures, sound, picture_keys(pictures, every=2), sound_keys(sound, every=3),
    )  # fmt: skip


async def test_moderators_see_copies_of_what_is_published_and_nobody_else_does(server: Server, ada: Api) -> None:
    eve = await server.member("eve", role=Role.MODERATOR)
    made = {name: await make_video(server.stores, ada) for name in ("asked", "copy", "song", "other", "taken", "gone")}
    made["draft"] = await make_video(server.stores, ada, published=False)
    await VideoVisibility.filter(id=made["taken"].id).update(consent="WITHDRAWN")
    await print_of(made["asked"], *signs(1))
    for name in ("copy", "draft", "taken", "gone"):
        await print_of(made[name], *signs(1, flips=0.06))
    await print_of(made["song"], signs(2)[0], signs(1, flips=0.06)[1])
    await print_of(made["other"], *signs(3))
    # A print goes with the file it was made of.
    await rows("DELETE FROM rendition WHERE video_id = $1 AND kind = 'MP4'", made["gone"].id)
    assert await rows("SELECT 1 FROM video_print WHERE id = $1", made["gone"].id) == []

    asked = global_id("Video", made["asked"].id)
    found = (await eve.run(ALL, id=asked))["nearDuplicates"]
    assert [each["videoId"] for each in found] == [global_id("Video", made[name].id) for name in ("copy", "song")]
    assert found[0]["pictures"] > 0.8
    assert found[1]["pictures"] < 0.5
    assert found[1]["sound"] > 0.8
    assert len((await eve.run(ALL, id=asked, first=1))["nearDuplicates"]) == 1

    assert await ada.refused(ALL, id=asked) == "DENIED"
    assert await server.anyone.refused(ALL, id=asked) == "UNAUTHENTICATED"
    assert await eve.refused(ALL, id=asked, first=0) == "INVALID"
    assert await eve.refused(ALL, id=global_id("Video", made["gone"].id)) == "NOT_FOUND"
    assert await eve.refused(ALL, id=global_id("Account", made["asked"].author_id)) == "NOT_FOUND"

    read = await plan(NEAR, made["asked"].id, picture_keys(signs(1)[0]), sound_keys(signs(1)[1]), 100, seqscan=False)
    assert "video_print_pictures" in read
    assert "video_print_sound" in read
