"""Mode `density`: a section (CT), where tissue takes the place of other tissue."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.composition.blends.grain import grain
from app.composition.blends.mode import Mode, Site
from app.imaging.image import Image

_SOFT_TISSUE_HU = 40.0
_POINT_SPREAD_MM = 0.45  # MTF of one half at 0.4 per mm: a standard chest kernel
_POINT_SPREAD_AT_LEAST_PX = 0.5
_DETAIL_TO_SIGMA = 0.6
_LEAST_BLUR_PX = 0.1


def blend(site: Site) -> NDArray[np.float32]:
    """Each pixel is a mixture: the share s of the tissue T, the share 1 − s of what was there.

    T is soft tissue, or the lesion's own plateau where that is denser, and s is such that the level around
    rises by exactly the lesion's residual, s = residual / (T − level). So a solid nodule takes the place of
    lung and of the vessels in it, a ground-glass one lets vessels through, and either keeps the share 1 − s
    of the noise that was there. The noise that is missing is added, with the grain of the image.

    A lesion that is drawn smaller than its exemplar would be sharper than the scanner: its edge is blurred to
    the scanner's point spread, less the blur that it brings.
    """
    added, alpha = _as_scanned(site.added, site), _as_scanned(site.drawn.alpha, site)
    level = site.surroundings.level
    plateau = _plateau(added, site.drawn.label)
    tissue = level + plateau
    if plateau > 0 and site.image.unit == "HU":
        tissue = max(tissue, _SOFT_TISSUE_HU)
    difference = tissue - level
    if abs(difference) < 1:
        return site.canvas + added
    share = np.clip(added / np.float32(difference), 0, alpha)
    mixed = site.canvas + share * (np.float32(tissue) - site.canvas)
    # What goes beyond the mixture: calcium, or texture of the other sign.
    mixed += added - share * np.float32(difference)

    return mixed + grain(site, share)


def _plateau(added: NDArray[np.float32], label: NDArray[np.bool_]) -> float:
    if not label.any():
        return 0.0
    values = added[label]
    return float(np.percentile(values, 90 if np.median(values) >= 0 else 10))


def _as_scanned(values: NDArray[np.float32], site: Site) -> NDArray[np.float32]:
    import cv2

    own = _DETAIL_TO_SIGMA * site.drawn.detail_mm
    sigmas = [
        max(_point_spread_px(pixel) ** 2 - (own / pixel) ** 2, 0.0) ** 0.5 for pixel in site.image.pixel_mm
    ]
    if max(sigmas) < _LEAST_BLUR_PX:
        return values
    down, across = (max(sigma, _LEAST_BLUR_PX) for sigma in sigmas)
    blurred = np.zeros_like(values)
    cv2.GaussianBlur(values, (0, 0), across, blurred, down, cv2.BORDER_REPLICATE)
    return blurred


def _point_spread_px(pixel_mm: float) -> float:
    return max(_POINT_SPREAD_MM / pixel_mm, _POINT_SPREAD_AT_LEAST_PX)


def reach(image: Image) -> tuple[int, int]:
    """Three standard deviations of the point spread."""
    row_mm, column_mm = image.pixel_mm
    return math.ceil(3 * _point_spread_px(row_mm)), math.ceil(3 * _point_spread_px(column_mm))


MODE = Mode(
    "density",
    "Density (CT)",
    "Lets the lesion take the place of tissue, pixel by pixel, with the noise of its surroundings.",
    blend,
    reach,
    section=True,
)
