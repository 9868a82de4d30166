"""What a left press does with lesions: place, select, move, resize, rotate; several at once, too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt

from app.ui.canvas.gesture import Gesture

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas
    from app.ui.canvas.lesion_item import LesionItem

SNAP_DEG = 15.0
"""What a rotation goes by while Shift is held."""

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


class MoveLesion(Gesture):
    """Moves a lesion, and with it all that are selected; a press alone selects it."""

    cursor: Qt.CursorShape | None = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: Canvas, at: QPointF, item: LesionItem) -> None:
        super().__init__(canvas, at)
        self.placement_id = item.placement_id
        self.several = item.selected
        self.grip = item.pos() - canvas.image_point(at)
        if item.locked:
            self.cursor = Qt.CursorShape.ForbiddenCursor
        if not self.several:
            canvas.selected.emit(item.placement_id)

    def drag(self, at: QPointF) -> None:
        place = self.canvas.image_point(at) + self.grip
        self.canvas.lesion_moved.emit(self.placement_id, place.x(), place.y(), self.number)

    def finish(self) -> None:
        if self.several and not self.moved:
            self.canvas.selected.emit(self.placement_id)
        self.canvas.gesture_ended.emit(self.number)

    def cancel(self) -> None:
        self.canvas.gesture_cancelled.emit(self.number)


class _ByGrip(Gesture):
    """A drag of one of the grips of the selected lesion."""

    def __init__(self, canvas: Canvas, at: QPointF, item: LesionItem) -> None:
        super().__init__(canvas, at)
        self.placement_id = item.placement_id
        self.centre = item.pos()

    def finish(self) -> None:
        self.canvas.gesture_ended.emit(self.number)

    def cancel(self) -> None:
        self.canvas.gesture_cancelled.emit(self.number)


class ResizeLesion(_ByGrip):
    """Changes the diameter by the square grip."""

    cursor = Qt.CursorShape.SizeHorCursor

    def __init__(self, canvas: Canvas, at: QPointF, item: LesionItem) -> None:
        super().__init__(canvas, at, item)
        self.radius = item.radii[0]
        self.first = self._away(at)

    def drag(self, at: QPointF) -> None:
        radius = max(self.radius + self._away(at) - self.first, 0.25)
        self.canvas.lesion_resized.emit(self.placement_id, radius, self.number)

    def _away(self, at: QPointF) -> float:
        """How far a viewport point is from the centre, in image columns."""
        away = at - self.canvas.viewport_point(self.centre)
        return math.hypot(away.x(), away.y()) / self.canvas.box.zoom


class TurnLesion(_ByGrip):
    """Rotates by the round grip; with Shift in steps of 15°."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: Canvas, at: QPointF, item: LesionItem) -> None:
        super().__init__(canvas, at, item)
        self.rotation = item.rotation_deg
        self.first = self._angle(at)

    def drag(self, at: QPointF) -> None:
        degrees = self.rotation + self._angle(at) - self.first
        if self.canvas.modifiers & SHIFT:
            degrees = SNAP_DEG * round(degrees / SNAP_DEG)
        self.canvas.lesion_turned.emit(self.placement_id, degrees % 360, self.number)

    def _angle(self, at: QPointF) -> float:
        """Clockwise on the screen from the right, in degrees."""
        away = at - self.canvas.viewport_point(self.centre)
        return math.degrees(math.atan2(away.y(), away.x()))


class ToggleLesion(Gesture):
    """Adds a lesion to the selection, or takes it out."""

    def __init__(self, canvas: Canvas, at: QPointF, item: LesionItem) -> None:
        super().__init__(canvas, at)
        self.placement_id = item.placement_id

    def finish(self) -> None:
        self.canvas.toggled.emit(self.placement_id)


class Band(Gesture):
    """A rectangle whose lesions are added to the selection."""

    cursor = Qt.CursorShape.CrossCursor

    def drag(self, at: QPointF) -> None:
        corners = self.canvas.image_point(self.start), self.canvas.image_point(at)
        self.rect = QRectF(*corners).normalized()
        self.canvas.shape.show_rect(self.rect, "rectangle")

    def finish(self) -> None:
        if self.moved:
            self.canvas.shape.hide()
            self.canvas.banded.emit(self.rect)

    def cancel(self) -> None:
        self.canvas.shape.hide()


class PlaceAllTheSame(Gesture):
    """A click that places even in the danger zone."""

    def finish(self) -> None:
        if not self.moved:
            place = self.canvas.image_point(self.start)
            self.canvas.forced.emit(place.x(), place.y())


def lesion_grip(canvas: Canvas, at: QPointF) -> Gesture | None:
    """What a left press on a grip of the selected lesion begins."""
    item, grip = canvas.lesion_at(at)
    if item is None or not grip:
        return None
    return ResizeLesion(canvas, at, item) if grip == "resize" else TurnLesion(canvas, at, item)


def lesion(canvas: Canvas, at: QPointF) -> Gesture | None:
    """What a left press on a lesion begins."""
    item, _ = canvas.lesion_at(at)
    if item is None:
        return None
    add = canvas.modifiers & (SHIFT | CONTROL)
    return ToggleLesion(canvas, at, item) if add else MoveLesion(canvas, at, item)


def free_ground(canvas: Canvas, at: QPointF) -> Gesture | None:
    """What a left press with Shift begins on free ground."""
    if not canvas.modifiers & SHIFT:
        return None
    return PlaceAllTheSame(canvas, at) if canvas.modifiers & CONTROL else Band(canvas, at)
