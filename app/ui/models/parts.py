"""Parts that the pages of the workspace are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.settings import settings
from app.ui.theme import chosen, icon

WIDEST = 880
"""Logical pixels at the usual size of text: longer lines are hard to read."""
_PADDING = 7
"""Of the cells of a table, in logical pixels."""
_LETTERS = 26
"""The first column of a table is no narrower than that, unless it needs no more."""


class Page(QScrollArea):
    """A column that scrolls and is never wider than lines can be read."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = QWidget()
        self.column = QVBoxLayout()
        self.column.setContentsMargins(28, 22, 28, 28)
        self.column.setSpacing(10)
        self._held = QWidget()
        self._held.setLayout(self.column)
        row = QHBoxLayout(self._inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._held, 1)
        row.addStretch(0)
        self.setWidget(self._inside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._held.setMaximumWidth(round(WIDEST * settings().preferences.text_percent / 100))


class Title(QWidget):
    """What a page is about: a small line, a large one, and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.above, self.title, self.says = QLabel(), QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.above.setProperty("role", "small")
        self.title.setProperty("role", "title")
        self.says.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        for label in (self.above, self.title, self.says):
            column.addWidget(label)

    def say(self, above: str, title: str, says: str) -> None:
        """Takes all three; an empty one is not there."""
        for label, text in ((self.above, above), (self.title, title), (self.says, says)):
            label.setText(text)
            label.setHidden(not text)


class Figures(QTableWidget):
    """A table as high as its rows; the first column takes the room that is left."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWordWrap(True)
        self._settling = False
        self.verticalHeader().setMinimumSectionSize(1)
        self.horizontalHeader().sectionResized.connect(self._settle)

    def fill(self, headings: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> None:
        """Shows other rows; the first columns hold words, the others figures, which stand at the right."""
        lines = [list(row) for row in rows]
        self.clear()
        self.setColumnCount(len(headings))
        self.setRowCount(len(lines))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, heading in enumerate(headings):
            item = QTableWidgetItem(heading)
            item.setTextAlignment(left if column < words else right)
            self.setHorizontalHeaderItem(column, item)
        for row, cells in enumerate(lines):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(left if column < words else right)
                item.setToolTip(text if column == 0 else "")
                self.setItem(row, column, item)
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        for column in range(len(headings)):
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(column, mode.Fixed if column == 0 else mode.ResizeToContents)
        self._settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle()

    def _settle(self, *_: object) -> None:
        """Rows as high as their first cell, which may run over several lines; the table as high as they."""
        if self._settling or not self.columnCount():
            return
        self._settling = True
        metrics = self.fontMetrics()
        texts = [item.text() for row in range(self.rowCount()) if (item := self.item(row, 0)) is not None]
        wanted = max((metrics.horizontalAdvance(text) for text in texts), default=0) + 2 * _PADDING + 4
        others = sum(self.columnWidth(column) for column in range(1, self.columnCount()))
        width = max(self.viewport().width() - others, min(wanted, _LETTERS * metrics.averageCharWidth()))
        self.setColumnWidth(0, width)
        for row, text in enumerate(texts):
            room = QRect(0, 0, width - 2 * _PADDING, 10_000)
            lines = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, text).height()
            self.setRowHeight(row, lines + 2 * _PADDING)
        height = self.horizontalHeader().sizeHint().height() + self.verticalHeader().length() + 4
        if others + width > self.viewport().width():
            height += self.horizontalScrollBar().sizeHint().height()
        if height != self.minimumHeight():
            self.setFixedHeight(height)
        self._settling = False

    def minimumSizeHint(self) -> QSize:
        return QSize(240, super().minimumSizeHint().height())


def heading(text: str) -> QLabel:
    """The title of a part of a page."""
    label = QLabel(text, wordWrap=True)
    label.setProperty("role", "heading")
    return label


def lines(texts: Sequence[str]) -> QLabel:
    """Sentences, one below the other; several are a list. They can be copied."""
    label = QLabel(wordWrap=True)
    label.setTextFormat(Qt.TextFormat.RichText)
    if len(texts) == 1:
        label.setText(escape(texts[0]))
    else:
        items = "".join(f'<li style="margin-bottom:3px">{escape(text)}</li>' for text in texts)
        label.setText(f'<ul style="margin:0; -qt-list-indent:0; margin-left:14px">{items}</ul>')
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return label


def small(text: str = "") -> QLabel:
    """A sentence in small letters."""
    label = QLabel(text, wordWrap=True)
    label.setProperty("role", "small")
    return label


def buttons(*those: QPushButton) -> QHBoxLayout:
    """Buttons side by side, at the left."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for button in those:
        row.addWidget(button)
    row.addStretch(1)
    return row


def first_icon(name: str) -> QIcon:
    """The icon of a page's first button, which has the accent's colours."""
    theme = chosen()
    return icon(name, replace(theme, text=theme.accent_text))


def button(text: str, tip: str, name: str = "") -> QPushButton:
    """A button with words that teach."""
    made = QPushButton(text)
    made.setToolTip(tip)
    if name:
        made.setAccessibleName(name)
    made.setAutoDefault(False)
    return made
