"""How thick a lesion is along the beam, from its outline alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.imaging.distance import distance_px

_FINER = 3
_RADII = 12


def chord(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """The chord length, in pixels, of the body whose outline is `alpha` = 0.5.

    A body that is as deep as it is wide: at the distance d from the outline, where the largest disc inside
    the outline has the radius R, the chord is 2·sqrt(d·(2R − d)), which is exact for a sphere. R is local
    (the largest disc that holds the pixel, the "local thickness" of Hildebrand and Rüegsegger, 1997), so that
    the branch of a staghorn stone is as deep as the branch is wide, not as its pelvis.

    Args:
        alpha: (height, width) in 0..1.

    Returns:
        (height, width) float32, averaged over each pixel; 0 outside.
    """
    import cv2

    height, width = alpha.shape
    fine = cv2.resize(alpha, (width * _FINER, height * _FINER), interpolation=cv2.INTER_CUBIC) >= 0.5
    if not fine.any():
        return np.zeros_like(alpha)
    # The outline lies half a pixel before the first pixel's centre.
    distance = np.maximum(distance_px(np.pad(fine, 1)) - np.float32(0.5), 0)
    deepest = float(distance.max())
    radius = distance.copy()
    for r in np.linspace(deepest, 0, _RADII, endpoint=False)[::-1]:
        radius[distance_px(distance < r) < r] = r
    radius = np.maximum(cv2.GaussianBlur(radius, (0, 0), _FINER), distance)
    length = 2 * np.sqrt(distance * (2 * radius - distance))[1:-1, 1:-1] / _FINER
    return cv2.resize(length.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
