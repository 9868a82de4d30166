"""The networks of SinGAN (Eq. 13): one small generator and one patch discriminator per scale.

Two channels are learnt together: 0 is the lesion's contrast as a share of the exemplar's, 1 its alpha.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = 2
SLOPE = 0.2
"""Of the leaky ReLU."""


def scale_sizes(size: int, coarsest: int, ratio: float) -> list[int]:
    """Side lengths of the pyramid, from `coarsest` to `size` in equal steps of as near to `ratio` as fits."""
    if size <= coarsest:
        return [size]
    steps = max(1, round(math.log(coarsest / size) / math.log(ratio)))
    return [round(coarsest * (size / coarsest) ** (step / steps)) for step in range(steps + 1)]


def resize(x: Tensor, size: int) -> Tensor:
    """(N, C, any, any) -> (N, C, size, size), cubic, and averaged where it shrinks."""
    if x.shape[-1] == size:
        return x
    return F.interpolate(x, (size, size), mode="bicubic", align_corners=False, antialias=size < x.shape[-1])


def _layers(widths: Sequence[int], out: int, norm: bool) -> nn.Sequential:
    """3×3 convolutions 2 -> widths... -> out, each but the last followed by (a norm and) a leaky ReLU."""
    layers: list[nn.Module] = []
    for before, after in pairwise([CHANNELS, *widths]):
        layers.append(nn.Conv2d(before, after, 3, padding=1, bias=not norm))
        if norm:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.LeakyReLU(SLOPE))
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], out, 3, padding=1))


class Generator(nn.Module):
    """One scale: adds detail to what came from below, as noise asks.

    noise and image, both (N, 2, H, W) -> image + detail(noise + image), (N, 2, H, W). The zeros around the
    frame tell the network how far its edge is; that is what holds the lesion in the middle.
    """

    def __init__(self, widths: Sequence[int], norm: bool) -> None:
        super().__init__()
        self.detail = _layers(widths, CHANNELS, norm)

    def forward(self, noise: Tensor, image: Tensor) -> Tensor:
        return image + self.detail(noise + image)


class Discriminator(nn.Module):
    """Scores every patch: (N, 2, H, W) -> (N, 1, H, W), high where it looks like one of the exemplar's."""

    def __init__(self, widths: Sequence[int], norm: bool) -> None:
        super().__init__()
        self.score = _layers(widths, 1, norm)

    def forward(self, x: Tensor) -> Tensor:
        return self.score(x)


def initialise(network: nn.Module, random: torch.Generator) -> None:
    """Draws fresh weights, uniform within one over the root of a unit's inputs, from `random` alone."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                bound = module.weight[0].numel() ** -0.5
                module.weight.uniform_(-bound, bound, generator=random)
                if module.bias is not None:
                    module.bias.uniform_(-bound, bound, generator=random)


def folded(generator: Generator) -> dict[str, Tensor]:
    """The generator as bare convolutions `0.weight`, `0.bias`, `1.weight`, ..., norms folded into them."""
    convolutions: list[tuple[Tensor, Tensor]] = []
    for module in generator.detail:
        if isinstance(module, nn.Conv2d):
            bias = module.bias if module.bias is not None else module.weight.new_zeros(len(module.weight))
            convolutions.append((module.weight.detach(), bias.detach()))
        elif isinstance(module, nn.BatchNorm2d):
            mean, variance = module.running_mean, module.running_var
            assert mean is not None  # BatchNorm2d tracks both unless told not to
            assert variance is not None
            scale = module.weight.detach() * (variance + module.eps).rsqrt()
            weight, bias = convolutions[-1]
            convolutions[-1] = (
                weight * scale[:, None, None, None],
                (bias - mean) * scale + module.bias.detach(),
            )
    return {
        f"{index}.{part}": tensor.clone()
        for index, pair in enumerate(convolutions)
        for part, tensor in zip(("weight", "bias"), pair, strict=True)
    }
