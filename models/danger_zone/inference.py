"""From an image to logits per structure, in short steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models import inputs
from models.compute import fast_bf16
from models.danger_zone.familiarity import features_of
from models.danger_zone.network import UNet
from models.progress import LongWork, Progress


def prepare_network(network: UNet, device: torch.device | str = "cpu") -> UNet:
    """The network made ready for `segment`: norms folded, channels last, bfloat16 where that is faster."""
    dtype = torch.bfloat16 if fast_bf16(torch.device(device).type) else torch.float32
    network.fold().requires_grad_(False)
    return network.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network says of an image.

    Attributes:
        logits: (structures, h, w) float32; h and w are its size as the network sees it.
        features: for `models.danger_zone.familiarity`; None where the image was seen in parts, or is a small
            cut-out, which shows too little to tell.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32] | None


def segment(
    network: UNet,
    pixels: NDArray[Any],
    pixel_mm: tuple[float, float] = (1.0, 1.0),
    *,
    sized: bool = False,
    negative: bool = False,
    tile: int = 0,
) -> LongWork[Seen]:
    """What the network says of a whole image.

    Args:
        pixels: (H, W) in HU, or grey values.
        pixel_mm: (row, column) spacing; only its proportion counts, unless ...
        sized: ... that is the real size of a pixel in mm.
        negative: bones have low grey values (MONOCHROME1).
        tile: the side of what is computed at once, for little memory; each part sees one `stride` of its
            surroundings, so along the seams the answer is a little worse. 0 computes all at once.

    Yields after every stage of the network, some 2 to 10 ms each, so that whoever drives it can do something
    else between two.
    """
    spec, parameter = network.spec, network.head.weight
    shape = spec.seen_shape((pixels.shape[0], pixels.shape[1]), pixel_mm, sized=sized)
    values = inputs.resample(pixels, shape)
    seen = _padded(inputs.channels(-values if negative else values, spec.kind), spec.stride)
    tiles = _tiles((seen.shape[1], seen.shape[2]), tile, spec.stride)
    steps = len(network.stages)
    total = 1 + steps * len(tiles)
    judged = len(tiles) == 1 and max(shape) >= spec.size // 2
    features = None
    logits = np.empty((len(spec.structures), *seen.shape[1:]), np.float32)
    for number, (part, core) in enumerate(tiles):
        window = np.ascontiguousarray(seen[:, *part])
        image = torch.from_numpy(window)[None].to(parameter.device, parameter.dtype)
        yield Progress(1 + number * steps, total, "Looking for structures")
        # Inference mode is entered anew for every step: it must not leak to whoever runs between two.
        with torch.inference_mode():
            state = network.begin(image.to(memory_format=torch.channels_last))
        for n, stage in enumerate(network.stages, start=2 + number * steps):
            with torch.inference_mode():
                state = stage(state)
                if judged and n == 1 + len(spec.widths):
                    features = features_of(state[0])
            yield Progress(n, total, "Looking for structures")
        with torch.inference_mode():
            found = network.end(state)[0].float().cpu().numpy()
        inner = (slice(c.start - p.start, c.stop - p.start) for p, c in zip(part, core, strict=True))
        logits[:, *core] = found[:, *inner]
    return Seen(logits[:, : shape[0], : shape[1]], features)


def features(network: UNet, pixels: NDArray[Any]) -> NDArray[np.float32]:
    """The features of a whole image (H, W) in the network's unit, for `models.danger_zone.familiarity`."""
    spec, parameter = network.spec, network.head.weight
    values = inputs.resample(pixels, inputs.fit((pixels.shape[0], pixels.shape[1]), spec.size))
    seen = _padded(inputs.channels(values, spec.kind), spec.stride)
    image = torch.from_numpy(np.ascontiguousarray(seen))[None].to(parameter.device, parameter.dtype)
    with torch.inference_mode():
        return features_of(network.encode(image.to(memory_format=torch.channels_last)))


Window = tuple[slice, slice]


def _tiles(shape: tuple[int, int], tile: int, stride: int) -> list[tuple[Window, Window]]:
    """(what is computed, what is kept of it) for each part; `shape` is one of multiples of `stride`."""
    side = max(tile // stride, 1) * stride if tile else max(shape)
    parts = []
    for top in range(0, shape[0], side):
        for left in range(0, shape[1], side):
            core = slice(top, min(top + side, shape[0])), slice(left, min(left + side, shape[1]))
            around = tuple(
                slice(max(one.start - stride, 0), min(one.stop + stride, length))
                for one, length in zip(core, shape, strict=True)
            )
            parts.append(((around[0], around[1]), core))
    return parts


def resample_logits(logits: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Logits (h, w) of one structure → its mask (H, W); interpolated logits keep edges smooth and sharp."""
    if logits.shape == shape:
        return logits > 0
    return cv2.resize(logits, shape[::-1], interpolation=cv2.INTER_LINEAR) > 0


LEAST = 3
"""Strides that a network sees at least: a cut-out is continued by its mirror images."""


def _padded(image: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """(2, h, w) → mirrored at its right and lower border up to multiples of `stride`, `LEAST` at least."""
    rows, columns = (max(-side % stride, LEAST * stride - side) for side in image.shape[1:])
    return np.pad(image, ((0, 0), (0, rows), (0, columns)), mode="symmetric")
