"""A restore of older backups: what was erased since is erased again before anybody is served."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.trouble import KeysBroken
from app.vault import open_vault
from jobs.restore import Restored, replay_erasures
from models.account import Account, Session
from models.base import new_id
from models.cameo import Cameo, CameoState, CameoVersion, vault_subject
from models.ledger import LedgerBroken
from models.vault import Shredded, Vault, read_master
from tests.api import Api, Server
from tests.consent import audited, consent_of, epochs, make_cameo, make_job, make_video, outcome
from tests.jobs_stack import rows


@pytest.fixture
def vault(server: Server) -> Vault:
    return server.stores.vault


async def with_likeness(cameo: Cameo, vault: Vault, number: int = 1) -> bytes:
    """Give the cameo's version data of its own; returns the sealed embedding."""
    subject = vault_subject(cameo.id, number)
    vault.create(subject)
    sealed = vault.seal(subject, b"a face", label="face")
    await CameoVersion.filter(cameo_id=cameo.id, number=number).update(
        face_embedding=sealed, sealed=sealed, files=[{"class": "CROP", "key": f"cameos/{cameo.id}/crop", "bytes": 3}]
    )
    return sealed


async def left_of(cameo: Cameo) -> list[tuple[Any, ...]]:
    """Of each version: what it still holds."""
    found = await CameoVersion.filter(cameo_id=cameo.id).order_by("number")
    return [(each.face_embedding, each.sealed, each.files, each.destroyed_at is not None) for each in found]


async def test_an_erased_cameo_that_a_restore_brought_back_is_erased_before_anybody_is_served(
    server: Server, ada: Api, bob: Api, vault: Vault, tmp_path: Path
) -> None:
    cameo = await make_cameo(ada)
    sealed = await with_likeness(cameo, vault)
    video = await make_video(server.stores, ada, [cameo])
    remix = await make_video(server.stores, ada, parent=video)
    other = await make_video(server.stores, bob)
    job = await make_job(ada, [cameo])
    shutil.copytree(tmp_path / "keys" / "data", tmp_path / "backup")
    vault.shred_all(f"cameo/{cameo.id}")
    # The database is that of the backup already; now the keys are too.
    shutil.copytree(tmp_path / "backup", tmp_path / "keys" / "data", dirs_exist_ok=True)
    assert vault.open(vault_subject(cameo.id, 1), sealed, label="face") == b"a face"

    done = await replay_erasures(vault)
    assert (done.cameos, done.accounts) == ([cameo.id], [])
    with pytest.raises(Shredded):
        vault.open(vault_subject(cameo.id, 1), sealed, label="face")
    assert (await Cameo.get(id=cameo.id)).state is CameoState.ERASING
    assert await consent_of(video, remix, other) == ["WITHDRAWN", "WITHDRAWN", "LIVE"]
    assert (await outcome(job))[:2] == ("FAILED", "CONSENT_ENDED")
    assert await audited(f"cameo/{cameo.id}") == ["CAMEO_ERASING"]
    assert await rows("SELECT kind, subject_id, done_at FROM erasure") == [
        {"kind": "CAMEO", "subject_id": cameo.id, "done_at": None}
    ], "the rest is done by the chore that erases"


async def test_every_process_may_replay_at_once_and_at_every_start(server: Server, ada: Api, vault: Vault) -> None:
    cameo = await make_cameo(ada)
    await with_likeness(cameo, vault)
    vault.shred_all(f"cameo/{cameo.id}")
    done = await asyncio.gather(*(replay_erasures(vault) for _ in range(4)))
    assert sum(len(each.cameos) for each in done) == 1
    assert await replay_erasures(vault) == Restored()
    assert await audited(f"cameo/{cameo.id}") == ["CAMEO_ERASING"]


async def test_a_cameo_that_serves_a_version_destroyed_since_is_paused_and_shows_in_nothing_new(
    server: Server, ada: Api, vault: Vault
) -> None:
    cameo = await make_cameo(ada)
    await with_likeness(cameo, vault)
    video = await make_video(server.stores, ada, [cameo])
    before = await epochs(cameo)
    vault.shred(vault_subject(cameo.id, 1))
    assert (await replay_erasures(vault)).versions == 1
    assert (await Cameo.get(id=cameo.id)).state is CameoState.PAUSED
    assert await audited(f"cameo/{cameo.id}") == ["VERSIONS_DESTROYED_AGAIN"]
    assert await left_of(cameo) == [(None, None, [], True)]
    assert (await epochs(cameo))[0] == before[0] + 1
    assert await consent_of(video) == ["LIVE"], "a capture that was replaced withdraws nothing"
    assert await rows("SELECT 1 FROM erasure") == []


async def test_an_older_version_destroyed_since_leaves_the_one_that_serves(
    server: Server, ada: Api, vault: Vault
) -> None:
    cameo = await make_cameo(ada)
    await CameoVersion.create(cameo_id=cameo.id, number=2, capture_id=new_id(), files=[])
    await Cameo.filter(id=cameo.id).update(version=2)
    await with_likeness(cameo, vault, 1)
    kept = await with_likeness(cameo, vault, 2)
    vault.shred(vault_subject(cameo.id, 1))
    await replay_erasures(vault)
    old, new = await left_of(cameo)
    assert (old, new[0], new[3]) == ((None, None, [], True), kept, False)
    assert (await Cameo.get(id=cameo.id)).state is CameoState.ACTIVE


async def test_a_deleted_account_that_a_restore_brought_back_is_deleted_again(
    server: Server, ada: Api, bob: Api, vault: Vault
) -> None:
    assert ada.viewer is not None
    vault.shred_all(f"account/{ada.viewer.id}")
    done = await replay_erasures(vault)
    assert done.accounts == [ada.viewer.id]
    assert (await Account.get(id=ada.viewer.id)).deleted_at is not None
    assert await Session.live().filter(account_id=ada.viewer.id).count() == 0
    assert (await bob.run("{ viewer { handle } }"))["viewer"] == {"handle": "bob"}
    assert [row["kind"] for row in await rows("SELECT kind FROM erasure")] == ["ACCOUNT"]
    assert await audited("server") == ["ACCOUNT_DELETED"]


async def test_a_key_folder_older_than_the_database_loses_what_the_database_knows_to_be_destroyed(
    server: Server, ada: Api, bob: Api, vault: Vault
) -> None:
    erased, retired, kept = await make_cameo(ada), await make_cameo(bob), await make_cameo(bob, handle="other")
    for cameo in (erased, retired, kept):
        await with_likeness(cameo, vault)
    await Cameo.filter(id=erased.id).update(state=CameoState.ERASED)
    await CameoVersion.filter(cameo_id=retired.id).update(destroyed_at=retired.created_at)
    done = await replay_erasures(vault)
    assert done.keys == sorted([f"cameo/{erased.id}", vault_subject(retired.id, 1)])
    assert vault.subjects() == [vault_subject(kept.id, 1)]
    assert await replay_erasures(vault) == Restored()


async def test_what_was_erased_in_the_ordinary_way_is_left_as_it_is(server: Server, ada: Api, vault: Vault) -> None:
    cameo = await make_cameo(ada)
    await Cameo.filter(id=cameo.id).update(state=CameoState.ERASED)
    await CameoVersion.filter(cameo_id=cameo.id).update(destroyed_at=cameo.created_at)
    for subject in (
        f"cameo/{cameo.id}", f"cameo/{cameo.id}/1", f"cameo/{new_id()}/7", f"account/{new_id()}", f"capture/{new_id()}",
    ):  # fmt: skip
        vault.shred(subject)
    assert await replay_erasures(vault) == Restored()
    assert await audited(f"cameo/{cameo.id}") == []


async def test_nothing_is_served_with_a_ledger_that_somebody_changed(settings: Settings) -> None:
    vault = Vault(settings.keys, read_master(settings.keys, None))
    vault.shred(f"account/{new_id()}")
    vault.shred(f"account/{new_id()}")
    ledger = settings.keys / "erasures.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(lines[1])
    with pytest.raises(KeysBroken, match="Line 1") as trouble:
        open_vault(settings)
    assert "newest copy" in trouble.value.mend
    with pytest.raises(LedgerBroken):
        await replay_erasures(vault)
