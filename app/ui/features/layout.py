"""The parts of the window: the side and its width, the full screen, and going from part to part by a key."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from app.ui.actions import Spec
from app.ui.application import application
from app.ui.feature import Feature
from app.ui.frame.field_keys import FieldKeys
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.window import Window

USUAL_SIZE = (1440, 900)
_SEEN = 120
"""Logical pixels of a window that have to be on a screen for a hand to reach it."""


class Layout(Feature):
    """Remembers how the window was laid out, and lays it out so again."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "side", "Show the &side", "&View", 8, "dock-right", ("F9",),
            "The panels beside the image; without them it has all of the room", checkable=True,
            workspace="compose",
        ),
        Spec(
            "full_screen", "F&ull screen", "&View", 8, "fullscreen", ("F11",),
            "The window fills the screen", checkable=True,
        ),
        Spec(
            "next_part", "&Next part of the window", "&View", 9, "", ("F6",),
            "The keyboard goes from the image to the side, to the tool bar, and back",
        ),
        Spec(
            "previous_part", "Pre&vious part of the window", "&View", 9, "", ("Shift+F6",),
            "The keyboard goes to the part before",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._keys = FieldKeys(self.compose.side, self.compose.canvas)
        self._application = application()
        self._application.focusChanged.connect(self._keys.focus_changed)
        settings().changed.connect(self._changed)

    def begin(self) -> None:
        for bar in self.window.findChildren(QToolBar):
            for button in bar.findChildren(QToolButton):
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.window.workspace.arrive()

    def refresh(self) -> None:
        self.window.actions_["side"].setChecked(not self.compose.side.isHidden())
        self.window.actions_["full_screen"].setChecked(self.window.isFullScreen())

    def set_icons(self) -> None:
        side = round(20 * settings().preferences.text_percent / 100)
        for bar in self.window.findChildren(QToolBar):
            bar.setIconSize(QSize(side, side))

    def close_down(self) -> None:
        self._application.focusChanged.disconnect(self._keys.focus_changed)
        settings().changed.disconnect(self._changed)
        geometry = b64encode(self.window.saveGeometry().data()).decode()
        side = self.compose.side
        width = settings().remembered.side_width if side.isHidden() else side.width()
        settings().remember(geometry=geometry, side_width=width)

    def restore(self) -> None:
        """Lays the window out as it was; on a screen that is there, and no larger than that."""
        remembered = settings().remembered
        self.window.resize(*USUAL_SIZE)
        if remembered.geometry:
            self.window.restoreGeometry(QByteArray(b64decode(remembered.geometry)))
        rooms = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        if not self.window.isMaximized() and not self.window.isFullScreen():
            self.window.setGeometry(reachable(self.window.geometry(), rooms))
        self.compose.side.setVisible(remembered.side)
        self.compose.set_side_width(remembered.side_width)

    def side(self, on: bool) -> None:
        """Shows the panels, or hides them."""
        side = self.compose.side
        if not on:
            settings().remember(side_width=side.width())
            if side.isAncestorOf(self.window.focusWidget()):
                self.compose.canvas.setFocus()
        side.setVisible(on)
        if on:
            self.compose.set_side_width(settings().remembered.side_width)
        settings().remember(side=on)

    def full_screen(self, on: bool) -> None:
        """Fills the screen, or no longer."""
        if on != self.window.isFullScreen():
            self.window.setWindowState(self.window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def next_part(self) -> None:
        """The focus goes on to the next part."""
        self._go(1)

    def previous_part(self) -> None:
        """The focus goes back to the part before."""
        self._go(-1)

    def _changed(self, name: str) -> None:
        if name == "text_percent":
            self.compose.set_side_width(self.compose.side.width())

    def _go(self, by: int) -> None:
        parts = [*self.window.workspace.parts, *self.window.findChildren(QToolBar)]
        parts = [part for part in parts if part.isVisible() and _first(part) is not None]
        focused = self.window.focusWidget()
        here = next((n for n, part in enumerate(parts) if part is focused or part.isAncestorOf(focused)), -1)
        widget = _first(parts[(here + by) % len(parts)])
        if widget is not None:
            widget.setFocus(Qt.FocusReason.TabFocusReason if by > 0 else Qt.FocusReason.BacktabFocusReason)


def reachable(wanted: QRect, rooms: list[QRect]) -> QRect:
    """Where a window that wants to be at `wanted` is put: there as far as it can, on a screen that exists.

    Args:
        rooms: what of each screen is free for windows; the first is that of the main screen.
    """

    def seen(room: QRect) -> int:
        part = wanted.intersected(room)
        return part.width() * part.height() if min(part.width(), part.height()) >= _SEEN else 0

    room = max(rooms, key=seen)
    size = wanted.size().boundedTo(room.size())
    if not seen(room):
        placed = QRect(QPoint(), size)
        placed.moveCenter(room.center())
        return placed
    left = min(max(wanted.left(), room.left()), room.right() + 1 - size.width())
    top = min(max(wanted.top(), room.top()), room.bottom() + 1 - size.height())
    return QRect(left, top, size.width(), size.height())


def _first(part: QWidget) -> QWidget | None:
    """The first widget of a part that takes the focus by Tab."""
    widget: QWidget | None = part
    while widget is not None:
        if (part is widget or part.isAncestorOf(widget)) and _takes_focus(widget):
            return widget
        widget = widget.nextInFocusChain()
        if widget is part:
            break
    return None


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()
