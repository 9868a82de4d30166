"""The noise that a lesion lacks where it takes the place of the background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.composition.blends.mode import Site
from app.composition.surroundings import noise_sigma, smooth_noise

_ENOUGH_PIXELS = 30


def grain(site: Site, share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Noise that brings the lesion's up to that of its surroundings, with the grain of the image.

    Where the lesion takes the share s of a pixel, 1 − s of the background's noise is left and s of the
    lesion's own (a trained lesion brings the grain of its exemplar); of the variance, what is missing is
    added.

    Args:
        site: the lesion at its place.
        share: (height, width) 0..1, how much of each pixel the lesion takes.
    """
    noise = np.float32(site.surroundings.noise)
    left = ((1 - share) * noise) ** 2 + (share * np.float32(_own_noise(site))) ** 2
    missing = np.sqrt(np.maximum(noise**2 - left, 0))
    return missing * site.noise.field(site.seed, site.drawn.rect)


def _own_noise(site: Site) -> float:
    """The noise in the inside of the lesion, away from its edge, which is no noise."""
    import cv2

    full = site.drawn.alpha > 0.9
    inside = cv2.erode(full.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    if int(inside.sum()) >= _ENOUGH_PIXELS:
        return noise_sigma(site.added, inside)
    return smooth_noise(site.added, full)
