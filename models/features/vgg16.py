"""VGG16, trained on ImageNet, from the user's own file; with LPIPS's weights, where there are some.

The files, in one folder, are called as below; neither comes with the program. The network is that of Simonyan
and Zisserman (ICLR 2015), configuration D, up to its last convolution; the maps are those of LPIPS (Zhang et
al., CVPR 2018).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from models.compute import autocast
from models.weights import DamagedWeights

FILE = "vgg16.safetensors"
"""The weights, named as by torchvision (`features.0.weight`, ...): timm/vgg16.tv_in1k is such a file."""

LPIPS_FILE = "vgg16-lpips.safetensors"
"""LPIPS's weights of channels, version 0.1, if wanted: `0.weight` or `lin0.model.1.weight`, ..."""

KNOWN = {
    # model.safetensors of huggingface.co/timm/vgg16.tv_in1k: torchvision's IMAGENET1K_V1
    "57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8",
    # vgg_lpips_linear.safetensors of huggingface.co/vivym/lpips: richzhang/PerceptualSimilarity, v0.1
    "0c6387bf2e51e434dedbc0ca4c5894f605c415b8d128bfe720e13456eb4333ac",
}
"""SHA-256 of the files that are known to hold what they should."""

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the convolutions; between two stages, the resolution is halved."""

PLACES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
"""Where torchvision's `features` has the convolutions; between them are ReLUs and pools."""

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""ImageNet's mean and standard deviation of red, green and blue, where black is −1 and white is 1."""


class Vgg16(nn.Module):
    """VGG16's convolutions, frozen, for grey images."""

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        inputs = 3
        self.stages = nn.ModuleList()
        for widths in STAGES:
            convs = nn.ModuleList()
            for width in widths:
                convs.append(nn.Conv2d(inputs, width, 3, padding=1))
                inputs = width
            self.stages.append(convs)
        self.register_buffer("shift", torch.tensor(_SHIFT).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(_SCALE).view(1, 3, 1, 1))
        self.channel_weights: tuple[Tensor, ...] | None = None
        """LPIPS's weights of the maps' channels, (C,) each; None where they all count the same."""
        self.verified = False
        """Whether every file it came from is a known one, by its checksum."""

    @property
    def name(self) -> str:
        """What a figure computed with this network must be called after."""
        name = "VGG16" if self.channel_weights is None else "LPIPS 0.1, VGG16"
        return name if self.verified else f"{name} (from a file that is not verified)"

    def maps(self, x: Tensor) -> list[Tensor]:
        """(B, 1, H, W), −1 to 1, sides of 16 or more → relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3.

        They are (B, 64, H, W), (B, 128, H/2, W/2), ..., (B, 512, H/16, W/16). In bfloat16 where that is
        faster. Differentiable with respect to the image.
        """
        x = ((x - self.shift) / self.scale).contiguous(memory_format=torch.channels_last)
        maps = []
        with autocast(x.device):
            for n, convs in enumerate(self.stages):
                if n:
                    x = F.max_pool2d(x, 2)
                for conv in convs:  # type: ignore[attr-defined]
                    x = F.relu(conv(x))
                maps.append(x)
        return maps

    def embed(self, x: Tensor) -> Tensor:
        """(B, 1, H, W) → (B, 1472) of unit length: the channels' means, each map as important."""
        means = [F.normalize(part.float().mean((2, 3)), dim=1) for part in self.maps(x)]
        return torch.cat(means, dim=1) / len(means) ** 0.5


def load_vgg16(folder: Path | str) -> Vgg16 | None:
    """The network of the files `FILE` and, if it is there, `LPIPS_FILE` of a folder; None without the first.

    Only safetensors files are read. A file that is not among `KNOWN` must have the right names and shapes,
    and makes the network `verified = False`; its name says so.

    Raises:
        models.weights.DamagedWeights: a file is damaged, or holds something else; or there is only one that
            would have to be unpickled.
    """
    file, lpips = Path(folder) / FILE, Path(folder) / LPIPS_FILE
    if not file.is_file():
        _refuse_pickled(Path(folder))
        return None
    network = Vgg16()
    tensors = _read(file, [f"features.{n}.{part}" for n in PLACES for part in ("weight", "bias")])
    for conv, place in zip(_convolutions(network), PLACES, strict=True):
        _put(conv.weight, tensors[f"features.{place}.weight"], file)
        assert conv.bias is not None
        _put(conv.bias, tensors[f"features.{place}.bias"], file)
    network.verified = _known(file)
    if lpips.is_file():
        network.channel_weights = _channel_weights(lpips)
        network.verified = network.verified and _known(lpips)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _convolutions(network: Vgg16) -> list[nn.Conv2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]


def _channel_weights(file: Path) -> tuple[Tensor, ...]:
    names = [f"{n}.weight" for n in range(len(STAGES))]
    originals = [f"lin{n}.model.1.weight" for n in range(len(STAGES))]
    tensors = _read(file, names, instead=originals)
    weights = []
    for name, widths in zip(names, STAGES, strict=True):
        weight = torch.empty(1, widths[-1], 1, 1)
        _put(weight, tensors[name], file)
        weights.append(weight.flatten())
    return tuple(weights)


def _read(file: Path, names: list[str], instead: list[str] | None = None) -> dict[str, Tensor]:
    """The tensors of those names; those of other names `instead`, if the file has these."""
    try:
        with safe_open(file, framework="pt") as tensors:
            there = set(tensors.keys())
            sources = instead if instead and set(instead) <= there else names
            missing = [name for name in sources if name not in there]
            if missing:
                raise _not_what_it_should_be(file, f"it has no tensor {missing[0]}")
            return {name: tensors.get_tensor(source) for name, source in zip(names, sources, strict=True)}
    except (SafetensorError, OSError) as error:
        raise _not_what_it_should_be(file, str(error)) from error


def _put(place: Tensor, values: Tensor, file: Path) -> None:
    if place.shape != values.shape:
        raise _not_what_it_should_be(file, f"a tensor is {tuple(values.shape)}, not {tuple(place.shape)}")
    with torch.no_grad():
        place.copy_(values)


def _known(file: Path) -> bool:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() in KNOWN


def _not_what_it_should_be(file: Path, why: str) -> DamagedWeights:
    source = "timm/vgg16.tv_in1k" if file.name == FILE else "vivym/lpips"
    return DamagedWeights(f"{file} does not hold VGG16's weights ({why}); replace it by those of {source}.")


def _refuse_pickled(folder: Path) -> None:
    for file in sorted(folder.glob("vgg16*")):
        if file.suffix in {".pth", ".pt", ".bin", ".pkl"}:
            raise DamagedWeights(
                f"{file} is pickled and could run any program, so it is not read; put model.safetensors of "
                f'timm/vgg16.tv_in1k there as {FILE}, or convert yours with `python -c "import torch, '
                f"safetensors.torch as s; s.save_file(torch.load('{file.name}', weights_only=True), "
                f"'{FILE}')\"`."
            )
