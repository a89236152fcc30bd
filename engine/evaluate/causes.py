"""Whose fault a wrong answer is: the words were misread, the judge errs on a right clip too, or the clip is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.diorama.scene import Brief, Subject
from engine.diorama.words import understand
from engine.evaluate.prompts import ATTRIBUTES, Ask, Prompt
from engine.evaluate.results import Result
from engine.evaluate.vocabulary import class_of

CAUSES = ("words", "judge", "clip")
OPPOSITE = {
    "left_of": "right_of", "right_of": "left_of", "behind": "in_front_of", "in_front_of": "behind", "on": "under",
    "under": "on", "beside": "beside",
}  # fmt: skip


def counted(prompts: Sequence[Prompt], made: Sequence[Result], ceiling: Sequence[Result]) -> Mapping[str, Counter[str]]:
    """Attribute → how many wrong findings have which of `CAUSES`.

    "words": the brief does not say what the prompt asks. "judge": the same is called wrong in the prompt's clip that is
    right by construction. "clip": neither, so model, painter, sound or chance.
    """
    asked = {prompt.name: prompt for prompt in prompts}
    known = {one.name: one for one in ceiling}
    found: dict[str, Counter[str]] = {name: Counter() for name in ATTRIBUTES}
    for one in made:
        for attribute, cause in _causes(asked[one.name], one, known.get(one.name)):
            found[attribute][cause] += 1
    return found


def _causes(prompt: Prompt, one: Result, top: Result | None) -> Iterator[tuple[str, str]]:
    if one.right:
        return
    brief = understand(prompt.text)
    for index, (ask, finding) in enumerate(zip(prompt.asks, one.findings, strict=True)):
        if finding.right is False:
            errs = top is not None and top.findings[index].right is False
            yield ask.attribute, "words" if not understood(brief, ask) else "judge" if errs else "clip"


def table(causes: Mapping[str, Counter[str]]) -> str:
    """The Markdown table of `counted`."""
    rows = [f"| {name} | {' | '.join(str(causes[name][cause]) for cause in CAUSES)} |" for name in ATTRIBUTES]
    return "\n".join(["| wrong | words misread | judge | clip |", "|---|---|---|---|", *rows])


def understood(brief: Brief, ask: Ask) -> bool:
    """Whether ``brief`` says what ``ask`` wants. What is heard besides speech is never a matter of words."""
    return _READS[ask.attribute](brief, ask) if ask.attribute in _READS else True


def _called(brief: Brief, name: str) -> list[Subject]:
    return [one for one in brief.subjects if class_of(one.art) == name]


def _related(brief: Brief, ask: Ask) -> bool:
    def bound(first: str, relation: str | None, second: str) -> bool:
        return any(
            one.relation == relation and one.target is not None and class_of(brief.subjects[one.target].art) == second
            for one in _called(brief, first)
        )

    chases = ask.value == "chasing" and any("chase" in one.motions for one in _called(brief, ask.subject))
    return (
        chases
        or bound(ask.subject, ask.value, ask.other)
        or bound(ask.other, OPPOSITE.get(ask.value, "?"), ask.subject)
    )


_READS: dict[str, Callable[[Brief, Ask], bool]] = {
    "subject": lambda brief, ask: bool(_called(brief, ask.value)),
    "count": lambda brief, ask: len(_called(brief, ask.subject)) == int(ask.value),
    "colour": lambda brief, ask: any(one.colour == ask.value for one in _called(brief, ask.subject)),
    "motion": lambda brief, ask: any(ask.value in one.motions for one in _called(brief, ask.subject)),
    "relation": _related,
    "background": lambda brief, ask: brief.place == ask.value,
    "time": lambda brief, ask: brief.time == ask.value,
    "weather": lambda brief, ask: brief.weather == ask.value,
    "speech": lambda brief, ask: any(line.text.strip(" .!") == ask.value for line in brief.lines),
}
