"""A capture from challenge to version: what is asked, repeated, kept, refused and destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.cameo import Cameo, CameoVersion
from models.grant import Grant
from tests.api import Api, Server
from tests.recording import believed, checking, ended, hand_in, keep_promises, start


async def objects(stores: Any) -> list[str]:
    return [key async for key in stores.media.list("captures")] + [key async for key in stores.media.list("uploads")]


async def test_a_recording_that_passes_makes_the_cameo_active_for_nobody_else(
    server: Server, ada: Api, tmp_path: Path
) -> None:
    async with checking(server.stores, tmp_path / "scratch"):
        started = await start(ada)
        assert (started["capture"]["state"], started["capture"]["cameo"]["handle"]) == ("CHALLENGED", "ada")
        assert started["challenge"]["steps"] == ["LOOK", "TURNS", "SAY"]
        finished = await hand_in(ada, started, believed())
        assert finished["__typename"] == "FinishCaptureSuccess"
        events = await ended(ada, started["capture"]["id"])
    assert [e["check"]["name"] for e in events[:-1]] == [
        "FILE", "NOT_REPLAYED", "ONE_FACE", "SAME_FACE", "TURNS", "DIGITS",
    ]  # fmt: skip
    assert (events[-1]["__typename"], events[-1]["version"]) == ("CaptureAccepted", 1)
    cameo = await Cameo.get(handle="ada")
    assert (cameo.state, cameo.version, cameo.captured_minor) == ("ACTIVE", 1, False)
    [grant] = await Grant.filter(cameo_id=cameo.id)
    assert (grant.audience, grant.scopes, grant.state, grant.subject_id) == ("ONLY_ME", 0, "ACTIVE", None)
    await keep_promises(server.stores)
    version = await CameoVersion.get(cameo_id=cameo.id)
    assert sorted(file["class"] for file in version.files) == ["CROP", "CROP", "THUMBNAIL", "VOICE"]
    assert sorted(await objects(server.stores)) == sorted(f"{file['key']}/000000" for file in version.files)
    assert server.stores.vault.subjects() == [f"cameo/{cameo.id}/1"]
    assert not list((tmp_path / "scratch").glob("*"))
