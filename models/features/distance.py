"""How unlike two images are, and what one image is like, by the maps of a feature network."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

FAINT = 1e-3
"""The square of a length that is next to nothing."""


class Features(Protocol):
    """A network whose maps are compared: the project's own, or VGG16."""

    @property
    def name(self) -> str:
        """What a figure computed with it must be called after."""

    @property
    def channel_weights(self) -> tuple[Tensor, ...] | None:
        """How much every channel of every map counts in a distance, (C,) each; None: all the same."""

    def maps(self, x: Tensor) -> list[Tensor]:
        """(B, 1, H, W), −1 to 1 → feature maps (B, C, h, w), finest first."""

    def embed(self, x: Tensor) -> Tensor:
        """(B, 1, H, W), −1 to 1 → (B, d) of unit length."""


def perceptual_distance(features: Features, a: Tensor, b: Tensor) -> Tensor:
    """LPIPS (Eq. 19; Zhang et al., CVPR 2018, Eq. 1) of images, (B, 1, H, W) twice → (B,), 0 for equal ones.

    In every map, channels are brought to unit length at each place; squared differences are summed over
    channels by their weights, averaged over places, and summed over maps. It is LPIPS itself with VGG16 and
    the weights that were fitted to people's judgements; a value of another network is comparable with values
    of that network alone. Differentiable with respect to both images.
    """
    one, other = features.maps(a), features.maps(b)
    weights = features.channel_weights or (None,) * len(one)
    places = [_difference(*parts).mean((1, 2)) for parts in zip(one, other, weights, strict=True)]
    return torch.stack(places).sum(0)


def embedding(features: Features, x: Tensor) -> Tensor:
    """(B, 1, H, W) → (B, d) of unit length, without gradients: two images' product is their likeness.

    For nearest patches, and classifiers that are told to separate two samples. Near copies of whole images
    are found by `fingerprint`.
    """
    with torch.no_grad():
        return features.embed(x)


def _difference(a: Tensor, b: Tensor, weights: Tensor | None) -> Tensor:
    """(B, C, h, w) twice → (B, h, w): the weighted squared distance of the channels' directions.

    Multiplied out, so that little as large as the maps is made in between: half the time on a CPU. Where
    next to nothing is seen, `FAINT` keeps that from counting as a direction.
    """
    a, b = a.permute(0, 2, 3, 1).float(), b.permute(0, 2, 3, 1).float()
    dot = torch.linalg.vecdot
    aa, bb, ab = dot(a, a), dot(b, b), dot(a, b)
    length_a, length_b = aa + FAINT, bb + FAINT
    if weights is not None:
        weights = weights.to(a.device)
        aa, bb, ab = dot(a * weights, a), dot(b * weights, b), dot(a * weights, b)
    return aa / length_a + bb / length_b - 2 * ab * torch.rsqrt(length_a * length_b)
