"""Scores of the voice match on recordings of many people: what `engine.identity.voice`'s thresholds were chosen from.

``python -m engine.train.voice_scores FOLDER``: each folder below it is one speaker in one language, named
``LANGUAGE--SPEAKER--SOURCE``, and holds their clips in any form FFmpeg reads. Two folders of one SPEAKER are the same
person; two others are different people unless the LANGUAGE is the same, where nobody knows and nothing is counted.
Clips are joined to utterances as long as a capture's, because many are single words.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from engine.identity import voice
from engine.identity.speech import RATE, measure, talk_of

SECONDS = 3.5
"""Of talking in one utterance: six digits read aloud."""
MOST = 8
"""Utterances of one folder, so that no speaker outweighs the others."""
FORMS = {".ogg", ".wav", ".g722", ".gsm", ".mp3", ".opus", ".flac"}


def utterances(folder: Path) -> Iterator[NDArray[np.float32]]:
    """The clips of ``folder`` joined to pieces of `SECONDS` of talking; no clip is in two pieces."""
    piece: list[NDArray[np.float32]] = []
    for path in sorted(each for each in folder.iterdir() if each.suffix in FORMS):
        wave = decoded(path)
        if wave.size < RATE // 10:
            continue
        piece.append(talk_of(wave, measure(wave)))
        if sum(each.size for each in piece) >= SECONDS * RATE:
            yield np.concatenate(piece)
            piece = []


def decoded(path: Path) -> NDArray[np.float32]:
    """Mono at `RATE`; empty where the file holds no sound."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
            parts += resampler.resample(None)
    except (FFmpegError, IndexError):
        return np.zeros(0, np.float32)
    return np.concatenate([np.zeros(0, np.float32), *(np.asarray(p.to_ndarray(), np.float32).ravel() for p in parts)])


def scores(folders: Iterable[Path]) -> dict[str, list[float]]:
    """Cosines of pairs: "genuine" (one folder), "languages" (one person in two) and "impostor" (two people)."""
    known: dict[str, list[NDArray[np.float32]]] = {}
    for folder in folders:
        spoken = [voice.embed(wave, RATE) for _, wave in zip(range(MOST), utterances(folder), strict=False)]
        if len(spoken) > 1:
            known[folder.name] = spoken
            print(f"{folder.name}: {len(spoken)} utterances", file=sys.stderr)
    found: dict[str, list[float]] = {"genuine": [], "languages": [], "impostor": []}
    for spoken in known.values():
        found["genuine"] += [voice.score(one, other) for one, other in combinations(spoken, 2)]
    for (one, ours), (other, theirs) in combinations(known.items(), 2):
        language, person = one.split("--")[:2]
        if person == other.split("--")[1]:
            kind = "languages"
        elif language != other.split("--")[0]:
            kind = "impostor"
        else:
            continue
        found[kind] += [voice.score(mine, yours) for mine in ours for yours in theirs]
    found["speakers"] = [float(len({name.split("--")[1] for name in known}))]
    return found


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    z, share = 1.96, hits / of
    middle, spread = share + z * z / (2 * of), z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return tuple(float(max(0.0, each) / (1 + z * z / of)) for each in (middle - spread, middle + spread))


def table(found: dict[str, list[float]], thresholds: Iterable[float]) -> str:
    """False accepts and rejects at ``thresholds``, as Markdown."""
    genuine, impostor = np.array(found["genuine"]), np.array(found["impostor"])
    lines = ["| threshold | false accepts | 95 % | false rejects | 95 % |", "|---|---|---|---|---|"]
    for threshold in thresholds:
        accepted, rejected = int((impostor >= threshold).sum()), int((genuine < threshold).sum())
        far, frr = wilson(accepted, impostor.size), wilson(rejected, genuine.size)
        lines.append(
            f"| {threshold:.2f} | {accepted / impostor.size:.2%} | {far[0]:.2%} – {far[1]:.2%} "
            f"| {rejected / genuine.size:.2%} | {frr[0]:.2%} – {frr[1]:.2%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    result = scores(sorted(each for each in Path(sys.argv[1]).iterdir() if each.is_dir()))
    Path("voice_scores.json").write_text(json.dumps(result), encoding="utf-8")
    print(f"{result['speakers'][0]:.0f} people", {kind: len(each) for kind, each in result.items()})
    for kind in ("genuine", "languages", "impostor"):
        if result[kind]:
            print(kind, np.round(np.quantile(result[kind], (0, 0.01, 0.05, 0.5, 0.95, 0.99, 1)), 3))
    print(table(result, np.arange(0.65, 0.93, 0.02)))
