"""`python -m engine.evaluate.fit`: draw pictures and soundtracks, fit the oracle, write weights and card."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.evaluate.fit_ear import fit_ear
from engine.evaluate.fit_eye import fit_find, fit_look
from engine.evaluate.fit_setting import fit_setting
from engine.evaluate.fit_watch import fit_watch, watched
from engine.evaluate.nets import Ear, Find, Look, Setting, Watch
from engine.evaluate.sight import WEIGHTS, Oracle
from engine.evaluate.sprites import bank
from engine.evaluate.vocabulary import classes

SHARES = {"setting": 0.28, "find": 0.36, "look": 0.26, "watch": 0.06, "ear": 0.04}
"""How the time is shared out. Painting sprites and clips and drawing soundtracks come on top."""

SOUNDTRACKS, CLIPS = 420, 1_000
console = Console()


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m engine.evaluate.fit", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1_800.0, help="CPU time to fit for (default 1800)")
    parser.add_argument("--soundtracks", type=int, default=SOUNDTRACKS, help="soundtracks to hear (default 420)")
    parser.add_argument("--clips", type=int, default=CLIPS, help="clips to watch (default 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the eye's weights that are there")
    parser.add_argument("--only", nargs="+", choices=SHARES, help="fit these, keep the others (with --resume)")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    if given.only and not given.resume:
        parser.error("--only keeps the others, so it needs --resume")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)
    fit(
        given.out, seconds=given.seconds, clips=given.clips, soundtracks=given.soundtracks, seed=given.seed,
        resume=given.resume, only=given.only or tuple(SHARES),
    )  # fmt: skip


def fit(
    out: Path, *, seconds: float, clips: int, soundtracks: int, seed: int, resume: bool = False,
    only: Collection[str] = tuple(SHARES),
) -> Oracle:  # fmt: skip
    """Fit the networks named in ``only`` and write all five to ``out``; with ``resume`` the eye goes on.

    A card is written beside them when all were fitted: one that was fitted in parts is told by hand.
    """
    share = {name: seconds * SHARES[name] / sum(SHARES[each] for each in only) for name in only}
    oracle = Oracle.load(out) if resume else Oracle(Setting(), Find(), Look(len(classes())), Watch(), Ear())
    sprites = bank(np.random.default_rng(seed)) if {"find", "look"} & set(only) else []
    steps: dict[str, Callable[[float], Iterator[tuple[Any, ...]]]] = {
        "setting": lambda time: fit_setting(seconds=time, seed=seed, start=oracle.setting if resume else None),
        "find": lambda time: fit_find(sprites, seconds=time, seed=seed + 1, start=oracle.find if resume else None),
        "look": lambda time: fit_look(sprites, seconds=time, seed=seed + 2, start=oracle.look if resume else None),
        "watch": lambda time: fit_watch(
            seconds=time, seed=seed + 4, seen=watched(oracle, clips=clips, seed=seed + 3)
        ),
        "ear": lambda time: fit_ear(soundtracks=soundtracks, seconds=time, seed=seed + 5),
    }  # fmt: skip
    for name in (each for each in SHARES if each in only):
        console.print(f"fitting: {name}")
        setattr(oracle, name, last(steps[name](share[name]), name, share[name]))
    oracle.save(out)
    how = f"`python -m engine.evaluate.fit --seconds {seconds:g} --seed {seed}{' --resume' if resume else ''}`"
    if len(only) == len(SHARES):
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

Five small networks that judge clips of diorama from pictures and sound (`engine/evaluate/nets.py`): `setting` tells
place, hour, weather and style of a picture; `find` finds the figures in what is left of it once the empty stage is
taken away; `look` names one and tells how it is turned; `watch` names the motion of a measured track; `ear` hears
landings and calls. Half precision.

Fitted by {how}
on drawings of the art pack and on random scenes painted and scored by this repository: no recorded material, no
personal data. They know the art pack and nothing else: on any other picture their answers mean nothing. Their ceiling,
the share of clips right by construction that they call right, stands beside every figure in docs/sceneeval.md. Fit them
anew when the painter, the art or the sounds change.
"""


if __name__ == "__main__":
    main()
