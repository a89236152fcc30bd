"""The vault: personal bytes sealed under one data key a subject, kept outside the stores, where it can be shredded."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.keys import create_once, secret_file, sync_folder
from models.ledger import Ledger

KEY_BYTES = 32
NONCE_BYTES = 12
CHECK = "master.check"
"""File in the key folder that only the right master key opens."""
_VERSION = b"\x01"
_SUBJECT = re.compile(r"[a-z]{1,20}(/[0-9A-Za-z-]{1,64}){1,2}")
_PREFIX = re.compile(r"[0-9A-Za-z/-]*")
_TRIES = 5


class Shredded(Exception):
    """The subject's key was destroyed, or never was: what it sealed cannot be read by anybody any more."""


class Forged(Exception):
    """Sealed bytes, or a key file, are not what the vault wrote under that subject and label."""


class WrongMaster(Exception):
    """The master key is not the one that this folder's keys are wrapped with, or is no key at all; says what to do."""


def read_master(folder: Path, given: str | None) -> bytes:
    """The master key (32 bytes): ``given`` in base64, else the file ``master.key`` (0600), made when it is missing.

    Raises `WrongMaster` when ``given`` is not 32 bytes in base64, and when the folder's keys are wrapped already with a
    master key that is neither given nor there.
    """
    if given is None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / CHECK).exists() and not (folder / "master.key").exists():
            raise WrongMaster("The keys in this folder were wrapped with a master key that is not given now.")
        return secret_file(folder / "master.key")
    try:
        master = base64.b64decode(given.strip(), validate=True)
    except ValueError:
        master = b""
    if len(master) != KEY_BYTES:
        raise WrongMaster("The master key must be 32 bytes in base64. Make one with: openssl rand -base64 32")
    return master


class Vault:
    """Envelope encryption: AES-256-GCM under the subject's data key, which lies in a file, wrapped by the master key.

    Subjects are ``cameo/<cameo>/<version>``, ``account/<account>`` and ``capture/<capture>``. Any number of processes
    may share the folder. No key is cached: once `shred` returns, no process can open what the subject sealed. Every
    call touches the disk; those that write wait until it has kept what they wrote.
    """

    def __init__(self, folder: Path, master: bytes, *, ledger_copy: Path | None = None) -> None:
        """``folder`` is the key folder, ``ledger_copy`` a second file for the erasure ledger.

        Raises `WrongMaster` when the folder's keys are wrapped with another master key.
        """
        if len(master) != KEY_BYTES:
            raise WrongMaster("The master key must be 32 bytes.")
        self._data = folder / "data"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._data.mkdir(exist_ok=True, mode=0o700)
        self._master = AESGCM(master)
        self._check_master(folder / CHECK)
        self.ledger = Ledger(folder / "erasures.jsonl", master, copy=ledger_copy)

    def create(self, subject: str) -> None:
        """Make the data key of ``subject``; one that exists is left alone. Raises `Shredded` for a shredded subject."""
        path = self._path(subject)
        if path.exists():
            return
        if self._gone(subject):
            raise Shredded(f"The key of {subject} was destroyed, and no other takes its place.")
        wrapped = _encrypt(self._master, secrets.token_bytes(KEY_BYTES), _bound("key", subject, ""))
        for _ in range(_TRIES):
            self._make_folder(path.parent)
            # shred() removes folders that it emptied, perhaps between the two statements.
            with contextlib.suppress(FileNotFoundError):
                create_once(path, wrapped)
                break
        else:
            raise FileNotFoundError(path.parent)
        if self._gone(subject):  # shredded meanwhile: whichever of the two looks last removes the key
            self.shred(subject)
            raise Shredded(f"The key of {subject} was destroyed, and no other takes its place.")

    def seal(self, subject: str, plaintext: bytes, *, label: str) -> bytes:
        """``plaintext`` encrypted for ``subject`` (29 bytes longer); ``label`` says what it is, and must be said again.

        Raises `Shredded` when the subject has no key.
        """
        return _encrypt(self._key(subject), plaintext, _bound("data", subject, label))

    def open(self, subject: str, sealed: bytes, *, label: str) -> bytes:
        """What was sealed. Raises `Shredded`, and `Forged` for bytes that were changed or sealed for something else."""
        return _decrypt(self._key(subject), sealed, _bound("data", subject, label))

    def shred(self, subject: str) -> bool:
        """Destroy the data key of ``subject`` for good; returns whether there was one.

        The ledger says so first: a crash in between is made good by `replay_erasures`. The file is overwritten, but
        what protects against a disk that keeps old blocks is the master key around it.
        """
        path = self._path(subject)
        self.ledger.record(subject)
        try:
            handle = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            return False
        with os.fdopen(handle, "r+b", buffering=0) as file:
            file.write(secrets.token_bytes(os.fstat(handle).st_size))
            os.fsync(file.fileno())
        path.unlink(missing_ok=True)
        # Another process that shredded the same key may have removed the folder: it waited for the disk before that.
        with contextlib.suppress(FileNotFoundError):
            sync_folder(path.parent)
        with contextlib.suppress(OSError):  # the folder has other versions in it, or another process was quicker
            if path.parent.parent != self._data:
                path.parent.rmdir()
        return True

    def shred_all(self, subject: str) -> int:
        """Destroy ``subject`` and everything under it (``cameo/<id>``: all versions, also those still to come).

        Returns how many keys there were.
        """
        self._path(subject)
        self.ledger.record(subject)
        return sum(map(self.shred, [*self.subjects(f"{subject}/"), subject]))

    def has(self, subject: str) -> bool:
        """Whether ``subject`` has a key."""
        return self._path(subject).exists()

    def subjects(self, prefix: str = "") -> list[str]:
        """Every subject with a key whose name starts with ``prefix``, sorted. Give whole segments: ``cameo/<id>/``."""
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(f"{prefix!r} is no beginning of a subject.")
        folder = self._data / prefix.rpartition("/")[0]
        found = (str(path.relative_to(self._data).with_suffix("")) for path in folder.rglob("*.key"))
        return sorted(subject for subject in found if subject.startswith(prefix))

    def replay_erasures(self) -> list[str]:
        """Destroy again the keys that the ledger says were destroyed, as after a restore of an older key folder.

        Returns every subject that the ledger named, for the caller to erase again what the stores may still hold.
        Raises `models.ledger.LedgerBroken`.
        """
        subjects = self.ledger.subjects()
        for subject in subjects:
            for found in (*self.subjects(f"{subject}/"), subject):
                if self.has(found):
                    self.shred(found)
        return subjects

    def _gone(self, subject: str) -> bool:
        return subject in self.ledger or subject.rpartition("/")[0] in self.ledger

    def _key(self, subject: str) -> AESGCM:
        try:
            wrapped = self._path(subject).read_bytes()
        except FileNotFoundError:
            raise Shredded(f"There is no key for {subject}: what it sealed cannot be read any more.") from None
        return AESGCM(_decrypt(self._master, wrapped, _bound("key", subject, "")))

    def _path(self, subject: str) -> Path:
        if not _SUBJECT.fullmatch(subject):
            raise ValueError(f"{subject!r} is no subject of the vault.")
        return self._data / f"{subject}.key"

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            # One by one: mkdir(parents=True) would open the folders on the way to everybody.
            for each in (folder.parent, folder):
                each.mkdir(exist_ok=True, mode=0o700)
                sync_folder(each.parent)

    def _check_master(self, path: Path) -> None:
        """A wrong master key is told at the start, not when the first face cannot be opened."""
        if not path.exists():
            create_once(path, _encrypt(self._master, b"yume", _bound("check", "", "")))
        try:
            _decrypt(self._master, path.read_bytes(), _bound("check", "", ""))
        except Forged:
            raise WrongMaster(
                "The keys in this folder were wrapped with another master key. Give the one it was made with"
                " (YUME_MASTER_KEY, or master.key in the folder)."
            ) from None


def _encrypt(key: AESGCM, plaintext: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return _VERSION + nonce + key.encrypt(nonce, plaintext, _VERSION + bound)


def _decrypt(key: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    version, nonce, body = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return key.decrypt(nonce, body, version + bound)
    except (InvalidTag, ValueError):  # ValueError: too short for a nonce
        raise Forged("These bytes were changed, or sealed for something else.") from None


def _bound(use: str, subject: str, label: str) -> bytes:
    # Lengths stand before the names, so that no two pairs are spelled alike.
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in (use, subject, label))
