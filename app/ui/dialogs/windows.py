"""Editing the window presets of a task."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.tasks import Task, WindowPreset
from app.ui.canvas.presets import FIRST_KEY, LAST_KEY, MOST, key_text, presets
from app.ui.dialogs.parts import fit_to_screen
from app.ui.theme import icon

_HEADINGS = ("Key", "Name", "Centre", "Width")
_KEY, _NAME, _CENTRE, _WIDTH = range(4)


class WindowPresetsDialog(QDialog):
    """A table of a task's presets, one to a key.

    Args:
        present: the window that the image is shown with, which *Add* adds.
        adding: adds it at once, and lets its name be typed.
    """

    chosen = Signal(object)
    """The presets as they were edited, when the dialog is accepted."""

    def __init__(
        self, task: Task, present: WindowPreset, parent: QWidget | None = None, *, adding: bool = False
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Window presets")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._task, self._present = task, present
        self.table = QTableWidget(0, len(_HEADINGS))
        self.table.setAccessibleName("Window presets")
        self.table.setHorizontalHeaderLabels(_HEADINGS)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(52)
        header.setHighlightSections(False)
        self.problem = QLabel()
        self.problem.setProperty("role", "warning")
        self.problem.setWordWrap(True)
        self.add = self._button("&Add this window", "plus", "The window that the image is shown with now")
        self.remove = self._button("&Remove", "trash-can-outline", "Takes the chosen preset out")
        self.up = self._button("&Up", "arrow-up", "The chosen preset gets the key before")
        self.down = self._button("&Down", "arrow-down", "The chosen preset gets the next key")
        self.restore = self._button("Restore the u&sual", "restore", "The presets that come with the task")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        for button in self.buttons.buttons():
            button.setIcon(QIcon())
        self._lay_out()
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.restore.clicked.connect(lambda: self._fill(task.windows))
        self.table.itemChanged.connect(self._check)
        self.table.itemSelectionChanged.connect(self._check)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self._fill(presets(task))
        if adding:
            self._add()

    def _lay_out(self) -> None:
        unit = (
            f"Centre and width in {self._task.unit}."
            if self._task.unit
            else "Centre and width in percent of the automatic window: 0 is what it shows black, 100 white."
        )
        about = QLabel(
            f"{self._task.title}. {unit} The first {LAST_KEY - FIRST_KEY + 1} are on the keys {FIRST_KEY} to "
            f"{LAST_KEY}; 0, 1 and 2 are the automatic window and the file's own."
        )
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        side = QVBoxLayout()
        for button in (self.add, self.remove, self.up, self.down):
            side.addWidget(button)
        side.addStretch(1)
        side.addWidget(self.restore)
        middle = QHBoxLayout()
        middle.addWidget(self.table, 1)
        middle.addLayout(side)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(about)
        layout.addLayout(middle, 1)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)
        fit_to_screen(self, 580, 400)

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(icon(name), text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _fill(self, rows: Sequence[WindowPreset]) -> None:
        self._show([(preset.name, f"{preset.centre:g}", f"{preset.width:g}") for preset in rows], 0)

    def _rows(self) -> list[tuple[str, ...]]:
        """Name, centre and width of each row, as they are written."""
        items = [[self.table.item(row, c) for c in (_NAME, _CENTRE, _WIDTH)] for row in range(self._count)]
        return [tuple(item.text().strip() if item else "" for item in row) for row in items]

    @property
    def _count(self) -> int:
        return self.table.rowCount()

    def _show(self, rows: Sequence[tuple[str, ...]], current: int) -> None:
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(rows))
            for number, row in enumerate(rows):
                for column, text in enumerate((key_text(FIRST_KEY + number), *row)):
                    item = QTableWidgetItem(text.replace("-", "−") if column > _NAME else text)
                    if column == _KEY:
                        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                    if column != _NAME:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.table.setItem(number, column, item)
            if rows:
                self.table.setCurrentCell(min(current, len(rows) - 1), _NAME)
        self._check()

    def _add(self) -> None:
        present = self._present
        row = (present.name, f"{present.centre:g}", f"{present.width:g}")
        if self._count < MOST:
            self._show([*self._rows(), row], self._count)
            item = self.table.item(self._count - 1, _NAME)
            assert item is not None
            self.table.editItem(item)
        else:
            self.problem.setText(f"There are {MOST} presets already; remove one first, or type over it.")

    def _remove(self) -> None:
        rows, current = self._rows(), self.table.currentRow()
        self._show(rows[:current] + rows[current + 1 :], current)

    def _move(self, by: int) -> None:
        rows, current = self._rows(), self.table.currentRow()
        rows.insert(current + by, rows.pop(current))
        self._show(rows, current + by)

    def _check(self) -> None:
        """Enables what can be done, and says what cannot."""
        current, count = self.table.currentRow(), self._count
        self.remove.setEnabled(0 <= current < count)
        self.up.setEnabled(current > 0)
        self.down.setEnabled(0 <= current < count - 1)
        found = self._read()
        self.problem.setText(found if isinstance(found, str) else "")
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not isinstance(found, str))

    def _read(self) -> tuple[WindowPreset, ...] | str:
        """The presets as they are written, or a sentence that says what is wrong."""
        found: list[WindowPreset] = []
        for row, (name, centre_text, width_text) in enumerate(self._rows(), start=1):
            if not name:
                return f"The preset in row {row} has no name; type one."
            if any(preset.name == name for preset in found):
                return f"Two presets are called {name}; give one of them another name."
            centre, width = _number(centre_text), _number(width_text)
            if centre is None:
                return f"The centre of {name} is no number: {centre_text or 'it is empty'}."
            if width is None or width <= 0:
                return f"The width of {name} must be a number greater than 0, not {width_text or 'empty'}."
            found.append(WindowPreset(name=name, centre=centre, width=width))
        return tuple(found)

    def _accept(self) -> None:
        found = self._read()
        if not isinstance(found, str):
            self.chosen.emit(found)
            self.accept()


def _number(text: str) -> float | None:
    """A number as people write it, with either minus sign and either decimal mark; None where it is none."""
    try:
        value = float(text.replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None
