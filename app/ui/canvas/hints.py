"""Marks that are no lesions: the ring under the cursor, the candidates, the ellipse around an exemplar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.anatomy.anatomy import Candidate
from app.ui.canvas.lesion_item import REFUSED, SELECTED

CANDIDATE = QColor("#7ee0a8")


class RingItem(QGraphicsItem):
    """How large the lesion would be that a click places here; red where it may not be placed."""

    def __init__(self) -> None:
        super().__init__()
        self._radii = (1.0, 1.0)
        self._refused = False
        self.setZValue(60)
        self.hide()

    def show_at(self, x: float, y: float, radii: tuple[float, float], *, refused: bool) -> None:
        """Moves it to (x, y), image pixels, with (column, row) radii."""
        if radii != self._radii:
            self.prepareGeometryChange()
            self._radii = radii
        if refused != self._refused:
            self._refused = refused
            self.update()
        self.setPos(x, y)
        self.show()

    def boundingRect(self) -> QRectF:
        rx, ry = self._radii
        return QRectF(-rx, -ry, 2 * rx, 2 * ry).adjusted(
            -rx * 0.1 - 2, -ry * 0.1 - 2, rx * 0.1 + 2, ry * 0.1 + 2
        )

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rx, ry = self._radii
        ring = QRectF(-rx, -ry, 2 * rx, 2 * ry)
        painter.setPen(_cosmetic(QColor(0, 0, 0, 120), 3.0))
        painter.drawEllipse(ring)
        colour = QColor(REFUSED if self._refused else SELECTED)
        colour.setAlpha(230)
        painter.setPen(_cosmetic(colour, 1.3))
        painter.drawEllipse(ring)
        if self._refused:  # a stroke through it, so that colour is not the only sign
            painter.drawLine(QPointF(-rx, -ry) * 0.707, QPointF(rx, ry) * 0.707)


class EllipseItem(QGraphicsItem):
    """The ellipse that is being drawn around an exemplar."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self.setZValue(60)
        self.hide()

    def show_rect(self, rect: QRectF) -> None:
        """Shows it inside `rect`, image pixels."""
        self.prepareGeometryChange()
        self._rect = rect
        self.show()

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-3, -3, 3, 3)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_cosmetic(QColor(0, 0, 0, 150), 3.2))
        painter.drawEllipse(self._rect)
        painter.setPen(_cosmetic(CANDIDATE, 1.5))
        painter.drawEllipse(self._rect)


class CandidatesItem(QGraphicsItem):
    """The proposed places with their rank; those in the danger zone are crossed out."""

    SIZE = 7.0

    def __init__(self) -> None:
        super().__init__()
        self._places: tuple[Candidate, ...] = ()
        self._around = QRectF()
        self.setZValue(40)

    def set_places(self, places: Sequence[Candidate], width: int, height: int) -> None:
        """Shows `places`, most likely first, on an image of that size."""
        self.prepareGeometryChange()
        self._places = tuple(places)
        self._around = QRectF(0, 0, width, height) if places else QRectF()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._around

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(painter.font())
        font.setPixelSize(10)
        painter.setFont(font)
        half = self.SIZE / 2
        for rank, place in enumerate(self._places, start=1):
            at = view.map(QPointF(place.x, place.y))
            colour = QColor(CANDIDATE if place.safe else REFUSED)
            for pen in (QPen(QColor(0, 0, 0, 170), 3.4), QPen(colour, 1.5)):
                painter.setPen(pen)
                if place.safe:
                    painter.drawEllipse(at, half, half)
                else:
                    painter.drawLine(at + QPointF(-half, -half), at + QPointF(half, half))
                    painter.drawLine(at + QPointF(-half, half), at + QPointF(half, -half))
            painter.setPen(QColor(0, 0, 0, 200))
            painter.drawText(at + QPointF(8, 5), str(rank))
            painter.setPen(colour)
            painter.drawText(at + QPointF(7, 4), str(rank))
        painter.restore()


def _cosmetic(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width, Qt.PenStyle.SolidLine)
    pen.setCosmetic(True)
    return pen
