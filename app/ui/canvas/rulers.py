"""Measuring: rulers, which lie on the slice that they were drawn on and are no part of the scene."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.imaging.image import Image
from app.ui.canvas.foreground import INK
from app.ui.canvas.gesture import Gesture
from app.ui.canvas.texts import PLANES

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas

COLOUR = QColor("#ff9ff3")
HALO = QColor(0, 0, 0, 190)
NEAR = 8.0
"""How near, in screen pixels, a press must come to an end; half of it to the line between."""

START, END = 0, 1


@dataclass(frozen=True)
class Ruler:
    """A straight line between two places, image pixels (x, y)."""

    start: tuple[float, float]
    end: tuple[float, float]

    def moved(self, which: tuple[int, ...], dx: float, dy: float) -> Ruler:
        """With one end, or both, moved by (dx, dy)."""
        ends = [(x + dx, y + dy) if n in which else (x, y) for n, (x, y) in enumerate((self.start, self.end))]
        return Ruler(ends[0], ends[1])


def length(ruler: Ruler, image: Image) -> float:
    """In mm, each axis by its own spacing; in pixels where the image is uncalibrated."""
    across, down = _extent(ruler, image)
    return math.hypot(across, down)


def words(ruler: Ruler, image: Image) -> str:
    """`12.4 mm  31°`: the length, what kind of mm they are (PS3.3 §10.7.1.3), the angle to the horizontal."""
    across, down = _extent(ruler, image)
    found = math.hypot(across, down)
    number = f"{found:.2f}" if found < 1 else f"{found:.1f}"
    unit = f"{image.size_unit}{PLANES.get(image.calibration, '')}"
    return f"{number} {unit}  {math.degrees(math.atan2(down, across)):.0f}°"


def _extent(ruler: Ruler, image: Image) -> tuple[float, float]:
    rows, columns = image.pixel_mm
    (x0, y0), (x1, y1) = ruler.start, ruler.end
    return abs(x1 - x0) * columns, abs(y1 - y0) * rows


class Rulers:
    """The rulers of every slice by their numbers, and how those of the slice on the canvas look."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._laid: dict[int, tuple[int, Ruler]] = {}
        self._numbers = itertools.count(1)
        self._slice = 0
        self.chosen: int | None = None
        """Which of `shown` Delete removes."""
        self.measure: Callable[[Ruler], str] = lambda _: ""
        """What is written beside a ruler."""

    @property
    def shown(self) -> dict[int, Ruler]:
        """Those of the slice on the canvas by their numbers, in the order in which they were drawn."""
        return {number: ruler for number, (place, ruler) in self._laid.items() if place == self._slice}

    def forget(self) -> None:
        """Drops all, of every slice."""
        self._laid.clear()
        self._changed(None)

    def show_slice(self, number: int) -> None:
        """Shows those of another slice."""
        if number != self._slice:
            self._slice = number
            self._changed(None)

    def add(self, ruler: Ruler) -> int:
        """Lays a ruler on the slice, chooses it, and returns its number."""
        number = next(self._numbers)
        self._laid[number] = self._slice, ruler
        self._changed(number)
        return number

    def change(self, number: int, ruler: Ruler) -> None:
        """Puts another one in its place; nothing where it has been removed, or is on another slice."""
        if number in self.shown:
            self._laid[number] = self._slice, ruler
            self._changed(number)

    def remove(self, number: int) -> None:
        """Takes one away, if it is there; the one that was drawn last is chosen then."""
        self._laid.pop(number, None)
        self._changed(next(reversed(self.shown), None))

    def remove_all(self) -> None:
        """Takes all of this slice away."""
        for number in self.shown:
            del self._laid[number]
        self._changed(None)

    def choose(self, number: int | None) -> None:
        """Chooses one, or none."""
        if number != self.chosen:
            self._changed(number)

    def end_at(self, at: QPointF) -> tuple[int, int] | None:
        """The ruler and the end of it that lie under a viewport point; the newest first."""
        for number, ruler in reversed(self.shown.items()):
            for end, place in reversed(tuple(enumerate(self._ends(ruler)))):
                if _distance(at, place) <= NEAR:
                    return number, end
        return None

    def line_at(self, at: QPointF) -> int | None:
        """The ruler whose line lies under a viewport point."""
        for number, ruler in reversed(self.shown.items()):
            if _from_line(at, *self._ends(ruler)) <= NEAR / 2:
                return number
        return None

    def paint(self, painter: QPainter, size: QRectF) -> None:
        """Draws those of the slice into a viewport of `size` (logical pixels)."""
        for number, ruler in self.shown.items():
            self._paint(painter, size, ruler, chosen=number == self.chosen)

    def _paint(self, painter: QPainter, size: QRectF, ruler: Ruler, *, chosen: bool) -> None:
        start, end = self._ends(ruler)
        away = end - start
        whole = math.hypot(away.x(), away.y())
        across = QPointF(-away.y(), away.x()) / whole * 6 if whole else QPointF(0, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((HALO, 4.4), (COLOUR, 2.4 if chosen else 1.8)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(start, end)
            for place in (start, end):
                painter.drawLine(place - across, place + across)
        if chosen:  # dots that can be taken
            painter.setPen(QPen(HALO, 1.5))
            painter.setBrush(COLOUR)
            for place in (start, end):
                painter.drawEllipse(place, 4.5, 4.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        self._write(painter, size, self.measure(ruler), start if start.x() > end.x() else end)

    def _write(self, painter: QPainter, size: QRectF, text: str, beside: QPointF) -> None:
        metrics = QFontMetricsF(painter.font())
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 12, metrics.height() + 4)
        box.moveTo(beside + QPointF(10, -box.height() / 2))
        box.moveRight(min(box.right(), size.right() - 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(HALO)
        painter.drawRoundedRect(box, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(INK)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _ends(self, ruler: Ruler) -> tuple[QPointF, QPointF]:
        point = self._canvas.viewport_point
        return point(QPointF(*ruler.start)), point(QPointF(*ruler.end))

    def _changed(self, chosen: int | None) -> None:
        self.chosen = chosen
        self._canvas.viewport().update()
        self._canvas.rulers_changed.emit()


class MoveRuler(Gesture):
    """Moves an end of a ruler, or all of it; a press alone chooses it."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: Canvas, at: QPointF, number: int, which: tuple[int, ...]) -> None:
        super().__init__(canvas, at)
        self.ruler, self.which = number, which
        self.before = canvas.rulers.shown[number]
        canvas.rulers.choose(number)
        canvas.ruler_chosen.emit()

    def drag(self, at: QPointF) -> None:
        way = self.canvas.image_point(at) - self.canvas.image_point(self.start)
        self.canvas.rulers.change(self.ruler, self.before.moved(self.which, way.x(), way.y()))

    def cancel(self) -> None:
        self.canvas.rulers.change(self.ruler, self.before)


class DrawRuler(Gesture):
    """Lays a new ruler from where the press was to where the hand is."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, at: QPointF) -> None:
        super().__init__(canvas, at)
        self.ruler: int | None = None

    def drag(self, at: QPointF) -> None:
        start, end = self.canvas.image_point(self.start), self.canvas.image_point(at)
        ruler = Ruler((start.x(), start.y()), (end.x(), end.y()))
        if self.ruler is None:
            self.ruler = self.canvas.rulers.add(ruler)
        else:
            self.canvas.rulers.change(self.ruler, ruler)

    def cancel(self) -> None:
        if self.ruler is not None:
            self.canvas.rulers.remove(self.ruler)


@dataclass(frozen=True)
class RulerTool:
    """The tool that draws rulers; those that are there can be moved with it, too."""

    name: str = "ruler"

    def gesture(self, canvas: Canvas, at: QPointF) -> Gesture:
        """What a press begins."""
        return ruler_end(canvas, at) or DrawRuler(canvas, at)


def ruler_end(canvas: Canvas, at: QPointF) -> Gesture | None:
    """Taking hold of a ruler's end at a viewport point; None where there is none."""
    found = canvas.rulers.end_at(at)
    return None if found is None else MoveRuler(canvas, at, found[0], (found[1],))


def ruler_line(canvas: Canvas, at: QPointF) -> Gesture | None:
    """Taking hold of a whole ruler at a viewport point; None where there is none."""
    found = canvas.rulers.line_at(at)
    return None if found is None else MoveRuler(canvas, at, found, (START, END))


def _distance(a: QPointF, b: QPointF) -> float:
    return math.hypot(a.x() - b.x(), a.y() - b.y())


def _from_line(at: QPointF, start: QPointF, end: QPointF) -> float:
    way, to = end - start, at - start
    square = QPointF.dotProduct(way, way)
    share = min(max(QPointF.dotProduct(to, way) / square, 0.0), 1.0) if square else 0.0
    return _distance(at, start + way * share)
