"""The autoencoder: encoder, quantiser, decoder (Eq. 1–12; method.md §1)."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.compute import autocast
from models.hiresmed_vqgan.blocks import ChannelAttention, DetailStage, begin, block, norm
from models.hiresmed_vqgan.quantiser import Quantised, ResidualQuantiser
from models.hiresmed_vqgan.spec import Spec


class Encoder(nn.Sequential):
    """(B, C, H, W) → (B, D, H / factor, W / factor)."""

    def __init__(self, spec: Spec) -> None:
        layers: list[nn.Module] = [
            nn.PixelUnshuffle(spec.stem),
            nn.Conv2d(spec.channels * spec.stem**2, spec.widths[0], 3, padding=1),
        ]
        before = spec.widths[0]
        for n, (width, blocks) in enumerate(zip(spec.widths, spec.blocks, strict=True)):
            if n:
                layers.append(nn.Conv2d(before, width, 3, stride=2, padding=1))
            layers += [block(spec, width, width) for _ in range(blocks)]
            before = width
        super().__init__(*layers, norm(before), nn.SiLU(), nn.Conv2d(before, spec.code_dim, 1))


class Up(nn.Module):
    """Twice the resolution: nearest, Conv3×3, a block, and its channels weighed."""

    def __init__(self, spec: Spec, inputs: int, outputs: int, blocks: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.blocks = nn.Sequential(*(block(spec, outputs, outputs) for _ in range(blocks)))
        self.attention = ChannelAttention(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(self.blocks(self.conv(F.interpolate(x, scale_factor=2.0))))


class Decoder(nn.Sequential):
    """(B, D, h, w) → (B, C, h · factor, w · factor)."""

    def __init__(self, spec: Spec) -> None:
        widths, blocks = spec.widths[::-1], spec.blocks[::-1]
        layers: list[nn.Module] = [nn.Conv2d(spec.code_dim, widths[0], 3, padding=1)]
        layers += [block(spec, widths[0], widths[0]) for _ in range(blocks[0])]
        layers += [
            Up(spec, before, width, count)
            for before, width, count in zip(widths, widths[1:], blocks[1:], strict=False)
        ]
        super().__init__(
            *layers,
            norm(widths[-1]),
            nn.SiLU(),
            nn.Conv2d(widths[-1], spec.detail * spec.stem**2, 3, padding=1),
            nn.PixelShuffle(spec.stem),
            DetailStage(spec.detail),
            nn.Conv2d(spec.detail, spec.channels, 3, padding=1),
        )


class Short:
    """The way past the blocks: a patch of pixels as a direction, and back; nothing in it is learnt.

    The features of a position are the pixels of its patch and, at a right angle to them, a constant: divided
    by their constant, features of length 1 are pixels again. What the blocks say is added to both. So a
    network reconstructs before its first step, and learns what is not in a single patch (the learnt maps of
    DC-AE, Chen et al., ICLR 2025, serve the same end).
    """

    SMALLEST = 0.3
    """The constant of quantised features is not taken to be smaller; that of a patch of −1 or 1 is 0.7."""

    def __init__(self, spec: Spec) -> None:
        self.factor, self.pixels, self.code_dim = spec.factor, spec.channels * spec.factor**2, spec.code_dim
        if self.pixels >= spec.code_dim:
            raise ValueError("the features have no room for the pixels of a patch")

    def features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, D, h, w), not yet of length 1."""
        patches = F.pixel_unshuffle(x, self.factor)
        constant = torch.full_like(patches[:, :1], self.pixels**0.5)  # the length of a patch of ones
        return F.pad(torch.cat((patches, constant), 1), (0, 0, 0, 0, 0, self.code_dim - self.pixels - 1))

    def image(self, features: Tensor) -> Tensor:
        """(B, D, h, w) → (B, C, H, W)."""
        constant = features[:, self.pixels : self.pixels + 1].clamp(min=self.SMALLEST)
        return F.pixel_shuffle(features[:, : self.pixels] / constant * self.pixels**0.5, self.factor)


class Vqgan(nn.Module):
    """HiResMed-VQGAN, or the plain VQGAN where `spec.block` is `residual`; images are −1 to 1."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.encoder, self.quantiser, self.decoder = Encoder(spec), ResidualQuantiser(spec), Decoder(spec)
        begin(self)
        self.short = Short(spec) if spec.short else None
        if self.short is not None:  # the blocks begin by adding nothing
            nn.init.zeros_(cast("Tensor", self.encoder[-1].weight))
            nn.init.zeros_(cast("Tensor", self.decoder[-1].weight))

    def encode(self, x: Tensor) -> Tensor:
        """(B, C, H, W), the sides multiples of `spec.stride` → features (B, D, h, w) in float32, of length 1.

        Codes are found by direction; a length would only grow, with the codes running after it.
        """
        with autocast(x.device):
            z: Tensor = self.encoder(x.contiguous(memory_format=torch.channels_last))
        if self.short is not None:
            z = z.float() + self.short.features(x)
        return F.normalize(z.float(), dim=1)

    def quantise(
        self, z: Tensor, keep: Tensor | None = None, generator: torch.Generator | None = None
    ) -> Quantised:
        """Features to codes and back; the arguments are those of `ResidualQuantiser.forward`."""
        quantised: Quantised = self.quantiser(z, keep, generator)
        return quantised

    def decode(self, features: Tensor) -> Tensor:
        """Features (B, D, h, w) → an image (B, C, H, W) in float32."""
        with autocast(features.device):
            x: Tensor = self.decoder(features.contiguous(memory_format=torch.channels_last))
        if self.short is not None:
            x = x.float() + self.short.image(features)
        return x.float()

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction of an image."""
        return self.decode(self.quantise(self.encode(x)).features)
