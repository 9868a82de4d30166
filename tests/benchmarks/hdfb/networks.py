"""The networks that are compared: HDFB, residual blocks, and HDFB with one part changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from models.hiresmed_vqgan import blocks
from models.hiresmed_vqgan import network as networks
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.spec import SMALL, Spec

HDFB = replace(SMALL, blocks=(2, 2), levels=(64, 16, 8))
"""The preset `small` with twice the blocks and fewer codebooks, so that the blocks count for more."""


class Unnormed(blocks.MSConvFE):
    """MSConvFE without its GroupNorm."""

    def __init__(self, channels: int, drop_path: float) -> None:
        super().__init__(channels, drop_path)
        self.norm = nn.Identity()


class Shallow(blocks.MSConvFE):
    """MSConvFE without its depthwise convolution."""

    def __init__(self, channels: int, drop_path: float) -> None:
        super().__init__(channels, drop_path)
        self.depthwise = nn.Identity()


class Unskipped(blocks.MSConvFE):
    """MSConvFE without + X, so that a block is left with its outer skip alone."""

    def forward(self, x: Tensor) -> Tensor:
        """As the original, without the sum."""
        y = F.gelu(self.conv(self.norm(x)), approximate="tanh")
        return self.drop_path(self.pointwise(self.depthwise(y)))


class PlainSkipped(nn.Module):
    """X + Conv3×3(X): all that is left of MSConvFE is its skip. A residual block with a second skip."""

    def __init__(self, channels: int, drop_path: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → the same."""
        return x + self.conv(x)


def begin_as_torch(network: nn.Module) -> None:
    """Leaves the weights as PyTorch makes them: uniform, narrower the more inputs there are."""


@dataclass(frozen=True)
class Contestant:
    """A network that takes part.

    Attributes:
        extract: what stands in the place of MSConvFE.
        begin: how its weights begin.
    """

    name: str
    title: str
    spec: Spec
    extract: type[nn.Module] = blocks.MSConvFE
    begin: Callable[[nn.Module], object] = blocks.begin

    @contextmanager
    def built(self) -> Iterator[None]:
        """Networks made within have this one's blocks and beginnings."""
        with patch.object(blocks, "MSConvFE", self.extract), patch.object(networks, "begin", self.begin):
            yield

    def network(self) -> Vqgan:
        """A new one."""
        with self.built():
            return Vqgan(self.spec)


MAIN = (
    Contestant("hdfb", "HDFB", HDFB),
    Contestant("parameters", "residual, equal parameters", replace(HDFB, block="residual", widths=(36, 64))),
    Contestant("compute", "residual, equal compute", replace(HDFB, block="residual", widths=(48, 96))),
)
"""The three of the claim. The widths were found by counting parameters and by timing steps."""

UNSKIPPED = Contestant("no-inner-skip", "HDFB without + X in MSConvFE", HDFB, Unskipped)
"""The one change that made HDFB better."""

ABLATIONS = (
    Contestant("no-depthwise", "HDFB without the depthwise 5×5", HDFB, Shallow),
    Contestant("plain-skip", "residual with + X around its second convolution", HDFB, PlainSkipped),
    Contestant("width", "residual, equal width", replace(HDFB, block="residual")),
    Contestant("no-drop-path", "HDFB without DropPath", replace(HDFB, drop_path=0.0)),
    Contestant("no-norm", "HDFB without the GroupNorm in MSConvFE", HDFB, Unnormed),
    *(
        replace(
            one, name=f"{one.name}-torch", title=f"{one.title}, begun as PyTorch does", begin=begin_as_torch
        )
        for one in MAIN[:2]
    ),
)
"""What HDFB owes to its parts, and to how its weights begin."""


def parameters(network: Vqgan) -> int:
    """Of the encoder and the decoder; the codebooks are the same for all."""
    return sum(p.numel() for part in (network.encoder, network.decoder) for p in part.parameters())


def multiplications(network: Vqgan, side: int) -> float:
    """Multiply-adds of encoding and decoding one image of side², forward, without the quantiser."""
    image = torch.zeros(1, network.spec.channels, side, side)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.decode(network.encode(image))
    return counter.get_total_flops() / 2
