"""A whole image through the autoencoder, whatever its size."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.hiresmed_vqgan.network import Vqgan

Codes = list[NDArray[np.int16]]
"""Per level (h_l, w_l), of the padded image."""


def padded(values: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """(H, W) with sides that are multiples of `stride`: the edges are repeated below and to the right."""
    height, width = values.shape
    return np.pad(values, ((0, -height % stride), (0, -width % stride)), mode="edge")


@torch.inference_mode()
def to_codes(network: Vqgan, values: NDArray[np.float32]) -> Codes:
    """The codes of an image (H, W) of −1 to 1."""
    quantised = network.quantise(network.encode(_as_batch(network, values)))
    return [codes[0].to("cpu", torch.int16).numpy() for codes in quantised.codes]


@torch.inference_mode()
def from_codes(network: Vqgan, codes: Codes, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The image (H, W) of −1 to 1 that codes stand for; coarse levels alone will do."""
    spec, device = network.spec, network.quantiser.codebooks.device
    grid = spec.grid(shape)
    batch = [torch.from_numpy(level.astype(np.int64))[None].to(device) for level in codes]
    return decoded(network, network.quantiser.features(batch, grid), shape)


@torch.inference_mode()
def decoded(network: Vqgan, features: torch.Tensor, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The image (H, W) of −1 to 1 of features (1, D, h, w)."""
    return _cropped(network.decode(features), shape)


@torch.inference_mode()
def reconstruct(network: Vqgan, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """An image (H, W) of −1 to 1 as the network knows it: encoded, quantised, decoded."""
    made = network(_as_batch(network, values))
    return _cropped(made, (values.shape[0], values.shape[1]))


def _as_batch(network: Vqgan, values: NDArray[np.float32]) -> torch.Tensor:
    """(H, W) → (1, C, H', W') on the network's device."""
    image = torch.from_numpy(np.ascontiguousarray(padded(values, network.spec.stride)))
    image = image.to(network.quantiser.codebooks.device)
    return image[None, None].expand(1, network.spec.channels, -1, -1)


def _cropped(image: torch.Tensor, shape: tuple[int, int]) -> NDArray[np.float32]:
    """(1, C, H', W') → (H, W): the mean of the channels, within −1 to 1."""
    grey = image[0, :, : shape[0], : shape[1]].float().mean(0).clamp(-1, 1)
    values: NDArray[np.float32] = grey.cpu().numpy()
    return values
