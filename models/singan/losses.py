"""The adversarial losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.singan.network import Discriminator
from models.singan.presets import Preset


def discriminator_loss(real: Tensor, fake: Tensor, loss: str) -> Tensor:
    """What the discriminator minimises, of its scores of real and of generated patches."""
    if loss == "hinge":
        return F.relu(1 - real.float()).mean() + F.relu(1 + fake.float()).mean()
    return fake.float().mean() - real.float().mean()


def gradient_penalty(
    discriminator: Discriminator, real: Tensor, fake: Tensor, preset: Preset, random: torch.Generator
) -> Tensor:
    """R1 (Mescheder et al. 2018) at the exemplar, or WGAN-GP (Gulrajani et al. 2017) on the way to a fake."""
    if preset.loss == "hinge":
        at = real.detach().clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(discriminator(at).sum(), at, create_graph=True)
        return preset.penalty / 2 * preset.penalty_every * slope.square().sum() / at[:, 0].numel()
    share = torch.rand((len(fake), 1, 1, 1), generator=random)
    at = (share * real + (1 - share) * fake.detach()).requires_grad_(True)
    (slope,) = torch.autograd.grad(discriminator(at).sum(), at, create_graph=True)
    return preset.penalty * (slope.norm(dim=1) - 1).square().mean()
