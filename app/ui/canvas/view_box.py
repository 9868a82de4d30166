"""Which part of the image is seen: fit, zoom at a point, pan."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF

FINEST = 64.0
"""Screen pixels to an image pixel, at the closest."""
COARSEST = 0.25
"""Likewise at the farthest, where that is not enough to see twice the image."""


class CanvasBox(pg.ViewBox):
    """A view box that never scales by itself: y downwards, true proportions, the mouse handled elsewhere."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False, invertY=True, lockAspect=1.0, defaultPadding=0.0)
        self.setMouseEnabled(False, False)
        self.disableAutoRange()
        self._image = QRectF(0, 0, 1, 1)
        self._fitted = True

    def set_image(self, width: int, height: int, pixel_mm: tuple[float, float]) -> None:
        """Takes the size of another image (pixels) and the spacing of its rows and columns, and fits it."""
        self._image = QRectF(-0.5, -0.5, width, height)
        # Anisotropic pixels are shown with their true proportions; ratio is the length of y against x.
        self.setAspectLocked(True, ratio=pixel_mm[1] / pixel_mm[0])
        self.fit()

    @property
    def zoom(self) -> float:
        """Screen pixels (logical) to an image pixel, along x."""
        width = self.viewPixelSize()[0]
        return 1 / width if width else 1.0

    def fit(self) -> None:
        """Shows all of the image."""
        self._fitted = True
        self.setRange(self._image, padding=0.02, disableAutoRange=True)

    def zoom_at(self, point: QPointF, factor: float) -> None:
        """Enlarges by `factor` and keeps the image point under `point` (image coordinates) where it is."""
        smallest = min(self._fit_zoom() / 2, COARSEST)
        factor = min(max(self.zoom * factor, smallest), FINEST) / self.zoom
        self._fitted = False
        self.scaleBy((1 / factor, 1 / factor), center=point)

    def pan(self, dx: float, dy: float) -> None:
        """Moves the image by (dx, dy) screen pixels; a part of it always stays in sight."""
        width, height = self.viewPixelSize()
        view = self.viewRect().translated(-dx * width, -dy * height)
        if not view.intersects(self._image.adjusted(20 * width, 20 * height, -20 * width, -20 * height)):
            return
        self._fitted = False
        self.translateBy(x=-dx * width, y=-dy * height)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def _fit_zoom(self) -> float:
        size = self.size()
        width, height = self.viewPixelSize()
        proportion = width / height if height else 1.0
        return min(
            size.width() / self._image.width(),
            size.height() / (self._image.height() * proportion),
        )
