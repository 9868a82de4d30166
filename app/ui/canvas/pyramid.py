"""An image at halved sizes, so that a large one is never read whole to fill a small screen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rect = tuple[int, int, int, int]
"""Rows and columns y0, y1, x0, x1, the ends excluded."""

_SMALL = 512
"""Pixels a side, to which levels are made ahead; what is smaller takes no time."""


class Pyramid:
    """Levels of one array: level 0 is the array itself, each further one half the size of the one before.

    Levels are made when first asked for. Pixels are averaged over 2×2 areas; labels, which have no average,
    keep one of the four.

    Args:
        pixels: (height, width) uint8, uint16, int16 or float32; other types are converted to float32.
        labels: the values are labels.
    """

    def __init__(self, pixels: NDArray[Any], *, labels: bool = False) -> None:
        self._labels = labels
        self._levels = [_supported(pixels)]
        self._own = False

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of level 0."""
        return self._levels[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values."""
        return self._levels[0].dtype

    def level(self, number: int) -> NDArray[Any]:
        """Level `number`; its pixel (r, c) covers rows r·2ⁿ … (r+1)·2ⁿ of level 0, and columns likewise."""
        while len(self._levels) <= number:
            self._levels.append(self._halve(self._levels[-1]))
        return self._levels[number]

    def make_levels(self) -> None:
        """Makes all levels that take time, so that painting need not."""
        number = 0
        while max(self.level(number).shape) > _SMALL:
            number += 1

    def copy(self) -> Pyramid:
        """One with the same values, to be written to."""
        copy = Pyramid(self._levels[0], labels=self._labels)
        copy._levels = [level.copy() for level in self._levels]
        copy._own = True
        return copy

    def level_for(self, scale: float) -> int:
        """The coarsest level as fine as a screen with `scale` device pixels to an image pixel."""
        return max(0, int(np.floor(np.log2(1 / scale) + 1e-6))) if scale > 0 else 0

    def write(self, rect: Rect, values: NDArray[Any]) -> None:
        """Puts `values` into the rows and columns of `rect`, on every level that exists.

        The array that was given at first is left alone: the first write makes a copy.
        """
        if not self._own:
            self._levels[0] = self._levels[0].copy()
            self._own = True
        y0, y1, x0, x1 = rect
        self._levels[0][y0:y1, x0:x1] = values
        for number in range(1, len(self._levels)):
            y0, y1, x0, x1 = y0 // 2, (y1 + 1) // 2, x0 // 2, (x1 + 1) // 2
            finer = self._levels[number - 1][2 * y0 : 2 * y1, 2 * x0 : 2 * x1]
            self._levels[number][y0:y1, x0:x1] = self._halve(finer)

    def _halve(self, finer: NDArray[Any]) -> NDArray[Any]:
        if self._labels:
            return np.ascontiguousarray(finer[::2, ::2])
        import cv2

        height, width = finer.shape
        rows, columns = height // 2, width // 2
        half = np.empty((height - rows, width - columns), finer.dtype)
        # An odd edge is done by itself: padding would copy the whole image.
        for y, tall in ((slice(0, rows), 2), (slice(rows, None), height % 2)):
            for x, wide in ((slice(0, columns), 2), (slice(columns, None), width % 2)):
                area = half[y, x]
                if area.size:
                    block = finer[y.start * 2 :, x.start * 2 :][
                        : area.shape[0] * tall, : area.shape[1] * wide
                    ]
                    area[:] = cv2.resize(block, area.shape[::-1], interpolation=cv2.INTER_AREA)
        return half


def _supported(pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.dtype in (np.uint8, np.uint16, np.int16, np.float32):
        return np.ascontiguousarray(pixels)
    return pixels.astype(np.float32)
