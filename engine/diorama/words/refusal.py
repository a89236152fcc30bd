"""Negative prompts: what a scene was asked to do without."""

from __future__ import annotations

from dataclasses import replace

from engine.diorama.scene import Brief, Subject
from engine.diorama.words.understand import understand


def without(brief: Brief, negative_prompt: str) -> Brief:
    """``brief`` without the subjects, weather, hour, camera or place that ``negative_prompt`` names.

    What both prompts ask for is a contradiction: a scene keeps at least one subject, and the refused word that could
    not be honoured is listed as unsupported.
    """
    refused = understand(negative_prompt)
    named = negative_prompt.lower()
    # A prompt that names no subject is given one that suits its place; nobody refused that one.
    arts = {subject.art for subject in refused.subjects if subject.word.lower() in named}
    kept = [index for index, subject in enumerate(brief.subjects) if subject.art not in arts]
    contradiction = () if kept else tuple(dict.fromkeys(subject.word for subject in brief.subjects))
    if kept:
        brief = only(brief, kept)
    return replace(
        brief,
        weather="clear" if refused.weather == brief.weather else brief.weather,
        time="day" if refused.time == brief.time else brief.time,
        camera="static" if refused.camera == brief.camera else brief.camera,
        place="meadow" if not arts and refused.place == brief.place else brief.place,
        unsupported=brief.unsupported + tuple(word for word in contradiction if word not in brief.unsupported),
    )


def only(brief: Brief, kept: list[int]) -> Brief:
    """``brief`` with these subjects; relations and lines of the others go with them."""
    place = {old: new for new, old in enumerate(kept)}

    def moved(subject: Subject) -> Subject:
        target = None if subject.target is None else place.get(subject.target)
        return replace(subject, target=target, relation="none" if target is None else subject.relation)

    return replace(
        brief,
        subjects=tuple(moved(brief.subjects[index]) for index in kept),
        lines=tuple(
            line if line.speaker is None else replace(line, speaker=place[line.speaker])
            for line in brief.lines
            if line.speaker is None or line.speaker in place
        ),
    )
