"""What happened, in one sentence above the image; nothing waits for it to be clicked away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.ui.theme import icon

_ICONS = {
    "error": "alert-circle-outline",
    "warning": "alert-outline",
    "done": "check-circle-outline",
    "hint": "information-outline",
}


MARGIN, WIDEST = 12, 760


class MessageStrip(QFrame):
    """Shows the newest message. Errors stay until they are closed, others leave by themselves.

    It lies over the top of its parent and takes no room of its own: the image below never jumps.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        parent.installEventFilter(self)
        self._details = ""
        self._action: Callable[[], object] | None = None
        self._standing: tuple[str, str] | None = None
        """An error that a passing message has covered: (sentence, details)."""
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._text = QLabel(wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._do = QPushButton()
        self._do.clicked.connect(self._act)
        self._copy = QPushButton("Copy details")
        self._copy.setObjectName("copy")
        self._copy.clicked.connect(self._copy_details)
        self._close = QToolButton()
        self._close.setToolTip("Close this message")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self._pass)
        self._over = parent
        self._above: QWidget | None = None
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(10)
        for widget in (self._icon, self._text, self._do, self._copy, self._close):
            layout.addWidget(widget, alignment=Qt.AlignmentFlag.AlignVCenter)
        layout.setStretch(1, 1)
        self._leave = QTimer(self, singleShot=True)
        self._leave.timeout.connect(self._pass)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is shown; empty where none is."""
        return "" if self.isHidden() else self._text.text()

    @property
    def details(self) -> str:
        """What *Copy details* copies."""
        return self._details

    def show_message(
        self,
        kind: str,
        sentence: str,
        *,
        details: str = "",
        seconds: float | None = None,
        action: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Shows a sentence.

        Args:
            kind: `error`, `warning`, `done` or `hint`.
            details: what the program's makers want to know; offered for copying.
            seconds: it leaves after so long.
            action: a button's text, and what it does.
        """
        error = not self.isHidden() and self.property("kind") == "error"
        if kind == "error":
            self._standing = None
        elif error:
            self._standing = (self._text.text(), self._details)
        self._details = details
        self._action = action[1] if action else None
        self._text.setText(sentence)
        self._do.setVisible(action is not None)
        if action:
            self._do.setText(action[0])
        self._copy.setVisible(bool(details))
        self._copy.setText("Copy details")
        self.setProperty("kind", kind)
        self.set_icons()
        self.style().unpolish(self)
        self.style().polish(self)
        self._settle()
        self.show()
        self.raise_()
        self.setAccessibleName(sentence)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        self._leave.stop()
        if seconds is not None:
            self._leave.start(round(1000 * seconds))

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self._icon.setPixmap(icon(_ICONS[self.property("kind") or "hint"]).pixmap(20, 20))
        self._close.setIcon(icon("close"))

    def error(self, sentence: str, details: str = "") -> None:
        """Shows what went wrong."""
        self.show_message("error", sentence, details=details)

    def clear(self, kind: str | None = None) -> None:
        """Hides all messages; where a kind is named, only one of that kind, and what it covered stays."""
        if kind is None:
            self._standing = None
            self.hide()
        elif self.property("kind") == kind:
            self._pass()

    def withdraw(self, sentence: str) -> None:
        """Takes back one message, whether it is shown or covered; another one stays."""
        if self._standing is not None and self._standing[0] == sentence:
            self._standing = None
        if self._text.text() == sentence:
            self._pass()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._settle()
        return super().eventFilter(watched, event)

    def lie_over(self, widget: QWidget) -> None:
        """Moves to another widget, with what it says: what happened is said where the user looks."""
        if widget is self._over:
            return
        shown = not self.isHidden()
        self._over.removeEventFilter(self)
        self._over = widget
        widget.installEventFilter(self)
        self.setParent(widget)
        self._settle()
        self.setVisible(shown)
        self.raise_()

    def stand_below(self, widget: QWidget) -> None:
        """Leaves room for what stands at the top of the same parent, as long as that is shown."""
        self._above = widget
        if not self.isHidden():
            self._settle()

    def _settle(self) -> None:
        """Takes its place: centred at the top of the parent, as high as the text needs."""
        parent, layout = self._over, self._row
        width = min(parent.width() - 2 * MARGIN, WIDEST)
        self.setFixedWidth(width)
        layout.activate()
        height = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
        above, top = self._above, MARGIN
        if above is not None and above.parent() is parent and not above.isHidden():
            top += above.geometry().bottom()
        self.setGeometry((parent.width() - width) // 2, top, width, height)

    def _pass(self) -> None:
        """Leaves; an error that was covered, and nobody has closed yet, comes back."""
        self.hide()
        self._leave.stop()
        if self._standing is not None:
            self.error(*self._standing)

    def _act(self) -> None:
        self._pass()
        if self._action:
            self._action()

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._text.text()}\n\n{self._details}")
        self._copy.setText("Copied")
