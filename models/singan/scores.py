"""How like the exemplar its samples are, and how unlike: patches should match, whole lesions should not.

Everything here is plain NumPy on (height, width) arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PATCH = 7
PATCHES = 4096
DIRECTIONS = 256

Array = NDArray[np.floating[Any]]


def patch_distance(sample: Array, exemplar: Array, seed: int = 0) -> float:
    """The sliced Wasserstein distance between the 7×7 patches of two crops (method.md §2).

    Both are scaled by what takes the exemplar to 0..1; 4,096 patches are drawn from each side; their
    projections on 256 random unit directions are sorted, and the absolute differences averaged. An exemplar
    has about 0.006 against itself: that is the draw.
    """
    random = np.random.default_rng(seed)
    low, high = float(exemplar.min()), float(exemplar.max())
    first, second = (_draw_patches((crop - low) / (high - low), random) for crop in (sample, exemplar))
    directions = random.standard_normal((DIRECTIONS, PATCH * PATCH))
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    return float(np.abs(np.sort(directions @ first) - np.sort(directions @ second)).mean())


def _draw_patches(crop: Array, random: np.random.Generator) -> Array:
    """(49, 4096) float32."""
    windows = np.lib.stride_tricks.sliding_window_view(crop.astype(np.float32), (PATCH, PATCH))
    patches = windows.reshape(-1, PATCH * PATCH)
    return patches[random.integers(len(patches), size=PATCHES)].T


class NearestCopy:
    """How near a crop comes to being a copy of another, moved, mirrored or turned by quarters.

    The distance is the smallest root mean square difference over all shifts, mirrorings and quarter turns,
    relative to the other's own root mean square: 0 is a copy, and a crop without anything on it is 1 away.
    """

    def __init__(self, other: Array) -> None:
        self._energy = float(np.square(other).sum())
        self._spectra = [
            np.conj(np.fft.rfft2(turned))
            for mirrored in (other, other[:, ::-1])
            for turned in (np.rot90(mirrored, quarter) for quarter in range(4))
        ]

    def distance(self, crop: Array) -> float:
        """The distance of a crop of the same square shape."""
        spectrum = np.fft.rfft2(crop)
        # Σ(crop − moved other)² = Σcrop² + Σother² − 2 · correlation, for all shifts at once
        best = max(float(np.fft.irfft2(spectrum * other, crop.shape).max()) for other in self._spectra)
        squared = float(np.square(crop).sum()) + self._energy - 2 * best
        return float(np.sqrt(max(squared, 0.0) / self._energy))


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """Minimum, 5 %, quartiles, 95 % and maximum, to four digits."""
    names = {"min": 0.0, "5%": 0.05, "25%": 0.25, "median": 0.5, "75%": 0.75, "95%": 0.95, "max": 1.0}
    return {name: round(float(np.quantile(values, at)), 4) for name, at in names.items()}
