"""The outline of a label as a path."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPolygonF

from app.composition.composite import RenderedLesion

_LARGE = 120
"""Masks of more pixels a side need no finer grid."""


_contours: WeakKeyDictionary[RenderedLesion, QPainterPath] = WeakKeyDictionary()


def contour(lesion: RenderedLesion) -> QPainterPath | None:
    """The outline of a lesion's mask in pixels relative to its placement's centre; None where empty.

    It is made once: the thread that renders a lesion asks first.
    """
    if lesion.area_px == 0:
        return None
    path = _contours.get(lesion)
    if path is None:
        path = _contours[lesion] = _contour(lesion)
    return path


def _contour(lesion: RenderedLesion) -> QPainterPath:
    x, y, width, height = lesion.box
    top, left = y - lesion.rect.y0, x - lesion.rect.x0
    mask = lesion.mask[top : top + height, left : left + width]
    return outline(mask, x - lesion.placement.x, y - lesion.placement.y)


def outline(mask: NDArray[np.bool_], left: float, top: float) -> QPainterPath:
    """The outline of a (height, width) mask whose first pixel has its centre at (left, top)."""
    scale = 4 if max(mask.shape) <= _LARGE else 1
    lines = _lines(np.pad(mask, 1), scale)
    shift = QPointF(left - 1, top - 1)
    path = QPainterPath()
    for line in lines:
        points = line[:, 0, :].astype(np.float64)
        places = (points + 0.5) / scale - 0.5
        path.addPolygon(QPolygonF([QPointF(px, py) + shift for px, py in places]))
        path.closeSubpath()
    return path


def _lines(mask: NDArray[np.bool_], scale: int) -> list[NDArray[np.int32]]:
    """The closed outlines of a mask enlarged `scale` times, its corners rounded."""
    grey = mask.astype(np.uint8) * 255
    size = (mask.shape[1] * scale, mask.shape[0] * scale)
    fine = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR) >= 128
    found, _ = cv2.findContours(fine.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_TC89_L1)
    return [np.asarray(line, np.int32) for line in found]
