"""Drawing from a trained SinGAN: noise in, a lesion out (Eq. 13). Nothing of the exemplar is fed to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.singan.network import CHANNELS, SLOPE, resize
from models.singan.threads import one_thread

Convolutions = list[tuple[Tensor, Tensor]]


class Pyramid:
    """The generators of all scales as bare convolutions, for inference.

    Args:
        tensors: `<scale>.<layer>.weight` and `.bias` (`network.folded`), float16 or float32.
        sizes, amplitudes: side length and noise of each scale.

    Raises:
        ValueError: the tensors are not those of such a pyramid.
    """

    def __init__(self, tensors: dict[str, Tensor], sizes: Sequence[int], amplitudes: Sequence[float]) -> None:
        self.sizes, self.amplitudes = list(sizes), list(amplitudes)
        if not sizes or len(sizes) != len(amplitudes):
            raise ValueError("sizes and amplitudes do not belong together")
        self.scales = [_convolutions(tensors, scale) for scale in range(len(sizes))]
        if sum(2 * len(scale) for scale in self.scales) != len(tensors):
            raise ValueError("the tensors are not those of a pyramid of that many scales")

    @property
    def size(self) -> int:
        """Height and width of a drawing."""
        return self.sizes[-1]

    def draw(self, random: np.random.Generator) -> NDArray[np.float32]:
        """One drawing, (2, size, size): contrast as a share of the exemplar's, and alpha, not yet clipped."""
        return self._run([self._noise(scale, random) for scale in range(len(self.sizes))])

    def reconstruct(self, fixed: Tensor) -> NDArray[np.float32]:
        """What training tied to the fixed noise: the exemplar, as well as the pyramid remembers it."""
        return self._run([fixed, *(torch.zeros(1, CHANNELS, s, s) for s in self.sizes[1:])])

    def _noise(self, scale: int, random: np.random.Generator) -> Tensor:
        size = self.sizes[scale]
        noise = random.standard_normal((1, CHANNELS, size, size), dtype=np.float32)
        return torch.from_numpy(noise) * self.amplitudes[scale]

    @one_thread()
    @torch.inference_mode()
    def _run(self, noises: Sequence[Tensor]) -> NDArray[np.float32]:
        image = torch.zeros(1, CHANNELS, self.sizes[0], self.sizes[0])
        for size, noise, convolutions in zip(self.sizes, noises, self.scales, strict=True):
            image = resize(image, size)
            x = (image + noise).contiguous(memory_format=torch.channels_last)
            for weight, bias in convolutions[:-1]:
                x = F.leaky_relu_(F.conv2d(x, weight, bias, padding=1), SLOPE)
            weight, bias = convolutions[-1]
            image = image + F.conv2d(x, weight, bias, padding=1)
        return image[0].contiguous().numpy()


def _convolutions(tensors: dict[str, Tensor], scale: int) -> Convolutions:
    """(weight, bias) of each layer of a scale, checked to follow one another."""
    pairs: Convolutions = []
    channels = CHANNELS
    while f"{scale}.{len(pairs)}.weight" in tensors:
        weight = tensors[f"{scale}.{len(pairs)}.weight"].float()
        bias = tensors.get(f"{scale}.{len(pairs)}.bias", torch.empty(0)).float()
        if weight.ndim != 4 or weight.shape[1:] != (channels, 3, 3) or bias.shape != weight.shape[:1]:
            raise ValueError(f"layer {len(pairs)} of scale {scale} has the wrong shape")
        channels = weight.shape[0]
        pairs.append((weight.contiguous(memory_format=torch.channels_last), bias))
    if channels != CHANNELS or not pairs:
        raise ValueError(f"scale {scale} does not end in {CHANNELS} channels")
    return pairs
