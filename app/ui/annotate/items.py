"""What lies over the image in the editor: structures, boxes, the line of the lasso, the ring of the brush."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.imaging.box import Box
from app.ui.canvas.foreground import small_font
from app.ui.canvas.pyramid import Rect
from app.ui.canvas.sampled_item import SampledItem

REACH = 7.0
"""Screen pixels around a grip or an edge that belong to it."""
SMALLEST = 30.0
"""Screen pixels a side below which the grips of a box move away from it, so that each can be taken."""
_BOX, _CHOSEN, _HALO = QColor("#ffd23f"), QColor("#4cb4f0"), QColor(0, 0, 0, 170)


class PlanesItem(SampledItem):
    """Structures as bit planes: each pixel in the mixed colours of those that are there, outlined."""

    smooth = False
    margin = 1

    def __init__(self) -> None:
        super().__init__()
        self._areas = np.zeros(1, np.uint32)
        self._lines = np.zeros(1, np.uint32)

    def set_colours(self, colours: Sequence[str], chosen: int, opacity: float) -> None:
        """Sets the colour of each plane; the chosen one is stronger and lies on top."""
        order = [n for n in range(len(colours)) if n != chosen] + ([chosen] if colours else [])
        areas = np.zeros((1 << len(colours), 4), np.float64)
        lines = np.zeros_like(areas)
        there = np.arange(len(areas))
        for n in order:
            colour = QColor(colours[n])
            rgb = np.array((1.0, colour.redF(), colour.greenF(), colour.blueF()))
            share = opacity * (0.5 if n == chosen else 0.28)
            with_it = (there & (1 << n)) != 0
            areas[with_it] = rgb * share + areas[with_it] * (1 - share)
            lines[with_it] = rgb * opacity  # the uppermost one's
        self._areas, self._lines = _words(areas), _words(lines)
        self.update()

    def changed(self, rect: Rect) -> None:
        """Paints a rectangle anew whose values somebody else has written."""
        y0, y1, x0, x1 = rect
        reach = self._reach
        self.update(QRectF(x0, y0, x1 - x0, y1 - y0).adjusted(-reach, -reach, reach, reach))

    def picture(self, samples: NDArray[Any]) -> QImage:
        inner = samples[1:-1, 1:-1]
        edge = inner ^ samples[:-2, 1:-1]
        for neighbour in (samples[2:, 1:-1], samples[1:-1, :-2], samples[1:-1, 2:]):
            edge |= inner ^ neighbour
        edge &= inner
        words = np.take(self._areas, inner, mode="clip")
        outlined = edge != 0
        words[outlined] = np.take(self._lines, edge[outlined], mode="clip")
        height, width = words.shape
        return QImage(words.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _words(colours: NDArray[np.float64]) -> NDArray[np.uint32]:
    """(n, 4) premultiplied alpha, red, green, blue, 0 to 1, as Format_ARGB32_Premultiplied wants them."""
    parts = np.round(np.clip(colours, 0, 1) * 255).astype(np.uint32)
    return sum((parts[:, n] << np.uint32(24 - 8 * n) for n in range(4)), np.zeros(len(parts), np.uint32))


GRIPS = ((0, 0), (0.5, 0), (1, 0), (1, 0.5), (1, 1), (0.5, 1), (0, 1), (0, 0.5))
"""Where the grips of a box are, as shares of its width and height, clockwise."""


class BoxesItem(QGraphicsItem):
    """The boxes around lesions, each with its number, the chosen one with grips."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(40)
        self._boxes: tuple[Box, ...] = ()
        self._chosen: int | None = None
        self._whole = QRectF()

    def set_image(self, width: int, height: int) -> None:
        """Takes the size of another image."""
        self.prepareGeometryChange()
        reach = max(width, height)
        self._whole = QRectF(0, 0, width, height).adjusted(-reach, -reach, reach, reach)

    def set_boxes(self, boxes: tuple[Box, ...], chosen: int | None, zoom: float) -> None:
        """Shows boxes; only where something has changed is painted anew. `zoom`: screen to image pixels."""
        if (boxes, chosen) == (self._boxes, self._chosen):
            return
        gone = set(self._boxes) ^ set(boxes)
        for number in {self._chosen, chosen}:
            gone |= {
                some[number] for some in (self._boxes, boxes) if number is not None and number < len(some)
            }
        if len(boxes) < len(self._boxes):
            gone |= {*boxes, *self._boxes}  # their numbers change
        self._boxes, self._chosen = boxes, chosen
        reach = (SMALLEST + 30) / zoom
        for box in gone:
            self.update(rect_of(box).adjusted(-reach, -reach, reach, reach))

    def boundingRect(self) -> QRectF:
        return self._whole

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        to_screen = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        if widget is not None:
            painter.setFont(small_font(widget))
        for number, box in enumerate(self._boxes):
            if number != self._chosen:
                self._paint_box(painter, to_screen, number, box)
        if self._chosen is not None and self._chosen < len(self._boxes):
            self._paint_box(painter, to_screen, self._chosen, self._boxes[self._chosen])
        painter.restore()

    def _paint_box(self, painter: QPainter, to_screen: QTransform, number: int, box: Box) -> None:
        chosen = number == self._chosen
        rect = to_screen.mapRect(rect_of(box))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((_HALO, 4.0), (_CHOSEN if chosen else _BOX, 2.2 if chosen else 1.4)):
            painter.setPen(QPen(colour, width))
            painter.drawRect(rect)
        text = QPointF(rect.left() + 1, rect.top() - 4)
        for colour, shift in ((_HALO, 1), (_CHOSEN if chosen else _BOX, 0)):
            painter.setPen(colour)
            painter.drawText(text + QPointF(shift, shift), str(number + 1))
        if chosen:
            painter.setPen(QPen(_HALO, 1.0))
            painter.setBrush(QColor("#ffffff"))
            for at in grips(rect):
                painter.drawRect(QRectF(at.x() - 3.5, at.y() - 3.5, 7, 7))


class LineItem(QGraphicsItem):
    """The line that the lasso has drawn so far."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(50)
        self._path = QPainterPath()
        self._closing = False
        self.hide()

    def show_line(self, path: QPainterPath) -> None:
        """Shows a line, in image pixels."""
        self.prepareGeometryChange()
        self._path = QPainterPath(path)
        self.show()

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().adjusted(-4, -4, 4, 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width, style in (
            (_HALO, 3.0, Qt.PenStyle.SolidLine),
            (QColor("#ffffff"), 1.3, Qt.PenStyle.SolidLine),
        ):
            pen = QPen(colour, width, style)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPath(self._path)


def rect_of(box: Box) -> QRectF:
    """A box as Qt has it, in image pixels."""
    return QRectF(box.x, box.y, box.width, box.height)


def box_of(rect: QRectF) -> Box:
    """A rectangle as a box, to a hundredth of a pixel."""
    rect = rect.normalized()
    return Box(*(round(v, 2) for v in (rect.x(), rect.y(), rect.width(), rect.height())))


def grips(rect: QRectF) -> tuple[QPointF, ...]:
    """Where the grips of a rectangle are, in screen pixels; those of a small one lie around it."""
    aside = max(0.0, (SMALLEST - rect.width()) / 2)
    above = max(0.0, (SMALLEST - rect.height()) / 2)
    around = rect.adjusted(-aside, -above, aside, above)
    return tuple(QPointF(around.x() + x * around.width(), around.y() + y * around.height()) for x, y in GRIPS)
