"""Other shortcuts for the actions: a key is pressed, and a conflict is said before anything changes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import Actions, portable, shown
from app.ui.dialogs.keys import by_menu
from app.ui.dialogs.parts import ButtonBox, Table, fit_to_screen, search_field
from app.ui.help.entries import Entry

RESERVED = {
    "Space": "moves the image while it is held",
    "Left": "moves a lesion",
    "Right": "moves a lesion",
    "Up": "moves a lesion",
    "Down": "moves a lesion",
    "Tab": "goes to the next field",
    "Shift+Tab": "goes to the field before",
    "Return": "ends what is typed",
    "Enter": "ends what is typed",
}
"""Keys that are no action's to have, and what they do."""
_NAME = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """Changes act at once and are remembered."""

    def __init__(self, actions: Actions, listed: list[Entry], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._actions = actions
        known = {spec.name for spec in actions}
        self._texts = {entry.name: entry.text for entry in listed if entry.name in known}
        self.table = Table("Commands and their shortcuts", ("Command", "Shortcuts"))
        for title, entries in by_menu(listed).items():
            lines = [entry for entry in entries if entry.name in known]
            if lines:
                group = self.table.add_group(title)
                for entry in lines:
                    line = QTreeWidgetItem(group, [entry.text, ""])
                    line.setData(0, _NAME, entry.name)
                    line.setIcon(0, entry.action.icon())
                    line.setToolTip(0, entry.tip)
        self.search = search_field("Find a command, or a key", self.table)
        self.label = QLabel("New shortcut:")
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.setAccessibleName("New shortcut: press it")
        self.keys.setToolTip("Press the keys here, all at once")
        self.label.setBuddy(self.keys)
        self.note = QLabel(wordWrap=True)
        self.use = _button("Use it", "The only shortcut of this command from now on")
        self.add = _button("Use it too", "One more shortcut; the others stay")
        self.none = _button("None", "No shortcut for this command")
        self.usual = _button("The usual one", "What this command had at first")
        row = QHBoxLayout()
        for widget in (self.use, self.add, self.none, self.usual):
            row.addWidget(widget)
        row.addStretch(1)
        grid = QGridLayout()
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.keys, 0, 1)
        grid.addWidget(self.note, 1, 1)
        grid.addLayout(row, 2, 1)
        grid.setColumnStretch(1, 1)
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Close)
        self.all_usual = _button("All the usual ones", "Takes back the usual shortcuts of every command")
        buttons.addButton(self.all_usual, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addLayout(grid)
        layout.addWidget(buttons)
        self.table.currentItemChanged.connect(self._chosen)
        self.table.itemActivated.connect(lambda *_: self.keys.setFocus())
        self.keys.keySequenceChanged.connect(self._settle)
        self.use.clicked.connect(lambda: self._bind((self.key,)))
        self.add.clicked.connect(lambda: self._bind((*self._actions.keys(self.name), self.key)))
        self.none.clicked.connect(lambda: self._bind(()))
        self.usual.clicked.connect(lambda: self._bind(None))
        self.all_usual.clicked.connect(self._all_usual)
        self._show_keys()
        self.table.setCurrentItem(self.table.lines()[0])
        fit_to_screen(self, 680, 640)

    @property
    def name(self) -> str:
        """The action that is chosen; empty where none is."""
        item = self.table.currentItem()
        return str(item.data(0, _NAME) or "") if item is not None else ""

    @property
    def key(self) -> str:
        """The shortcut that was pressed, portable text; empty where none was."""
        return self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def choose(self, name: str) -> None:
        """Chooses the action of that name."""
        for line in self.table.lines():
            if line.data(0, _NAME) == name:
                self.table.setCurrentItem(line)

    def _chosen(self, *_: object) -> None:
        self.keys.clear()
        self._settle()

    def _bind(self, keys: tuple[str, ...] | None) -> None:
        self._actions.bind(self.name, keys)
        self.keys.clear()
        self._show_keys()

    def _all_usual(self) -> None:
        self._actions.bind_usual()
        self._show_keys()

    def _show_keys(self) -> None:
        changed = self._actions.rebound
        for line in self.table.lines():
            name = line.data(0, _NAME)
            line.setText(1, ", ".join(map(shown, self._actions.keys(name))))
            font = line.font(1)
            font.setItalic(name in changed)
            line.setFont(1, font)
            line.setToolTip(1, "Not the usual one" if name in changed else "")
        self.all_usual.setEnabled(bool(changed))
        self._settle()

    def _settle(self, *_: object) -> None:
        """Says what the key that was pressed would mean, and offers what can be done."""
        name, key = self.name, portable(self.key)
        free, text = bool(name and key), ""
        holders = [one for one in self._actions.holders(key) if one != name] if key else []
        if key in RESERVED:
            free, text = False, f"{shown(key)} {RESERVED[key]}; press another."
        elif key and name in self._actions.holders(key):
            free, text = False, f"{shown(key)} is its shortcut already."
        elif holders:
            text = f"{shown(key)} is the shortcut of “{self._texts[holders[0]]}”: take it from there?"
        self.note.setText(text)
        self.note.setProperty("role", "warning" if holders else "muted")
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)
        self.label.setText(f"Shortcut of “{self._texts[name]}”:" if name else "New shortcut:")
        self.use.setText("Take it" if holders else "Use it")
        self.add.setText("Take it too" if holders else "Use it too")
        self.use.setEnabled(free)
        self.add.setEnabled(free and bool(self._actions.keys(name)))
        self.keys.setEnabled(bool(name))
        self.none.setEnabled(bool(name and self._actions.keys(name)))
        self.usual.setEnabled(name in self._actions.rebound)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button
