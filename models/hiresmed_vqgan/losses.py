"""The losses of Eq. 1, and the adversarial game in the hinge form of the plain VQGAN."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

COMMITMENT, CODEBOOK = 1.0, 0.33
"""α and γ of Eq. 1."""
LARGEST_WEIGHT = 100.0
"""Of the adversarial term, before its share is taken."""


def judged(real: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """What the discriminator minimises: real above 1, made below −1, the mean over the scales."""
    both = zip(real, made, strict=True)
    return torch.stack([0.5 * (F.relu(1 - r).mean() + F.relu(1 + m).mean()) for r, m in both]).mean()


def fooled(made: Sequence[Tensor]) -> Tensor:
    """L_GAN of Eq. 1: what the autoencoder minimises, the mean over the scales."""
    return -torch.stack([verdict.mean() for verdict in made]).mean()


def adversarial_weight(reconstruction: Tensor, adversarial: Tensor, last: Tensor) -> Tensor:
    """How much L_GAN must weigh to pull as strongly on the last layer as the reconstruction does.

    Esser et al., CVPR 2021, Eq. 7; without it one of the two drowns the other.
    """
    pull = torch.autograd.grad(reconstruction, last, retain_graph=True)[0].norm()
    push = torch.autograd.grad(adversarial, last, retain_graph=True)[0].norm()
    return (pull / (push + 1e-6)).clamp(max=LARGEST_WEIGHT).detach()
