"""Small cards over the image that say what to do first; each leaves once it was done, or is closed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.ui.settings import settings
from app.ui.theme import icon

_WIDTH, _MARGIN, _CORNERS = 264, 12, 58
"""Of the cards and their distance to the edge; the height that the text in a corner needs."""


class HintCard(QFrame):
    """One hint."""

    closed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.setProperty("role", "hint")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = QLabel(wordWrap=True)
        self.title.setProperty("role", "heading")
        self.text = QLabel(wordWrap=True)
        self.close_button = QToolButton()
        self.close_button.setProperty("role", "small")
        self.close_button.setToolTip("Close this hint; Help › Show the hints again brings it back")
        self.close_button.clicked.connect(lambda: self.closed.emit(self.name))
        self.top = top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.close_button, alignment=Qt.AlignmentFlag.AlignTop)
        self.column = layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 6, 10)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.text)
        self.set_icons()

    def say(self, title: str, text: str) -> None:
        """Sets the words."""
        self.title.setText(title)
        self.text.setText(text)
        self.close_button.setAccessibleName(f"Close the hint “{title}”")

    def height_for(self, width: int) -> int:
        """How high it has to be, for its words to be seen whole."""
        margins, button = self.contentsMargins() + self.column.contentsMargins(), self.close_button
        for widget in (self.title, self.text, button):
            widget.ensurePolished()
        room = width - margins.left() - margins.right()
        title = self.title.heightForWidth(room - button.sizeHint().width() - self.top.spacing())
        head = max(title, button.sizeHint().height())
        text = self.text.heightForWidth(room)
        return head + self.column.spacing() + text + margins.top() + margins.bottom()

    def set_icons(self) -> None:
        """Draws the icon in the colours of the theme."""
        self.close_button.setIcon(icon("close"))


class HintCards(QWidget):
    """The cards in a column at the lower right of their parent; they take no room of their own."""

    closed = Signal(str)
    """The name of a card."""

    def __init__(self, over: QWidget, names: tuple[str, ...]) -> None:
        super().__init__(over)
        self._over = over
        over.installEventFilter(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.cards = {name: HintCard(name) for name in names}
        self._wanted: list[HintCard] = []
        for card in self.cards.values():
            self._column.addWidget(card)
            card.closed.connect(self.closed)
        self.hide()

    def show_only(self, names: set[str]) -> None:
        """Shows the cards of these names."""
        self._wanted = [card for name, card in self.cards.items() if name in names]
        self.settle()

    def settle(self) -> None:
        """Takes its place; where the parent has no room for all cards, the last ones wait."""
        over, gap = self._over, self._column.spacing()
        share = settings().preferences.text_percent / 100
        width = min(round(_WIDTH * share), over.width() - 2 * _MARGIN)
        corner = round(_CORNERS * share)
        left = over.height() - 2 * corner
        height = 0
        for card in self.cards.values():
            card.setFixedWidth(width)
            high = card.height_for(width)
            there = card in self._wanted and (height == 0 or height + gap + high <= left)
            card.setVisible(there)
            if there:
                card.setFixedHeight(high)
                height += high + (gap if height else 0)
        self.setGeometry(over.width() - width - _MARGIN, over.height() - height - corner, width, height)
        self.setVisible(bool(self._wanted))
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.settle()
        return super().eventFilter(watched, event)
