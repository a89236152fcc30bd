"""The denoiser: a small diffusion transformer over groups of key poses of every actor and the camera."""
# pyright: basic

from __future__ import annotations

import math

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.diorama.model.condition import ACTOR_FEATURES, BEAT_FEATURES, CUE_FEATURES, GROUP, GROUPS, WORLD_FEATURES
from engine.diorama.model.latents import CHANNELS
from engine.diorama.scene import SLOTS

LEAST_SIGMA = 0.04
"""Where the velocity is derived from the clean estimate, noise levels below this count as this much."""


class Block(nn.Module):
    """Attention and MLP, each scaled, shifted and gated for every token by what that token is told (adaLN-single)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.table = nn.Parameter(torch.zeros(6, width))
        with torch.no_grad():
            self.table[2::3] = 1.0  # gates start open: a short training cannot afford to open them first
            self.out.weight.mul_(0.3)
            self.narrow.weight.mul_(0.3)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """(B, N, D) tokens and (B, N, 6, D) modulation → (B, N, D)."""
        batch, length, width = x.shape
        scale1, shift1, gate1, scale2, shift2, gate2 = (told + self.table).unbind(dim=2)
        h = F.layer_norm(x, (width,)) * (1 + scale1) + shift1
        q, k, v = self.qkv(h).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # (B, H, N, D/H)
        q, k = F.rms_norm(q, q.shape[-1:]), F.rms_norm(k, k.shape[-1:])
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        x = x + gate1 * self.out(attended)
        h = F.layer_norm(x, (width,)) * (1 + scale2) + shift2
        return x + gate2 * self.narrow(F.gelu(self.widen(h), approximate="tanh"))


class SceneTransformer(ModelMixin, ConfigMixin):
    """Predicts the flow's velocity (noise − scene) at a noise level, given what each actor should do.

    A token is `GROUP` successive key poses of one actor or of the camera. The network's head estimates the clean
    scene and the velocity follows from it: scenes are smooth, noise is not, and a small network draws the first.
    """

    _no_split_modules = ["Block"]  # noqa: RUF012 - the name and kind diffusers looks for
    _repeated_blocks = ["Block"]  # noqa: RUF012

    @register_to_config
    def __init__(self, width: int = 128, depth: int = 4, heads: int = 4) -> None:
        super().__init__()
        patch = GROUP * CHANNELS
        self.patch_in = nn.Linear(patch, width)
        self.actor_in = nn.Linear(ACTOR_FEATURES + CUE_FEATURES, width)
        self.target_in = nn.Linear(ACTOR_FEATURES + CUE_FEATURES, width)
        self.follower_in = nn.Linear(ACTOR_FEATURES + CUE_FEATURES, width, bias=False)
        self.target_patch_in = nn.Linear(patch, width, bias=False)
        self.follower_patch_in = nn.Linear(patch, width, bias=False)
        self.beat_in = nn.Linear(BEAT_FEATURES, width)
        self.world_in = nn.Linear(WORLD_FEATURES, width)
        self.when = nn.Parameter(torch.randn(GROUPS, width) * 0.2)
        self.who = nn.Parameter(torch.randn(SLOTS + 1, width) * 0.2)
        self.role = nn.Parameter(torch.randn(2, width) * 0.2)
        self.time_in = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))
        self.modulate = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.last = nn.Linear(width, 2 * width)
        self.patch_out = nn.Linear(width, patch)
        for layer in (self.modulate, self.last, self.patch_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, latents: Tensor, sigma: Tensor, condition: dict[str, Tensor], keep: Tensor | None = None
    ) -> Tensor:
        """Velocity, shaped as ``latents`` (B, n + 1, KEYS, CHANNELS).

        ``sigma`` (B,) is the noise level 0 … 1; ``condition`` the stacked arrays of `condition.features`; rows whose
        ``keep`` (B,) is 0 are denoised without it.
        """
        clean = self.estimate(latents, sigma, condition, keep)
        return (latents - clean) / sigma.clamp_min(LEAST_SIGMA)[:, None, None, None]

    def estimate(self, latents: Tensor, sigma: Tensor, condition: dict[str, Tensor], keep: Tensor | None) -> Tensor:
        """The clean scene expected behind ``latents``; arguments as in `forward`."""
        batch, rows = latents.shape[:2]
        keep = torch.ones_like(sigma) if keep is None else keep
        actors = torch.cat([condition["actors"], condition["cues"]], dim=-1) * keep[:, None, None]  # (B, n, A)
        bonds = _bonds(condition["targets"], keep)  # (B, n, n)
        followed = bonds.transpose(1, 2)
        cards = self.actor_in(actors) + self.target_in(bonds @ actors) + self.follower_in(followed @ actors)
        cards = cards + self.who[: rows - 1]  # (B, n, D)
        world = self.world_in(condition["world"] * keep[:, None])  # (B, D)
        beats = self.beat_in(condition["beats"] * keep[:, None, None, None])  # (B, n, G, D)
        context = torch.cat([cards[:, :, None] + beats, world[:, None, None].expand(-1, 1, GROUPS, -1)], dim=1)
        who = torch.cat([self.who[: rows - 1], self.who[-1:]])
        noisy = latents.reshape(batch, rows, GROUPS, -1)
        drawn = noisy[:, :-1].flatten(2)  # (B, n, G · P)
        near = self.target_patch_in((bonds @ drawn).unflatten(2, (GROUPS, -1)))
        near = near + self.follower_patch_in((followed @ drawn).unflatten(2, (GROUPS, -1)))
        patches = self.patch_in(noisy) + F.pad(near, (0, 0, 0, 0, 0, 1))  # the camera is tied to nobody
        place = (context + self.when + who[:, None]).flatten(1, 2)  # (B, rows · G, D)
        place = torch.cat([place, cards + self.role[0], world[:, None] + self.role[1]], dim=1)
        x = place + F.pad(patches.flatten(1, 2), (0, 0, 0, rows))
        c = F.silu(place + world[:, None] + self.time_in(_fourier(sigma).to(world.dtype))[:, None])
        told = self.modulate(c).unflatten(-1, (6, -1))
        for block in self.blocks:
            x = block(x, told)
        shown = rows * GROUPS
        scale, shift = self.last(c[:, :shown]).chunk(2, dim=-1)
        x = F.layer_norm(x[:, :shown], x.shape[-1:]) * (1 + scale) + shift
        return self.patch_out(x).reshape(latents.shape)


def _bonds(targets: Tensor, keep: Tensor) -> Tensor:
    """(B, n, n): 1 where the row's actor relates to the column's; nobody does where ``keep`` is 0."""
    slots = torch.arange(targets.shape[1], device=targets.device)
    return (targets[..., None] == slots).to(keep.dtype) * keep[:, None, None]


def _fourier(sigma: Tensor) -> Tensor:
    """(B, 64) sines and cosines of the noise level."""
    rates = torch.exp(-math.log(300.0) * torch.arange(32, device=sigma.device) / 32)
    angles = sigma[:, None].float() * 30 * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def parameters_of(model: nn.Module) -> int:
    """Number of weights."""
    return sum(p.numel() for p in model.parameters())
