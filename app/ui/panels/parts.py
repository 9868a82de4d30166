"""Parts that several panels are made of."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.panels.numbers import Calm
from app.ui.settings import settings
from app.ui.theme import icon


class Heading(QToolButton):
    """The title of a card; a long one is cut off rather than widening the side."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, super().minimumSizeHint().height())


class Card(QFrame):
    """A titled part of the side that can be folded; `body` takes its widgets, `header` some more.

    Args:
        name: under which it is remembered whether it is folded.
        folded: whether it is at first.
    """

    def __init__(self, title: str, name: str, *, folded: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._name = name
        self._usually = folded
        self.heading = Heading()
        self.heading.setProperty("role", "heading")
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setCheckable(True)
        self.heading.setToolTip("Fold or unfold")
        self.set_title(title)
        self.heading.toggled.connect(self._folded)
        self.header = QHBoxLayout()
        self.header.addWidget(self.heading)
        self.header.addStretch(1)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(7)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 10)
        layout.setSpacing(5)
        layout.addLayout(self.header)
        layout.addWidget(self._content)
        changed = name in settings().remembered.folded
        with QSignalBlocker(self.heading):
            self.heading.setChecked(changed != folded)
        self._show_content()

    @property
    def folded(self) -> bool:
        """Whether only the title is seen."""
        return self.heading.isChecked()

    def set_folded(self, on: bool) -> None:
        """Folds it, or unfolds it."""
        self.heading.setChecked(on)

    def set_title(self, title: str) -> None:
        """Changes the title."""
        if self.heading.text() != title:
            self.heading.setText(title)
            self.heading.setAccessibleName(f"{title}: fold or unfold")

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self._draw_chevron()

    def _folded(self, on: bool) -> None:
        changed = set(settings().remembered.folded) - {self._name}
        settings().remember(folded=tuple(sorted(changed | ({self._name} if on != self._usually else set()))))
        self._show_content()

    def _show_content(self) -> None:
        self._content.setHidden(self.folded)
        self._draw_chevron()

    def _draw_chevron(self) -> None:
        self.heading.setIcon(icon("chevron-right" if self.folded else "chevron-down"))


class Choice(Calm, QComboBox):
    """A combo box that never widens the panel: a long text ends in an ellipsis.

    With no item chosen it shows its placeholder.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        if self.currentIndex() < 0:
            option.currentText = self.placeholderText()
        width = self.width() - 40  # the arrow and the padding of the style sheet
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, width
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
