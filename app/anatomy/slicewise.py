"""Morphology on volumes, slice by slice, in mm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Slicewise:
    """Operations on masks (slices, height, width), with discs whose radius is in mm.

    `spacing` is (slice, row, column) in mm; slices do not touch each other here.
    """

    spacing: tuple[float, float, float]

    def _disc(self, radius_mm: float) -> NDArray[np.uint8]:
        radii = [max(0, int(radius_mm / s + 0.5)) for s in self.spacing[1:]]
        rows, columns = (np.arange(-r, r + 1) * s for r, s in zip(radii, self.spacing[1:], strict=True))
        reach = radius_mm + 0.25 * min(self.spacing[1:])
        disc = rows[:, None] ** 2 + columns[None, :] ** 2 <= reach**2
        return disc.astype(np.uint8)

    def _morphed(self, mask: Mask, operation: str, radius_mm: float) -> Mask:
        import cv2

        disc = self._disc(radius_mm)
        code = getattr(cv2, f"MORPH_{operation}")
        return np.stack([cv2.morphologyEx(m.view(np.uint8), code, disc) for m in mask]).view(bool)

    def opened(self, mask: Mask, radius_mm: float) -> Mask:
        """Without what is thinner than twice the radius."""
        return self._morphed(mask, "OPEN", radius_mm)

    def closed(self, mask: Mask, radius_mm: float) -> Mask:
        """With gaps narrower than twice the radius closed, and with holes filled."""
        return self.filled(self._morphed(mask, "CLOSE", radius_mm))

    def eroded(self, mask: Mask, radius_mm: float) -> Mask:
        """Shrunk by the radius."""
        return self._morphed(mask, "ERODE", radius_mm)

    def grown(self, mask: Mask, radius_mm: float) -> Mask:
        """Grown by the radius."""
        return self._morphed(mask, "DILATE", radius_mm)

    def filled(self, mask: Mask) -> Mask:
        """With all holes filled."""
        import cv2

        filled = np.zeros(mask.shape, np.uint8)
        for source, target in zip(mask, filled, strict=True):
            contours, _ = cv2.findContours(source.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(target, contours, -1, 1, cv2.FILLED)
        return filled.view(bool)

    def filled_small(self, mask: Mask, most_mm2: float) -> Mask:
        """With holes filled that are no larger than that."""
        import cv2

        filled = mask.copy()
        for index, hole in enumerate(~mask):
            _, parts, stats, _ = cv2.connectedComponentsWithStats(hole.view(np.uint8), connectivity=4)
            small = stats[:, 4] * self.spacing[1] * self.spacing[2] <= most_mm2
            small[0] = False
            filled[index] |= small[parts]
        return filled

    def large(self, mask: Mask, least_mm2: float) -> Mask:
        """Without connected parts smaller than that."""
        import cv2

        kept = np.zeros_like(mask)
        for index, source in enumerate(mask):
            _, parts, stats, _ = cv2.connectedComponentsWithStats(source.view(np.uint8), connectivity=4)
            large = stats[:, 4] * self.spacing[1] * self.spacing[2] >= least_mm2
            large[0] = False
            kept[index] = large[parts]
        return kept
