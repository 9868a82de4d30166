"""A first impression while training runs: patches of the exemplar, recombined. No network is involved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PATCH = 9
ROUNDS = 4

Array = NDArray[np.float32]


def recombined(exemplar: Array, random: np.random.Generator, bend: float = 0.05) -> Array:
    """A new crop of the exemplar's patches, (C, S, S) like it, in a few hundredths of a second.

    The exemplar is bent out of shape; then, a few times over, every patch is replaced by the nearest one of
    the exemplar and overlapping patches are averaged (Kwatra et al. 2005). What comes out is locally the
    exemplar and globally another lesion.

    Args:
        exemplar: contrast and alpha, each about 0..1.
        bend: standard deviation of the displacement, as a share of the size.
    """
    import cv2

    size = exemplar.shape[-1]
    patches = _patches(exemplar, 2)
    squares = np.square(patches).sum(axis=1)

    knots = random.normal(0, bend * size, (5, 5, 2)).astype(np.float32)
    shift = cv2.resize(knots, (size, size), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.indices((size, size), dtype=np.float32)
    places = columns + shift[..., 0], rows + shift[..., 1]
    image = np.stack([cv2.remap(c, *places, cv2.INTER_LINEAR) for c in exemplar]).astype(np.float32)
    for _ in range(ROUNDS):
        wanted = _patches(image, 3)
        nearest = (squares[None] - 2 * wanted @ patches.T).argmin(axis=1)
        image = _averaged(patches[nearest], exemplar.shape, 3)
    return image


def _patches(image: Array, step: int) -> Array:
    """(n, C·9·9): the patches at every `step`-th row and column, and along the far edges."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (PATCH, PATCH), axis=(1, 2))
    at = _places(image.shape[-1], step)
    chosen = windows[:, at][:, :, at]
    return np.ascontiguousarray(chosen.transpose(1, 2, 0, 3, 4)).reshape(len(at) ** 2, -1)


def _averaged(patches: Array, shape: tuple[int, ...], step: int) -> Array:
    """The image of overlapping patches, each weighted towards its middle."""
    total, weight = np.zeros(shape, np.float32), np.zeros(shape[1:], np.float32)
    bump = np.hanning(PATCH + 2)[1:-1].astype(np.float32)
    window = np.outer(bump, bump)
    at = _places(shape[-1], step)
    places = ((y, x) for y in at for x in at)
    for patch, (y, x) in zip(patches.reshape(-1, shape[0], PATCH, PATCH), places, strict=True):
        total[:, y : y + PATCH, x : x + PATCH] += patch * window
        weight[y : y + PATCH, x : x + PATCH] += window
    return (total / weight).astype(np.float32)


def _places(size: int, step: int) -> list[int]:
    return sorted({*range(0, size - PATCH + 1, step), size - PATCH})
