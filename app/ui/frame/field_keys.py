"""Which keys belong to the field that has the focus, and which to the window all the same."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QWidget,
)

_MOVING = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_DONE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class FieldKeys(QObject):
    """Watches the widget with the focus.

    Letters and digits are the field's, as Qt has it. In a number field of the side, undo and redo are the
    scene's all the same (a number is changed as a whole), Return takes the number and Esc leaves it as it
    was, and both give the focus back to the image. Home, End and the page keys are a slider's or a list's
    before they are the series'.
    """

    def __init__(self, side: QWidget, image: QWidget) -> None:
        super().__init__(side)
        self._side = side
        self._image = image
        self._watched: QWidget | None = None

    def focus_changed(self, _: QWidget | None, widget: QWidget | None) -> None:
        """Watches another widget."""
        if self._watched is not None:
            self._watched.removeEventFilter(self)
        self._watched = widget if isinstance(widget, QWidget) and self._side.isAncestorOf(widget) else None
        if self._watched is not None:
            self._watched.installEventFilter(self)
            self._watched.destroyed.connect(self._forget, Qt.ConnectionType.SingleShotConnection)

    def _forget(self) -> None:
        self._watched = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent):
            if isinstance(watched, QAbstractSpinBox):
                return self._number(watched, event)
            if isinstance(watched, (QAbstractSlider, QAbstractItemView, QComboBox)):
                self._own(event)
        return super().eventFilter(watched, event)

    def _own(self, event: QKeyEvent) -> None:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _MOVING and not event.modifiers():
            event.accept()

    def _number(self, field: QAbstractSpinBox, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
                event.ignore()
                return True
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress and event.key() in _DONE:
            if event.key() == Qt.Key.Key_Escape:
                _put_back(field)
            else:
                field.interpretText()
            self._image.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return False


def _put_back(field: QAbstractSpinBox) -> None:
    """Shows the number again that the field had before one began to type."""
    with QSignalBlocker(field):
        field.setProperty("value", field.property("value"))
