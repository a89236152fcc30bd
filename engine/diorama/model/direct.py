"""The director: a brief in, a scene after every sampler step, and the latents a remix starts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from engine.diorama.model.condition import Condition, condition_of, features
from engine.diorama.model.holding import Held, Parent, SourceLatent, hold, inherit, read_parent
from engine.diorama.model.latents import LATENT_FORMAT
from engine.diorama.model.pipeline import GUIDANCE, STEPS, ScenePipeline, draw_cues
from engine.diorama.model.transformer import SceneTransformer
from engine.diorama.scene import Brief, Scene
from engine.errors import BackendUnavailable, InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["WEIGHTS", "Directed", "Director", "SourceLatent"]

WEIGHTS = Path(__file__).parents[1] / "weights"
_LOCAL = {"local_files_only": True, "use_safetensors": True, "low_cpu_mem_usage": False}


@dataclass(frozen=True)
class Directed:
    """The scene as it stands after step ``index`` (from 1) of ``total``.

    Before the last it is what the model expects the end to look like. ``latent`` is filled only when ``final``:
    what `SourceLatent` reads, in `LATENT_FORMAT`.
    """

    index: int
    total: int
    scene: Scene
    final: bool
    latent: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    latent_format: str = LATENT_FORMAT


class Director:
    """The trained pipeline on one device. One `direct` at a time per object."""

    def __init__(self, device: str = "cpu", *, weights: Path = WEIGHTS) -> None:
        """Load the committed weights. Raises `BackendUnavailable` when they are missing or unreadable."""
        try:
            # read part by part: the pipeline's own reader draws a progress bar on stderr for two small files
            transformer = SceneTransformer.from_pretrained(weights / "transformer", **_LOCAL)
            scheduler = FlowMatchEulerDiscreteScheduler.from_pretrained(weights / "scheduler", local_files_only=True)
        except (OSError, ValueError) as error:
            raise BackendUnavailable(
                f"The scene model in {weights.name}/ cannot be read. Run `python -m engine.train` to make it."
            ) from error
        # diffusers types a scheduler's reader as also giving its unused settings, which it does only when asked
        self.pipeline = ScenePipeline(transformer.eval(), scheduler)  # pyright: ignore[reportArgumentType]
        self.pipeline.to(device)

    def direct(
        self,
        brief: Brief,
        *,
        seconds: float,
        seed: int,
        steps: int = STEPS,
        guidance_scale: float = GUIDANCE,
        aspect: float = 9 / 16,
        source: SourceLatent | None = None,
        strength: float = 1.0,
        keep: frozenset[int] = frozenset(),
        keep_camera: bool = False,
        start: NDArray[np.float32] | None = None,
    ) -> Iterator[Directed]:
        """Direct ``brief`` in ``steps`` steps; the last item is the finished scene.

        ``aspect`` is width / height. With ``source``, actors whose part is unchanged keep their movement as far as
        ``strength`` lets them (0: exactly), the others are directed anew and then fitted in. The actors in ``keep``
        (the same index in the source and in the brief) and, with ``keep_camera``, the camera stay exactly as the source
        has them; all else is sampled to fit. ``start`` (n, 8) are poses, such as a parent's last, with which the
        actors begin; NaN where one is free. Raises `InvalidRequest` for a brief without subjects, a latent of
        an unknown format, or something to keep that the source does not have.
        """
        if not brief.subjects:
            raise InvalidRequest("Name at least one person, animal or thing to see.", field="prompt")
        if steps < 1:
            raise InvalidRequest("Choose at least one step.", field="steps")
        condition = condition_of(brief, seconds=seconds, aspect=aspect)
        parent = None if source is None else read_parent(source, condition)
        held = hold(parent, keep, keep_camera=keep_camera, start=start, actors=len(condition.actors))
        generator = _generator(seed)
        like = keep if strength >= 1.0 else frozenset(range(len(condition.actors)))
        cues = inherit(draw_cues(len(condition.actors), generator), parent, like, start)
        condition = replace(condition, cues=cues)
        begin = None
        if parent is not None and strength < 1.0:
            begin = self._begin(condition, parent, seed, steps, guidance_scale)
            if strength <= 0:
                for index in range(1, steps + 1):
                    yield self._directed(brief, condition, seed, begin, index, steps, held)
                return
        for step in self.pipeline.denoise(
            condition, num_inference_steps=steps, guidance_scale=guidance_scale, generator=generator,
            source=None if begin is None else torch.from_numpy(begin), strength=min(strength, 1.0),
            known=held.known(len(condition.actors)),
        ):  # fmt: skip
            shown = step.latents if step.index == step.total else step.clean
            yield self._directed(brief, condition, seed, shown.cpu().numpy(), step.index, step.total, held)

    def _begin(
        self, condition: Condition, parent: Parent, seed: int, steps: int, guidance_scale: float
    ) -> NDArray[np.float32]:
        """The parent's rows where an actor's part is unchanged, freshly sampled rows elsewhere."""
        parts, now = parent.actors, features(condition)["actors"]
        kept = [s for s in range(min(len(parts), len(now))) if np.allclose(parts[s], now[s], atol=1e-5)]
        if len(kept) == len(now) == len(parts):
            return parent.scene
        output = self.pipeline(
            condition, num_inference_steps=steps, guidance_scale=guidance_scale, generator=_generator(seed)
        )
        fresh = output.latents.cpu().numpy()
        fresh[kept] = parent.scene[kept]
        fresh[-1] = parent.scene[-1]
        return fresh

    def _directed(
        self, brief: Brief, condition: Condition, seed: int, latents: NDArray[np.float32], index: int, total: int,
        held: Held,
    ) -> Directed:  # fmt: skip
        tracks, camera = held.finish(condition, latents)
        scene = Scene(brief, condition.seconds, seed, tracks, camera)
        if index < total:
            return Directed(index, total, scene, final=False)
        told = features(condition)
        left = {"scene": latents, "actors": told["actors"], "cues": told["cues"], "tracks": tracks, "camera": camera}
        return Directed(index, total, scene, final=True, latent={name: a.copy() for name, a in left.items()})


def _generator(seed: int) -> torch.Generator:
    """Noise is drawn on the CPU, so that a seed means the same on every device."""
    return torch.Generator("cpu").manual_seed(seed)
