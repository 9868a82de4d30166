"""Filling polygons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fill(mask: NDArray[np.bool_], corners: NDArray[np.float64]) -> tuple[slice, slice]:
    """Sets the pixels of a mask whose centres lie in a polygon; (rows, columns) that it may have touched.

    Where the outline crosses itself, all that it goes round counts (the non-zero rule).

    Args:
        mask: (height, width), changed in place.
        corners: (n, 2) x, y in our coordinates, (0, 0) the centre of the top-left pixel.
    """
    height, width = mask.shape
    top, bottom = (int(np.clip(np.ceil(y), 0, height)) for y in (corners[:, 1].min(), corners[:, 1].max()))
    left, right = (int(np.clip(np.ceil(x), 0, width)) for x in (corners[:, 0].min(), corners[:, 0].max()))
    rows, columns = slice(top, min(bottom + 1, height)), slice(left, min(right + 1, width))
    # Each edge turns the winding number at the first pixel centre to its right, on each row that it crosses.
    x0, y0 = corners.T
    x1, y1 = np.roll(corners, -1, axis=0).T
    turn = np.where(y1 > y0, 1, -1).astype(np.int16)
    first = np.clip(np.ceil(np.minimum(y0, y1)), rows.start, rows.stop).astype(np.intp)
    last = np.clip(np.ceil(np.maximum(y0, y1)), rows.start, rows.stop).astype(np.intp)
    counts = last - first
    edge = np.repeat(np.arange(len(corners)), counts)
    y = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    x = x0[edge] + (y - y0[edge]) / (y1 - y0)[edge] * (x1 - x0)[edge]
    at = np.clip(np.ceil(x), columns.start, columns.stop).astype(np.intp) - columns.start
    winding = np.zeros((rows.stop - rows.start, columns.stop - columns.start + 1), np.int16)
    np.add.at(winding, (y - rows.start, at), turn[edge])
    mask[rows, columns] |= np.cumsum(winding, axis=1, dtype=np.int16)[:, :-1] != 0
    return rows, columns
