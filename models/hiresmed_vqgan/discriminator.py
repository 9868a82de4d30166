"""The discriminator: patches judged at three scales, local, middle and global (method.md §1)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from models.hiresmed_vqgan.blocks import begin, norm


class PatchDiscriminator(nn.Sequential):
    """Two convolutions with norm and activation, then one verdict per patch: (B, 1, H / 4, W / 4)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            norm(width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            norm(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 3, padding=1),
        )


class Discriminator(nn.Module):
    """A `PatchDiscriminator` on the image, on its half and on its quarter."""

    def __init__(self, channels: int, width: int = 32) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(channels, width) for _ in range(3))
        begin(self)

    def forward(self, x: Tensor) -> list[Tensor]:
        """The verdicts, finest scale first; above 0 is real."""
        verdicts = []
        for n, scale in enumerate(self.scales):
            verdicts.append(scale(F.avg_pool2d(x, 2**n) if n else x))
        return verdicts
