"""The tool bar of the editor, and the buttons of its cards."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from app.ui.annotate.actions import ScopedActions
from app.ui.theme import icon

_GROUPS = (
    ("box", "brush", "lasso", "erase"),
    ("undo", "redo"),
    ("propose",),
    ("previous_image", "next_image", "next_unseen"),
)
_TEXTS = {
    "box": "Box", "brush": "Paint", "lasso": "Lasso", "erase": "Erase", "propose": "Propose structures",
    "nothing_here": "Nothing here", "absent": "Not in this image", "clear": "Clear", "delete": "Delete",
    "add_box": "Add",
}  # fmt: skip


class Bar(QWidget):
    """The tools and the way from image to image; at its right end a menu of everything."""

    def __init__(self, actions: ScopedActions) -> None:
        super().__init__()
        self.setObjectName("annotate-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(2)
        for group in _GROUPS:
            if row.count():
                row.addSpacing(14)
            for name in group:
                row.addWidget(button_of(actions, name))
        beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self._worded = [b for b in self.findChildren(QToolButton) if b.toolButtonStyle() == beside]
        row.addStretch(1)
        self.more = QToolButton()
        self.more.setToolTip("Everything that can be done here, with its keys")
        self.more.setAccessibleName("All actions of the editor")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        actions.fill(menu)
        self.more.setMenu(menu)
        row.addWidget(self.more)
        self.set_icons()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.more.setIcon(icon("dots-horizontal"))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())  # what lies below needs more than the pictures

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._fit()

    def _fit(self) -> None:
        """Where there is no room for words, pictures have to do; the menu has the words."""
        self._say(words=True)
        if self._row.sizeHint().width() > self.width():
            self._say(words=False)

    def _say(self, *, words: bool) -> None:
        style = Qt.ToolButtonStyle
        for button in self._worded:
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly)


def button_of(actions: ScopedActions, name: str) -> QToolButton:
    """A button of an action, with a word where its picture does not say enough."""
    button = QToolButton()
    if name in _TEXTS:
        actions[name].setIconText(_TEXTS[name])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setDefaultAction(actions[name])
    return button
