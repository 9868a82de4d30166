"""The questions about a training set: its title and task, and what an imported folder goes into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.tasks import Task
from app.ui.dialogs.parts import ButtonBox, fit_to_screen
from app.ui.panels.parts import Choice

if TYPE_CHECKING:
    from app.training.sets import TrainingSet


class SetDialog(QDialog):
    """Asks for a new set's title and task; for a folder also whether it goes into a set that is there."""

    created = Signal(str, str)
    """Title and task of a new set."""
    chosen = Signal(object)
    """The `TrainingSet` that the folder goes into."""

    def __init__(
        self,
        tasks: Sequence[Task],
        sets: Sequence[TrainingSet] = (),
        folder: Path | None = None,
        task: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("New training set" if folder is None else "Import labelled images")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._sets = {one.name: one for one in sets if one.task}
        self.into = Choice("Into")
        self.into.addItem("A new set", "")
        for one in self._sets.values():
            self.into.addItem(one.title, one.name)
        self.title = QLineEdit("" if folder is None else folder.name)
        self.title.setMaxLength(80)
        self.title.setPlaceholderText("such as “Stones, clinic A”")
        self.title.setAccessibleName("Title of the set")
        self.task = Choice("Task")
        self.task.setToolTip("Says which lesions and which structures are marked")
        for one_task in tasks:
            self.task.addItem(one_task.title, one_task.name)
        self.task.setCurrentIndex(max(self.task.findData(task), 0))
        self.says = QLabel(
            "Its images stay where they are; the set refers to them."
            if folder is None
            else f"{folder}\nLabels of YOLO, COCO, Pascal VOC or LIDC and masks are read; images without any "
            "are annotated here. What is amiss is listed afterwards.",
            wordWrap=True,
        )
        self.says.setProperty("role", "small")
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(9)
        if folder is not None and self._sets:
            form.addRow("&Into", self.into)
        form.addRow("T&itle", self.title)
        form.addRow("&Task", self.task)
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.do = QPushButton("Make" if folder is None else "Import")
        self.do.setDefault(True)
        buttons.addButton(self.do, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.says)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.into.activated.connect(self._check)
        self.title.textChanged.connect(self._check)
        fit_to_screen(self, 520, 250)
        self._check()
        self.title.setFocus()
        self.title.selectAll()

    def accept(self) -> None:
        """Hands over what was chosen."""
        if not self.do.isEnabled():
            return
        there = self._sets.get(str(self.into.currentData()))
        if there is not None:
            self.chosen.emit(there)
        else:
            self.created.emit(self.title.text().strip(), str(self.task.currentData()))
        super().accept()

    def _check(self) -> None:
        new = not self.into.currentData()
        for field in (self.title, self.task):
            field.setEnabled(new)
        self.do.setEnabled(not new or bool(self.title.text().strip()))


class TitleDialog(QDialog):
    """Asks for another title."""

    entered = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Rename the training set")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title = QLineEdit(title)
        self.title.setMaxLength(80)
        self.title.setAccessibleName("Title of the set")
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.do = QPushButton("Rename")
        self.do.setDefault(True)
        buttons.addButton(self.do, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        layout.addWidget(self.title)
        layout.addWidget(buttons)
        self.title.textChanged.connect(lambda text: self.do.setEnabled(bool(text.strip())))
        fit_to_screen(self, 420, 110)
        self.title.selectAll()

    def accept(self) -> None:
        """Hands over the title."""
        if self.do.isEnabled():
            self.entered.emit(self.title.text().strip())
            super().accept()
