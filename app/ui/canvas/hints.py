"""Marks that are no lesions: the ring and the words at the cursor, candidates, a shape being drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.anatomy.anatomy import Candidate
from app.ui.canvas.lesion_item import REFUSED, SELECTED
from app.ui.canvas.marks import SHADE, cosmetic, label_font, text_size, write

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
        painter.setPen(cosmetic(QColor(0, 0, 0, 120), 3.0))
        painter.drawEllipse(ring)
        colour = QColor(REFUSED if self._refused else SELECTED)
        colour.setAlpha(230)
        painter.setPen(cosmetic(colour, 1.3))
        painter.drawEllipse(ring)
        if self._refused:  # a stroke through it, so that colour is not the only sign
            painter.drawLine(QPointF(-rx, -ry) * 0.707, QPointF(rx, ry) * 0.707)


class ShapeItem(QGraphicsItem):
    """The ellipse or rectangle that is being drawn."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._shape = "ellipse"
        self.setZValue(60)
        self.hide()

    def show_rect(self, rect: QRectF, shape: str) -> None:
        """Shows an `ellipse` or `rectangle` inside `rect`, image pixels."""
        self.prepareGeometryChange()
        self._rect, self._shape = rect, shape
        self.show()

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-3, -3, 3, 3)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = painter.drawEllipse if self._shape == "ellipse" else painter.drawRect
        for pen in (cosmetic(QColor(0, 0, 0, 150), 3.2), cosmetic(CANDIDATE, 1.5)):
            painter.setPen(pen)
            draw(self._rect)


class NoteItem(QGraphicsItem):
    """Words beside the cursor, on a ground of their own so that they can be read over anything."""

    AWAY = 16.0
    """How far from the cursor, in screen pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._forbids = False
        self._left = self._above = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(70)
        self.hide()

    def show_at(self, place: QPointF, text: str, *, forbids: bool, room: tuple[float, float]) -> None:
        """Shows `text` at an image point; hides where it is empty.

        Args:
            forbids: it says why something cannot be done.
            room: screen pixels to the right of the point and below it; the words turn aside at an edge.
        """
        if not text:
            self.hide()
            return
        left, above = self._turned_aside(text, room)
        if (text, forbids, left, above) != (self.text, self._forbids, self._left, self._above):
            self.prepareGeometryChange()
            self.text, self._forbids, self._left, self._above = text, forbids, left, above
            self.update()
        self.setPos(place)
        self.show()

    def boundingRect(self) -> QRectF:
        wide, tall = self._size(self.text)
        x = -self.AWAY - wide if self._left else self.AWAY
        y = -self.AWAY - tall if self._above else self.AWAY
        return QRectF(x, y, wide, tall)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self.boundingRect()
        painter.setPen(QPen(REFUSED if self._forbids else SELECTED, 1.2))
        painter.setBrush(QColor(14, 17, 20, 225))
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
        painter.setFont(label_font(self, 1.0))
        painter.setPen(QColor("#ffffff"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text)

    def _turned_aside(self, text: str, room: tuple[float, float]) -> tuple[bool, bool]:
        wide, tall = self._size(text)
        return room[0] < wide + self.AWAY, room[1] < tall + self.AWAY

    def _size(self, text: str) -> tuple[float, float]:
        wide, tall = text_size(text, label_font(self, 1.0))
        return wide + 16, tall + 8


class CandidatesItem(QGraphicsItem):
    """The proposed places with their rank; those in the danger zone are crossed out."""

    SIZE = 8.0

    def __init__(self) -> None:
        super().__init__()
        self._places: tuple[Candidate, ...] = ()
        self._around = QRectF()
        self._chosen: int | None = None
        self.setZValue(40)

    def set_places(self, places: Sequence[Candidate], width: int, height: int) -> None:
        """Shows `places`, most likely first, on an image of that size."""
        if tuple(places) == self._places:
            return
        self.prepareGeometryChange()
        self._places, self._chosen = tuple(places), None
        self._around = QRectF(-0.5, -0.5, width, height) if places else QRectF()
        self.update()

    def choose(self, rank: int | None) -> None:
        """Rings one of them (counted from 0), or none."""
        if rank != self._chosen:
            self._chosen = rank
            self.update()

    @property
    def chosen(self) -> Candidate | None:
        """The one that is ringed."""
        return None if self._chosen is None else self._places[self._chosen]

    def boundingRect(self) -> QRectF:
        return self._around

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        font = label_font(self, 0.85)
        half = self.SIZE / 2
        for number, place in enumerate(self._places):
            at = view.map(QPointF(place.x, place.y))
            colour = CANDIDATE if place.safe else REFUSED
            mark = QPainterPath()
            if place.safe:
                mark.addEllipse(at, half, half)
            else:
                mark.moveTo(at + QPointF(-half, -half))
                mark.lineTo(at + QPointF(half, half))
                mark.moveTo(at + QPointF(-half, half))
                mark.lineTo(at + QPointF(half, -half))
            if number == self._chosen:
                mark.addEllipse(at, 2.4 * half, 2.4 * half)
                mark.addEllipse(at, 3.4 * half, 3.4 * half)
            for pen in (QPen(SHADE, 3.6), QPen(colour, 1.7)):
                painter.setPen(pen)
                painter.drawPath(mark)
            away = (3.4 if number == self._chosen else 1.0) * half + 4
            write(painter, at + QPointF(away, 0.36 * font.pixelSize()), str(number + 1), font, colour)
        painter.restore()
