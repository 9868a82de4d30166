"""The detector of places (Eq. 14): an image in, a confidence and a box per cell of three grids out.

A network of the YOLO11 type, nano size, built from its published description (Khanam and Hussain, YOLOv11: an
overview of the key architectural enhancements, arXiv 2410.17725): a backbone of C3k2 blocks with SPPF and
C2PSA at its end, a path-aggregation neck (Liu et al., PANet, CVPR 2018), and a decoupled anchor-free head at
strides 8, 16 and 32 whose boxes are distributions over distances (Li et al., Generalized Focal Loss, NeurIPS
2020). One class: a lesion may be here.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import weights
from models.inputs import CHANNELS, Kind
from models.location.blocks import C2PSA, SPPF, C3k2, ConvNormAct

NETWORK = "detector"
"""What the card calls this network."""

STRIDES = (8, 16, 32)
BINS = 16
"""Distances that a box side is a distribution over: `NEAREST`, `NEAREST` + 1, ... strides from the cell."""
NEAREST = -1.0
"""Negative, so that a cell may tell of a lesion that is smaller than it and lies beside its centre."""
RARITY = 0.002
"""The confidence that an untrained network has everywhere (Lin et al., Focal Loss, ICCV 2017, 4.1)."""


@dataclass(frozen=True)
class Spec:
    """How a network sees an image and how wide it is; it stands in the card of the weights."""

    kind: Kind
    size: int = 640
    """The long side at which images are seen; a multiple of `stride`."""
    width: float = 1.0
    """Channels as a share of the nano size's."""

    stride = STRIDES[-1]
    """Height and width of an input must be multiples of this."""

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> Spec:
        """The `spec` of a card; KeyError, TypeError or ValueError where it is malformed."""
        spec = card["spec"]
        return cls(kind=Kind(spec["kind"]), size=int(spec["size"]), width=float(spec["width"]))

    def channels(self, nano: int) -> int:
        """The width of a layer that has `nano` channels in the nano size; a multiple of 8."""
        return max(8, 8 * round(nano * self.width / 8))


class Level(NamedTuple):
    """What the head says at one stride; h and w are the input's divided by it."""

    scores: Tensor
    """(B, h, w) logits: is a lesion here?"""
    sides: Tensor
    """(B, 4, BINS, h, w) logits of the distances to the left, top, right and bottom side, in strides."""


Maps = list[Any]
"""The image and the outputs of all stages so far: tensors, and of the heads levels."""


class Stage(nn.Module):
    """One block of the graph: takes the outputs of the stages `sources`, the first one enlarged if `up`."""

    def __init__(self, block: nn.Module, *sources: int, up: bool = False) -> None:
        super().__init__()
        self.block, self.sources, self.up = block, sources or (-1,), up

    def forward(self, maps: Maps) -> Maps:
        taken = [maps[n] for n in self.sources]
        if self.up:
            taken[0] = F.interpolate(taken[0], scale_factor=2, mode="nearest")
        return [*maps, self.block(taken[0] if len(taken) == 1 else torch.cat(taken, dim=1))]


class Head(nn.Module):
    """Decoupled head of one level: plain convolutions for the box, depthwise-separable ones for the score."""

    def __init__(self, inputs: int, middle: int) -> None:
        super().__init__()
        self.sides = nn.Sequential(
            ConvNormAct(inputs, middle, 3), ConvNormAct(middle, middle, 3), nn.Conv2d(middle, 4 * BINS, 1)
        )
        self.score = nn.Sequential(
            ConvNormAct(inputs, inputs, 3, groups=inputs),
            ConvNormAct(inputs, middle),
            ConvNormAct(middle, middle, 3, groups=middle),
            ConvNormAct(middle, middle),
        )
        self.last = rare(nn.Conv2d(middle, 1, 1))
        with torch.no_grad():
            # Lesions are small: boxes start about two cells wide, not in the middle of all distances.
            self.sides[-1].bias.copy_(-(NEAREST + torch.arange(BINS) - 1).abs().repeat(4))  # type: ignore[operator]

    def forward(self, x: Tensor) -> Level:
        scores = precisely(self.last, self.score(x))[:, 0]
        return Level(scores, self.sides(x).unflatten(1, (4, BINS)))


def rare(last: nn.Conv2d) -> nn.Conv2d:
    """The convolution that gives scores, set so that untrained it says `RARITY` everywhere."""
    nn.init.constant_(last.bias, math.log(RARITY / (1 - RARITY)))  # type: ignore[arg-type]
    return last


def precisely(last: nn.Conv2d, x: Tensor) -> Tensor:
    """The convolution in float32: scores rank places, and bfloat16 would give many of them the same rank."""
    bias = None if last.bias is None else last.bias.float()
    with torch.autocast(x.device.type, enabled=False):
        return F.conv2d(x.float(), last.weight.float(), bias)


class Detector(nn.Module):
    """Backbone, neck and heads; stages are a list, so that inference can pause between two."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        c16, c32, c64, c128, c256 = (spec.channels(n) for n in (16, 32, 64, 128, 256))
        # Numbers of sources count from 1, the image being 0; shapes are of an input of 640 × 640.
        self.stages = nn.ModuleList(
            (
                Stage(ConvNormAct(CHANNELS, c16, 3, 2)),  # 1: 16 × 320 × 320
                Stage(ConvNormAct(c16, c32, 3, 2)),  # 2: 32 × 160 × 160
                Stage(C3k2(c32, c64, share=0.25)),  # 3: 64 × 160 × 160
                Stage(ConvNormAct(c64, c64, 3, 2)),  # 4: 64 × 80 × 80
                Stage(C3k2(c64, c128, share=0.25)),  # 5: 128 × 80 × 80
                Stage(ConvNormAct(c128, c128, 3, 2)),  # 6: 128 × 40 × 40
                Stage(C3k2(c128, c128, deep=True)),  # 7: 128 × 40 × 40
                Stage(ConvNormAct(c128, c256, 3, 2)),  # 8: 256 × 20 × 20
                Stage(C3k2(c256, c256, deep=True)),  # 9: 256 × 20 × 20
                Stage(SPPF(c256)),  # 10: 256 × 20 × 20
                Stage(C2PSA(c256)),  # 11: 256 × 20 × 20
                Stage(C3k2(c256 + c128, c128), 11, 7, up=True),  # 12: 128 × 40 × 40
                Stage(C3k2(c128 + c128, c64), 12, 5, up=True),  # 13: 64 × 80 × 80, to the head
                Stage(ConvNormAct(c64, c64, 3, 2)),  # 14: 64 × 40 × 40
                Stage(C3k2(c64 + c128, c128), 14, 12),  # 15: 128 × 40 × 40, to the head
                Stage(ConvNormAct(c128, c128, 3, 2)),  # 16: 128 × 20 × 20
                Stage(C3k2(c128 + c256, c256, deep=True), 16, 11),  # 17: 256 × 20 × 20, to the head
                Stage(Head(c64, c64), 13),
                Stage(Head(c128, c64), 15),
                Stage(Head(c256, c64), 17),
            )
        )

    def begin(self, image: Tensor) -> Maps:
        """(B, 2, H, W) → the maps before the first stage."""
        return [image]

    def end(self, maps: Maps) -> tuple[Level, ...]:
        """The maps after the last stage → what is said at strides 8, 16 and 32."""
        return tuple(maps[-len(STRIDES) :])

    def forward(self, image: Tensor) -> tuple[Level, ...]:
        maps = self.begin(image)
        for stage in self.stages:
            maps = stage(maps)
        return self.end(maps)

    def fold(self) -> Detector:
        """This network itself, in eval mode, with every batch norm merged into its convolution."""
        self.eval()
        for module in self.modules():
            if isinstance(module, ConvNormAct):
                module.fold()
        return self


def save(network: Detector, folder: Path | str, card: dict[str, Any]) -> None:
    """Writes the weights, kernels as float16, and the card with the network's `spec` in it."""
    tensors = {
        # Norms keep their precision: there are few of them, and a running variance may exceed float16.
        name: tensor.half() if tensor.ndim == 4 else tensor
        for name, tensor in network.state_dict().items()
    }
    weights.save(tensors, folder, {**card, "network": NETWORK, "spec": asdict(network.spec)})


def load(folder: Path | str) -> tuple[Detector, dict[str, Any]]:
    """The network of a folder, on the CPU in float32, and its card.

    Raises:
        models.weights.DamagedWeights: a file is missing, damaged, or not of this network.
    """
    tensors, card = weights.load(folder)
    try:
        network = Detector(Spec.from_card(card))
        network.load_state_dict(tensors)  # converts float16 kernels to the network's own float32
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise weights.DamagedWeights(
            f"The weights in {folder} are not those of a location network; {weights.REMEDY}."
        ) from error
    return network, card
