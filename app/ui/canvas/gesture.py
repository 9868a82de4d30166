"""A press of the mouse and what follows: what every gesture and tool is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF, Qt

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas

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


class Tool(Protocol):
    """What a left drag does instead of placing, while it is taken up."""

    def gesture(self, canvas: Canvas, at: QPointF) -> Gesture:
        """What a press at a viewport point begins."""
