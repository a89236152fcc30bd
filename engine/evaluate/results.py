"""What came of each prompt, kept line by line so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from engine.evaluate.judge import Verdict
from engine.evaluate.prompts import Prompt


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing asked for, and what was found; ``right`` is None where it could not be judged."""

    attribute: str
    wanted: str
    found: str
    right: bool | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt, judged. ``error`` is what was raised instead of a clip."""

    name: str
    text: str
    language: str
    held_out: bool
    family: str
    seed: int
    findings: tuple[Finding, ...]
    mismatched: tuple[Finding, ...] = ()
    """What the judge said to asks that the clip does not fulfil (`engine.evaluate.mismatch`): right is wrong there."""

    error: str = ""

    @property
    def right(self) -> bool:
        """Whether everything that could be judged was as asked."""
        return not self.error and all(finding.right is not False for finding in self.findings)


def result(prompt: Prompt, seed: int, verdicts: Iterable[Verdict], mismatched: Iterable[Verdict] = ()) -> Result:
    """The result of a judged prompt, and of what was asked of its clip in error."""
    findings, others = (
        tuple(Finding(attribute=v.ask.attribute, wanted=_wanted(v), found=v.found, right=v.right) for v in given)
        for given in (verdicts, mismatched)
    )
    return _result(prompt, seed, findings, mismatched=others)


def failure(prompt: Prompt, seed: int, error: Exception) -> Result:
    """The result of a prompt that made no clip: everything asked is wrong."""
    findings = tuple(
        Finding(attribute=ask.attribute, wanted=ask.value, found="no clip", right=False) for ask in prompt.asks
    )
    return _result(prompt, seed, findings, error=f"{type(error).__name__}: {error}")


def _result(
    prompt: Prompt, seed: int, findings: tuple[Finding, ...], *, mismatched: tuple[Finding, ...] = (), error: str = ""
) -> Result:
    return Result(
        name=prompt.name, text=prompt.text, language=prompt.language, held_out=prompt.held_out, family=prompt.family,
        seed=seed, findings=findings, mismatched=mismatched, error=error,
    )  # fmt: skip


def _wanted(verdict: Verdict) -> str:
    ask = verdict.ask
    whose = f"{ask.subject}: " if ask.subject and ask.attribute != "speech" else ""
    return f"{whose}{ask.value}{' ' + ask.other if ask.other else ''}"


def load(path: Path) -> list[Result]:
    """The results in a file of lines; none if there is no such file. Raises `msgspec.ValidationError` for others."""
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=Result) for line in path.read_bytes().splitlines() if line.strip()]


def append(path: Path, one: Result) -> None:
    """Add a line to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(one) + b"\n")
