"""The model card: what was trained, on what, how well it does what it is told, and what it cannot do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from engine.diorama.scene import KEYS
from engine.evaluate.report import STORED, stored_table
from engine.train.measure import Adherence, share

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "training.json"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """How the weights came to be, all runs added up.

    ``seconds`` is CPU time with drawing the data, ``loss`` the last mean, ``seed`` and ``threads`` the last run's.
    """

    scenes: int
    seconds: float
    steps: int
    samples: int
    loss: float
    seed: int
    threads: int
    runs: int = 1
    how: str = ""


@dataclass(frozen=True)
class Figures:
    """Adherence of the training scenes themselves and of the model; ``raw`` is seen combinations unprojected.

    Each row rests on ``cases``. ``milliseconds`` are for two and six actors, ``quick`` is half the steps, ``varieties``
    (drawn, model) the distance between seeds, ``wobble`` the one between step counts, ``landings`` (drawn, model) keys
    between a felt landing and the foot's.
    """

    drawn: Adherence
    raw: Adherence
    seen: Adherence
    unseen: Adherence
    cases: int
    milliseconds: tuple[float, float]
    parameters: int
    sampler_steps: int
    guidance: float
    quick: Adherence
    varieties: tuple[float, float]
    wobble: float
    landings: tuple[float, float]


def added(past: Record, last: Record) -> Record:
    """The record of weights trained by ``past`` and then on by ``last``."""
    sums = {
        name: getattr(past, name) + getattr(last, name) for name in ("scenes", "seconds", "steps", "samples", "runs")
    }
    return msgspec.structs.replace(last, **sums)


def save_record(folder: Path, record: Record) -> None:
    """Write ``record`` beside the weights."""
    (folder / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")


def load_record(folder: Path) -> Record:
    """Read the record beside the weights. Raises ``FileNotFoundError``."""
    return msgspec.json.decode((folder / RECORD).read_bytes(), type=Record)


def write_card(folder: Path, record: Record, figures: Figures) -> None:
    """Write ``README.md`` beside the weights."""
    drawn, raw, seen, unseen = figures.drawn, figures.raw, figures.seen, figures.unseen
    text = CARD.format(
        parameters=f"{figures.parameters / 1e6:.2f}", two=f"{figures.milliseconds[0]:.0f}",
        six=f"{figures.milliseconds[1]:.0f}", **_fields(record), cases=figures.cases,
        sampler_steps=figures.sampler_steps, guidance=figures.guidance, half=figures.sampler_steps // 2,
        quick=f"{figures.quick.motion:.2f}", drawn_variety=f"{figures.varieties[0]:.3f}",
        variety=f"{figures.varieties[1]:.3f}", wobble=f"{figures.wobble:.3f}",
        drawn_landing=f"{figures.landings[0]:.2f}", landing=f"{figures.landings[1]:.2f}",
        key=f"{1000 * 5 / (KEYS - 1):.0f}",
        overall=_table([("motions", drawn.motion, raw.motion, seen.motion, unseen.motion),
                        ("relations", drawn.relation, raw.relation, seen.relation, unseen.relation),
                        ("motions nobody asked for", drawn.chance, raw.chance, seen.chance, unseen.chance)]),
        motions=_table(_rows(drawn.motions, raw.motions, seen.motions, unseen.motions)),
        relations=_table(_rows(drawn.relations, raw.relations, seen.relations, unseen.relations)),
        sceneeval=sceneeval(),
    )  # fmt: skip
    (folder / "README.md").write_text(text, encoding="utf-8")


def sceneeval(stored: Path = STORED) -> str:
    """The card's section on whole clips; says so where no evaluation is committed."""
    told = stored_table(stored) if stored.exists() else "Not evaluated."
    return SCENEEVAL.format(table=told)


def _fields(record: Record) -> dict[str, object]:
    return {**msgspec.structs.asdict(record), "seconds": f"{record.seconds:.0f}", "loss": f"{record.loss:.3f}"}


def _rows(*columns: dict[str, list[bool]]) -> list[tuple[str, *tuple[float, ...]]]:
    names = sorted({name for column in columns for name in column})
    return [(name, *(share(column.get(name, [])) for column in columns)) for name in names]


def _table(rows: list[tuple[str, *tuple[float, ...]]]) -> str:
    head = [
        "| | drawn by the generator | model, unprojected | model, seen | model, held out |",
        "|---|---|---|---|---|",
    ]
    cells = [[name, *("–" if math.isnan(v) else f"{v:.2f}" for v in values)] for name, *values in rows]
    return "\n".join(head + [f"| {' | '.join(row)} |" for row in cells])


SCENEEVAL = """\
## What the clips show (SceneEval)

Whole clips of prompts, from words to pixels and sound, judged by `python -m engine.evaluate` (docs/sceneeval.md says
how, and what the judge is told). So errors of understanding, painting and judging count here too; the ceiling is the
judge on clips that are right by construction.

{table}
"""

CARD = """\
---
license: apache-2.0
library_name: diffusers
---

# diorama scene model

A conditional flow-matching transformer ({parameters} M parameters) whose latents are a *scene*: for up to six actors
64 key poses of position, scale, rotation, squash, facing, opacity and impact, and the camera's path. It reads
structure (motions, relations, kinds, sizes, camera, weather, mood, length, aspect), not words and not pictures; sound
and paint are made from the scene by other parts. Sampling takes {sampler_steps} Euler steps with guidance
{guidance:g}: {two} ms of CPU time for two actors, {six} ms for six, one thread.

Made with `engine.train`{how}: {scenes} scenes drawn by `engine/train/scenes.py` (an animator's rules with chance in
them: no recorded material, no personal data), {seconds} s of CPU time in {runs} run(s) (the later ones with `--resume`)
on {threads} thread(s), {steps} steps, {samples} samples seen, last mean loss {loss}, seed {seed}. Training stops
after a number of steps; *sampling* is exact: same weights, condition, seed and steps give the same scene.

## What it is told

For each actor its motions, relation, target, kind and size; for every key which motion it belongs to, how far through
it that is, and the phase of the motion's cycle (`engine/diorama/model/clock.py`); for actors that are related, each
other's noisy poses; and a *cue*: the way it sets off and its place from left to right. The seed's first numbers are
the cues, the next ones the noise. A model trained for 1500 steps without cues was seen to end between two good
answers (half to the left, half to the right) on orbits and chases. No ablation tells how much of the figures each of
these brings.

## Does it do what it is told?

An analytic reading of the tracks (`engine/train/adherence.py`) looks for the signs of each motion and relation. "Held
out" are combinations (of successive motions, of a motion with a relation) that training never showed. The reading is
a set of necessary signs, so its last row counts how often a motion is read that nobody asked for. The first column
is the ceiling: the training scenes themselves, read the same way. Every row rests on {cases} cases.

{overall}

With {half} steps instead of {sampler_steps}, motions read {quick} (seen, projected).

Different seeds: the paths of the same actor under two seeds are {variety} of the frame apart on average (drawn by the
generator: {drawn_variety}); the same seed sampled with twice the steps moves them by {wobble}. Landings: what the model
feels as one lies {landing} keys from where the foot comes down, before any correction (drawn: {drawn_landing}; a key of
a 5 s clip is {key} ms).

Read the figures with care. They do not compare with cards before the cues: the reading now leaves out the 0.45 s in
which one motion takes over from another, an idle is judged by its steady size, and things of the sky need not be
farther up the ground to be behind something. The reading's limits were set by looking at the generator's scenes;
guidance and projection were chosen while looking at results on these same measuring seeds, held-out ones included, so
"held out" means unseen in training, not unseen in development. For relations the projection enforces much the same
inequalities that the reading checks: the last two columns show that the correction works, the unprojected column what
the model learned. A control with earlier weights made it plain: after 34 training steps they read 0.10 on motions but
0.80 on relations (seen, projected; 0.12 and 0.12 unprojected). So the motions are learned; the relations are partly
projected.

### Motions

{motions}

### Relations

{relations}

"chasing" and "orbit" include the motions chase and orbit with a target.

{sceneeval}
## What is corrected afterwards

`engine/diorama/model/projection.py` projects every sample onto valid scenes: ranges, frame, ground, key noise, one
sharp impact where the foot is lowest, a still camera where none was asked to move, and every relation but orbit made
exact by shifts. While an actor acts on the spot it is kept from sliding, a roll turns as far as it travels. `crowd.py`
beside it makes room: four and more stand in two rows or fly in tiers, each with less of a way to go, strangers are
shifted apart, and all become smaller until they are (or larger, where the model made a crowd small). So where six stand
and how large they are is its doing; who is left or right and how they move is the model's. Only the correction knows
how broad a picture is: the model takes everybody for as broad as tall. The column "unprojected" is the sample as it
leaves the model, on seen combinations; the columns to its right are what a clip gets.

## What it cannot do

Six actors, three successive motions each, one relation each; no limbs (the painter adds them); motions quicker than
about a sixth of the key rate (64 keys over the clip) are slowed. With four or more actors relations are less reliable.
"""
