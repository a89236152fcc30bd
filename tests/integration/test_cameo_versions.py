"""Versions of a cameo: the newest serves, the one before goes with its last job, each scope gives its own part."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.clip.likeness_files import lay_out
from jobs.consent.versions import sweep_versions
from models.cameo import Cameo, CameoKind, CameoState, CameoVersion, Scope
from models.generation import GenerationState
from models.grant import Audience, Grant
from models.vault import Shredded
from tests.api import Api, Server
from tests.consent import make_cameo, make_job
from tests.recording import (
    believed,
    captured,
    checking,
    ended,
    hand_in,
    keep_promises,
    node_id,
    nothing_is_kept,
    objects,
    start,
)


async def test_one_cameo_of_oneself_is_recorded_again_not_made_twice(ada: Api, tmp_path: Path, server: Server) -> None:
    first = await captured(ada, tmp_path / "scratch")
    assert (await start(ada))["code"] == "CONFLICT"
    cameo = await Cameo.get(id=first.cameo_id)
    payload = await start(ada, cameoId=node_id(cameo), handle="other")
    assert (payload["code"], payload["field"]) == ("INVALID", "handle")


async def test_the_old_version_serves_jobs_that_have_it_and_is_destroyed_with_the_last(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    first = await captured(ada, tmp_path / "scratch", believed(face=1))
    cameo = await Cameo.get(id=first.cameo_id)
    job = await make_job(ada, [cameo])
    await captured(ada, tmp_path / "scratch", believed(face=3), cameoId=node_id(cameo))
    cameo = await Cameo.get(id=cameo.id)
    assert (cameo.version, cameo.epoch) == (2, 0)
    assert await sweep_versions() == 0
    await keep_promises(server.stores)
    place = tmp_path / "job"
    place.mkdir()
    stores = server.stores
    laid = await lay_out(stores.vault, stores.media, cameo.id, 1, Scope.FACE, place)
    assert (place / "face-0").read_bytes() == b"crop 0 of face 1"
    assert laid.voice is None

    job.state = GenerationState.SUCCEEDED
    await job.save()
    assert (await sweep_versions(), await sweep_versions()) == (1, 0)
    await keep_promises(server.stores)
    old, new = await CameoVersion.filter(cameo_id=cameo.id).order_by("number")
    assert (old.face_embedding, old.voice_embedding, old.fingerprint, old.sealed, old.files) == (
        None,
        None,
        None,
        None,
        [],
    )
    assert sorted(await objects(server)) == sorted(f"{file['key']}/000000" for file in new.files)
    assert stores.vault.subjects() == [f"cameo/{cameo.id}/2"]
    with pytest.raises(Shredded):
        await lay_out(stores.vault, stores.media, cameo.id, 1, Scope.FACE, tmp_path)


async def test_retiring_the_old_version_stops_its_jobs_at_once(server: Server, ada: Api, tmp_path: Path) -> None:
    first = await captured(ada, tmp_path / "scratch")
    cameo = await Cameo.get(id=first.cameo_id)
    job = await make_job(ada, [cameo])
    await captured(ada, tmp_path / "scratch", cameoId=node_id(cameo), retireOld=True)
    assert (await Cameo.get(id=cameo.id)).epoch == 1
    await job.refresh_from_db()
    assert (job.state, job.failure_code) == ("FAILED", "CONSENT_ENDED")
    assert await sweep_versions() == 1


async def test_recording_again_changes_no_permission_and_wakes_no_paused_cameo(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    cameo = await make_cameo(ada, audience=Audience.MUTUALS, scopes=Scope.FACE, state=CameoState.PAUSED)
    await captured(ada, tmp_path / "scratch", cameoId=node_id(cameo))
    after = await Cameo.get(id=cameo.id)
    assert (after.version, after.state) == (2, CameoState.PAUSED)
    [grant] = await Grant.filter(cameo_id=cameo.id)
    assert (grant.audience, grant.scopes, grant.state) == ("MUTUALS", int(Scope.FACE), "ACTIVE")


async def test_who_was_recorded_as_a_child_is_asked_anew_as_an_adult(server: Server, ada: Api, tmp_path: Path) -> None:
    first = await captured(ada, tmp_path / "scratch")
    await Cameo.filter(id=first.cameo_id).update(captured_minor=True)
    cameo = await Cameo.get(id=first.cameo_id)
    await captured(ada, tmp_path / "scratch", cameoId=node_id(cameo))
    after = await Cameo.get(id=cameo.id)
    assert (after.captured_minor, after.state, after.epoch) == (False, CameoState.PAUSED, 1)
    assert await sweep_versions() == 1


async def test_things_have_neither_turns_nor_a_voice(server: Server, ada: Api, tmp_path: Path) -> None:
    row = await captured(ada, tmp_path / "scratch", kind="PET", handle="mimi")
    assert row.challenge["steps"] == ["LOOK"]
    version = await CameoVersion.get(cameo_id=row.cameo_id)
    assert (version.face_embedding, version.voice_embedding) == (None, None)
    assert (await Cameo.get(id=row.cameo_id)).kind == CameoKind.PET


async def test_face_and_voice_are_laid_out_apart(server: Server, ada: Api, tmp_path: Path) -> None:
    row = await captured(ada, tmp_path / "scratch")
    for scopes, names in (
        (Scope.FACE, ["face-0", "face-1"]), (Scope.VOICE, ["voice.wav"]), (Scope.REMIX | Scope.PUBLISH, []),
    ):  # fmt: skip
        place = tmp_path / f"job-{int(scopes)}"
        place.mkdir(mode=0o700)
        laid = await lay_out(server.stores.vault, server.stores.media, row.cameo_id, 1, scopes, place)
        assert sorted(path.name for path in place.iterdir()) == names
        assert (bool(laid.faces), laid.voice is not None) == (Scope.FACE in scopes, Scope.VOICE in scopes)


async def test_an_erased_cameo_takes_no_version(server: Server, ada: Api, tmp_path: Path) -> None:
    started = await start(ada)
    await hand_in(ada, started, believed())
    await Cameo.filter(handle="ada").update(state=CameoState.ERASING)
    async with checking(server.stores, tmp_path / "scratch"):
        events = await ended(ada, started["capture"]["id"])
    assert events[-1]["reason"]["code"] == "CAMEO_GONE"
    assert await CameoVersion.all().count() == 0
    await nothing_is_kept(server)
