"""Errors of operation that a person can mend: each says what is wrong and what to do about it."""

from __future__ import annotations


class Trouble(Exception):
    """Something about this machine or this data folder stops the program; ``mend`` says what to do."""

    def __init__(self, message: str, *, mend: str) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


class DataFolderForeign(Trouble):
    """The data folder belongs to another user."""


class DataFolderBusy(Trouble):
    """Another `yume up` works in the data folder."""


class PortBusy(Trouble):
    """Something else listens where the web server should."""


class ProgramFailed(Trouble):
    """A child program ended, or did not answer, before it was of use."""


class StoresAbsent(Trouble):
    """No Postgres or Valkey is known: none was given and no `yume up` runs on this data folder."""


class MigrationFailed(Trouble):
    """The database cannot be brought to the schema of this version."""


class KeysBroken(Trouble):
    """The key folder cannot be used as it is: another master key, or an erasure ledger that somebody changed."""


class FileUnfit(Trouble):
    """A file given on the command line is not what the command reads."""


class RegionDatabaseUnreadable(Trouble):
    """The operator names a database of regions that is not there or is no such database."""


class NoSuchMember(Trouble):
    """A handle given on the command line is nobody's."""
