"""A worker's scratch folder: locked while its process lives, removed by the next worker when it was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(parent: Path, name: str) -> Generator[Path]:
    """The folder ``parent/name`` (0700) for as long as the block runs. Folders of dead workers beside it go away."""
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = parent / name
    folder.mkdir(mode=0o700)
    lock = os.open(folder, os.O_RDONLY)
    # The kernel drops the lock with the process, however it ends, in any container that shares the folder.
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        _clear(parent, keep=folder)
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _clear(parent: Path, *, keep: Path) -> None:
    for folder in parent.iterdir():
        if folder == keep or not folder.is_dir():
            continue
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # another worker was faster
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its worker lives
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
