"""Compares a brief with what a person expects of the prompt: which attributes came out wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.diorama.scene import Brief, Subject

BLIND = Path(__file__).parent / "blind_prompts.json"
DEFAULTS = {"time": ["day"], "weather": ["clear"], "camera": ["static"], "style": ["plain"]}
MANY = range(2, 7)


def battery(*, held_out: bool) -> list[dict[str, Any]]:
    """One half of the blind prompts; the held-out half is for reporting, never for tuning."""
    entries: list[dict[str, Any]] = json.loads(BLIND.read_text("utf-8"))
    return [one for one in entries if one["held_out"] is held_out]


def faults(brief: Brief, want: Mapping[str, Any]) -> list[str]:
    """What ``brief`` gets wrong: missing, surplus and miscounted subjects, their attributes, the setting, the lines."""
    found, placed = _assign(brief, want["subjects"])
    for expected, indices in zip(want["subjects"], placed, strict=True):
        if indices:
            found += _subject_faults(brief, expected, indices, placed)
    for key in ("place", "time", "weather", "camera", "style", "mood"):
        allowed = want.get(key, DEFAULTS.get(key))
        if allowed is not None and getattr(brief, key) not in allowed:
            found.append(f"{key}={getattr(brief, key)}")
    lines = [[one.text, one.language, one.speaker] for one in brief.lines]
    if lines != want.get("lines", []):
        found.append(f"lines={lines}")
    return found


def _assign(brief: Brief, expected: list[Mapping[str, Any]]) -> tuple[list[str], list[list[int]]]:
    """Which subjects answer which expectation; wildcards ("any") take what no other expectation wants."""
    left = list(range(len(brief.subjects)))
    found: list[str] = []
    placed: list[list[int]] = [[] for _ in expected]
    order = sorted(range(len(expected)), key=lambda one: expected[one]["arts"] == ["any"])
    for one in order:
        want = expected[one]
        count = want.get("count", 1)
        words = {brief.subjects[index].word for index in left if _matches(brief.subjects[index], want)}
        word = min(words, key=[subject.word for subject in brief.subjects].index) if words else None
        takes_all = count != 1 or want.get("optional")
        indices = [
            index
            for index in left
            if _matches(brief.subjects[index], want) and (brief.subjects[index].word == word or count != 1)
        ]
        indices = indices if takes_all else indices[: max(1, len(indices))]
        if not indices and not want.get("optional"):
            found.append(f"no {'/'.join(want['arts'])}")
        elif indices and not want.get("optional") and not _counted(len(indices), count):
            found.append(f"{len(indices)} {want['arts'][0]}")
        placed[one] = indices
        left = [index for index in left if index not in indices]
    return found + [f"surplus {brief.subjects[index].art}" for index in left], placed


def _matches(subject: Subject, want: Mapping[str, Any]) -> bool:
    return want["arts"] == ["any"] or subject.art in want["arts"]


def _counted(number: int, count: int | str) -> bool:
    return number in MANY if count == "many" else number == count


def _subject_faults(brief: Brief, want: Mapping[str, Any], indices: list[int], placed: list[list[int]]) -> list[str]:
    found: list[str] = []
    subject = brief.subjects[indices[0]]
    if "colour" in want and subject.colour != want["colour"]:
        found.append(f"{subject.art} is {subject.colour}")
    if "motions" in want and not set(want["motions"]) & set(subject.motions):
        found.append(f"{subject.art} does {'/'.join(subject.motions)}")
    if "relations" in want and subject.relation not in want["relations"]:
        found.append(f"{subject.art} stands {subject.relation}")
    if "target" in want and subject.target not in placed[want["target"]]:
        found.append(f"{subject.art} refers to {subject.target}")
    return found
