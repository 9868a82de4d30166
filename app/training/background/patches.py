"""Patches and whole images out of stored ones: cropping, scaling, mirroring, mosaics of small cut-outs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pixels = NDArray[np.float32]

SMALLEST, LARGEST = 0.8, 1.25
"""By how much a patch is scaled."""
PLAIN = 0.5
"""The share of patches that keep their pixels: scaling changes the grain, which is learnt, too."""
_MUCH_LARGER = 0.8
"""An image that would have to be made this small to be drawn whole is learnt from at both sizes."""
_SIDELESS = 0.4
"""A patch that shows no more of the width than this does not tell left from right."""
MELT = 8
"""Over so many pixels the tiles of a mosaic pass into one another: a straight edge would be learnt."""


def patch(image: NDArray[Any], view: int, random: Generator, fit: float = 1.0) -> Pixels:
    """A random part of an image, (view, view), in its own values.

    It is scaled by 0.8 to 1.25, every second one not at all. Left and right change places in half of the
    patches that show at most two fifths of the image's width; in larger ones the side of heart and liver
    would be seen. An image too small for a patch is continued by its mirror image.

    Args:
        fit: the scale at which the image is drawn whole. Where that is far below 1, half of the patches are
            taken at that scale, the others at the image's own.
    """
    scale = 1.0 if random.random() < PLAIN else float(np.exp(random.uniform(*np.log((SMALLEST, LARGEST)))))
    if fit < _MUCH_LARGER and random.random() < 0.5:
        scale *= fit
    height, width = image.shape
    shorter = min(height, width)
    side = round(view / scale)
    if side > shorter:
        side = max(shorter, min(side, round(view / LARGEST)))
    top, left = (int(random.integers(max(0, length - side) + 1)) for length in (height, width))
    part = np.asarray(image[top : top + side, left : left + side], np.float32)
    if part.shape != (side, side):
        missing = [(0, side - length) for length in part.shape]
        part = np.pad(part, missing, mode="reflect")
    part = _resized(part, (view, view))
    if random.random() < 0.5 and side <= _SIDELESS * width:
        part = part[:, ::-1]
    return np.ascontiguousarray(part)


def whole(image: NDArray[Any], shape: tuple[int, int], random: Generator | None = None) -> Pixels:
    """All of an image, made just large enough to cover (height, width); what stands over is cut off.

    From the middle, or at a place that `random` chooses.
    """
    scale = max(shape[0] / image.shape[0], shape[1] / image.shape[1])
    size = [max(target, round(length * scale)) for length, target in zip(image.shape, shape, strict=True)]
    pixels = _resized(np.asarray(image, np.float32), (size[0], size[1]))
    spare = [length - target for length, target in zip(size, shape, strict=True)]
    top, left = (n // 2 if random is None else int(random.integers(n + 1)) for n in spare)
    return np.ascontiguousarray(pixels[top : top + shape[0], left : left + shape[1]])


def mosaic(tile: Callable[[], NDArray[Any]], zoom: float, view: int, random: Generator) -> Pixels:
    """Small cut-outs side by side, (view, view), each enlarged by `zoom` and a little more or less.

    Args:
        tile: gives the next cut-out, all of one size.
    """
    zoom *= float(np.exp(random.uniform(*np.log((SMALLEST, LARGEST)))))
    first = tile()
    side = max(2 * MELT, round(min(first.shape) * zoom))
    step = side - MELT
    across = -(-(view + step) // step)
    total = np.zeros((across * step + MELT,) * 2, np.float32)
    weights = np.zeros_like(total)
    slope = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1)) / MELT
    weight = np.minimum(slope, 1).astype(np.float32)
    weight = weight[:, None] * weight[None]
    for n in range(across**2):
        part = _resized(np.asarray(first if n == 0 else tile(), np.float32), (side, side))
        if random.random() < 0.5:
            part = part[:, ::-1]
        row, column = (step * k for k in divmod(n, across))
        total[row : row + side, column : column + side] += part * weight
        weights[row : row + side, column : column + side] += weight
    top, left = (int(random.integers(length - view + 1)) for length in total.shape)
    inside = (slice(top, top + view), slice(left, left + view))
    return np.divide(total[inside], weights[inside], dtype=np.float32)


def squared(pixels: NDArray[Any], pixel_mm: tuple[float, float]) -> NDArray[Any]:
    """The image in square pixels of the smaller side, of the same type; as it is where they are square."""
    down, across = pixel_mm
    if abs(down / across - 1) < 0.02:
        return pixels
    finest = min(down, across)
    shape = (max(1, round(pixels.shape[0] * down / finest)), max(1, round(pixels.shape[1] * across / finest)))
    resized = _resized(pixels.astype(np.float32), shape)
    if pixels.dtype.kind in "iu":
        limits = np.iinfo(pixels.dtype)
        resized = np.clip(np.rint(resized), limits.min, limits.max)
    return resized.astype(pixels.dtype)


def _resized(pixels: Pixels, shape: tuple[int, int]) -> Pixels:
    if pixels.shape == shape:
        return pixels
    smaller = shape[0] < pixels.shape[0] or shape[1] < pixels.shape[1]
    mode = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(pixels, shape[::-1], interpolation=mode).astype(np.float32, copy=False)
