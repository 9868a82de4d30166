"""The fields of *Train*, and where they stand."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.panels.numbers import NumberField
from app.ui.panels.parts import Choice

_FEWEST, _MOST_STEPS = 10, 200_000
_LARGEST_BATCH = 256


class TrainFields(QWidget):
    """Which network, on what, for how long."""

    def __init__(self) -> None:
        super().__init__()
        self._make()
        self._lay_out()

    def _make(self) -> None:
        self.kind, self.task = Choice("Network"), Choice("Task")
        self.what = QLabel(wordWrap=True)
        self.what.setProperty("role", "small")
        self.from_set = QRadioButton("A training set")
        self.from_set.setToolTip("Images that you have annotated or imported here")
        self.from_folder = QRadioButton("A folder of labelled images")
        self.alone = QRadioButton("Simulated images alone")
        self.alone.setToolTip("The simulator knows its anatomy; no image of your own is needed")
        self.sources = QButtonGroup(self)
        for choice in (self.from_set, self.from_folder, self.alone):
            self.sources.addButton(choice)
        self.set = Choice("Training set")
        self.folder = QPushButton("Choose…")
        self.folder.setAutoDefault(False)
        self.folder.setToolTip("Choose the folder of images and labels")
        self.path = QLabel(wordWrap=True)
        self.path.setProperty("role", "small")
        self.found = QLabel(wordWrap=True)
        self.bar = QProgressBar(textVisible=False, maximum=1000)
        self.bar.setAccessibleName("Looking at the images")
        self.bar.hide()
        self.notes = QVBoxLayout()
        self.preset = Choice("Size")
        self.preset.setToolTip("How large the network is, and with that how well it rebuilds")
        self.costs = QLabel(wordWrap=True)
        self.costs.setProperty("role", "small")
        self.length = Choice("Length")
        self.length.setToolTip("Longer trainings make better networks, up to a point; any can be paused")
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setCheckable(True)
        self.more.setToolTip("The number of steps, and how much is learnt from in one")
        tip = "How often the network learns from a few images, and is changed a little"
        self.steps = NumberField("Steps", decimals=0, tip=tip)
        self.steps.setRange(_FEWEST, _MOST_STEPS)
        tip = "Pieces of images in a step: fewer need less memory, and learn less quickly"
        self.batch = NumberField("Images in a step", decimals=0, tip=tip)
        self.batch.setRange(1, _LARGEST_BATCH)
        self.batch_label = QLabel("Images in a step")
        self.takes = QLabel()
        self.takes.setProperty("role", "small")
        self.device = Choice("Runs on")
        self.device.setToolTip("Choose the CPU where the GPU is wanted for something else")
        self.no_gpu = QLabel(wordWrap=True)
        self.no_gpu.setProperty("role", "muted")

    def _lay_out(self) -> None:
        form = self._form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(9)
        form.addRow("&Network", self.kind)
        form.addRow("&Task", self.task)
        form.addRow("", self.what)
        data = QVBoxLayout()
        data.setSpacing(6)
        for choice, widget in ((self.from_set, self.set), (self.from_folder, self.folder)):
            row = QHBoxLayout()
            row.addWidget(choice)
            row.addWidget(widget, 1 if widget is self.set else 0)
            if widget is self.folder:
                row.addStretch(1)
            data.addLayout(row)
        data.addWidget(self.path)
        data.addWidget(self.alone)
        form.addRow("Learn from", data)
        result = QVBoxLayout()
        result.setSpacing(5)
        for part in (self.bar, self.found):
            result.addWidget(part)
        result.addLayout(self.notes)
        form.addRow("", result)
        size = self._size = QVBoxLayout()
        size.setSpacing(5)
        size.addWidget(self.preset)
        size.addWidget(self.costs)
        label = QLabel("&Size")
        label.setBuddy(self.preset)
        form.addRow(label, size)
        length = QHBoxLayout()
        length.addWidget(self.length, 1)
        length.addWidget(self.more)
        label = QLabel("&Length")
        label.setBuddy(self.length)
        form.addRow(label, length)
        self.rest = QWidget()
        steps = QHBoxLayout(self.rest)
        steps.setContentsMargins(0, 0, 0, 0)
        steps.addWidget(QLabel("Steps"))
        steps.addWidget(self.steps)
        steps.addWidget(self.batch_label)
        steps.addWidget(self.batch)
        steps.addWidget(self.takes, 1)
        form.addRow("", self.rest)
        self.rest.hide()
        runs = QVBoxLayout()
        runs.addWidget(self.device)
        runs.addWidget(self.no_gpu)
        label = QLabel("&Runs on")
        label.setBuddy(self.device)
        form.addRow(label, runs)
        self.setLayout(form)

    def show_sizes(self, on: bool) -> None:
        """Whether the network comes in several sizes."""
        self._form.setRowVisible(self._size, on)
        for widget in (self.batch_label, self.batch):
            widget.setVisible(on)
