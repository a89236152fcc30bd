"""The erasure ledger: what was shredded and when, signed line by line, so that a restore cannot bring it back."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from models.canonical import canonical
from models.keys import SigningKey, create_once
from models.signed import NotSigned, sign_document, verify_document

PURPOSE = "erasures"
GENESIS = "0" * 64

_log = structlog.get_logger()


class LedgerBroken(Exception):
    """A line of the ledger was changed, removed or added by somebody else; the message says where and what to do."""


class Ledger:
    """An append-only file with one signed line a subject; each line carries the SHA-256 of the one before it.

    The key is derived from the master key. It holds names of subjects (ids) and times, nothing personal. ``copy`` is a
    second file for the same lines, in another place: whichever of the two a restore made the older one catches up.
    """

    def __init__(self, path: Path, master: bytes, *, copy: Path | None = None) -> None:
        self._path = path
        self._copy = copy
        self._key = SigningKey(PURPOSE, hmac.new(master, b"yume erasure ledger", hashlib.sha256).digest())
        self._known: dict[str, None] = {}
        self._read_to = 0
        self._last = GENESIS
        self._threads = threading.RLock()
        create_once(path, b"")

    def __contains__(self, subject: str) -> bool:
        """Whether ``subject`` was shredded, by any process. Raises `LedgerBroken`."""
        with self._threads, self._path.open("rb") as file:
            self._catch_up(file.fileno())
        return subject in self._known

    def subjects(self) -> list[str]:
        """Everything that was ever shredded, oldest first, checked from the first line.

        Raises `LedgerBroken`, and `OSError` when the copy's place cannot be reached.
        """
        with self._threads, self._path.open("r+b") as file:
            if self._copy is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._even_out(self._copy)
            self._known, self._read_to, self._last = {}, 0, GENESIS
            self._catch_up(file.fileno())
        return list(self._known)

    def record(self, subject: str) -> bool:
        """Write, for good, that ``subject`` is shredded. Returns False when the ledger says so already."""
        with self._threads, self._path.open("r+b") as file:
            # One writer at a time, on this host or, where the file system has locks, on any that shares the folder.
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file.fileno(), mend=True)
            if subject in self._known:
                return False
            at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            body = {"at": at, "prev": self._last, "seq": len(self._known) + 1, "subject": subject}
            line = canonical(sign_document(self._key, body))
            file.seek(self._read_to)
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._take(line, signed=True)
            if self._copy is not None:
                self._follow(self._copy, line + b"\n")
            return True

    def _even_out(self, copy: Path) -> None:
        """Add to the shorter of the two files what only the longer one has."""
        create_once(copy, b"")
        own, other = (_whole_lines(path) for path in (self._path, copy))
        if not own.startswith(other) and not other.startswith(own):
            raise LedgerBroken(f"{self._path} and its copy {copy} tell different stories: put the newest copy back.")
        for path, has, lacks in ((copy, other, own[len(other) :]), (self._path, own, other[len(own) :])):
            if lacks:
                with path.open("r+b") as file:
                    file.truncate(len(has))
                    file.seek(len(has))
                    file.write(lacks)
                    file.flush()
                    os.fsync(file.fileno())

    def _follow(self, copy: Path, line: bytes) -> None:
        try:
            if copy.exists() and copy.stat().st_size == self._read_to - len(line):
                with copy.open("ab") as file:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
            else:
                self._even_out(copy)
        except OSError as error:
            # The line itself is safe: a second place that is away for a while must not keep faces from being erased.
            _log.warning("ledger_copy_behind", error=str(error), mend="It catches up when its place is back.")

    def _catch_up(self, handle: int, *, mend: bool = False) -> None:
        """Read what was added since. ``mend`` (under the lock) cuts off a line that a power cut left unfinished."""
        size = os.fstat(handle).st_size
        if size < self._read_to:
            raise LedgerBroken(f"{self._path.name} has become shorter: put its newest copy back.")
        *lines, unfinished = os.pread(handle, size - self._read_to, self._read_to).split(b"\n")
        for line in lines:
            self._take(line, signed=line is lines[-1])
        if unfinished and mend:
            os.ftruncate(handle, self._read_to)

    def _take(self, line: bytes, *, signed: bool) -> None:
        """Believe in ``line``. Its signature also vouches for the lines before it, whose hashes it carries."""
        number = len(self._known) + 1
        try:
            document: dict[str, Any] = json.loads(line)
            if signed:
                verify_document({self._key.kid: self._key.public}, document, purpose=PURPOSE)
            if document["prev"] != self._last or document["seq"] != number:
                raise NotSigned("It does not follow the line before it.")
            subject = str(document["subject"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LedgerBroken(
                f"Line {number} of {self._path.name} is not what was written there: {error} Put the newest copy back."
            ) from error
        self._known[subject] = None
        self._last = hashlib.sha256(line).hexdigest()
        self._read_to += len(line) + 1


def _whole_lines(path: Path) -> bytes:
    content = path.read_bytes()
    return content[: content.rfind(b"\n") + 1]
