"""The command palette: everything that can be done, found by a few letters and done with Return."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.ui.help.entries import Entry
from app.ui.help.fuzzy import match
from app.ui.settings import settings
from app.ui.theme import chosen

KEPT = 20
"""How many of the last commands are remembered."""
_WIDEST, _HIGHEST, _GAP = 760, 520, 12
_LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QFrame):
    """Lies over its window; Esc, or another widget that takes the focus, closes it.

    Args:
        entries: reads what there is to do, each time it opens.
    """

    closed = Signal()

    def __init__(self, window: QWidget, entries: Callable[[], list[Entry]]) -> None:
        super().__init__(window)
        self.setObjectName("palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._over = window
        self._read = entries
        self._entries: list[Entry] = []
        self._before: QWidget | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?  Words, beginnings of words, or initials")
        self.field.setAccessibleName("Find a command")
        self.field.textChanged.connect(self._find)
        self.field.installEventFilter(self)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Commands")
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.list.itemClicked.connect(self._do)
        self.list.currentItemChanged.connect(self._explain)
        self.note = QLabel(wordWrap=True)
        self.note.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 8)
        layout.setSpacing(6)
        for widget in (self.field, self.list, self.note):
            layout.addWidget(widget)
        self.hide()

    def open(self, name: str | None = None) -> None:
        """Appears; with the entry of that name chosen, where one is named."""
        if self.isHidden():
            self._before = self._over.window().focusWidget()
        self._entries = self._read()
        self.field.clear()
        self._find("")
        self._settle()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        if name is not None:
            self._choose(name)

    def leave(self) -> None:
        """Disappears, and gives the focus back."""
        had_focus = self.field.hasFocus()
        self.hide()
        if had_focus and self._before is not None:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None
        self.closed.emit()

    @property
    def texts(self) -> list[str]:
        """What is listed, from above."""
        return [self._item(row).text(0) for row in range(self.list.topLevelItemCount())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _plain_key(event):
            event.accept()  # Esc and Return are the palette's while it is open
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        elif kind == QEvent.Type.FocusOut and not self.isHidden():
            self._before = None
            self.leave()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._do(item)
        elif key in _LIST_KEYS:
            self._step(key)
        else:
            return False
        return True

    def _step(self, key: int) -> None:
        count = self.list.topLevelItemCount()
        if not count:
            return
        current = self.list.currentItem()
        row = self.list.indexOfTopLevelItem(current) if current is not None else 0
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            by = -8 if key == Qt.Key.Key_PageUp else 8
            row = min(max(row + by, 0), count - 1)
        else:
            row = (row + (-1 if key == Qt.Key.Key_Up else 1)) % count
        self.list.setCurrentItem(self._item(row))

    def _find(self, query: str) -> None:
        recent = {name: age for age, name in enumerate(settings().remembered.commands)}
        ranked: list[tuple[float, int, int, Entry]] = []
        for place, entry in enumerate(self._entries):
            score = match(query, entry.text, f"{entry.menu} {entry.tip}")
            if score is not None and isValid(
                entry.action
            ):  # a list of recent files may be made anew meanwhile
                ranked.append((-score, recent.get(entry.name, KEPT), place, entry))
        ranked.sort(key=lambda found: found[:3])
        muted = QBrush(QColor(chosen().muted))
        self.list.clear()
        self.list.addTopLevelItems([_row(entry, muted) for *_, entry in ranked])
        self._share_width()
        if ranked:
            self.list.setCurrentItem(self._item(0))
        else:
            self.note.setText("Nothing is called so. Try another word, or fewer letters.")

    def _choose(self, name: str) -> None:
        for row in range(self.list.topLevelItemCount()):
            if _entry(self._item(row)).name == name:
                self.list.setCurrentItem(self._item(row))

    def _explain(self, item: QTreeWidgetItem | None, _: object = None) -> None:
        if item is None:
            return
        entry = _entry(item)
        reason = f"Not now: {entry.why_not}." if entry.why_not else ""
        self.note.setText(reason or entry.tip or entry.text)

    def _do(self, item: QTreeWidgetItem, _: int = 0) -> None:
        entry = _entry(item)
        if entry.why_not:
            self._explain(item)
            return
        rest = [name for name in settings().remembered.commands if name != entry.name]
        settings().remember(commands=tuple([entry.name, *rest][:KEPT]))
        self.leave()
        if isValid(entry.action):
            entry.action.trigger()

    def _item(self, row: int) -> QTreeWidgetItem:
        item = self.list.topLevelItem(row)
        assert item is not None
        return item

    def _share_width(self) -> None:
        """Names first: what is cut is where they stand, which the note says, too, where it matters."""
        self.list.resizeColumnToContents(2)
        wanted, most = self.list.sizeHintForColumn(0) + _GAP, round(0.6 * self.list.width())
        self.list.setColumnWidth(0, min(wanted, most))

    def _settle(self) -> None:
        over = self._over.rect()
        share = settings().preferences.text_percent / 100
        width = min(over.width() - 24, round(_WIDEST * share))
        height = min(over.height() - 24, round(_HIGHEST * share))
        self.setGeometry((over.width() - width) // 2, min(48, (over.height() - height) // 2), width, height)
        self.layout().activate()  # type: ignore[union-attr]
        self._share_width()


def _plain_key(event: QKeyEvent) -> bool:
    return event.key() in (*_LIST_KEYS, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _row(entry: Entry, muted: QBrush) -> QTreeWidgetItem:
    where = f"{entry.menu}  ·  {entry.why_not}" if entry.why_not else entry.menu
    ticked = "  ✓" if entry.action.isChecked() else ""
    item = QTreeWidgetItem([entry.text + ticked, where, *entry.keys[:1]])
    item.setData(0, Qt.ItemDataRole.UserRole, entry)
    item.setIcon(0, entry.action.icon())
    for column in (0, 1, 2):
        if column == 1 or entry.why_not:
            item.setForeground(column, muted)
    return item


def _entry(item: QTreeWidgetItem) -> Entry:
    entry = item.data(0, Qt.ItemDataRole.UserRole)
    assert isinstance(entry, Entry)
    return entry
