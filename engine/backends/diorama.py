"""The default backend, without GPU or download: a learned director moves drawn art, with sound and speech."""

# ruff: noqa: PLC0415 - what is heavy is imported where it is used, because importing a backend must be cheap
from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.diorama.scene import MOODS, STYLES
from engine.errors import BackendUnavailable
from engine.registry import register
from engine.spec import RECIPE_SCHEMA, Capabilities, Clip, GenerationSpec, Phase, Quality, Step

if TYPE_CHECKING:
    from engine.diorama.model.direct import Directed, Director
    from engine.diorama.remix import Remix
    from engine.diorama.scene import Brief


@register
class Diorama:
    """Understands the prompt, samples a scene by flow matching, scores it, and paints it frame by frame."""

    name = "diorama"
    weights = ""
    capabilities = Capabilities(
        title="Diorama: learned direction, drawn art",
        audio=True,
        first_frame=False,
        cast=True,
        max_cast=2,
        remix_strength=True,
        streaming=True,
        preview=True,
        min_seconds=1.0,
        max_seconds=10.0,
        sizes=((720, 1280), (1280, 720)),
        fps=(24, 30),
        steps=(2, 32),
        styles=STYLES,
        quality_steps={Quality.DRAFT: 4, Quality.STANDARD: 8, Quality.HIGH: 16},
    )

    def __init__(self) -> None:
        self._director: Director | None = None

    def load(self, device: str) -> None:
        """Load the director on ``device`` and the voices. Raises `BackendUnavailable` when a part is missing."""
        try:
            import cv2
            import torch

            from engine.diorama import sound, words
            from engine.diorama.model.direct import WEIGHTS, Director

            if device == "cpu":
                # So small a model's second thread only waits for the first: 15 times the work on a busy machine.
                torch.set_num_threads(1)
            # The painter has its own two threads; OpenCV's pool inside each made a frame dearer.
            cv2.setNumThreads(1)
            self._director = Director(device)
            sound.load()
            words.understand("a cat")  # the sentence encoder and the lexicon load at the first prompt
            importlib.import_module("engine.diorama.paint")
        except (ImportError, FileNotFoundError) as error:
            raise BackendUnavailable(f"A part of diorama is missing: {error}. Install Yume again.") from error
        self.weights = _digest(sorted(path for path in WEIGHTS.rglob("*") if path.is_file()))

    def generate(self, spec: GenerationSpec) -> Iterator[Step | Clip]:
        """Yield one TEXT step, a DENOISE step with a picture for every sampler step, two DECODE steps, the clip."""
        from engine.diorama.cast import load_cast
        from engine.diorama.paint import Painter, drawing_place, preview
        from engine.diorama.remix import Remix, plan
        from engine.diorama.sound import score
        from engine.diorama.words import understand

        if self._director is None:
            raise BackendUnavailable("Diorama has not been loaded.")
        cast = load_cast(spec.cast)
        yield Step(Phase.LOADING, 1, 1)
        seconds, aspect = spec.frame_count / spec.fps, spec.width / spec.height
        if spec.source is None:
            remix = Remix(understand(spec.prompt, style=spec.style, cast=[member.name for member in cast]))
        else:
            remix = plan(spec.source, spec.prompt, style=spec.style, cast=spec.cast, seconds=seconds, aspect=aspect)
        if spec.negative_prompt:
            remix = remix.without(spec.negative_prompt)
        if spec.mood in MOODS:
            remix = replace(remix, brief=replace(remix.brief, mood=spec.mood))
        yield Step(Phase.TEXT, 1, 1)
        directed: Directed | None = None
        for directed in self._director.direct(
            remix.brief,
            seconds=seconds,
            seed=spec.seed,
            steps=self.capabilities.resolve_steps(spec),
            guidance_scale=_guidance(spec),
            aspect=aspect,
            **remix.direction(),
        ):
            side = spec.preview.long_side
            picture = preview(directed.scene, long_side=side, aspect=aspect, time=seconds / 2, cast=cast)
            yield Step(Phase.DENOISE, directed.index, directed.total, picture)
        if directed is None or not directed.final:
            raise RuntimeError("the director left the scene unfinished")
        with drawing_place(directed.scene.brief, spec.width, spec.height):
            soundtrack = score(directed.scene, [member.voice for member in cast])
        yield Step(Phase.DECODE, 1, 2)
        painter = Painter(directed.scene, soundtrack, width=spec.width, height=spec.height, fps=spec.fps, cast=cast)
        yield Step(Phase.DECODE, 2, 2)
        yield Clip(
            frames=painter.frames(),
            waveform=soundtrack.waveform,
            sample_rate=soundtrack.sample_rate,
            recipe=self._recipe(spec, remix),
            latent=directed.latent,
            latent_format=directed.latent_format,
        )

    def _recipe(self, spec: GenerationSpec, remix: Remix) -> dict[str, Any]:
        brief = remix.brief
        subjects = [{"word": each.word, "art": each.art, "nearest": each.nearest} for each in brief.subjects]
        recipe: dict[str, Any] = {
            "schema": RECIPE_SCHEMA,
            "backend": self.name,
            "weights": self.weights,
            "seed": spec.seed,
            "steps": self.capabilities.resolve_steps(spec),
            "guidance_scale": _guidance(spec),
            "spec": _shareable(spec),
            "language": brief.language,
            "subjects": subjects,
            "place": brief.place,
            "time": brief.time,
            "weather": brief.weather,
            "camera": brief.camera,
            "style": brief.style,
            "mood": brief.mood,
            "motions": [list(each.motions) for each in brief.subjects],
            "lines": [{"text": each.text, "language": each.language, "speaker": each.speaker} for each in brief.lines],
            "unsupportedTerms": list(brief.unsupported),
            "nearest": dict(brief.nearest),
            "assets": _asset_hashes(brief),
            "cast": [{"cameo": each.cameo_id, "version": each.version} for each in spec.cast],
            "brief": msgspec.to_builtins(brief),
        }
        if spec.source is not None:
            recipe["remix"] = remix.told(spec.source)
        return recipe


def _guidance(spec: GenerationSpec) -> float:
    from engine.diorama.model.pipeline import GUIDANCE

    return GUIDANCE if spec.guidance_scale is None else spec.guidance_scale


def _shareable(spec: GenerationSpec) -> dict[str, Any]:
    """``spec`` without what is private or a path of one job's folder: likenesses and the parent's latent."""
    kept = msgspec.structs.replace(spec, cast=(), source=None, first_frame=None, last_frame=None)
    return {name: value for name, value in msgspec.to_builtins(kept).items() if name not in {"cast", "source"}}


def _asset_hashes(brief: Brief) -> dict[str, str]:
    from engine.diorama.art.pack import PACK, asset, reel_path

    found: dict[str, str] = {}
    for art in (each.art for each in brief.subjects):
        moving = (reel_path(one) for one in (art, *asset(art).acts.values()))
        found[art] = _digest([PACK / f"{art}.webp", *(path for path in moving if path.is_file())])
    return found


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
