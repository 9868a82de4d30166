"""How often each value occurs in an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.image import Image

_SAMPLE = 1_000_000
_TAILS = 0.02
"""Percent at either end that the range leaves out: one bright pixel must not squeeze all others together."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of values in bins of one width, from `low` to `high` (the image's unit).

    `counts` is (bins,) float32; what lies beyond the range counts in the first or last bin.
    """

    low: float
    high: float
    counts: NDArray[np.float32]


def histogram(image: Image, bins: int = 256) -> Histogram:
    """The histogram of a regular sample of at most a million pixels, in `bins` bins or fewer.

    Integers are counted in bins of whole steps, so that no bin holds more values than its neighbours.
    """
    import cv2

    step = max(1, int(np.ceil((image.pixels.size / _SAMPLE) ** 0.5)))
    sample: NDArray[Any] = image.pixels[::step, ::step]
    whole = sample.dtype.kind in "iu"
    if not whole:
        sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return Histogram(0.0, 1.0, np.zeros(1, np.float32))
    low, high = (float(value) for value in np.percentile(sample, (_TAILS, 100 - _TAILS)))
    if whole:
        width = max(1, int(np.ceil((high - low + 1) / bins)))
        bins = int(np.ceil((high - low + 1) / width))
        low = np.floor(low) - 0.5
        high = low + bins * width
    elif high <= low:
        low, high = low - 0.5, low + 0.5
    values = np.clip(sample, low, np.nextafter(high, low)).astype(np.float32)
    counts = cv2.calcHist([np.ascontiguousarray(values)], [0], None, [bins], [low, high])
    return Histogram(low, high, np.asarray(counts, np.float32).reshape(-1))
