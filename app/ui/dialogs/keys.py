"""What the mouse and the keys do: made from the actions and from how the mouse is set, never typed twice."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTreeWidgetItem, QVBoxLayout, QWidget

from app.ui.dialogs.parts import ButtonBox, Table, fit_to_screen, search_field
from app.ui.help.entries import Entry
from app.ui.help.mouse import mouse_lines
from app.ui.settings import settings


class KeysDialog(QDialog):
    """A table to look into: type a word of what you want to do, or a key."""

    change_wanted = Signal()
    """The user wants other shortcuts."""

    def __init__(self, window: QWidget, listed: list[Entry]) -> None:
        super().__init__(window)
        self.setWindowTitle("Mouse and keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.table = Table("Mouse and keys", ("To do this", "Do this"))
        for title, lines in mouse_lines(settings().preferences):
            group = self.table.add_group(title)
            for meaning, hand in lines:
                QTreeWidgetItem(group, [meaning, hand]).setToolTip(0, meaning)
        for title, group_entries in by_menu(listed).items():
            with_keys = [entry for entry in group_entries if entry.keys]
            if with_keys:
                group = self.table.add_group(title)
                for entry in with_keys:
                    line = QTreeWidgetItem(group, [entry.text, ", ".join(entry.keys)])
                    line.setToolTip(0, entry.tip)
        self.search = search_field("Find what to do, or a key", self.table)
        note = QLabel("What has no key is in the menus, and in the command palette.", wordWrap=True)
        note.setProperty("role", "muted")
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Close)
        change = buttons.addButton("Change shortcuts…", QDialogButtonBox.ButtonRole.ActionRole)
        change.setAutoDefault(False)
        change.clicked.connect(self._change)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.table, note, buttons):
            layout.addWidget(widget)
        layout.setStretch(1, 1)
        fit_to_screen(self, 820, 660)

    def _change(self) -> None:
        self.accept()
        self.change_wanted.emit()


def by_menu(listed: list[Entry]) -> dict[str, list[Entry]]:
    """The entries by the title of their first menu, in the order of the menus."""
    groups: dict[str, list[Entry]] = {}
    for entry in listed:
        groups.setdefault(entry.path[0] if entry.path else "Elsewhere", []).append(entry)
    return groups
