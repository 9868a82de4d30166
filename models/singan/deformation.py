"""The exemplar, smoothly deformed: a crop has one outline, a kind of lesion has many."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

STRETCH = 0.1
"""Standard deviation of the logarithm of the stretch along either axis."""


def deformed(exemplar: Tensor, count: int, pixels: float, random: torch.Generator) -> Tensor:
    """(1, C, S, S) -> (count, C, S, S): `count` smooth random deformations of the exemplar.

    Args:
        pixels: standard deviation of the displacement, in pixels of a crop of 64; 0 gives the exemplar alone.
        random: draws the deformations.
    """
    if pixels == 0:
        return exemplar
    size = exemplar.shape[-1]
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    shift = torch.zeros(count, 2, size, size)
    for knots, share in ((5, 1.0), (9, 0.4)):
        field = torch.randn((count, 2, knots, knots), generator=random) * share * pixels * 2 / 64
        shift += F.interpolate(field, (size, size), mode="bicubic", align_corners=True)
    stretch = torch.exp(STRETCH * torch.randn((count, 2, 1, 1), generator=random))
    grid = torch.stack([x * stretch[:, 0] + shift[:, 0], y * stretch[:, 1] + shift[:, 1]], dim=-1)
    source = exemplar.expand(count, -1, -1, -1)
    return F.grid_sample(source, grid, mode="bicubic", padding_mode="border", align_corners=False)
