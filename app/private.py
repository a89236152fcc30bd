"""Files that only their owner may read: tokens, passwords, addresses that carry passwords."""

from __future__ import annotations

from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Put ``text`` into ``path`` (0600) in one step, so that no reader meets half of it; makes its folder (0700)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.tmp")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
