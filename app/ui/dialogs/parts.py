"""Parts that several dialogs are made of."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QMessageBox,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.ui.help.fuzzy import match
from app.ui.settings import settings

_EDGE = 48
"""Logical pixels that a dialog leaves free of the screen, for its frame and the desktop's bars."""


def fit_to_screen(widget: QWidget, width: int, height: int) -> None:
    """Gives a dialog a size, larger where the text is larger, but never one that the screen cannot show."""
    share = settings().preferences.text_percent / 100
    room = widget.screen().availableGeometry()
    widget.resize(
        min(round(width * share), room.width() - _EDGE), min(round(height * share), room.height() - _EDGE)
    )


class ButtonBox(QDialogButtonBox):
    """A dialog's buttons, as words alone: some desktops put icons of their own on a few of them."""

    def __init__(self, *buttons: QDialogButtonBox.StandardButton) -> None:
        super().__init__()
        for button in buttons:
            self.addButton(button).setIcon(QIcon())


def ask(box: QMessageBox) -> None:
    """Opens a question, its buttons as words alone."""
    for button in box.buttons():
        button.setIcon(QIcon())
    box.open()


class Table(QTreeWidget):
    """Lines in groups that can be filtered by a few letters.

    Args:
        name: for a screen reader.
        headings: of the columns; the column `wide` takes the room that is left.
    """

    def __init__(self, name: str, headings: Iterable[str], *, wide: int = 0) -> None:
        super().__init__()
        headings = list(headings)
        self.setAccessibleName(name)
        self.setHeaderLabels(headings)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.header().setStretchLastSection(False)
        self.header().setSectionsMovable(False)
        for column in range(len(headings)):
            mode = QHeaderView.ResizeMode
            self.header().setSectionResizeMode(
                column, mode.Stretch if column == wide else mode.ResizeToContents
            )

    def add_group(self, title: str) -> QTreeWidgetItem:
        """A heading, under which lines are put."""
        item = QTreeWidgetItem(self, [title])
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
        item.setFirstColumnSpanned(True)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setExpanded(True)
        return item

    def lines(self) -> list[QTreeWidgetItem]:
        """All lines that are no headings."""
        return [line for group in self._groups() for line in _children(group)]

    def filter(self, query: str) -> int:
        """Shows the lines that fit, and the headings of those; the number of lines that are shown.

        A line that is no longer shown is no longer the chosen one: the first that fits is.
        """
        shown: list[QTreeWidgetItem] = []
        for group in self._groups():
            fitting = 0
            for line in _children(group):
                texts = [line.text(column) for column in range(self.columnCount())]
                fits = match(query, texts[0], " ".join([*texts[1:], group.text(0)])) is not None
                line.setHidden(not fits)
                fitting += fits
                shown += [line] * fits
            group.setHidden(not fitting)
        if self.currentItem() not in shown:
            self.setCurrentItem(shown[0] if shown else None)  # type: ignore[arg-type]
        return len(shown)

    def _groups(self) -> list[QTreeWidgetItem]:
        return _children(self.invisibleRootItem())


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [child for row in range(item.childCount()) if (child := item.child(row)) is not None]


class SearchField(QLineEdit):
    """Keeps Return to itself, which would press the dialog's own button."""

    down = Signal()
    """The down key."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.returnPressed.emit()
        else:
            super().keyPressEvent(event)


def search_field(name: str, table: Table) -> SearchField:
    """A field that filters a table while one types; Down goes there, Return does what its lines do."""
    field = SearchField(name)
    field.textChanged.connect(table.filter)
    field.down.connect(table.setFocus)

    def activate() -> None:
        if table.currentItem() is not None:
            table.itemActivated.emit(table.currentItem(), 0)

    field.returnPressed.connect(activate)
    return field
