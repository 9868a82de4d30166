"""The side: the cards beside the image, in a column that scrolls and is never narrower than they need."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.ui.settings import settings

USUAL_WIDTH = 336
"""At the usual size of text."""
_SETTLE_MS = 50


class Side(QScrollArea):
    """Takes the width that its cards need, up to half of the window; beyond that it scrolls sideways, too."""

    def __init__(self, cards: Iterable[QWidget]) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._panels = QWidget()
        self._panels.setObjectName("panels")
        column = self._column = QVBoxLayout(self._panels)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for card in cards:
            column.addWidget(card)
        column.addStretch(1)
        self.setWidget(self._panels)
        self._panels.installEventFilter(self)

    def add(self, card: QWidget) -> None:
        """Puts a card below the others."""
        self._column.insertWidget(self._column.count() - 1, card)

    def bring(self, card: QWidget) -> None:
        """Scrolls to a card, once what has just changed in it has its size."""
        QTimer.singleShot(_SETTLE_MS, card, lambda: self.ensureWidgetVisible(card, 0, 0))

    @property
    def usual_width(self) -> int:
        """The width at first, which grows with the text."""
        return round(USUAL_WIDTH * min(settings().preferences.text_percent, 150) / 100)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Asks for the width that the cards need now."""
        needed = self._panels.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width() + 1
        width = min(max(needed, self.usual_width), max(self.window().width() // 2, 240))
        if width != self.minimumWidth():
            self.setMinimumWidth(width)
