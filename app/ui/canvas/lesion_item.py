"""A placed lesion on the canvas: its outline, its number, and a handle for its size."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

HANDLE = 8.0
"""The side of the handle, in screen pixels."""
HANDLE_AWAY = 9.0
"""How far the handle stands off the edge, so that the smallest lesion can still be taken by its middle."""
REACH = 8.0
"""How near, in screen pixels, a click must come to a small lesion or to a handle."""

SELECTED = QColor("#4cc2ff")
PLAIN = QColor("#ffd24a")
REFUSED = QColor("#ff6b78")


class LesionItem(QGraphicsItem):
    """Shows the drawn lesion's contour, or a circle of the asked diameter until it has been drawn.

    It stands at the placement's centre, in image pixels; pens, number and handle keep their size on screen.
    """

    def __init__(self, placement_id: str) -> None:
        super().__init__()
        self.placement_id = placement_id
        self._radii = (1.0, 1.0)
        self._diameter = 1.0
        self._contour: QPainterPath | None = None
        self._contour_diameter = 1.0
        self._number = 0
        self._selected = False
        self._refused = False

    def set_place(self, x: float, y: float, radii: tuple[float, float], diameter: float) -> None:
        """Moves the outline to (x, y), with the asked (column, row) radii in image pixels and diameter."""
        if radii != self._radii:
            self.prepareGeometryChange()
            self._radii, self._diameter = radii, diameter
        self.setPos(x, y)

    def set_contour(self, contour: QPainterPath | None, diameter: float) -> None:
        """Shows what has been drawn: a path relative to the centre, and the diameter it was asked for.

        While the hand is ahead of the drawing, the path is scaled to the diameter that the hand asks for.
        """
        self.prepareGeometryChange()
        self._contour, self._contour_diameter = contour, diameter
        self.update()

    def set_look(self, number: int, *, selected: bool, refused: bool = False) -> None:
        """Its number in the list, whether it is the selected one, whether it may not be where it is."""
        look = (number, selected, refused)
        if look != (self._number, self._selected, self._refused):
            self.prepareGeometryChange()
            self._number, self._selected, self._refused = look
            self.setZValue(51 if selected else 50)
            self.update()

    @property
    def radii(self) -> tuple[float, float]:
        """The asked (column, row) radii in image pixels."""
        return self._radii

    def handle(self) -> QPointF:
        """Where the handle is, in image pixels relative to the centre."""
        return QPointF(self._radii[0] + HANDLE_AWAY / self._zoom(), 0.0)

    def boundingRect(self) -> QRectF:
        pixel = 1 / self._zoom()
        around = QRectF(-self._radii[0], -self._radii[1], 2 * self._radii[0], 2 * self._radii[1])
        if self._contour is not None:
            drawn = self._contour.boundingRect()
            grown = self._grown
            around |= QRectF(drawn.topLeft() * grown, drawn.bottomRight() * grown)
        return around.adjusted(-4 * pixel, -18 * pixel, (HANDLE + HANDLE_AWAY + 14) * pixel, 4 * pixel)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colour = REFUSED if self._refused else SELECTED if self._selected else PLAIN
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF(-self._radii[0], -self._radii[1], 2 * self._radii[0], 2 * self._radii[1])
        if self._contour is not None and not self._refused:
            painter.save()
            painter.scale(self._grown, self._grown)
            self._stroke(painter, colour, self._contour)
            painter.restore()
        if self._selected or self._contour is None or self._refused:
            path = QPainterPath()
            path.addEllipse(circle)
            self._stroke(painter, colour, path, dashed=self._contour is not None)
        self._paint_extras(painter, colour)

    def _stroke(self, painter: QPainter, colour: QColor, path: QPainterPath, *, dashed: bool = False) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A dark line below keeps the colour readable on bright bone.
        for pen_colour, width in ((QColor(0, 0, 0, 150), 3.2), (colour, 1.4)):
            pen = QPen(pen_colour, width, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
            pen.setCosmetic(True)
            if dashed:
                pen.setDashPattern([3.0, 4.0] if width < 2 else [3.0 * 1.4 / 3.2, 4.0 * 1.4 / 3.2])
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                if width > 2:
                    continue
            painter.setPen(pen)
            painter.drawPath(path)

    def _paint_extras(self, painter: QPainter, colour: QColor) -> None:
        """The number and the handle, at the size of the screen."""
        view = painter.worldTransform()
        corner = view.map(QPointF(self._radii[0] * math.sqrt(0.5), -self._radii[1] * math.sqrt(0.5)))
        handle = view.map(self.handle())
        painter.save()
        painter.resetTransform()
        if self._number:
            font = QFont(painter.font())
            font.setPixelSize(11)
            font.setBold(True)
            painter.setFont(font)
            at = corner + QPointF(4, -4)
            painter.setPen(QColor(0, 0, 0, 200))
            painter.drawText(at + QPointF(1, 1), str(self._number))
            painter.setPen(colour)
            painter.drawText(at, str(self._number))
        if self._selected:
            edge = view.map(QPointF(self._radii[0], 0.0))
            painter.setPen(QPen(colour, 1.2))
            painter.drawLine(edge, handle)
            painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
            painter.setBrush(QBrush(colour))
            side = HANDLE
            painter.drawRoundedRect(QRectF(handle.x() - side / 2, handle.y() - side / 2, side, side), 2, 2)
        painter.restore()

    @property
    def _grown(self) -> float:
        return self._diameter / self._contour_diameter

    def _zoom(self) -> float:
        scene = self.scene()
        if scene is None or not scene.views():
            return 1.0
        return max(self.sceneTransform().m11() * scene.views()[0].transform().m11(), 1e-6)
