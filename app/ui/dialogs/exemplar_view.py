"""The part of the image that a lesion model is to learn from, enlarged, with the outline of the lesion."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.imaging.image import Image
from app.lesions.outline import Outline
from app.ui.canvas.grey import Grey

_LINE = QColor("#ffd24a")
_SIDE = 320


class ExemplarView(QWidget):
    """Shows it in the window that the canvas has."""

    def __init__(self, image: Image, grey: Grey) -> None:
        super().__init__()
        self._image, self._grey = image, grey
        self._outline: Outline | None = None
        self._grown = 0.0
        self._picture = QImage()
        self._shown = QRectF()
        """What the picture shows, in pixels of the image."""
        self.setMinimumSize(200, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The lesion and its outline")

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def show_outline(self, outline: Outline, grown: float) -> None:
        """Shows an outline, moved outwards by `grown` pixels of the image."""
        if self._outline is None or outline.origin != self._outline.origin:
            self._cut(outline)
        self._outline, self._grown = outline, grown
        self.update()

    def _cut(self, outline: Outline) -> None:
        height, width = outline.depth.shape
        image = self._image
        left, top = (max(0, int(np.floor(at))) for at in outline.origin)
        right = min(image.width, int(outline.origin[0] + width * outline.step) + 2)
        bottom = min(image.height, int(outline.origin[1] + height * outline.step) + 2)
        if right <= left or bottom <= top:
            return
        grey = np.ascontiguousarray(self._grey.of(np.ascontiguousarray(image.pixels[top:bottom, left:right])))
        rows, columns = grey.shape
        self._picture = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
        self._shown = QRectF(left - 0.5, top - 0.5, columns, rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor("#000000"))
        if self._outline is None or self._picture.isNull():
            return
        row_mm, column_mm = self._image.pixel_mm
        wide, high = self._shown.width() * column_mm, self._shown.height() * row_mm
        scale = min(self.width() / wide, self.height() / high)
        where = QRectF(0, 0, wide * scale, high * scale)
        where.moveCenter(QRectF(self.rect()).center())
        painter.drawImage(where, self._picture)
        across, down = where.width() / self._shown.width(), where.height() / self._shown.height()
        path = QPainterPath()
        for line in self._outline.lines(self._grown):
            points = (line - (self._shown.left(), self._shown.top())) * (across, down)
            path.addPolygon(QPolygonF([QPointF(x + where.left(), y + where.top()) for x, y in points]))
            path.closeSubpath()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(0, 0, 0, 170), 3.4), QPen(_LINE, 1.6)):
            painter.setPen(pen)
            painter.drawPath(path)
