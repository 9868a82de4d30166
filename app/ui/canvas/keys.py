"""What keys do over the image that are no actions: the arrows, Space, and Delete on a ruler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas

PAN_PX = 40

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_REMOVING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


def pressed(canvas: Canvas, event: QKeyEvent) -> bool:
    """Does what a key means; False where it means nothing here."""
    key = Qt.Key(event.key())
    if key in _ARROWS:
        _arrow(canvas, *_ARROWS[key], event.modifiers())
    elif key == Qt.Key.Key_Space:
        if not event.isAutoRepeat():
            canvas.space_held = True
            canvas.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
    elif key in _REMOVING and canvas.rulers.chosen is not None:
        canvas.rulers.remove(canvas.rulers.chosen)
    else:
        return False
    return True


def released(canvas: Canvas, event: QKeyEvent) -> bool:
    """Ends what a held key means; False where it means nothing here."""
    if event.key() != Qt.Key.Key_Space:
        return False
    if not event.isAutoRepeat():
        canvas.space_held = False
        canvas.viewport().unsetCursor()
    return True


def _arrow(canvas: Canvas, right: int, down: int, modifiers: Qt.KeyboardModifier) -> None:
    """Moves what is selected; else goes through the slices; else, and always with Ctrl, moves the image."""
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        canvas.box.pan(-right * PAN_PX, -down * PAN_PX)
    elif canvas.selection is not None:
        step = 10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
        canvas.nudged.emit(right * step, down * step)
    elif down and canvas.scrolls:
        canvas.stepped.emit(down)
    else:
        canvas.box.pan(-right * PAN_PX, -down * PAN_PX)
