"""The feature network: grey images in, maps on five scales out, for distances and for embeddings.

VGG-like, but for one grey channel and 30 times cheaper. It learns without labels (`training`), and tells
images apart by texture, noise and sharpness as well as by layout.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from models import weights
from models.compute import autocast

NETWORK = "features"
"""What the card of this network's weights says under `network`."""

SHIPPED = Path(__file__).resolve().parent / "shipped"

STEM = 16
"""Channels of the first map, at the image's own resolution."""

WIDTHS = (32, 48, 96, 160)
"""Channels of the others, one per stage, at 1/2, 1/4, 1/8 and 1/16 of it."""

TEXTURE = 64
"""How many numbers of an embedding describe the texture on one scale."""

LAYOUT = 16
"""How many numbers describe each cell of the layout."""

CELLS = 4
"""The layout's cells along either side of an image."""


class ConvNormAct(nn.Sequential):
    """Conv3×3, batch norm, ReLU; `fold` merges the norm into the convolution for use."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def fold(self) -> None:
        """Merges the norm into the convolution, once; the module must be in eval mode."""
        conv, norm = self[0], self[1]
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            self[0], self[1] = fuse_conv_bn_eval(conv, norm), nn.Identity()


class Halve(nn.Module):
    """Half the resolution by the binomial kernel 1 3 3 1 along either side.

    It is smooth, and every pixel counts as much as its neighbours. With strides or pools of 2×2, what a loss
    asks of an image would depend on which pixels are even, and images that follow it become chequered.
    """

    kernel: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", torch.outer(line, line).repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel, stride=2, padding=1, groups=x.shape[1])


class FeatureNetwork(nn.Module):
    """A stem, four stages, and linear heads that sum up their maps in one embedding."""

    name = "Lithograph's self-supervised features"
    """What a figure computed with this network must be called after."""
    channel_weights = None
    """All channels count the same in a distance."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvNormAct(1, STEM)
        self.stages = nn.ModuleList(
            nn.Sequential(Halve(i), ConvNormAct(i, o), ConvNormAct(o, o))
            for i, o in pairwise((STEM, *WIDTHS))
        )
        self.textures = nn.ModuleList(nn.Linear(2 * width, TEXTURE) for width in WIDTHS)
        self.layout = nn.Conv2d(WIDTHS[-1], LAYOUT, 1)

    def maps(self, x: Tensor) -> list[Tensor]:
        """(B, 1, H, W), −1 to 1 → (B, 16, H, W), (B, 32, H/2, W/2), ..., (B, 160, H/16, W/16).

        Sides that 16 does not divide are rounded up; the edge's values go on there. In bfloat16 where that
        is faster. Differentiable with respect to the image.
        """
        height, width = x.shape[-2:]
        # The layout in memory matters: with it, convolutions on a CPU take half the time.
        x = F.pad(x, (0, -width % 16, 0, -height % 16), mode="replicate")
        with autocast(x.device):
            maps = [self.stem(x.contiguous(memory_format=torch.channels_last))]
            for stage in self.stages:
                maps.append(stage(maps[-1]))
        return maps

    def parts(self, x: Tensor) -> list[Tensor]:
        """(B, 1, H, W) → descriptions of unit length: textures on four scales, (B, 64) each, and the layout.

        A texture is described by the mean and the spread of every channel of a stage over the image; the
        layout, (B, 256), by what the deepest map has in each of 4×4 cells.
        """
        maps = [part.float() for part in self.maps(x)[1:]]
        with torch.autocast(x.device.type, enabled=False):
            parts = [head(_statistics(part)) for head, part in zip(self.textures, maps, strict=True)]
            parts.append(F.adaptive_avg_pool2d(self.layout(maps[-1]), CELLS).flatten(1))
        return [F.normalize(part, dim=1) for part in parts]

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.parts(x)

    def embed(self, x: Tensor) -> Tensor:
        """(B, 1, H, W) → (B, 512) of unit length: textures and layout side by side, each as important."""
        parts = self.parts(x)
        return torch.cat(parts, dim=1) / len(parts) ** 0.5

    def freeze(self) -> FeatureNetwork:
        """This network itself, in eval mode, norms merged into convolutions, parameters fixed."""
        self.eval().requires_grad_(False)
        for module in self.modules():
            if isinstance(module, ConvNormAct):
                module.fold()
        return self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _statistics(part: Tensor) -> Tensor:
    """(B, C, h, w) → (B, 2C): the mean of every channel, and its standard deviation."""
    variance, mean = torch.var_mean(part, (2, 3), correction=0)
    return torch.cat((mean, (variance + 1e-4).sqrt()), dim=1)


def save(network: FeatureNetwork, folder: Path | str, card: dict[str, Any]) -> None:
    """Writes the weights of a network that is not folded, kernels as float16, and the card."""
    tensors = {
        # Norms keep their precision: there are few of them, and a running variance may exceed float16.
        name: tensor.half() if tensor.ndim >= 2 else tensor
        for name, tensor in network.state_dict().items()
    }
    weights.save(tensors, folder, {**card, "network": NETWORK})


def load(folder: Path | str = SHIPPED) -> tuple[FeatureNetwork, dict[str, Any]]:
    """The network of a folder, on the CPU in float32, as it was trained, and its card.

    Raises:
        models.weights.DamagedWeights: a file is missing, damaged, or not of this network.
    """
    tensors, card = weights.load(folder)
    network = FeatureNetwork()
    try:
        network.load_state_dict(tensors)  # converts float16 kernels to the network's own float32
    except (KeyError, RuntimeError) as error:
        raise weights.DamagedWeights(
            f"The weights in {folder} are not those of a feature network; {weights.REMEDY}."
        ) from error
    return network, card


def load_features(folder: Path | str = SHIPPED) -> FeatureNetwork:
    """The network of a folder, ready for use: frozen, and folded for speed.

    Raises:
        models.weights.DamagedWeights: a file is missing, damaged, or not of this network.
    """
    return load(folder)[0].freeze()
