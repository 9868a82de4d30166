"""Marks that are no lesions: the ring and the words at the cursor, candidates, a shape being drawn."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

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
        self._x = self._y = self.AWAY
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(70)
        self.hide()

    def show_at(self, place: QPointF, text: str, *, forbids: bool, room: tuple[float, float, float]) -> None:
        """Shows `text` at an image point; hides where it is empty.

        Args:
            forbids: it says why something cannot be done.
            room: screen pixels to the left of the point, to the right of it and below it; the words stay
                within them, and above the point where there is no room below.
        """
        if not text:
            self.hide()
            return
        wide, tall = self._size(text)
        left, right, below = room
        x = max(min(self.AWAY, right - wide), -left)
        y = self.AWAY if below >= tall + self.AWAY else -self.AWAY - tall
        if (text, forbids, x, y) != (self.text, self._forbids, self._x, self._y):
            self.prepareGeometryChange()
            self.text, self._forbids, self._x, self._y = text, forbids, x, y
            self.update()
        self.setPos(place)
        self.show()

    def boundingRect(self) -> QRectF:
        return QRectF(self._x, self._y, *self._size(self.text))

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
        inner = box.adjusted(8, 0, -8, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text)

    def _size(self, text: str) -> tuple[float, float]:
        sizes = [text_size(line, label_font(self, 1.0)) for line in text.split("\n")]
        return max(wide for wide, _ in sizes) + 16, sum(tall for _, tall in sizes) + 8


class CandidatesItem(QGraphicsItem):
    """The proposed places with their rank; those in the danger zone are crossed out."""

    SIZE = 8.0
    REACH = 11.0
    """How near the cursor has to be to point at one, in screen pixels."""
    ROOM = 60.0
    """What a mark with its rank takes around its place, in screen pixels, at most."""

    def __init__(self) -> None:
        super().__init__()
        self._places: tuple[Candidate, ...] = ()
        self._around = QRectF()
        self._chosen: int | None = None
        self._pointed: int | None = None
        self.setZValue(40)

    def set_places(self, places: Sequence[Candidate], width: int, height: int) -> None:
        """Shows `places`, most likely first, on an image of that size."""
        around = QRectF(-0.5, -0.5, width, height)
        if tuple(places) == self._places and around == self._around:
            return
        before, chosen = self._places, self.chosen
        if around != self._around:
            self.prepareGeometryChange()
            self._around = around
        self._places, self._pointed = tuple(places), None
        self._chosen = self._places.index(chosen) if chosen in self._places else None
        for rank in range(max(len(before), len(places))):
            old, new = before[rank : rank + 1], self._places[rank : rank + 1]
            if old != new:
                self._repaint(*old, *new)

    def choose(self, rank: int | None) -> None:
        """Rings one of them (counted from 0), or none."""
        if rank != self._chosen:
            changed = [self._places[one] for one in (rank, self._chosen) if one is not None]
            self._chosen = rank
            self._repaint(*changed)

    def _repaint(self, *places: Candidate) -> None:
        """Paints what is around some of them anew, and not the whole image below."""
        views = self.scene().views() if self.scene() is not None else []
        if not views:
            return
        view = self.deviceTransform(views[0].viewportTransform())
        wide, tall = self.ROOM / view.m11(), self.ROOM / abs(view.m22())
        for place in places:
            self.update(QRectF(place.x - wide, place.y - tall, 2 * wide, 2 * tall))

    @property
    def chosen(self) -> Candidate | None:
        """The one that is ringed."""
        return None if self._chosen is None else self._places[self._chosen]

    @property
    def places(self) -> tuple[Candidate, ...]:
        """Those that are shown, most likely first."""
        return self._places

    @property
    def pointed(self) -> int | None:
        """The rank, counted from 0, of the one that the cursor points at here or in a list."""
        return self._pointed

    def point_at(self, rank: int | None) -> None:
        """Rings one of them lightly, or none."""
        if rank != self._pointed:
            changed = [self._places[one] for one in (rank, self._pointed) if one is not None]
            self._pointed = rank
            self._repaint(*changed)

    def near(self, place: QPointF, zoom: tuple[float, float]) -> int | None:
        """The rank of the one under an image point; `zoom` is screen pixels to an image pixel, (x, y)."""
        if not self.isVisible():
            return None
        away = [hypot((c.x - place.x()) * zoom[0], (c.y - place.y()) * zoom[1]) for c in self._places]
        nearest = min(range(len(away)), key=away.__getitem__, default=None)
        return nearest if nearest is not None and away[nearest] <= self.REACH else None

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
            if number in (self._chosen, self._pointed):
                mark.addEllipse(at, 2.4 * half, 2.4 * half)
            if number == self._chosen:
                mark.addEllipse(at, 3.4 * half, 3.4 * half)
            for pen in (QPen(SHADE, 3.6), QPen(colour, 1.7)):
                painter.setPen(pen)
                painter.drawPath(mark)
            away = (3.4 if number == self._chosen else 2.4 if number == self._pointed else 1.0) * half + 4
            write(painter, at + QPointF(away, 0.36 * font.pixelSize()), str(number + 1), font, colour)
        painter.restore()
