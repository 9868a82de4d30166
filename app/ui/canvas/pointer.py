"""What follows the cursor: the crosshair and the magnifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.ui.canvas.foreground import INK
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas

GAP = 14.0
"""Screen pixels around the cursor that the crosshair leaves free."""
LOUPE = 230
"""The diameter of the magnifier, in screen pixels."""
HALO = QColor(0, 0, 0, 150)
HAIR = QColor(255, 224, 130, 220)


class Pointer:
    """Where the cursor is, and what is drawn around it. Only what it has left and reached is painted anew."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.at: QPointF | None = None
        """In viewport pixels; None while it is elsewhere."""
        self.crosshair = False
        self.magnifier = False

    def move(self, at: QPointF | None) -> None:
        """The cursor is somewhere else."""
        self._repaint()
        self.at = at
        self._repaint()

    def show(self, *, crosshair: bool | None = None, magnifier: bool | None = None) -> None:
        """Shows or hides either."""
        self._repaint()
        self.crosshair = self.crosshair if crosshair is None else crosshair
        self.magnifier = self.magnifier if magnifier is None else magnifier
        self._repaint()

    def paint(self, painter: QPainter, size: QRectF) -> None:
        """Draws them into a viewport of `size` (logical pixels)."""
        if self.at is None or self._canvas.image.boundingRect().isEmpty():
            return
        if self.crosshair:
            _paint_crosshair(painter, size, self.at)
        if self.magnifier:
            _paint_loupe(painter, self._canvas, self.at)

    def _repaint(self) -> None:
        if self.at is None:
            return
        port = self._canvas.viewport()
        if self.crosshair:
            x, y = round(self.at.x()), round(self.at.y())
            port.update(x - 2, 0, 5, port.height())
            port.update(0, y - 2, port.width(), 5)
        if self.magnifier:
            half = LOUPE / 2 + 4
            port.update(QRectF(self.at.x() - half, self.at.y() - half, 2 * half, 2 * half).toAlignedRect())


def _paint_crosshair(painter: QPainter, size: QRectF, at: QPointF) -> None:
    """Draws hairlines through a viewport point, from edge to edge with a gap around it."""
    x, y = round(at.x()) + 0.5, round(at.y()) + 0.5
    lines = (
        QLineF(size.left(), y, x - GAP, y),
        QLineF(x + GAP, y, size.right(), y),
        QLineF(x, size.top(), x, y - GAP),
        QLineF(x, y + GAP, x, size.bottom()),
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for colour, width in ((HALO, 3.0), (HAIR, 1.0)):
        painter.setPen(QPen(colour, width))
        for line in lines:
            painter.drawLine(line)


def _paint_loupe(painter: QPainter, canvas: Canvas, at: QPointF) -> None:
    """Draws what lies under a viewport point, enlarged, in a round field around it."""
    ratio = canvas.viewport().devicePixelRatioF()
    view = canvas.image.sceneTransform() * canvas.viewportTransform()
    times = settings().preferences.magnifier * ratio
    scale = view.m11() * times, view.m22() * times
    place, side = canvas.image_point(at), round(LOUPE * ratio)
    middle = side / 2
    origin = middle - place.x() * scale[0], middle - place.y() * scale[1]
    picture = canvas.image.rendered(scale, origin, (side, side))
    if picture is None:
        return
    picture.setDevicePixelRatio(ratio)
    field = QRectF(at.x() - LOUPE / 2, at.y() - LOUPE / 2, LOUPE, LOUPE)
    bounds = canvas.image.boundingRect()
    whole = QRectF(
        field.x() + (origin[0] + bounds.x() * scale[0]) / ratio,
        field.y() + (origin[1] + bounds.y() * scale[1]) / ratio,
        bounds.width() * scale[0] / ratio,
        bounds.height() * scale[1] / ratio,
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    circle = QPainterPath()
    circle.addEllipse(field)
    painter.setClipPath(circle)
    painter.fillRect(field, Qt.GlobalColor.black)
    painter.setClipRect(whole, Qt.ClipOperation.IntersectClip)
    painter.drawImage(field.topLeft(), picture)
    painter.setClipping(False)
    for colour, width in ((HALO, 4.0), (INK, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(field)
    painter.restore()
