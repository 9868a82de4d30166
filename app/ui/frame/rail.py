"""The rail: the workspaces at the left edge of the window, one of them shown."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolButton, QVBoxLayout

from app.ui.settings import settings

_ICON = 22
"""Logical pixels at the usual size of text."""


class Rail(QFrame):
    """A button for each workspace, its name below its icon.

    Args:
        actions: checkable, one for each workspace, by its name.
    """

    def __init__(self, actions: Iterable[tuple[str, QAction]]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAccessibleName("Workspaces")
        self.buttons: dict[str, QToolButton] = {}
        self._titles: dict[str, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 6, 4, 6)
        column.setSpacing(4)
        for name, action in actions:
            button = self.buttons[name] = QToolButton()
            button.setDefaultAction(action)
            self._titles[name] = action.iconText()
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            column.addWidget(button)
        column.addStretch(1)
        self.fit()

    def fit(self) -> None:
        """Gives the icons the size that goes with the text."""
        side = round(_ICON * settings().preferences.text_percent / 100)
        for button in self.buttons.values():
            button.setIconSize(QSize(side, side))

    def set_note(self, name: str, note: str) -> None:
        """Says something below the name of a workspace, such as how far its work is; empty for nothing."""
        button, title = self.buttons[name], self._titles[name]
        text = f"{title}\n{note}" if note else title
        if button.text() != text:
            button.defaultAction().setIconText(text)
            button.setAccessibleName(f"{title}, {note}" if note else title)
