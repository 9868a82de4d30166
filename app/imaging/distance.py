"""Distances between pixels, the same on every run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def distance_px(inside: NDArray[Any]) -> NDArray[np.float32]:
    """(height, width): the exact Euclidean distance of each pixel of `inside` to the nearest one outside.

    OpenCV's own result differs from run to run in the last bit. Squared distances are whole numbers, so
    rounding them gives one and the same answer (for distances below some 2,000 pixels).
    """
    import cv2

    distance = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    np.minimum(distance, np.float32(1e9), out=distance)  # where nothing is outside, and no distance either
    return np.sqrt(np.rint(np.square(distance, out=distance), out=distance), out=distance)
