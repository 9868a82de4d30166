"""A small picture of the image with the places that lesions would take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.anatomy.where import Where
from app.composition.scene import Placement
from app.imaging.image import Image
from app.ui.theme import DARK

MOST = 512
"""Pixels of the picture's longer side."""
_FORBIDDEN = (0.62, 0.5, 0.5)
"""What is left of red, green and blue where no lesion may be."""


def picture(image: Image, where: Where) -> NDArray[np.uint8]:
    """(height, width, 3): the image in its automatic window, what is forbidden darkened."""
    step = max(1, -(-max(image.pixels.shape) // MOST))
    window = image.automatic_window
    values = image.pixels[::step, ::step].astype(np.float32)
    grey = np.clip((values - window.low) / max(window.high - window.low, 1e-6), 0, 1)
    if image.inverted:
        grey = 1 - grey
    colours = np.repeat(grey[:, :, None], 3, axis=2) * 255
    colours[~where.danger.permissible[::step, ::step]] *= np.array(_FORBIDDEN, np.float32)
    return np.ascontiguousarray(colours.astype(np.uint8))


class ScatterPreview(QWidget):
    """Shows a picture and circles, new ones bright and numbered, those that are there already pale."""

    def __init__(self, image: Image) -> None:
        super().__init__()
        self._image = image
        self._picture: QImage | None = None
        self._there: Sequence[Placement] = ()
        self._new: Sequence[Placement] = ()
        self.setMinimumSize(200, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Preview of the places")

    def sizeHint(self) -> QSize:
        return QSize(380, 380)

    def show_picture(self, colours: NDArray[np.uint8]) -> None:
        """Takes the picture of the image."""
        height, width, _ = colours.shape
        self._picture = QImage(colours.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def show_places(self, there: Sequence[Placement], new: Sequence[Placement]) -> None:
        """Takes the lesions that are there, and those that would come."""
        self._there, self._new = there, new
        places = "; ".join(f"{p.diameter_mm:.1f} at ({p.x:.0f}, {p.y:.0f})" for p in new)
        self.setAccessibleDescription(places)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, image = QPainter(self), self._image
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        row_mm, column_mm = image.pixel_mm
        wide, high = image.width * column_mm, image.height * row_mm
        scale = min(self.width() / wide, self.height() / high)
        into = QRectF(0, 0, wide * scale, high * scale)
        into.moveCenter(QRectF(self.rect()).center())
        if self._picture is None:
            painter.fillRect(into, QColor("#000000"))
        else:
            painter.drawImage(into, self._picture)
        for placements, colour, width in ((self._there, "#c0c0c0", 1.2), (self._new, DARK.accent, 2.0)):
            for number, placement in enumerate(placements, start=1):
                centre = into.topLeft() + QPointF(
                    (placement.x + 0.5) * column_mm * scale, (placement.y + 0.5) * row_mm * scale
                )
                radius = max(placement.diameter_mm / 2 * scale, 3.0)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                for pen in (QPen(QColor("#000000"), width + 2), QPen(QColor(colour), width)):
                    painter.setPen(pen)
                    painter.drawEllipse(centre, radius, radius)
                if placements is self._new:
                    text = QPainterPath()
                    text.addText(centre + QPointF(radius + 3, -radius + 3), self.font(), str(number))
                    painter.strokePath(text, QPen(QColor("#000000"), 3))
                    painter.fillPath(text, QColor(colour))
        painter.end()
