"""Blocks of the autoencoder: HDFB with MSConvFE, the plain residual block, channel attention, detail.

All take and give (B, C, H, W). Convolutions begin at N(0, 0.02), as the paper's Table 1 has it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.hiresmed_vqgan.spec import Spec

GROUP = 16
"""Channels in a group of GroupNorm; fewer where there are fewer channels."""
STD = 0.02


def norm(channels: int) -> nn.GroupNorm:
    """GroupNorm in groups of 16 channels."""
    return nn.GroupNorm(max(1, channels // GROUP), channels)


def begin(network: nn.Module) -> None:
    """Weights from N(0, 0.02), biases zero (Table 1)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, STD)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class DropPath(nn.Module):
    """Leaves a branch out for whole samples while learning (stochastic depth, Huang et al., ECCV 2016)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0:
            return x
        keeps = torch.rand(x.shape[0], 1, 1, 1, device=x.device) >= self.share
        return x * (keeps / (1 - self.share)).to(x.dtype)


class MSConvFE(nn.Module):
    """Multi-scale convolutional feature extraction (Eq. 12): 3×3, depthwise 5×5, 1×1, added to X."""

    def __init__(self, channels: int, drop_path: float) -> None:
        super().__init__()
        self.norm = norm(channels)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.depthwise = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.pointwise = nn.Conv2d(channels, channels, 1)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = F.gelu(self.conv(self.norm(x)), approximate="tanh")  # Eq. 11
        return x + self.drop_path(self.pointwise(self.depthwise(y)))


class HDFB(nn.Module):
    """The high-resolution detail feature block (Eq. 2–8), in the place of a VQGAN's residual block.

    X → GroupNorm → SiLU → Conv3×3 → GroupNorm → SiLU → MSConvFE → + X, the skip by a 1×1 convolution where
    channels change.
    """

    def __init__(self, inputs: int, outputs: int, drop_path: float) -> None:
        super().__init__()
        self.norm1, self.conv1 = norm(inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2, self.extract = norm(outputs), MSConvFE(outputs, drop_path)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))
        return self.skip(x) + self.extract(F.silu(self.norm2(y)))


class ResidualBlock(nn.Module):
    """A plain VQGAN's block (Esser et al., CVPR 2021): the same as HDFB with Conv3×3 for MSConvFE."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = norm(inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2, self.conv2 = norm(outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))
        return self.skip(x) + self.conv2(F.silu(self.norm2(y)))


def block(spec: Spec, inputs: int, outputs: int) -> nn.Module:
    """The block that the spec asks for."""
    if spec.block == "residual":
        return ResidualBlock(inputs, outputs)
    return HDFB(inputs, outputs, spec.drop_path)


class ChannelAttention(nn.Module):
    """Weighs channels by what the whole image holds (squeeze-excitation, Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        hidden = max(4, channels // reduction)
        self.squeeze, self.excite = nn.Conv2d(channels, hidden, 1), nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.excite(F.silu(self.squeeze(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(weight)


class DetailStage(nn.Module):
    """At full resolution: a depthwise-separable and a residual convolution in parallel, summed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.pointwise = nn.Conv2d(channels, channels, 1)
        self.residual = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.silu(x)
        return self.pointwise(self.depthwise(y)) + x + self.residual(y)
