"""The tool for lesions: boxes that are drawn, moved and resized. Each press is a gesture, each one step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt

from app.imaging.box import Box
from app.ui.annotate.items import GRIPS, REACH, box_of, grips, rect_of
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.gesture import Gesture

if TYPE_CHECKING:
    from app.ui.annotate.document import AnnotationDocument

LEAST_PX = 1.0
"""Image pixels a side; a smaller box is a mistake."""
_NEW_BOX = 0.04
"""Of the longer side of what is seen: a box that is added by a key."""
_CONTROL = Qt.KeyboardModifier.ControlModifier
_DIAGONAL = (Qt.CursorShape.SizeFDiagCursor, Qt.CursorShape.SizeBDiagCursor)
_CURSORS = (
    _DIAGONAL[0], Qt.CursorShape.SizeVerCursor, _DIAGONAL[1], Qt.CursorShape.SizeHorCursor,
    _DIAGONAL[0], Qt.CursorShape.SizeVerCursor, _DIAGONAL[1], Qt.CursorShape.SizeHorCursor,
)  # fmt: skip


class BoxTool:
    """Draws boxes; takes hold of those that are there. With Ctrl it draws wherever the press is."""

    def __init__(self, document: AnnotationDocument) -> None:
        self.document = document

    def gesture(self, canvas: Canvas, at: QPointF) -> Gesture:
        """What a press begins."""
        grip = self.grip_at(canvas, at)
        if grip is not None:
            return ResizeBox(canvas, at, self.document, grip)
        number = None if canvas.modifiers & _CONTROL else self.box_at(canvas, at)
        if number is not None:
            self.document.select(number)
            return MoveBox(canvas, at, self.document)
        return DrawBox(canvas, at, self.document)

    def cursor(self, canvas: Canvas, at: QPointF) -> Qt.CursorShape:
        """What a press would begin."""
        grip = self.grip_at(canvas, at)
        if grip is not None:
            return _CURSORS[grip]
        over = not canvas.modifiers & _CONTROL and self.box_at(canvas, at) is not None
        return Qt.CursorShape.SizeAllCursor if over else Qt.CursorShape.CrossCursor

    def grip_at(self, canvas: Canvas, at: QPointF) -> int | None:
        """The grip of the chosen box under a viewport point."""
        number = self.document.selected
        if number is None:
            return None
        places = grips(_on_screen(canvas, self.document.boxes[number]))
        near = [(_distance(at, place), n) for n, place in enumerate(places)]
        distance, grip = min(near)
        return grip if distance <= REACH else None

    def box_at(self, canvas: Canvas, at: QPointF) -> int | None:
        """The smallest box under a viewport point."""
        found = []
        for number, box in enumerate(self.document.boxes):
            rect = _on_screen(canvas, box)
            if rect.adjusted(-REACH, -REACH, REACH, REACH).contains(at):
                found.append((rect.width() * rect.height(), number))
        return min(found)[1] if found else None


class BoxGesture(Gesture):
    """Changes the chosen box while the hand moves, and makes one step of it at the end."""

    name = "Change lesion"

    def __init__(self, canvas: Canvas, at: QPointF, document: AnnotationDocument) -> None:
        super().__init__(canvas, at)
        self.document, self.page = document, document.page
        self.before = document.page.boxes if document.page is not None else None
        self.which = document.selected if document.selected is not None else -1
        self.allowed = document.may_change()

    def box(self, at: QPointF) -> Box | None:
        """What the box is when the hand is there; None where that is no box."""
        raise NotImplementedError

    def drag(self, at: QPointF) -> None:
        if not self.allowed or self.page is None or self.page is not self.document.page:
            return
        box = self.box(at)
        boxes = list(self.before or ())
        if box is not None and self.which < 0:
            boxes.append(box)
        elif box is not None:
            boxes[self.which] = box
        select = self.which if self.which >= 0 else len(boxes) - 1
        self.document.put_boxes(self.page, tuple(boxes) if box is not None else self.before, select)

    def finish(self) -> None:
        if self.moved and self.allowed and self.page is not None:
            select = self.which if self.which >= 0 else len(self.before or ())
            self.document.moved_boxes(self.page, self.before, self.name, select)

    def cancel(self) -> None:
        if self.moved and self.allowed and self.page is not None:
            self.document.put_boxes(self.page, self.before, self.which if self.which >= 0 else None)

    def clipped(self, rect: QRectF) -> Box | None:
        """The part of a rectangle (image pixels) inside of the image; None where too little is left."""
        shape = self.page.image.size if self.page is not None else (0, 0)
        box = box_of(rect).clipped(shape)
        return box if box is not None and min(box.width, box.height) >= LEAST_PX else None


class DrawBox(BoxGesture):
    """From corner to corner."""

    cursor = Qt.CursorShape.CrossCursor
    name = "Mark lesion"

    def __init__(self, canvas: Canvas, at: QPointF, document: AnnotationDocument) -> None:
        super().__init__(canvas, at, document)
        self.which = -1

    def box(self, at: QPointF) -> Box | None:
        corners = self.canvas.image_point(self.start), self.canvas.image_point(at)
        return self.clipped(QRectF(*corners).normalized())

    def finish(self) -> None:
        if self.moved:
            super().finish()
        else:
            self.document.select(None)


class MoveBox(BoxGesture):
    """Moves a box; it stays inside of the image."""

    cursor = Qt.CursorShape.SizeAllCursor
    name = "Move lesion"

    def box(self, at: QPointF) -> Box | None:
        old = rect_of((self.before or ())[self.which])
        step = self.canvas.image_point(at) - self.canvas.image_point(self.start)
        return moved_inside(old.translated(step), self.page.image.size) if self.page is not None else None


class ResizeBox(BoxGesture):
    """Moves an edge or a corner."""

    name = "Resize lesion"

    def __init__(self, canvas: Canvas, at: QPointF, document: AnnotationDocument, grip: int) -> None:
        super().__init__(canvas, at, document)
        self.across: float
        self.down: float
        self.across, self.down = GRIPS[grip]
        self.cursor = _CURSORS[grip]

    def box(self, at: QPointF) -> Box | None:
        rect = rect_of((self.before or ())[self.which])
        step = self.canvas.image_point(at) - self.canvas.image_point(self.start)
        if self.across != 0.5:
            (rect.setRight if self.across else rect.setLeft)(
                (rect.right() if self.across else rect.left()) + step.x()
            )
        if self.down != 0.5:
            (rect.setBottom if self.down else rect.setTop)(
                (rect.bottom() if self.down else rect.top()) + step.y()
            )
        return self.clipped(rect) or (self.page.boxes or ())[self.which] if self.page is not None else None


def moved_inside(rect: QRectF, size: tuple[int, int]) -> Box:
    """A rectangle as a box, moved into an image of `size` (height, width), and cut off where it is larger."""
    height, width = size
    x = min(max(rect.x(), -0.5), max(width - 0.5 - rect.width(), -0.5))
    y = min(max(rect.y(), -0.5), max(height - 0.5 - rect.height(), -0.5))
    return box_of(QRectF(x, y, min(rect.width(), width), min(rect.height(), height)))


def box_in_the_middle(seen: QRectF, size: tuple[int, int]) -> Box:
    """A small box in the middle of what is seen of an image of `size` (height, width)."""
    seen = seen & QRectF(-0.5, -0.5, size[1], size[0])
    side = max(_NEW_BOX * max(seen.width(), seen.height()), 4.0)
    corner = seen.center() - QPointF(side, side) / 2
    return moved_inside(QRectF(corner, QSizeF(min(side, size[1]), min(side, size[0]))), size)


def _on_screen(canvas: Canvas, box: Box) -> QRectF:
    rect = rect_of(box)
    return QRectF(
        canvas.viewport_point(rect.topLeft()), canvas.viewport_point(rect.bottomRight())
    ).normalized()


def _distance(a: QPointF, b: QPointF) -> float:
    step = a - b
    return math.hypot(step.x(), step.y())
