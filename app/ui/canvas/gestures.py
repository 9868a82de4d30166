"""What a press of the mouse begins: each kind of drag is a small object that lives until the release.

Which press begins which gesture is said in one place, `begin`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent

from app.ui.canvas.gesture import Gesture
from app.ui.canvas.lesion_gestures import free_ground, lesion, lesion_grip
from app.ui.canvas.rulers import ruler_end, ruler_line
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas

ZOOM_PER_PX = 1.01
"""How much a drag of one screen pixel enlarges."""


class Pan(Gesture):
    """Moves the image."""

    cursor: Qt.CursorShape | None = Qt.CursorShape.ClosedHandCursor

    def drag(self, at: QPointF) -> None:
        self.canvas.box.pan(at.x() - self.last.x(), at.y() - self.last.y())


class ChangeWindow(Gesture):
    """Changes the display window: across its width, down its centre."""

    def drag(self, at: QPointF) -> None:
        self.canvas.viewport().setCursor(Qt.CursorShape.SizeAllCursor)
        step = at - self.last
        self.canvas.windowed.emit(step.x(), step.y())


class Zoom(Gesture):
    """Enlarges by a drag down and shrinks by one up, around the place where it began."""

    def __init__(self, canvas: Canvas, at: QPointF) -> None:
        super().__init__(canvas, at)
        self.anchor = canvas.image_point(at)

    def drag(self, at: QPointF) -> None:
        self.canvas.viewport().setCursor(Qt.CursorShape.SizeVerCursor)
        self.canvas.box.zoom_at(self.anchor, ZOOM_PER_PX ** (at.y() - self.last.y()))


class Click(Gesture):
    """Without a drag: a click on a free place."""

    cursor: Qt.CursorShape | None = None

    def finish(self) -> None:
        if not self.moved:
            place = self.canvas.image_point(self.start)
            self.canvas.clicked.emit(place.x(), place.y())


class Menu(Gesture):
    """Without a drag: the menu of the place."""

    def finish(self) -> None:
        if not self.moved:
            self.canvas.menu_wanted.emit(self.start.toPoint())


class ClickOrPan(Click, Pan):
    """A click on a free place; a drag there moves the image."""

    def drag(self, at: QPointF) -> None:
        self.canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        super().drag(at)


class ClickOrWindow(Click, ChangeWindow):
    """A click on a free place; a drag there changes the window."""


class MenuOrWindow(Menu, ChangeWindow):
    """The menu; a drag changes the window."""


class MenuOrZoom(Menu, Zoom):
    """The menu; a drag zooms."""


@dataclass(frozen=True)
class Drawing:
    """A tool that draws a shape by a left drag, from corner to corner."""

    name: str
    shape: Literal["ellipse", "rectangle"]

    def gesture(self, canvas: Canvas, at: QPointF) -> Gesture:
        """What a press begins."""
        return DrawShape(canvas, at, self)


class DrawShape(Gesture):
    """Draws the shape of a tool."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, at: QPointF, tool: Drawing) -> None:
        super().__init__(canvas, at)
        self.tool = tool

    def rect(self) -> QRectF:
        """What has been drawn, in image pixels."""
        corners = self.canvas.image_point(self.start), self.canvas.image_point(self.last)
        return QRectF(*corners).normalized()

    def drag(self, at: QPointF) -> None:
        self.last = at
        self.canvas.shape.show_rect(self.rect(), self.tool.shape)

    def finish(self) -> None:
        self.canvas.shape.hide()
        if self.moved:
            self.canvas.drawn.emit(self.tool, self.rect())

    def cancel(self) -> None:
        self.canvas.shape.hide()


_LEFT, _MIDDLE, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton

FREE: Mapping[str, Mapping[Qt.MouseButton, Callable[[Canvas, QPointF], Gesture]]] = {
    "placing": {_LEFT: ClickOrPan, _MIDDLE: Pan, _RIGHT: MenuOrWindow},
    "windowing": {_LEFT: ClickOrWindow, _MIDDLE: Pan, _RIGHT: MenuOrZoom},
}
"""What a press on free ground begins, by the scheme that the user has chosen (`Preferences.mouse`)."""


THINGS: tuple[Callable[[Canvas, QPointF], Gesture | None], ...] = (
    lesion_grip,
    ruler_end,
    lesion,
    ruler_line,
    free_ground,
)
"""What a left press takes hold of, in either scheme; the first that is there."""


def begin(canvas: Canvas, event: QMouseEvent) -> Gesture | None:
    """The gesture that a press begins: by Space and the tool, then by what is there, then on free ground."""
    at, button = event.position(), event.button()
    free = FREE[settings().preferences.mouse].get(button)
    if free is None or button != _LEFT:
        return None if free is None else free(canvas, at)
    if canvas.space_held:
        return Pan(canvas, at)
    if canvas.running:
        canvas.halted.emit()
        return None
    if canvas.tool is not None:
        return canvas.tool.gesture(canvas, at)
    return next(filter(None, (take(canvas, at) for take in THINGS)), None) or free(canvas, at)


def cursor_at(canvas: Canvas, at: QPointF) -> Qt.CursorShape:
    """What a left press at a viewport point would begin, as a cursor; see `begin`."""
    if canvas.space_held:
        return Qt.CursorShape.OpenHandCursor
    if canvas.tool is not None:
        return Qt.CursorShape.CrossCursor
    if nothing_at(canvas, at):
        return canvas.cursor_for(canvas.image_point(at))
    item, grip = canvas.lesion_at(at)
    if item is None or (not grip and canvas.rulers.end_at(at) is not None):
        return Qt.CursorShape.SizeAllCursor
    return item.cursor_over(grip)


def nothing_at(canvas: Canvas, at: QPointF) -> bool:
    """Whether there is neither a lesion nor a ruler under a viewport point."""
    rulers = canvas.rulers
    return canvas.lesion_at(at)[0] is None and rulers.end_at(at) is None and rulers.line_at(at) is None
