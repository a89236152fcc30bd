"""What of a subject's picture its place in a scene depends on: how broad it is, and whether it is a roof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.diorama.art import pack

if TYPE_CHECKING:
    from engine.diorama.scene import Subject

BODY, BEAST = 0.5, 1.1
"""Width by height of the bodies that the painter builds: upright ones, and those on four legs."""

LARGE = 0.3
"""Natural size, in shorter sides of the frame, from which a thing is a roof and not a burden for who is under it."""


def breadth_of(subject: Subject) -> float:
    """Width by height of the picture of ``subject``; 1 for art that is not in the pack."""
    entry = pack.index().get(subject.art)
    if subject.cast is not None:
        return BODY
    if entry is None:
        return 1.0
    if entry["framing"] != "full":
        return BODY if subject.kind == "person" else BEAST
    left, top, right, bottom = entry["box"]
    return float((right - left) / (bottom - top))


def cover_of(subject: Subject) -> str:
    """How ``subject`` covers who is under it: "canopy" (held above), "roof" (stands over it), or "" (lies on it)."""
    if subject.art.startswith("umbrella"):
        return "canopy"
    entry = pack.index().get(subject.art)
    large = entry is not None and entry["size"] >= LARGE
    return "roof" if subject.kind == "plant" or (subject.kind == "object" and large) else ""
