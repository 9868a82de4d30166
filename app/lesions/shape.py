"""What makes a drawing a lesion: how large, how dense and how compact it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Shape:
    """Figures of a lesion in a drawing.

    Attributes:
        area: pixels of alpha >= 0.5.
        contrast: mean contrast there, as a share of the exemplar's.
        solidity: area over that of its convex hull, 0..1.
        hollow: area of its holes over its area with them, 0..1.
        cut: share of the frame's outermost pixels that it covers, 0..1.
    """

    area: int
    contrast: float
    solidity: float
    hollow: float
    cut: float

    @classmethod
    def of(cls, contrast: Array, alpha: Array) -> Shape:
        """Measures a drawing; all zeros where alpha stays below one half."""
        import cv2

        label = (alpha >= 0.5).astype(np.uint8)
        area = int(label.sum())
        if area == 0:
            return cls(0, 0.0, 0.0, 0.0, 0.0)
        outlines, _ = cv2.findContours(label, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        empty = np.zeros_like(label)
        filled = int(cv2.drawContours(empty.copy(), outlines, -1, 1, cv2.FILLED).sum())
        hull = int(cv2.fillConvexPoly(empty, cv2.convexHull(np.concatenate(outlines)), 1).sum())
        frame = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
        mean = float(contrast[label > 0].mean())
        return cls(area, mean, filled / hull, 1 - area / filled, float(frame.mean()))

    def present(self, like: Shape) -> bool:
        """Whether there is a lesion of such a size and contrast: 0.4 to 2 times the area, 0.6 to 1.5 times
        the contrast of `like`.
        """
        return 0.4 <= self.area / like.area <= 2.0 and 0.6 <= self.contrast / like.contrast <= 1.5

    def resembles(self, like: Shape) -> bool:
        """Whether it is present, about as compact as `like`, and whole."""
        least = like.solidity - 0.05 - 0.5 * (1 - like.solidity)
        compact = self.solidity >= least and self.hollow <= like.hollow + 0.02
        return self.present(like) and compact and self.cut == 0


def cleaned(raw: Array) -> tuple[Array, Array]:
    """A network's drawing made ready: (contrast, alpha) of (2, height, width).

    Alpha is stretched to end at 0 and 1, which the network only comes near to, freed of dips of a pixel or
    two, and keeps its largest piece; the contrast fades out with it.
    """
    import cv2

    alpha = np.clip((raw[1] - np.float32(0.06)) / np.float32(0.82), 0, 1)
    alpha = np.asarray(cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.float32)
    alpha[[0, -1], :] = 0
    alpha[:, [0, -1]] = 0
    count, parts, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.1).astype(np.uint8))
    if count > 2:
        largest = parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        alpha[cv2.dilate(largest.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0] = 0
    alpha[alpha < 1 / 256] = 0
    return raw[0] * np.minimum(4 * alpha, 1), alpha
