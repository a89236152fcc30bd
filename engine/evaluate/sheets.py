"""`python -m engine.evaluate.sheets`: six stills each of twelve prompts, for people to look at (docs/stills.md)."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from engine.diorama import sound
from engine.diorama.paint.painter import Painter
from engine.diorama.words import understand
from engine.evaluate.render import directed

DOCS = Path(__file__).parents[2] / "docs"
WIDTH, HEIGHT = 405, 720
MOMENTS = (0.06, 0.25, 0.42, 0.6, 0.78, 0.95)
"""When the stills are taken, in shares of the clip."""

QUALITY = 78
SEED = 7

PROMPTS = {
    "fox": "A red fox jumps over a log in the rain at night and says 'bonjour'",
    "astronaut": 'An astronaut dances on the moon and says "I could stay here all night"',
    "dragon": "A dragon flies over a castle at sunset, watercolour style",
    "chase": "A dog chasing a ball on the beach",
    "robots": "Three robots dancing on a stage, neon style",
    "boat": "A boat on the sea in a thunderstorm",
    "elephant": "Un éléphant rose en équilibre sur un ballon dans un stade",
    "chat": "Un chat dit « j'ai faim » dans une cuisine, puis saute",
    "pingouins": "Quatre pingouins glissent sur un glacier sous la neige",
    "sorcier": "Un magicien fait coucou dans une forêt à l'aube, pâte à modeler",
    "fusee": "Une fusée vole dans l'espace, zoom arrière",
    "requin": "Un requin poursuit un poisson jaune sous l'eau",
}


def sheet(prompt: str, *, seed: int = SEED, seconds: float = 5.0) -> NDArray[np.uint8]:
    """(HEIGHT, 6 × WIDTH, 3) uint8 BGR: stills of the clip that ``prompt`` makes."""
    scene = directed(understand(prompt), seed=seed, seconds=seconds)
    painter = Painter(scene, sound.score(scene), width=WIDTH, height=HEIGHT, fps=24)
    return np.hstack([painter.still(share * seconds).copy() for share in MOMENTS])


def main() -> None:
    """Write every sheet and their page."""
    folder = DOCS / "stills"
    folder.mkdir(parents=True, exist_ok=True)
    for name, prompt in track(PROMPTS.items(), description="sheets"):
        done, data = cv2.imencode(".webp", sheet(prompt), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
        if not done:
            raise OSError(f"cannot encode {name}.webp")
        (folder / f"{name}.webp").write_bytes(data.tobytes())
    parts = [f"**{prompt}**\n\n![{prompt.replace('[', '(')}](stills/{name}.webp)\n" for name, prompt in PROMPTS.items()]
    (DOCS / "stills.md").write_text(f"{HEAD}\n{chr(10).join(parts)}", encoding="utf-8")


HEAD = f"""\
# Stills

Six moments of the clips of twelve prompts, as diorama makes them (5 s, seed {SEED}, nothing chosen by hand). Made by
`python -m engine.evaluate.sheets`.
"""

if __name__ == "__main__":
    main()
