"""What a press of the mouse begins: each kind of drag is a small object that lives until the release.

Which press begins which gesture is said in one place, `begin`.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas
    from app.ui.canvas.lesion_item import LesionItem

SLACK = 3.0
"""Screen pixels that a hand may tremble during a click."""

_numbers = itertools.count(1)


def next_gesture() -> int:
    """A number that no gesture of the hand has had."""
    return next(_numbers)


class Gesture:
    """A press and what follows, in viewport pixels. `number` names it: one gesture, one undo step."""

    cursor: Qt.CursorShape | None = None

    def __init__(self, canvas: Canvas, at: QPointF) -> None:
        self.canvas = canvas
        self.start = at
        self.last = at
        self.moved = False
        self.number = next_gesture()

    def move(self, at: QPointF) -> None:
        """The mouse has moved with the button down."""
        if not self.moved and (at - self.start).manhattanLength() <= SLACK:
            return
        self.moved = True
        self.drag(at)
        self.last = at

    def drag(self, at: QPointF) -> None:
        """The hand has moved beyond a tremble."""

    def finish(self) -> None:
        """The button has been released."""

    def cancel(self) -> None:
        """Esc was pressed."""


class Pan(Gesture):
    """Moves the image."""

    cursor: Qt.CursorShape | None = Qt.CursorShape.ClosedHandCursor

    def drag(self, at: QPointF) -> None:
        self.canvas.box.pan(at.x() - self.last.x(), at.y() - self.last.y())


class ClickOrPan(Pan):
    """A click on a free place; a drag there moves the image."""

    cursor = None

    def drag(self, at: QPointF) -> None:
        self.canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        super().drag(at)

    def finish(self) -> None:
        if not self.moved:
            place = self.canvas.image_point(self.start)
            self.canvas.clicked.emit(place.x(), place.y())


class MenuOrWindow(Gesture):
    """A right click asks for the menu; a right drag changes the window: across its width, down its centre."""

    def drag(self, at: QPointF) -> None:
        self.canvas.viewport().setCursor(Qt.CursorShape.SizeAllCursor)
        step = at - self.last
        self.canvas.windowed.emit(step.x(), step.y())

    def finish(self) -> None:
        if not self.moved:
            self.canvas.menu_wanted.emit(self.start.toPoint())


class MoveLesion(Gesture):
    """Moves a lesion; a press alone selects it."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: Canvas, at: QPointF, item: LesionItem) -> None:
        super().__init__(canvas, at)
        self.placement_id = item.placement_id
        self.grip = item.pos() - canvas.image_point(at)
        canvas.selected.emit(item.placement_id)

    def drag(self, at: QPointF) -> None:
        place = self.canvas.image_point(at) + self.grip
        self.canvas.lesion_moved.emit(self.placement_id, place.x(), place.y(), self.number)

    def finish(self) -> None:
        self.canvas.gesture_ended.emit(self.number)

    def cancel(self) -> None:
        self.canvas.gesture_cancelled.emit(self.number)


class ResizeLesion(MoveLesion):
    """Changes a lesion's diameter by its handle."""

    cursor = Qt.CursorShape.SizeHorCursor

    def __init__(self, canvas: Canvas, at: QPointF, item: LesionItem) -> None:
        super().__init__(canvas, at, item)
        self.centre = item.pos()
        self.radius = item.radii[0]
        self.first = math.hypot(self.grip.x(), self.grip.y())

    def drag(self, at: QPointF) -> None:
        away = self.canvas.image_point(at) - self.centre
        radius = max(self.radius + math.hypot(away.x(), away.y()) - self.first, 0.25)
        self.canvas.lesion_resized.emit(self.placement_id, radius, self.number)


class DrawEllipse(Gesture):
    """Draws an ellipse from corner to corner."""

    cursor = Qt.CursorShape.CrossCursor

    def rect(self) -> QRectF:
        """What has been drawn, in image pixels."""
        corners = self.canvas.image_point(self.start), self.canvas.image_point(self.last)
        return QRectF(*corners).normalized()

    def drag(self, at: QPointF) -> None:
        self.last = at
        self.canvas.ellipse.show_rect(self.rect())

    def finish(self) -> None:
        self.canvas.ellipse.hide()
        if self.moved:
            self.canvas.ellipse_drawn.emit(self.rect())

    def cancel(self) -> None:
        self.canvas.ellipse.hide()


def begin(canvas: Canvas, event: QMouseEvent) -> Gesture | None:
    """The gesture that a press begins: left places, selects, moves; right windows; middle or Space pans."""
    at = event.position()
    if event.button() == Qt.MouseButton.MiddleButton or (
        event.button() == Qt.MouseButton.LeftButton and canvas.space_held
    ):
        return Pan(canvas, at)
    if event.button() == Qt.MouseButton.RightButton:
        return MenuOrWindow(canvas, at)
    if event.button() != Qt.MouseButton.LeftButton:
        return None
    if canvas.drawing:
        return DrawEllipse(canvas, at)
    item, on_handle = canvas.lesion_at(at)
    if item is None:
        return ClickOrPan(canvas, at)
    return ResizeLesion(canvas, at, item) if on_handle else MoveLesion(canvas, at, item)
