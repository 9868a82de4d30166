"""How large a lesion is, as a radiologist measures it on the screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def diameters(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """The longest diameter of a mask, and the longest one perpendicular to it, in pixels.

    As in RECIST 1.1 and the bidimensional WHO criteria, but computed: the longest axis joins the two pixels
    that lie farthest apart, and the perpendicular one is the longest chord at a right angle to it. Both run
    from outline to outline, that is half a pixel beyond the centre of the pixel at either end, so a row of n
    pixels measures n and a disc its diameter. Separate parts of a mask are measured as one lesion.

    Args:
        mask: (height, width); everything that is not zero belongs to the lesion.

    Returns:
        (longest, perpendicular); (1, 1) for a single pixel, (0, 0) for an empty mask.
    """
    rows, columns = np.nonzero(_outline(mask))
    if rows.size == 0:
        return 0.0, 0.0
    points = np.stack([columns, rows], axis=1).astype(np.int32)
    start, end = _farthest_pair(points)
    axis = (end - start).astype(np.float64)
    length = float(np.hypot(*axis))
    if length == 0.0:
        return 1.0, 1.0
    along, across = np.array([axis, [-axis[1], axis[0]]]) / length @ (points - start).T
    return length + 1.0, _longest_chord(along, across) + 1.0


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels with a neighbour outside, where both diameters end; far fewer than all of them."""
    import cv2

    filled = np.pad(mask != 0, 1)
    inner = cv2.erode(filled.view(np.uint8), np.ones((3, 3), np.uint8))
    return filled & (inner == 0)


def _farthest_pair(points: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two points that lie farthest apart: both are corners of the convex hull, which has few."""
    import cv2

    hull = cv2.convexHull(points).reshape(-1, 2).astype(np.int64)
    squared = ((hull[:, None] - hull[None]) ** 2).sum(axis=-1)
    first, second = np.unravel_index(int(squared.argmax()), squared.shape)
    return hull[first], hull[second]


def _longest_chord(along: NDArray[np.float64], across: NDArray[np.float64]) -> float:
    """The widest spread of `across` among points that share a place `along` the axis, to the pixel."""
    place = np.rint(along).astype(np.intp)
    place -= place.min()
    low = np.full(place.max() + 1, np.inf)
    high = np.full(place.max() + 1, -np.inf)
    np.minimum.at(low, place, across)
    np.maximum.at(high, place, across)
    return float(np.max(high - low, initial=0.0, where=np.isfinite(low)))
