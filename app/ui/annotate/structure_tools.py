"""The tools for structures: brush and lasso. Each press is a gesture, each gesture one step to be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath

from app.ui.annotate.items import LineItem
from app.ui.annotate.planes import Before, capsule, polygon
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.gesture import Gesture

if TYPE_CHECKING:
    from app.ui.annotate.document import AnnotationDocument

_CONTROL = Qt.KeyboardModifier.ControlModifier


class BrushTool:
    """Paints the chosen structure; with Ctrl, or while *Erase* is on, takes it away."""

    def __init__(self, document: AnnotationDocument) -> None:
        self.document = document
        self.radius = 8.0
        """In image columns."""

    def radii(self) -> tuple[float, float]:
        """(x, y) in image pixels: round in mm, where pixels are no squares."""
        page = self.document.page
        down, across = page.pixels.pixel_mm if page is not None else (1.0, 1.0)
        return max(self.radius, 0.5), max(self.radius * across / down, 0.5)

    def gesture(self, canvas: Canvas, at: QPointF) -> Gesture:
        """What a press begins."""
        return Paint(canvas, at, self)

    def cursor(self, canvas: Canvas, at: QPointF) -> Qt.CursorShape:
        """The ring says enough."""
        return Qt.CursorShape.CrossCursor


class StructureGesture(Gesture):
    """Changes the chosen structure; Ctrl turns adding into erasing, and back."""

    cursor = Qt.CursorShape.CrossCursor
    verbs = ("Paint", "Erase")

    def __init__(self, canvas: Canvas, at: QPointF, document: AnnotationDocument) -> None:
        super().__init__(canvas, at)
        self.document, self.page = document, document.page
        self.allowed = document.may_change() and bool(document.names)
        self.erase = erasing(canvas)
        if self.allowed and self.page is not None:
            self.before = Before(self.page.bits, document.structure, self.page.known)

    @property
    def name(self) -> str:
        """What the undo step is called."""
        document = self.document
        title = document.task.structures[document.structure].title if document.task is not None else ""
        return f"{self.verbs[self.erase]} {title}"

    @property
    def going_on(self) -> bool:
        """Whether the image that it began on is still shown."""
        return self.allowed and self.page is not None and self.page is self.document.page

    def cancel(self) -> None:
        if self.allowed and self.page is not None:
            self.document.unpaint(self.page, self.before)


class Paint(StructureGesture):
    """A stroke of the brush; the press alone makes a dot."""

    def __init__(self, canvas: Canvas, at: QPointF, tool: BrushTool) -> None:
        super().__init__(canvas, at, tool.document)
        self.tool = tool
        self._stamp(at, at)

    def move(self, at: QPointF) -> None:
        self._stamp(self.last, at)
        self.last = at

    def finish(self) -> None:
        if self.allowed and self.page is not None:
            self.document.painted(self.page, self.before, self.name)

    def _stamp(self, start: QPointF, end: QPointF) -> None:
        if not self.going_on or self.page is None:
            return
        a, b = self.canvas.image_point(start), self.canvas.image_point(end)
        rect, mask = capsule((a.x(), a.y()), (b.x(), b.y()), self.tool.radii(), self.page.image.size)
        if mask.size:
            self.document.paint(self.before, rect, mask, erase=self.erase)


class LassoTool:
    """Fills what a freehand line goes round with the chosen structure."""

    def __init__(self, document: AnnotationDocument) -> None:
        self.document = document

    def gesture(self, canvas: Canvas, at: QPointF) -> Gesture:
        """What a press begins."""
        return Lasso(canvas, at, self.document)

    def cursor(self, canvas: Canvas, at: QPointF) -> Qt.CursorShape:
        """A cross."""
        return Qt.CursorShape.CrossCursor


class Lasso(StructureGesture):
    """A line that closes when the button is let go."""

    verbs = ("Add to", "Cut from")

    def __init__(self, canvas: Canvas, at: QPointF, document: AnnotationDocument) -> None:
        super().__init__(canvas, at, document)
        self.line: LineItem = canvas.line
        self.path = QPainterPath(canvas.image_point(at))
        self.points = [canvas.image_point(at)]

    def drag(self, at: QPointF) -> None:
        if self.going_on:
            self.points.append(self.canvas.image_point(at))
            self.path.lineTo(self.points[-1])
            self.line.show_line(self.path)

    def finish(self) -> None:
        self.line.hide()
        if not self.going_on or self.page is None or len(self.points) < 3:
            return
        corners = np.array([(point.x(), point.y()) for point in self.points])
        rect, mask = polygon(corners, self.page.image.size)
        if mask.size:
            self.document.paint(self.before, rect, mask, erase=self.erase)
            self.document.painted(self.page, self.before, self.name)

    def cancel(self) -> None:
        self.line.hide()


def erasing(canvas: Canvas) -> bool:
    """Whether a press takes away: *Erase* is on or Ctrl is held, but not both."""
    on: bool = getattr(canvas, "erase", False)
    return on != bool(canvas.modifiers & _CONTROL)
