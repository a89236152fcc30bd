"""SceneEval's tables: how often each attribute was right, by language and half, beside the oracle's ceiling."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.evaluate.prompts import ATTRIBUTES
from engine.evaluate.results import Result

STORED = Path(__file__).parents[2] / "docs" / "sceneeval.json"
MOST_FAILURES = 150


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A whole evaluation, as committed: of the model's clips and of the animator's (the ceiling)."""

    made: tuple[Result, ...]
    ceiling: tuple[Result, ...]


@dataclass(frozen=True)
class Share:
    """``right`` of ``count``."""

    right: int
    count: int

    def __str__(self) -> str:
        return f"{self.right / self.count:.2f} of {self.count}" if self.count else "–"

    @property
    def interval(self) -> str:
        """Wilson's 95 % interval."""
        return "{:.2f} … {:.2f}".format(*wilson(self.right, self.count)) if self.count else "–"


def wilson(right: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share. Raises ``ZeroDivisionError`` for none."""
    z = 1.96
    share, width = right / count, 1 + z * z / count
    middle = (share + z * z / (2 * count)) / width
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / width
    return max(0.0, middle - spread), min(1.0, middle + spread)


def attribute_share(results: Iterable[Result], attribute: str) -> Share:
    """How often ``attribute`` was right where it was judged."""
    found = [one.right for each in results for one in each.findings if one.attribute == attribute]
    judged = [right for right in found if right is not None]
    return Share(sum(judged), len(judged))


def yes_share(results: Iterable[Result], attribute: str) -> Share:
    """How often the judge said yes to what a clip does not show."""
    found = [one.right for each in results for one in each.mismatched if one.attribute == attribute]
    return Share(sum(right is True for right in found), sum(right is not None for right in found))


def all_share(results: Sequence[Result]) -> Share:
    """How many prompts had everything right."""
    return Share(sum(one.right for one in results), len(results))


def table(made: Sequence[Result], ceiling: Sequence[Result]) -> str:
    """The Markdown table, one row an attribute and one for everything at once."""
    head = (
        "| | EN, dev | FR, dev | EN, held out | FR, held out | held out, 95 % | hand-written | ceiling | ÷ ceiling "
        "| false yes |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    rows = [(name, _share_of(name)) for name in ATTRIBUTES] + [("**all of a prompt**", all_share)]
    return "\n".join(
        [head, *(f"{_row(name, share, made, ceiling)} {yes_share(ceiling, name)} |" for name, share in rows)]
    )


def _share_of(attribute: str) -> Callable[[Sequence[Result]], Share]:
    return lambda results: attribute_share(results, attribute)


def _row(
    name: str, share: Callable[[Sequence[Result]], Share], made: Sequence[Result], ceiling: Sequence[Result]
) -> str:
    composed = [one for one in made if one.family != "free"]
    halves = [
        share([one for one in composed if one.held_out is held and one.language == language])
        for held in (False, True)
        for language in ("en", "fr")
    ]
    held, top = share([one for one in composed if one.held_out]), share(ceiling)
    free = share([one for one in made if one.family == "free"])
    ratio = "–"
    if held.count and top.right:
        ratio = f"{held.right / held.count / (top.right / top.count):.2f}"
    cells = [*map(str, halves), held.interval, str(free), str(top), ratio]
    return f"| {name} | {' | '.join(cells)} |"


def failures(made: Sequence[Result], *, most: int = MOST_FAILURES) -> str:
    """A Markdown list of what went wrong, hand-written prompts first."""
    wrong = sorted((one for one in made if not one.right), key=lambda one: (one.family != "free", one.name))
    lines = [f"- `{one.name}` {one.text} — {_faults(one)}" for one in wrong[:most]]
    if len(wrong) > most:
        lines.append(f"- and {len(wrong) - most} more, in `sceneeval.json`")
    return "\n".join(lines)


def _faults(one: Result) -> str:
    if one.error:
        return one.error
    return "; ".join(
        f"{each.attribute}: wanted {each.wanted}, found {each.found or 'nothing'}"
        for each in one.findings
        if each.right is False
    )


def page(made: Sequence[Result], ceiling: Sequence[Result], causes: str = "") -> str:
    """docs/sceneeval.md; ``causes`` is the table of `engine.evaluate.causes`."""
    unjudged = sum(each.right is None for one in made for each in one.findings)
    missing = f"\n**{unjudged} things could not be judged (Whisper was not installed).**\n" if unjudged else ""
    return PAGE.format(
        count=len(made), free=sum(one.family == "free" for one in made), missing=missing, right=len(ceiling),
        table=table(made, ceiling), failures=failures(made), wrong=sum(not one.right for one in made),
        causes=f"\n{CAUSES}\n{causes}\n" if causes else "",
    )  # fmt: skip


def save(path: Path, made: Sequence[Result], ceiling: Sequence[Result]) -> None:
    """Store an evaluation, one prompt a line."""
    lines = [b",\n".join(msgspec.json.encode(one) for one in results) for results in (made, ceiling)]
    path.write_bytes(b'{"made":[\n' + lines[0] + b'\n],"ceiling":[\n' + lines[1] + b"\n]}\n")


def stored_table(path: Path = STORED) -> str:
    """The table of the committed evaluation, for the model card. Raises ``FileNotFoundError``."""
    store = msgspec.json.decode(path.read_bytes(), type=Store)
    return table(store.made, store.ceiling)


CAUSES = """\
Whose fault? "words misread": the brief does not say what the prompt asks. "judge": in the clip of the same prompt that
is right by construction, the judge calls the same wrong. "clip": neither, so the model's direction, the painter or the
sound (or chance, the judge's or the seed's). Hand-written prompts have no clip right by construction.
"""

PAGE = """\
# SceneEval

Does a clip show and sound like its prompt? {count} prompts in English and French, {free} of them everyday wording
written by hand, the others composed in the manner of GenEval. Composed prompts come in two halves: one for development,
and one *held out*, worded by other templates, with pairs of words (subject with motion, place, colour, partner) that
the first half never combines. `python -m engine.evaluate` makes each clip through the whole engine (words, model,
sound, painter; 5 s, 270 × 480, 12 pictures a second, no encoding) and judges **pictures and waveform**: the judge never
sees the scene, the brief or the tracks.

**What the judge is told besides the clip**: the empty stage, that is the same pictures without the actors (their
shadows, dust and speech bubbles stay), and the light. What differs from it is what was drawn of the actors; who they
are, how many, where, in which colour and how they move is read from those pixels alone. Segmentation so exact is not to
be had from a real camera: figures of this table say what the *engine* shows, not how well an eye would find it.

The oracle is five small networks, fitted on drawings of the art pack and on random scenes
(`python -m engine.evaluate.fit`). One finds the centres of figures that touch each other, one names a figure (82 nouns
and "something else", also where several were taken for one) and how it is turned, one tells place, hour and weather
from the whole picture, one tells a motion from the track so measured, one hears landings and calls. A colour is right
if the thing's pixels look more like the same drawing in that colour, in that light and (where fog is seen) behind some
mist, than in the eleven others. Relations and counts are read from measured positions; on a journey, where the world
goes by, the stage's own way is added. Speech is Whisper base's transcript, in the language of the prompt; a line is
right if at most a quarter of its words is wrong, or of its sounds when both are read aloud ("arc anciel" sounds like
"arc-en-ciel"; any two lines of the prompts differ in two thirds of their sounds). A landing is heard if its sound is
within 0.08 s of the moment at which the thing is seen to stop. A motion must be the likeliest of those that are asked
of such a thing, and standing still.

The **ceiling** is the same judge on {right} clips that are right by construction: what the prompt asks, put together
without understanding, moved by the animator's rules that the model learned from (on such clips, of other chance, the
reader of motions was fitted), and staged by the same rules as every clip, since nobody can find a king whom a clown
hides. What is missing there is the judge's (or the painter's or the sound's) fault, not the model's. "÷ ceiling" is the
held-out share over it.

A judge that always says yes would have a ceiling of 1. **"False yes"** is how often it says so about the same clips to
what they do not show: one too few and one too many, another colour, motion, thing, line, call or setting, a relation
turned around, its two things exchanged (`engine/evaluate/mismatch.py`). Tests show it spoilt clips besides: mirrored,
with colours exchanged, frozen, black, empty, muted, with sounds shifted.
{missing}
{table}

"0.95 of 40" is the share right and how often it was asked. Figures are one run with one seed a prompt.

## What came out wrong ({wrong} prompts)
{causes}
{failures}
"""
