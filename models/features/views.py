"""What the feature network learns from: two views of a patch that are the same, and a damaged one.

The views differ in what shall not matter (a small shift, the grey scale), the damaged one in what shall: it
is blurred, noisier, sharper, coarser, smudged, bent or stained.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Random = np.random.Generator

SHIFT = 16
"""How far a view may lie from a patch's centre, in pixels along either side."""


def views(patch: Pixels, view: int, random: Random) -> tuple[Pixels, Pixels, Pixels]:
    """Two equal views and a damaged one, (view, view), of a patch with sides of at least view + 2 · SHIFT."""
    if random.random() < 0.5:
        patch = np.ascontiguousarray(patch[:, ::-1])
    damage = DAMAGES[random.integers(len(DAMAGES))]
    one, other, third = (_crop(patch, view, random) for _ in range(3))
    return tuple(_grey(pixels, random) for pixels in (one, other, damage(third, random)))  # type: ignore[return-value]


def _crop(patch: Pixels, view: int, random: Random) -> Pixels:
    top, left = ((side - view) // 2 + random.integers(-SHIFT, SHIFT + 1) for side in patch.shape)
    return patch[top : top + view, left : left + view]


def _grey(pixels: Pixels, random: Random) -> Pixels:
    """Another contrast, brightness and gamma; like a display's, it ends at black and white."""
    share = np.clip(pixels * 0.5 + 0.5, 0, 1) ** random.uniform(0.8, 1.25)
    pixels = (share * 2 - 1) * random.uniform(0.7, 1.3) + random.uniform(-0.2, 0.2)
    return np.clip(pixels, -1, 1).astype(np.float32)


def blurred(pixels: Pixels, random: Random) -> Pixels:
    """By a Gaussian of 0.5 to 2.5 pixels."""
    return cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.5, 2.5))  # type: ignore[return-value]


def noisier(pixels: Pixels, random: Random) -> Pixels:
    """By noise with a deviation of 1 to 10 % of the range, white or with grains of up to 1.5 pixels."""
    noise = random.standard_normal(pixels.shape, dtype=np.float32)
    if random.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 1.5))  # type: ignore[assignment]
        noise /= noise.std()
    return pixels + noise * np.float32(np.exp(random.uniform(np.log(0.02), np.log(0.2))))


def sharper(pixels: Pixels, random: Random) -> Pixels:
    """By an unsharp mask."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.7, 2))
    return pixels + (pixels - smooth) * np.float32(random.uniform(0.5, 2))


def coarser(pixels: Pixels, random: Random) -> Pixels:
    """Resampled from fewer pixels, as blocks or smoothly."""
    side = round(pixels.shape[0] / random.uniform(1.4, 3.5))
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    mode = cv2.INTER_NEAREST if random.random() < 0.4 else cv2.INTER_CUBIC
    return cv2.resize(small, pixels.shape[::-1], interpolation=mode)  # type: ignore[return-value]


def smudged(pixels: Pixels, random: Random) -> Pixels:
    """Fine texture is lost and edges stay, as where a decoder has learnt too little."""
    return cv2.medianBlur(pixels, int(random.choice((3, 5))))  # type: ignore[return-value]


def bent(pixels: Pixels, random: Random) -> Pixels:
    """Edges are moved by a smooth field of 1 to 4 pixels."""
    sigma, far = random.uniform(4, 12), random.uniform(1, 4)
    rows, columns = np.indices(pixels.shape, dtype=np.float32)
    fields = []
    for _ in range(2):
        field = cv2.GaussianBlur(random.standard_normal(pixels.shape, dtype=np.float32), (0, 0), sigma)
        fields.append(field / field.std() * np.float32(far))
    return cv2.remap(  # type: ignore[return-value]
        pixels, columns + fields[0], rows + fields[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def stained(pixels: Pixels, random: Random) -> Pixels:
    """One soft spot of 4 to 20 pixels is brighter or darker."""
    rows, columns = np.indices(pixels.shape, dtype=np.float32)
    y, x = random.uniform(0.15, 0.85, 2) * pixels.shape
    away = ((rows - y) ** 2 + (columns - x) ** 2) / random.uniform(4, 20) ** 2
    return pixels + (np.exp(-away / 2) * random.choice((-1, 1)) * random.uniform(0.15, 0.6)).astype(
        np.float32
    )


DAMAGES: tuple[Callable[[Pixels, Random], Pixels], ...] = (
    blurred, noisier, sharper, coarser, smudged, bent, stained,
)  # fmt: skip
