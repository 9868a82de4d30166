"""A feature: one part of what the window can do, with its actions.

The window is a frame; what it can do is a list of features (`app/ui/features/__init__.py`). A new one is a
new file and one line there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.ui.actions import Spec

if TYPE_CHECKING:
    from app.ui.window import Window


class Feature(QObject):
    """Has a method for each of its actions, of the same name; a checkable one's takes whether it is on."""

    SPECS: ClassVar[tuple[Spec, ...]] = ()
    WORKSPACE: ClassVar[str] = "compose"
    """The workspace that its actions are for; empty for all of them."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.compose = window.compose
        self.document = window.compose.document
        self.bridge = window.bridge
        for spec in self.SPECS:
            window.actions_.add(spec, self.handler(spec.name), self.ready_made(spec.name), self.WORKSPACE)

    def handler(self, name: str) -> Callable[..., object]:
        """What the action of that name does: the method of the same name."""
        method: Callable[..., object] = getattr(self, name)
        return method

    def ready_made(self, name: str) -> QAction | None:
        """The action of that name, where Qt has made it; None for most."""
        return None

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        """Submenus, by (menu, group)."""
        return {}

    def refresh(self) -> None:
        """What is open, selected or shown has changed: checks what is on, enables what is special."""

    def set_icons(self) -> None:
        """The theme has changed: draws what is not an action's icon anew."""

    def begin(self) -> None:
        """The window is on the screen for the first time."""

    def close_down(self) -> None:
        """The window is closing; nothing may go on after this."""
