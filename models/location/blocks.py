"""The blocks of the detector, each from its publication.

Cross-stage partial blocks: Wang et al., CSPNet, CVPRW 2020. SPPF: He et al., spatial pyramid pooling, TPAMI
2015, in its sequential form. Position-sensitive attention: Wang et al., YOLOv10, NeurIPS 2024. Their
arrangement in YOLO11: Khanam and Hussain, YOLOv11: an overview, arXiv 2410.17725.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class ConvNormAct(nn.Module):
    """Convolution, batch norm, SiLU; `fold` merges the norm into the convolution for inference."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return F.silu(x, inplace=not torch.is_grad_enabled()) if self.act else x

    def fold(self) -> None:
        """Merges the norm into the convolution, once; the module must be in eval mode."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class Bottleneck(nn.Module):
    """Two 3×3 convolutions, the inner one of `middle` channels; a residual block where `shortcut` is set."""

    def __init__(self, channels: int, middle: int, shortcut: bool) -> None:
        super().__init__()
        self.shortcut = shortcut
        self.convs = nn.Sequential(ConvNormAct(channels, middle, 3), ConvNormAct(middle, channels, 3))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.convs(x) if self.shortcut else self.convs(x)


class C3k(nn.Module):
    """Cross-stage partial block with three 1×1 convolutions: half the channels go through two bottlenecks."""

    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        half = channels // 2
        self.through = ConvNormAct(channels, half)
        self.past = ConvNormAct(channels, half)
        self.blocks = nn.Sequential(*(Bottleneck(half, half, shortcut) for _ in range(2)))
        self.join = ConvNormAct(2 * half, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat((self.blocks(self.through(x)), self.past(x)), dim=1))


class C3k2(nn.Module):
    """Cross-stage partial block with two 1×1 convolutions: one half is refined, and both are kept beside it.

    `share` of the outputs is the width of a half; `deep` refines with a C3k instead of a bottleneck.
    """

    def __init__(
        self, inputs: int, outputs: int, *, share: float = 0.5, deep: bool = False, shortcut: bool = True
    ) -> None:
        super().__init__()
        half = int(outputs * share)
        self.split = ConvNormAct(inputs, 2 * half)
        self.refine = C3k(half, shortcut) if deep else Bottleneck(half, half // 2, shortcut)
        self.join = ConvNormAct(3 * half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        kept, refined = self.split(x).chunk(2, dim=1)
        return self.join(torch.cat((kept, refined, self.refine(refined)), dim=1))


class SPPF(nn.Module):
    """Spatial pyramid pooling, fast: the map beside its maxima over 5, 9 and 13 pixels, mixed by a 1×1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.reduce = ConvNormAct(channels, half)
        self.join = ConvNormAct(4 * half, channels)

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.reduce(x)]
        for _ in range(3):
            maps.append(F.max_pool2d(maps[-1], 5, stride=1, padding=2))
        return self.join(torch.cat(maps, dim=1))


class Attention(nn.Module):
    """Multi-head self-attention over all pixels of a small map, keys half as wide as values.

    What makes it sensitive to position is a depthwise 3×3 convolution of the values, added to the result.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = max(1, channels // 64)
        self.value = channels // self.heads
        self.key = self.value // 2
        self.qkv = ConvNormAct(channels, channels + 2 * self.heads * self.key, act=False)
        self.position = ConvNormAct(channels, channels, 3, groups=channels, act=False)
        self.project = ConvNormAct(channels, channels, act=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        packed = self.qkv(x).reshape(batch, self.heads, 2 * self.key + self.value, height * width)
        query, key, value = packed.split((self.key, self.key, self.value), dim=2)  # (B, heads, ·, pixels)
        weights = (query.transpose(2, 3) @ key * self.key**-0.5).softmax(dim=-1)  # (B, heads, pixels, pixels)
        seen = (value @ weights.transpose(2, 3)).reshape(batch, channels, height, width)
        return self.project(seen + self.position(value.reshape(batch, channels, height, width)))


class C2PSA(nn.Module):
    """Cross-stage partial block around attention: half the channels attend and pass a small perceptron."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.split = ConvNormAct(channels, 2 * half)
        self.attention = Attention(half)
        self.perceptron = nn.Sequential(ConvNormAct(half, 2 * half), ConvNormAct(2 * half, half, act=False))
        self.join = ConvNormAct(2 * half, channels)

    def forward(self, x: Tensor) -> Tensor:
        kept, seen = self.split(x).chunk(2, dim=1)
        seen = seen + self.attention(seen)
        seen = seen + self.perceptron(seen)
        return self.join(torch.cat((kept, seen), dim=1))
