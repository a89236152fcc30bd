"""The sampler as a diffusers pipeline: condition in, scene latents out, every step visible."""
# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from diffusers.utils.outputs import BaseOutput
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from engine.diorama.model.condition import Condition, Cue, cues_of, features
from engine.diorama.model.latents import CHANNELS
from engine.diorama.model.transformer import SceneTransformer
from engine.diorama.scene import KEYS

STEPS = 8
GUIDANCE = 1.8


@dataclass
class Estimate:
    """After one step: its number (from 1) of ``total``, the noisy ``latents`` and the ``clean`` ones expected.

    Both are (n + 1, KEYS, CHANNELS). After the last step they are the same.
    """

    index: int
    total: int
    latents: Tensor
    clean: Tensor


@dataclass(frozen=True)
class Known:
    """Parts of the scene that sampling must leave as they are: ``latents`` and a ``mask`` that is 1 where they hold.

    Both (n + 1, KEYS, CHANNELS). At every step the known parts are put back, noised to the step's level, so that the
    rest is drawn to fit them (inpainting as in RePaint, Lugmayr et al. 2022, without its resampling).
    """

    latents: Tensor
    mask: Tensor


@dataclass
class SceneOutput(BaseOutput):
    """``latents`` (n + 1, KEYS, CHANNELS) of the finished scene."""

    latents: Tensor


class ScenePipeline(DiffusionPipeline):
    """Rectified flow over scene latents with classifier-free guidance."""

    model_cpu_offload_seq = "transformer"
    _callback_tensor_inputs = ["latents", "clean"]  # noqa: RUF012 - the name and kind diffusers looks for

    def __init__(self, transformer: SceneTransformer, scheduler: FlowMatchEulerDiscreteScheduler) -> None:
        super().__init__()
        self.register_modules(transformer=transformer, scheduler=scheduler)

    @torch.no_grad()
    def __call__(
        self,
        condition: Condition,
        *,
        num_inference_steps: int = STEPS,
        guidance_scale: float = GUIDANCE,
        generator: torch.Generator | None = None,
        source: Tensor | None = None,
        strength: float = 1.0,
        known: Known | None = None,
        callback_on_step_end: Callable[[Any, int, Any, dict[str, Tensor]], Any] | None = None,
    ) -> SceneOutput:
        """Sample to the end; the callback sees ``latents`` and ``clean`` after every step."""
        latents = source
        for step in self.denoise(
            condition, num_inference_steps=num_inference_steps, guidance_scale=guidance_scale, generator=generator,
            source=source, strength=strength, known=known,
        ):  # fmt: skip
            latents = step.latents
            if callback_on_step_end is not None:
                timestep = self.scheduler.timesteps[step.index - 1]
                callback_on_step_end(self, step.index - 1, timestep, {"latents": latents, "clean": step.clean})
        self.maybe_free_model_hooks()
        assert latents is not None
        return SceneOutput(latents)

    @torch.no_grad()
    def denoise(
        self,
        condition: Condition,
        *,
        num_inference_steps: int = STEPS,
        guidance_scale: float = GUIDANCE,
        generator: torch.Generator | None = None,
        source: Tensor | None = None,
        strength: float = 1.0,
        known: Known | None = None,
    ) -> Iterator[Estimate]:
        """Sample step by step. With ``source`` (latents), start from it, noised to ``strength`` (0 … 1].
        Without cues in ``condition``, the generator's first numbers make them.

        What is ``known`` is held throughout. Stopping the iteration stops the work: nothing is computed ahead.
        """
        device = self._execution_device
        if not condition.cues:
            condition = replace(condition, cues=draw_cues(len(condition.actors), generator))
        told = {k: torch.from_numpy(v)[None].to(device) for k, v in features(condition).items()}
        shape = (1, len(condition.actors) + 1, KEYS, CHANNELS)
        noise = randn_tensor(shape, generator=generator, device=device)
        latents = noise if source is None else (1 - strength) * source[None].to(device) + strength * noise
        first = 1.0 if source is None else strength
        sigmas = np.linspace(first, first / num_inference_steps, num_inference_steps)
        self.scheduler.set_timesteps(sigmas=sigmas.tolist(), device=device)
        for i, timestep in enumerate(self.scheduler.timesteps):
            sigma = self.scheduler.sigmas[i]
            latents = _hold(latents, known, noise, sigma)
            velocity = self._guided(latents, sigma, told, guidance_scale)
            clean = _hold(latents - sigma * velocity, known, noise, 0.0)
            latents = self.scheduler.step(velocity, timestep, latents, return_dict=False)[0]
            latents = _hold(latents, known, noise, self.scheduler.sigmas[i + 1])
            yield Estimate(i + 1, num_inference_steps, latents[0], clean[0])

    def _guided(self, latents: Tensor, sigma: Tensor, told: dict[str, Tensor], scale: float) -> Tensor:
        if scale == 1.0:
            return self.transformer(latents, sigma[None], told)
        both = {k: v.expand(2, *v.shape[1:]) for k, v in told.items()}
        keep = torch.tensor([1.0, 0.0], device=latents.device)
        asked, free = self.transformer(latents.expand(2, -1, -1, -1), sigma.expand(2), both, keep).chunk(2)
        return free + scale * (asked - free)


def draw_cues(actors: int, generator: torch.Generator | None) -> tuple[Cue, ...]:
    """A cue for each actor from the next numbers of ``generator``."""
    return cues_of(torch.rand((actors, 2), generator=generator).numpy())


def _hold(latents: Tensor, known: Known | None, noise: Tensor, sigma: Tensor | float) -> Tensor:
    """``latents`` with the known parts put back at noise level ``sigma``."""
    if known is None:
        return latents
    mask = known.mask[None].to(latents)
    return torch.lerp(latents, torch.lerp(known.latents[None].to(latents), noise, sigma), mask)
