"""What the engine is handed of a cast: exactly what the scopes allow, for the time of one attempt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis
from tortoise import connections

from app.embedded import Stores
from engine.spec import FaceCrop
from jobs.capture.lookalikes import CROPS_LABEL
from jobs.queue import Doorbell
from models.account import Account
from models.cameo import Cameo, CameoVersion, Scope, vault_subject
from models.generation import Generation
from models.sealed_media import SealedMedia
from models.storage import MediaStore
from models.vault import Vault, read_master
from models.video import Video
from tests.casting import left_in, queue
from tests.consent import make_cameo, make_grant, outcome
from tests.jobs_stack import Worker, member, ready_workers, until, until_state


@pytest.fixture
async def ada(database: str) -> Account:
    return await member("ada")


@pytest.fixture
async def bob(database: str) -> Account:
    return await member("bob")


@pytest.fixture
async def worker(database: str, redis: Redis, stores: Stores, tmp_path: Path) -> AsyncIterator[Worker]:
    running = await Worker(database, stores.urls.redis_url, tmp_path).start()
    await until(ready_workers, what="the worker is ready")
    yield running
    running.kill()
    await running.ended()


async def sealed_version(cameo: Cameo, folder: Path) -> None:
    """A face and a voice, sealed as an accepted capture leaves them."""
    vault = Vault(folder / "keys", read_master(folder / "keys", None))
    subject = vault_subject(cameo.id, 1)
    vault.create(subject)
    kept = SealedMedia(MediaStore.from_url(None, folder), vault)

    async def content(raw: bytes) -> AsyncIterator[bytes]:
        yield raw

    face, voice = (f"captures/{cameo.id}/{name}" for name in ("face", "voice"))
    await kept.keep(subject, face, content(b"a face"))
    await kept.keep(subject, voice, content(b"a voice"))
    sealed = vault.seal(subject, msgspec.json.encode([FaceCrop(path=face)]), label=CROPS_LABEL)
    files = [{"class": "VOICE", "key": voice, "bytes": 7}]
    await CameoVersion.filter(cameo_id=cameo.id, number=1).update(sealed=sealed, files=files)


async def test_the_engine_is_given_a_face_only_for_face_and_a_voice_only_for_voice(
    worker: Worker, redis: Redis, tmp_path: Path, ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada)
    await make_grant(cameo, bob)
    await sealed_version(cameo, tmp_path)
    wanted = {Scope.FACE: ([1], [False]), Scope.VOICE: ([0], [True]), Scope.FACE | Scope.VOICE: ([1], [True])}
    jobs = {scopes: await queue(bob, [cameo], scopes=scopes) for scopes in wanted}
    await Doorbell(redis).ring()
    for scopes, job in jobs.items():
        await until_state(job.id, "SUCCEEDED")
        given = (await Video.get(generation_id=job.id)).recipe["given"]
        assert (given["faces"], given["voices"]) == wanted[scopes]

    async def wiped() -> bool:
        return not left_in(tmp_path / "scratch")

    await until(wiped, what="nothing in scratch")


async def test_the_engine_is_given_what_the_owner_prefers_now_and_the_stored_job_never_has_it(
    worker: Worker, redis: Redis, ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada, preferences="always wears a fedora")
    await make_grant(cameo, bob)
    job = await queue(bob, [cameo])
    await Doorbell(redis).ring()
    await until_state(job.id, "SUCCEEDED")
    video = await Video.get(generation_id=job.id)
    assert video.recipe["given"]["preferences"] == ["always wears a fedora"]
    assert video.recipe["cast"] == [{"cameo": str(cameo.id), "version": 1}]
    assert "fedora" not in msgspec.json.encode((await Generation.get(id=job.id)).spec).decode()


async def test_a_destroyed_version_ends_the_clip_as_consent_does(
    worker: Worker, redis: Redis, ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada)
    await make_grant(cameo, bob)
    await connections.get("default").execute_query("UPDATE cameo_version SET destroyed_at = yume_now()")
    job = await queue(bob, [cameo])
    await Doorbell(redis).ring()
    await until_state(job.id, "FAILED")
    assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
