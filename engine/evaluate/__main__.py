"""`python -m engine.evaluate`: make and judge every prompt's clip, measure the oracle's ceiling, write the tables."""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.evaluate import causes, report, results
from engine.evaluate.hearing import RecogniserMissing, Whisper
from engine.evaluate.judge import judge
from engine.evaluate.mismatch import mismatched
from engine.evaluate.prompts import Prompt, composed, free
from engine.evaluate.render import Clip, drawn, made
from engine.evaluate.sight import oracle

DOCS = Path(__file__).parents[2] / "docs"
console = Console()


def chosen(limit: int | None) -> list[Prompt]:
    """All prompts, or ``limit`` of them spread evenly."""
    prompts = composed() + free()
    if limit is None or limit >= len(prompts):
        return prompts
    return [prompts[index * len(prompts) // limit] for index in range(limit)]


def evaluate(
    prompts: Sequence[Prompt], source: Callable[..., Clip], path: Path, whisper: Whisper | None, label: str, *,
    against: bool = False,
) -> list[results.Result]:  # fmt: skip
    """Judge ``source``'s clip of each prompt, with ``against`` also by what it does not show.

    What ``path`` already holds is not done again.
    """
    known = {one.name: one for one in results.load(path)}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        for prompt in bar.track(prompts, description=label):
            if prompt.name not in known:
                known[prompt.name] = one_result(prompt, source, whisper, against=against)
                results.append(path, known[prompt.name])
    return [known[prompt.name] for prompt in prompts]


def one_result(
    prompt: Prompt, source: Callable[..., Clip], whisper: Whisper | None, *, against: bool = False
) -> results.Result:
    """Make and judge one clip; its seed comes from the prompt's name."""
    seed = zlib.crc32(prompt.name.encode()) % 10_000
    try:
        clip = source(prompt, seed=seed)
    except Exception as error:  # noqa: BLE001 - a prompt that breaks the engine is a result: it counts as wrong
        return results.failure(prompt, seed, error)
    asks = prompt.asks + (mismatched(prompt) if against else ())
    verdicts = judge(replace(prompt, asks=asks), clip, oracle(), whisper)
    return results.result(prompt, seed, verdicts[: len(prompt.asks)], verdicts[len(prompt.asks) :])


def recogniser() -> Whisper | None:
    """Whisper, or None after saying loudly that speech will not be judged."""
    try:
        return Whisper()
    except RecogniserMissing as missing:
        console.print(f"[bold red]{missing.message}[/]")
        return None


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m engine.evaluate", description=__doc__)
    parser.add_argument("--limit", type=int, metavar="N", help="only N prompts, spread evenly; docs/ stays as it is")
    parser.add_argument("--resume", action="store_true", help="go on from the results that are there")
    parser.add_argument("--out", type=Path, default=Path("build/sceneeval"), help="folder of the results")
    parser.add_argument("--no-ceiling", action="store_true", help="leave the oracle's ceiling out")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    paths = [given.out / f"{name}.jsonl" for name in ("made", "ceiling")]
    if not given.resume:
        for path in paths:
            path.unlink(missing_ok=True)
    whisper, prompts = recogniser(), chosen(given.limit)
    found = evaluate(prompts, made, paths[0], whisper, "clips")
    top: list[results.Result] = []
    if not given.no_ceiling:
        top = evaluate(
            [one for one in prompts if one.family != "free"], drawn, paths[1], whisper, "ceiling", against=True
        )
    console.print(report.table(found, top), markup=False, soft_wrap=True)
    blame = causes.table(causes.counted(prompts, found, top))
    where = given.out if given.limit or given.no_ceiling else DOCS
    (where / "sceneeval.md").write_text(report.page(found, top, blame), encoding="utf-8")
    report.save(where / "sceneeval.json", found, top)
    console.print(f"Written to {where / 'sceneeval.md'}.")


if __name__ == "__main__":
    main()
