"""Random streams and smooth noise, the stuff of every variation."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of one part, so that a change in one part leaves the others alone."""
    return np.random.default_rng([seed, crc32(name.encode())])


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Array:
    """Noise of unit variance over `shape`, smooth over about `scale` pixels."""
    import cv2

    scale = max(scale, 1.0)
    coarse = (int(shape[0] / scale) + 4, int(shape[1] / scale) + 4)
    grid = rng.standard_normal(coarse, np.float32)
    wide = (round(coarse[1] * scale), round(coarse[0] * scale))
    full = cv2.resize(grid, wide, interpolation=cv2.INTER_CUBIC) if scale > 1 else grid
    top, left = int(scale), int(scale)
    return full[top : top + shape[0], left : left + shape[1]] * np.float32(1.25 if scale > 1 else 1.0)


def fractal(
    rng: np.random.Generator, shape: tuple[int, int], scale: float, octaves: int, fall: float = 0.6
) -> Array:
    """Noise of several octaves, from `scale` pixels down, each `fall` times weaker; unit variance."""
    total = np.zeros(shape, np.float32)
    weight, power = 1.0, 0.0
    for _ in range(octaves):
        total += weight * smooth_noise(rng, shape, scale)
        power += weight * weight
        weight, scale = weight * fall, scale / 2
        if scale < 1:
            break
    return total / np.float32(np.sqrt(power))
