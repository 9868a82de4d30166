"""The U-Net (Eq. 15): an image in, one probability per named structure and pixel out.

Half resolution inside: the input's 2×2 blocks become channels, and the head turns channels back into 2×2
blocks. That makes the network four times cheaper than one at full resolution, and loses no input.
Structures overlap (a rib before a kidney), so each has a sigmoid of its own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from models import weights
from models.danger_zone.familiarity import Statistics, is_statistic
from models.inputs import CHANNELS, Kind, fit

State = tuple[Tensor, ...]
"""Feature maps between two stages: the current one, then the skips it will meet, deepest first."""


@dataclass(frozen=True)
class Spec:
    """What a network segments and how it sees an image; it stands in the card of the weights."""

    structures: tuple[str, ...]
    kind: Kind
    size: int = 448
    """The long side at which images are seen; a multiple of `UNet.stride`."""
    widths: tuple[int, ...] = (24, 48, 64, 96, 128, 128)
    """Channels per level; each level halves the resolution."""
    covering: bool = False
    """Whether the structures together leave no pixel of an image out."""
    finest_mm: float = 0.0
    """Pixels of a known size are never shown finer than this, so that a small cut-out keeps its scale."""

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> Spec:
        """The `spec` of a card; KeyError, TypeError or ValueError where it is malformed."""
        spec = card["spec"]
        return cls(
            structures=tuple(spec["structures"]),
            kind=Kind(spec["kind"]),
            size=int(spec["size"]),
            widths=tuple(spec["widths"]),
            covering=bool(spec["covering"]),
            finest_mm=float(spec.get("finest_mm", 0.0)),
        )

    def seen_shape(
        self, shape: tuple[int, int], pixel_mm: tuple[float, float], *, sized: bool
    ) -> tuple[int, int]:
        """The (height, width) at which an image of that shape is seen; `sized`: `pixel_mm` is in real mm."""
        size = self.size
        if sized and self.finest_mm:
            longest = max(shape[0] * pixel_mm[0], shape[1] * pixel_mm[1])
            size = min(size, max(1, round(longest / self.finest_mm)))
        return fit(shape, size, pixel_mm)

    @property
    def stride(self) -> int:
        """Height and width of an input must be multiples of this."""
        return 2 ** len(self.widths)


class ConvNormAct(nn.Sequential):
    """Conv3×3, batch norm, ReLU; `fold` merges the norm into the convolution for inference."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def fold(self) -> None:
        """Merges the norm into the convolution, once; the module must be in eval mode."""
        conv, norm = self[0], self[1]
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            self[0] = fuse_conv_bn_eval(conv, norm)
            self[1] = nn.Identity()


class Encoder(nn.Module):
    """One level down: (B, C, H, W) in front of the state gains a (B, C', H/2, W/2) before it."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(ConvNormAct(inputs, outputs, stride), ConvNormAct(outputs, outputs))

    def forward(self, state: State) -> State:
        return (self.convs(state[0]), *state)


class Decoder(nn.Module):
    """One level up: the two maps in front, (B, C, H/2, W/2) and its skip (B, C', H, W), become one."""

    def __init__(self, inputs: int, skip: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(ConvNormAct(inputs + skip, skip), ConvNormAct(skip, skip))

    def forward(self, state: State) -> State:
        deep, skip, *rest = state
        deep = F.interpolate(deep, scale_factor=2, mode="nearest")
        return (self.convs(torch.cat((deep, skip), dim=1)), *rest)


class UNet(nn.Module):
    """Encoders, decoders and a head, kept as a list of stages so that inference can pause between two."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.familiarity: Statistics | None = None
        """What tells whether an image is like those that were learnt from; None where that was not kept."""
        widths = spec.widths
        ins = (4 * CHANNELS, *widths[:-1])
        self.stages = nn.ModuleList(
            [Encoder(i, o, 1 if n == 0 else 2) for n, (i, o) in enumerate(zip(ins, widths, strict=True))]
            + [Decoder(i, o) for i, o in zip(widths[:0:-1], widths[-2::-1], strict=True)]
        )
        self.head = nn.Conv2d(widths[0], 4 * len(spec.structures), 1)
        # Most pixels belong to none of most structures: starting there saves the first hundred steps.
        nn.init.constant_(self.head.bias, -2.0)  # type: ignore[arg-type]

    def begin(self, image: Tensor) -> State:
        """(B, 2, H, W) → state before the first stage: (B, 8, H/2, W/2)."""
        return (F.pixel_unshuffle(image, 2),)

    def end(self, state: State) -> Tensor:
        """State after the last stage, (B, widths[0], H/2, W/2) in front → logits (B, structures, H, W)."""
        return F.pixel_shuffle(self.head(state[0]), 2)

    def forward(self, image: Tensor) -> Tensor:
        state = self.begin(image)
        for stage in self.stages:
            state = stage(state)
        return self.end(state)

    def encode(self, image: Tensor) -> Tensor:
        """(B, 2, H, W) → the encoder's deepest map, (B, widths[-1], H / stride, W / stride)."""
        state = self.begin(image)
        for stage in self.stages[: len(self.spec.widths)]:
            state = stage(state)
        return state[0]

    def fold(self) -> UNet:
        """This network itself, in eval mode, with every batch norm merged into its convolution."""
        self.eval()
        for module in self.modules():
            if isinstance(module, ConvNormAct):
                module.fold()
        return self


def save(network: UNet, folder: Path | str, card: dict[str, Any]) -> None:
    """Writes the weights, kernels as float16, and the card with the network's `spec` in it.

    With them go the statistics of familiarity, and the names of its poses into the card.
    """
    tensors = {
        # Norms keep their precision: there are few of them, and a running variance may exceed float16.
        name: tensor.half() if tensor.ndim == 4 else tensor
        for name, tensor in network.state_dict().items()
    }
    card = {**card, "spec": asdict(network.spec)}
    if network.familiarity is not None:
        tensors |= network.familiarity.tensors()
        card["poses"] = list(network.familiarity.poses)
    weights.save(tensors, folder, card)


def load(folder: Path | str) -> tuple[UNet, dict[str, Any]]:
    """The network of a folder, on the CPU in float32, and its card.

    Raises:
        models.weights.DamagedWeights: a file is missing, damaged, or not of this network.
    """
    tensors, card = weights.load(folder)
    try:
        network = UNet(Spec.from_card(card))
        # Converts float16 kernels to the network's own float32.
        network.load_state_dict({name: value for name, value in tensors.items() if not is_statistic(name)})
        network.familiarity = Statistics.read(tensors, card.get("poses", ()))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise weights.DamagedWeights(
            f"The weights in {folder} are not those of a danger-zone network; {weights.REMEDY}."
        ) from error
    return network, card
