"""Mode `paper`: overwrite and blur the contour, to the letter (Eq. 17)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.composition.blends.mode import Mode, Site
from app.imaging.image import Image


def blend(site: Site) -> NDArray[np.float32]:
    """I_output = I_background + I_lesion, the background set to 0 in R_lesion; then the contour is blurred.

    R_lesion is the lesion's label (alpha ≥ 0.5). The paper fills in the values of a lesion image; a lesion
    here is known by what it adds, so its values are that plus the median
    level of the background under and around it.
    The contour is where the Sobel gradient of R_lesion is not 0: the last pixels inside and the first ones
    outside. Those pixels, and only those, take the value of a 3×3 Gaussian of σ = 1.0 of the sum.
    """
    import cv2

    region = site.drawn.label
    lesion = np.zeros_like(site.canvas)  # I_canvas
    lesion[region] = (site.surroundings.level + site.added)[region]
    background = np.where(region, np.float32(0), site.canvas)
    output = background + lesion  # Eq. 17

    inside = region.astype(np.float32)
    across = cv2.Sobel(inside, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(inside, cv2.CV_32F, 0, 1, ksize=3)
    contour = (across != 0) | (down != 0)
    blurred = cv2.GaussianBlur(output, (3, 3), 1.0)
    return np.where(contour, blurred, output)


def reach(_image: Image) -> tuple[int, int]:
    """One pixel: the contour's outer half."""
    return 1, 1


MODE = Mode(
    "paper",
    "As published",
    "Overwrites the background with the lesion and blurs the contour, as in Eq. 17 of the paper.",
    blend,
    reach,
)
