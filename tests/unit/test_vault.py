"""The vault: what is sealed is read back by the same subject and label alone, until its key is shredded."""

from __future__ import annotations

import base64
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from models.ledger import LedgerBroken
from models.vault import Forged, Shredded, Vault, WrongMaster, read_master

MASTER = bytes(range(32))
ADA, BOB = (f"cameo/{uuid4()}/1" for _ in range(2))
LABELS = st.text(max_size=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def vault(folder: Path) -> Vault:
    return Vault(folder, MASTER)


@pytest.fixture(scope="module")
def shared() -> Iterator[Vault]:
    """One vault with two subjects, for properties."""
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder), MASTER)
        vault.create(ADA)
        vault.create(BOB)
        yield vault


@given(plaintext=st.binary(max_size=300), label=LABELS)
def test_what_was_sealed_comes_back_and_never_looks_the_same_twice(shared: Vault, plaintext: bytes, label: str) -> None:
    sealed = shared.seal(ADA, plaintext, label=label)
    assert shared.open(ADA, sealed, label=label) == plaintext
    assert len(sealed) == len(plaintext) + 29
    assert shared.seal(ADA, plaintext, label=label) != sealed


@given(data=st.data(), plaintext=st.binary(max_size=40), label=LABELS)
def test_any_changed_byte_is_noticed(shared: Vault, data: st.DataObject, plaintext: bytes, label: str) -> None:
    sealed = bytearray(shared.seal(ADA, plaintext, label=label))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Forged):
        shared.open(ADA, bytes(sealed), label=label)


@given(data=st.data(), plaintext=st.binary(max_size=40))
def test_bytes_cut_off_or_added_are_noticed(shared: Vault, data: st.DataObject, plaintext: bytes) -> None:
    sealed = shared.seal(ADA, plaintext, label="face")
    cut = data.draw(st.integers(0, len(sealed) - 1))
    for changed in (sealed[:cut], sealed + data.draw(st.binary(min_size=1, max_size=5))):
        with pytest.raises(Forged):
            shared.open(ADA, changed, label="face")


@given(label=LABELS, other=LABELS)
def test_a_subject_or_label_does_not_open_what_was_sealed_for_another(shared: Vault, label: str, other: str) -> None:
    sealed = shared.seal(ADA, b"face", label=label)
    with pytest.raises(Forged):
        shared.open(BOB, sealed, label=label)
    if other != label:
        with pytest.raises(Forged):
            shared.open(ADA, sealed, label=other)


def test_a_shredded_key_opens_nothing_seals_nothing_and_never_comes_back(vault: Vault, folder: Path) -> None:
    vault.create(ADA)
    sealed = vault.seal(ADA, b"face", label="face")
    before = (folder / "data" / f"{ADA}.key").read_bytes()
    assert vault.shred(ADA) is True
    for other in (vault, Vault(folder, MASTER)):
        with pytest.raises(Shredded):
            other.open(ADA, sealed, label="face")
        with pytest.raises(Shredded):
            other.seal(ADA, b"face", label="face")
        with pytest.raises(Shredded):
            other.create(ADA)
    assert vault.shred(ADA) is False
    assert not any(before in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert vault.subjects() == []


def test_the_key_file_is_overwritten_before_its_name_goes(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.create(ADA)
    path = folder / "data" / f"{ADA}.key"
    kept = folder / "the same blocks"
    os.link(path, kept)
    before = kept.read_bytes()
    vault.shred(ADA)
    after = kept.read_bytes()
    assert len(after) == len(before)
    assert after[-32:] != before[-32:]
    kept.unlink()


def test_a_version_is_shredded_alone_and_a_cameo_with_all_of_them(vault: Vault) -> None:
    cameo = f"cameo/{uuid4()}"
    for number in (1, 2, 3):
        vault.create(f"{cameo}/{number}")
    vault.create(BOB)
    vault.shred(f"{cameo}/2")
    assert vault.subjects(f"{cameo}/") == [f"{cameo}/1", f"{cameo}/3"]
    assert vault.shred_all(cameo) == 2
    assert vault.subjects() == [BOB]
    with pytest.raises(Shredded):
        vault.create(f"{cameo}/4")
    assert vault.subjects("cameo/") == [BOB]


def test_making_a_key_again_leaves_the_first(vault: Vault) -> None:
    vault.create(ADA)
    sealed = vault.seal(ADA, b"face", label="face")
    vault.create(ADA)
    assert vault.open(ADA, sealed, label="face") == b"face"


def test_a_key_file_that_was_changed_or_exchanged_is_noticed(vault: Vault, folder: Path) -> None:
    vault.create(ADA)
    vault.create(BOB)
    sealed = vault.seal(ADA, b"face", label="face")
    shutil.copy(folder / "data" / f"{BOB}.key", folder / "data" / f"{ADA}.key")
    with pytest.raises(Forged):
        vault.open(ADA, sealed, label="face")
    (folder / "data" / f"{ADA}.key").write_bytes(b"")
    with pytest.raises(Forged):
        vault.open(ADA, sealed, label="face")


@pytest.mark.parametrize(
    "subject", ["", "cameo", "../master", "cameo/../../x", "cameo//1", "cameo/a/b/c", "Cameo/x", "a/b\n"]
)
def test_a_subject_that_could_leave_the_folder_is_refused(vault: Vault, folder: Path, subject: str) -> None:
    before = sorted(folder.rglob("*"))
    for call in (vault.create, vault.shred, vault.shred_all, vault.has):
        with pytest.raises(ValueError, match="no subject"):
            call(subject)
    assert sorted(folder.rglob("*")) == before
    assert vault.ledger.subjects() == []


def test_files_are_their_owners_alone(folder: Path) -> None:
    vault = Vault(folder, read_master(folder, None))
    vault.create(ADA)
    vault.shred(BOB)
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_master_key_is_made_once_and_given_ones_are_checked(folder: Path) -> None:
    assert read_master(folder, None) == read_master(folder, None)
    assert read_master(folder, base64.b64encode(MASTER).decode() + "\n") == MASTER
    for bad in ("", "short", base64.b64encode(b"x" * 31).decode(), "ü" * 44):
        with pytest.raises(WrongMaster, match="32 bytes"):
            read_master(folder, bad)


def test_no_second_master_key_is_made_for_keys_that_one_wraps(vault: Vault, folder: Path) -> None:
    with pytest.raises(WrongMaster, match="not given"):
        read_master(folder, None)
    assert not (folder / "master.key").exists()


def test_another_master_key_is_told_at_once_and_opens_nothing(vault: Vault, folder: Path) -> None:
    vault.create(ADA)
    with pytest.raises(WrongMaster, match="another master key"):
        Vault(folder, bytes(32))
    assert Vault(folder, MASTER).has(ADA)


def _work(folder: str, subjects: list[str]) -> int:
    vault = Vault(Path(folder), MASTER)
    done = 0
    for subject in subjects:
        try:
            vault.create(subject)
            done += vault.shred(subject)
        except Shredded:
            pass
    return done


def test_processes_that_make_and_shred_the_same_keys_leave_none_and_one_line_each(vault: Vault, folder: Path) -> None:
    subjects = [f"capture/{uuid4()}" for _ in range(30)]
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        done = list(pool.map(_work, [str(folder)] * 3, [subjects, subjects[::-1], subjects]))
    assert sum(done) >= len(subjects)
    assert vault.subjects() == []
    assert sorted(vault.ledger.subjects()) == sorted(subjects)


def test_an_older_key_folder_loses_again_what_the_ledger_says_was_shredded(
    vault: Vault, folder: Path, tmp_path: Path
) -> None:
    cameo = f"cameo/{uuid4()}"
    for subject in (ADA, BOB, f"{cameo}/1"):
        vault.create(subject)
    sealed = vault.seal(ADA, b"face", label="face")
    shutil.copytree(folder, tmp_path / "backup")
    vault.shred(ADA)
    vault.shred_all(cameo)

    shutil.copytree(tmp_path / "backup" / "data", folder / "data", dirs_exist_ok=True)
    restored = Vault(folder, MASTER)
    assert restored.open(ADA, sealed, label="face") == b"face", "the backup has brought it back"
    assert restored.replay_erasures() == [ADA, cameo, f"{cameo}/1"]
    with pytest.raises(Shredded):
        restored.open(ADA, sealed, label="face")
    assert restored.subjects() == [BOB]
    assert restored.replay_erasures() == [ADA, cameo, f"{cameo}/1"], "it may be done at every start"


@pytest.mark.parametrize("damage", ["changed", "removed", "swapped", "added", "cut"])
def test_a_ledger_that_somebody_else_wrote_in_is_refused(folder: Path, damage: str) -> None:
    vault = Vault(folder, MASTER)
    for _ in range(4):
        vault.shred(f"account/{uuid4()}")
    path = folder / "erasures.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {
        "changed": [lines[0].replace(b"account", b"capture"), *lines[1:]],
        "removed": [*lines[:1], *lines[2:]],
        "swapped": [lines[1], lines[0], *lines[2:]],
        "added": [*lines, lines[-1]],
        "cut": lines[:2],
    }[damage]
    path.write_bytes(b"".join(changed))
    with pytest.raises(LedgerBroken, match="newest copy"):
        # A shorter file is a good one for a process that has not seen the longer.
        (vault if damage == "cut" else Vault(folder, MASTER)).create(ADA)
    assert not vault.has(ADA)


def test_a_line_that_a_power_cut_left_unfinished_is_written_anew(vault: Vault, folder: Path) -> None:
    vault.shred(ADA)
    path = folder / "erasures.jsonl"
    with path.open("ab") as file:
        file.write(b'{"at":"2026-')
    other = Vault(folder, MASTER)
    assert other.ledger.subjects() == [ADA]
    other.shred(BOB)
    assert other.ledger.subjects() == vault.ledger.subjects() == [ADA, BOB]


def test_a_ledger_holds_ids_and_times_and_nothing_else(vault: Vault, folder: Path) -> None:
    import json

    vault.shred(ADA)
    [line] = (folder / "erasures.jsonl").read_text().splitlines()
    assert set(json.loads(line)) == {"at", "kid", "prev", "seq", "signature", "subject"}


def test_a_ledger_that_a_restore_made_older_catches_up_with_its_copy_and_the_copy_with_it(
    folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere.jsonl"
    vault = Vault(folder, MASTER, ledger_copy=copy)
    vault.create(ADA)
    vault.shred(BOB)
    shutil.copytree(folder, tmp_path / "backup")
    vault.shred(ADA)
    assert copy.read_bytes() == (folder / "erasures.jsonl").read_bytes()

    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)
    restored = Vault(folder, MASTER, ledger_copy=copy)
    assert restored.has(ADA), "the backup has brought it back"
    assert restored.replay_erasures() == [BOB, ADA]
    assert not restored.has(ADA)

    copy.unlink()
    assert Vault(folder, MASTER, ledger_copy=copy).ledger.subjects() == [BOB, ADA]
    assert copy.read_bytes() == (folder / "erasures.jsonl").read_bytes()


def test_a_copy_that_is_away_keeps_nobody_from_being_erased_and_catches_up(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "share"
    place.mkdir()
    vault = Vault(folder, MASTER, ledger_copy=place / "ledger")
    vault.create(ADA)
    place.rename(tmp_path / "unmounted")
    with capture_logs() as logs:
        assert vault.shred(ADA)
    assert [line["event"] for line in logs] == ["ledger_copy_behind"]
    (tmp_path / "unmounted").rename(place)
    vault.shred(BOB)
    assert (place / "ledger").read_bytes() == (folder / "erasures.jsonl").read_bytes()
    assert len((place / "ledger").read_bytes().splitlines()) == 2


def test_a_copy_with_another_story_is_refused(folder: Path, tmp_path: Path) -> None:
    one, two = (Vault(tmp_path / name, MASTER) for name in "ab")
    one.shred(ADA)
    two.shred(BOB)
    with pytest.raises(LedgerBroken, match="different stories"):
        Vault(tmp_path / "a", MASTER, ledger_copy=tmp_path / "b" / "erasures.jsonl").ledger.subjects()
