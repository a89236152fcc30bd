"""`python -m engine.evaluate.fit`: draw pictures and soundtracks, fit the oracle, write weights and card."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.evaluate.fit_ear import fit_ear
from engine.evaluate.fit_eye import fit_glance, fit_look
from engine.evaluate.fit_watch import fit_watch, watched
from engine.evaluate.nets import Ear, Watch
from engine.evaluate.sight import WEIGHTS, Oracle

SHARES = {"glance": 0.42, "look": 0.38, "watch": 0.12, "ear": 0.08}
"""How the time is shared out. Painting clips to watch and drawing soundtracks come on top."""

SOUNDTRACKS, CLIPS = 420, 300
console = Console()


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m engine.evaluate.fit", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1_500.0, help="CPU time to fit for (default 1500)")
    parser.add_argument("--soundtracks", type=int, default=SOUNDTRACKS, help="soundtracks to hear (default 420)")
    parser.add_argument("--clips", type=int, default=CLIPS, help="clips to watch (default 300)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the eye's weights that are there")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)
    fit(
        given.out, seconds=given.seconds, clips=given.clips, soundtracks=given.soundtracks, seed=given.seed,
        resume=given.resume,
    )  # fmt: skip


def fit(out: Path, *, seconds: float, clips: int, soundtracks: int, seed: int, resume: bool = False) -> Oracle:
    """Fit all four networks and write them to ``out`` with a card beside it; with ``resume`` the eye goes on."""
    start = Oracle.load(out) if resume else None
    glance = last(
        fit_glance(seconds=seconds * SHARES["glance"], seed=seed, start=start.glance if start else None), "glance",
        seconds * SHARES["glance"],
    )  # fmt: skip
    look = last(
        fit_look(seconds=seconds * SHARES["look"], seed=seed + 1, start=start.look if start else None), "look",
        seconds * SHARES["look"],
    )  # fmt: skip
    console.print(f"watching {clips} clips")
    seen = watched(Oracle(glance, look, Watch(), Ear()), clips=clips, seed=seed + 4)
    watch = last(
        fit_watch(seconds=seconds * SHARES["watch"], seed=seed + 2, seen=seen), "watch", seconds * SHARES["watch"]
    )
    ear_seconds = seconds * SHARES["ear"]
    ear = last(fit_ear(soundtracks=soundtracks, seconds=ear_seconds, seed=seed + 3), "ear", ear_seconds)
    oracle = Oracle(glance, look, watch, ear)
    oracle.save(out)
    how = f"`python -m engine.evaluate.fit --seconds {seconds:g} --seed {seed}{' --resume' if resume else ''}`"
    (out.parent / "README.md").write_text(CARD.format(how=how), encoding="utf-8")
    return oracle


def last(steps: Iterator[tuple[Any, ...]], label: str, seconds: float) -> Any:
    """Run a fit to its end under a progress bar; the network of its last step."""
    network = None
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(label, total=seconds)
        for told, *figures, network in steps:  # noqa: B007 - the last one is returned
            spent, right = (told, figures[0]) if isinstance(told, float) else (told.seconds, told.right)
            bar.update(task, completed=spent, description=f"{label}: {right:.2f}")
    if network is None:
        raise ValueError("no time to fit: give it more seconds")
    return network


CARD = """\
---
license: apache-2.0
---

# SceneEval's oracle

Four small networks that judge clips of diorama from pictures and sound (`engine/evaluate/nets.py`): `glance` finds
figures and tells place, hour, weather and style; `look` names a figure, its colour and pose; `watch` names the motion
of a measured track; `ear` hears landings and calls. Half precision, 2.2 MB.

Fitted by {how}
on random scenes painted and scored by this repository: no recorded material, no personal data. They know the art pack
and nothing else: on any other picture their answers mean nothing. Their ceiling, the share of clips right by
construction that they call right, stands beside every figure in docs/sceneeval.md. Fit them anew when the painter, the
art or the sounds change.
"""


if __name__ == "__main__":
    main()
