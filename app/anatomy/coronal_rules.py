"""The bones of one coronal CT image by threshold and place: training targets of the task `abdomen-ct`.

They hold where the window is burnt in, too, since bone is what saturates it. Stones and contrast medium do
the same, so whoever knows where stones are says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

DENSE = 175
"""HU of bone; a soft-tissue window (centre 40, width 400) shows all above 240 white."""
AIR = -140
SPECK_MM2 = 6.0
COLUMN_MM = 21.0
"""Half the width of the vertebral column, bodies with their edges, ..."""
PROCESSES_MM = 60.0
"""... and with transverse processes."""
LOW = 0.6
"""From this share of the image downwards lie the pelvis and the last vertebrae."""


@dataclass(frozen=True)
class Column:
    """The straight line along the spine: column `middle` at row 0, `lean` columns per row."""

    middle: float
    lean: float

    def aside(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """(height, width): how many pixels each lies to its right."""
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        return np.asarray(columns - self.middle - self.lean * rows)


def coronal_bones(hu: NDArray[Any], mm: float, stones: Mask | None = None) -> dict[str, Mask]:
    """Spine, ribs and pelvis of a coronal image, head up.

    Args:
        hu: (height, width) in HU, whatever lies beyond a soft-tissue window cut off or not.
        mm: the side of a pixel.
        stones: (height, width), where dense matter is none of these.

    Returns:
        `spine` (with its discs and canal), `ribs`, `pelvis`, each (height, width).
    """
    dense = hu > DENSE
    if stones is not None:
        dense &= ~stones
    dense = _large(dense, SPECK_MM2 / mm**2)
    column = _column(dense, COLUMN_MM / mm)
    if column is None:
        nothing = np.zeros(dense.shape, bool)
        return {"spine": nothing, "ribs": dense, "pelvis": nothing}
    solid = filled(closed(dense, 1.6 / mm))
    aside = np.abs(column.aside((hu.shape[0], hu.shape[1])))
    spine, pelvis = _told_apart(solid, aside, _lowest_tissue(hu, mm), mm)
    spine &= aside < PROCESSES_MM / mm
    spine |= with_discs(spine, mm) & (aside < 27 / mm)
    return {"spine": spine, "ribs": solid & ~spine & ~pelvis, "pelvis": pelvis & ~spine}


def _told_apart(solid: Mask, aside: NDArray[Any], lowest: NDArray[Any], mm: float) -> tuple[Mask, Mask]:
    """(spine, pelvis): parts on the line or near it; parts far from it that leave the image at its foot."""
    import cv2

    count, parts, _, centres = cv2.connectedComponentsWithStats(solid.astype(np.uint8), connectivity=8)
    spine, pelvis = np.zeros(count, bool), np.zeros(count, bool)
    for n in range(1, count):
        rows, columns = np.nonzero(parts == n)
        distances = aside[rows, columns] * mm
        off, low = float(np.median(distances)), centres[n, 1] > LOW * len(solid)
        at_foot = bool((rows >= lowest[columns] - 5 / mm).any())
        if (distances < COLUMN_MM).mean() > 0.35 or off < 34:
            spine[n] = True
        elif low and at_foot and off > 40:
            pelvis[n] = True
        elif low and off < 50:
            spine[n] = True
    return spine[parts], pelvis[parts]


def _column(dense: Mask, half: float) -> Column | None:
    """The line, at most 14° off the vertical, that the most bone lies within `half` pixels of."""
    rows, columns = np.nonzero(dense)
    height, width = dense.shape
    if len(rows) < 200:
        return None
    band, edge = np.ones(2 * round(half) + 1), round(0.28 * width)
    best, found = -1.0, None
    for lean in np.linspace(-0.25, 0.25, 21):
        straight = columns - lean * (rows - height / 2)
        counts = np.bincount(np.clip(straight, 0, width - 1).astype(int), minlength=width).astype(float)
        near = np.convolve(counts, band, "same")[edge : width - edge]
        if near.max() > best:
            best = float(near.max())
            found = Column(float(near.argmax()) + edge - lean * height / 2, float(lean))
    return found


def _lowest_tissue(hu: NDArray[Any], mm: float) -> NDArray[np.float32]:
    """Per column, the last row that shows the body: some images are turned, with black corners."""
    import cv2

    tissue = cv2.blur(np.clip(hu, -160, 240).astype(np.float32), (9, 3)) > AIR
    last = len(tissue) - 1 - np.argmax(tissue[::-1], axis=0)
    reach = 2 * round(12 / mm) + 1
    row: NDArray[np.float32] = cv2.erode(last.astype(np.float32)[None], np.ones((1, reach), np.uint8))[0]
    return row


def with_discs(spine: Mask, mm: float) -> Mask:
    """The spine with the gaps between its vertebrae closed."""
    import cv2

    far = round(24 / mm)
    tall = np.ones((2 * round(9 / mm) + 1, 1), np.uint8)
    padded = cv2.morphologyEx(np.pad(spine, far).astype(np.uint8), cv2.MORPH_CLOSE, tall)
    return filled(opened(padded[far:-far, far:-far].astype(bool), 1.6 / mm))


def _large(mask: Mask, least: float) -> Mask:
    import cv2

    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= least
    kept[0] = False
    return np.asarray(kept[parts])


def closed(mask: Mask, radius: float) -> Mask:
    """With gaps narrower than twice the radius, in pixels, closed."""
    return _morphed(mask, "MORPH_CLOSE", radius)


def opened(mask: Mask, radius: float) -> Mask:
    """Without what is thinner than twice the radius, in pixels."""
    return _morphed(mask, "MORPH_OPEN", radius)


def _morphed(mask: Mask, operation: str, radius: float) -> Mask:
    import cv2

    side = 2 * max(1, round(radius)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.morphologyEx(mask.astype(np.uint8), getattr(cv2, operation), disc).astype(bool)


def filled(mask: Mask) -> Mask:
    """With its holes filled: what does not reach the border of the image belongs to it."""
    import cv2

    around = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    cv2.floodFill(around, None, (0, 0), 2)
    return around[1:-1, 1:-1] != 2
