"""Stands above a foreign image until the user has said what to do with its danger zone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.frame.messages import MARGIN, WIDEST
from app.ui.theme import icon


class DoubtStrip(QFrame):
    """A warning and its answers; it lies over the top of its parent, as messages do, and does not leave.

    Args:
        over: what it lies over.
        answers: each becomes a button.
    """

    moved = Signal()
    """It has come or gone, or taken another place."""

    def __init__(self, over: QWidget, answers: tuple[QAction, ...]) -> None:
        super().__init__(over)
        self._over = over
        over.installEventFilter(self)
        self.setObjectName("message")
        self.setProperty("kind", "warning")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._text = QLabel(wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.buttons = tuple(QPushButton(action.text().replace("&", "")) for action in answers)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button, action in zip(self.buttons, answers, strict=True):
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
            row.addWidget(button)
        row.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(self._text)
        words.addLayout(row)
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self._icon, alignment=Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        self.set_icons()
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is not there."""
        return "" if self.isHidden() else self._text.text()

    def say(self, text: str) -> None:
        """Shows a warning; an empty one hides it."""
        if text == self.text:
            return
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self._settle()
        if text:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def set_icons(self) -> None:
        """Draws the icon in the colours of the theme."""
        self._icon.setPixmap(icon("alert-outline").pixmap(20, 20))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._settle()
        return super().eventFilter(watched, event)

    def _settle(self) -> None:
        """Takes its place: centred at the top of the parent, as high as the text needs."""
        over, layout = self._over, self._row
        width = min(over.width() - 2 * MARGIN, WIDEST)
        self.setFixedWidth(width)
        layout.activate()
        height = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
        self.setGeometry((over.width() - width) // 2, MARGIN, width, height)
        self.raise_()
        self.moved.emit()
