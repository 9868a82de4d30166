"""*Train*: which network, on what, for how long; what there is to learn from is shown before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.engine import Job
from app.tasks import Task
from app.ui.dialogs.parts import ButtonBox, fit_to_screen
from app.ui.frame.status import show_progress
from app.ui.models.kinds import KINDS, Kind, kind_of
from app.ui.models.looking import Seen, look
from app.ui.models.parts import lines
from app.ui.models.train_fields import TrainFields
from app.ui.models.train_how import TrainHow
from app.ui.models.training import NetworkTrainer
from app.ui.work.bridge import Bridge
from models.progress import LongWork

if TYPE_CHECKING:
    from app.training.orders import Order
    from app.training.sets import TrainingSet

_LOOK_MS = 150


class TrainDialog(QDialog):
    """Asks; nothing is trained before it is accepted.

    Args:
        kind, task: that are chosen at first.
        presets: of which there is a model of backgrounds to go on from.
    """

    chosen = Signal(object)
    """The `Order`, when the dialog is accepted."""
    folder_wanted = Signal()
    """The user wants to choose a folder; `set_folder` takes it."""

    def __init__(
        self,
        trainer: NetworkTrainer,
        bridge: Bridge,
        tasks: Sequence[Task],
        sets: Sequence[TrainingSet],
        kind: str = "danger-zone",
        task: str = "",
        presets: Collection[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train a network")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._trainer, self._bridge = trainer, bridge
        self._tasks = {one.name: one for one in tasks}
        self._sets = tuple(sets)
        self._folder: Path | None = None
        self._job: Job | None = None
        self.seen: Seen | None = None
        """What is there to learn from; None while that is not known."""
        fields = self.fields = TrainFields()
        self.how = TrainHow(fields, lambda: bridge.engine.device, presets.__contains__, self)
        self.says = QLabel(wordWrap=True)
        self.buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.train = QPushButton("Train")
        self.train.setDefault(True)
        self.buttons.addButton(self.train, QDialogButtonBox.ButtonRole.AcceptRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        layout.addWidget(fields)
        layout.addStretch(1)
        layout.addWidget(self.says)
        layout.addWidget(self.buttons)
        for one in KINDS:
            self.fields.kind.addItem(one.title, one.name)
        for name, one_task in self._tasks.items():
            self.fields.task.addItem(one_task.title, name)
        self.fields.kind.setCurrentIndex(max(self.fields.kind.findData(kind), 0))
        self.fields.task.setCurrentIndex(max(self.fields.task.findData(task), 0))
        self._connect()
        self._kind_changed()
        fit_to_screen(self, 660, 600)
        self.fields.kind.setFocus()

    def _connect(self) -> None:
        self.fields.kind.activated.connect(self._kind_changed)
        self.fields.task.activated.connect(self._kind_changed)
        self.fields.sources.buttonClicked.connect(self._source_changed)
        self.fields.set.activated.connect(self._set_chosen)
        self.fields.folder.clicked.connect(self._choose_folder)
        self.how.changed.connect(self._check)
        self.how.resized.connect(self._source_changed)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._trainer.changed.connect(self._check)
        self._bridge.device_found.connect(self._show_devices)
        self._clock = self.startTimer(_LOOK_MS)

    # -- what is chosen --------------------------------------------------------------------------------

    @property
    def chosen_kind(self) -> Kind:
        """The kind of network."""
        return kind_of(str(self.fields.kind.currentData()))

    @property
    def chosen_task(self) -> Task:
        """The task."""
        return self._tasks[str(self.fields.task.currentData())]

    @property
    def data(self) -> Path | None:
        """The folder to learn from; None for simulated images alone, or where none is chosen yet."""
        if self.fields.from_set.isChecked() and self.fields.set.currentIndex() >= 0:
            return Path(self.fields.set.currentData())
        return self._folder if self.fields.from_folder.isChecked() else None

    def set_folder(self, folder: Path) -> None:
        """Takes the folder that was chosen."""
        self._folder = folder
        self.fields.from_folder.setChecked(True)
        self._source_changed()

    def set_training_set(self, folder: Path) -> None:
        """Takes a training set."""
        row = self.fields.set.findData(str(folder))
        if row >= 0:
            self.fields.set.setCurrentIndex(row)
            self._set_chosen()

    def _choose_folder(self) -> None:
        self.fields.from_folder.setChecked(True)
        self.folder_wanted.emit()

    def _set_chosen(self) -> None:
        self.fields.from_set.setChecked(True)
        self._source_changed()

    def _kind_changed(self) -> None:
        kind, task, fields = self.chosen_kind, self.chosen_task, self.fields
        fields.what.setText(f"{kind.what} {kind.learns}")
        fields.from_folder.setText("A folder of labelled images" if kind.labelled else "A folder of images")
        fields.from_folder.setToolTip(
            "With labels of YOLO, COCO, Pascal VOC or LIDC, or masks; CT without labels, too"
            if kind.labelled
            else "Radiographs, slices or CT series, with subfolders; labels are not needed"
        )
        choice, before = fields.set, fields.set.currentData()
        choice.clear()
        for one in self._sets:
            if one.task == task.name and one.images:
                choice.addItem(f"{one.title}  ({len(one.images):,} images)", str(one.folder))
        there, simulated = choice.count() > 0, task.name in kind.alone
        choice.setPlaceholderText("there is none for this task yet")
        choice.setCurrentIndex(max(choice.findData(before), 0) if there else -1)
        for widget in (fields.from_set, choice):
            widget.setEnabled(there)
        fields.alone.setEnabled(simulated)
        fields.alone.setToolTip(
            "The simulator knows its anatomy; no image of your own is needed"
            if simulated
            else "There is no simulator for this task: it is learnt from your own images"
        )
        chosen = fields.sources.checkedButton()
        if chosen is None or not chosen.isEnabled():
            (fields.from_set if there else fields.from_folder).setChecked(True)
        self.how.show_kind(kind)
        self._source_changed()

    def _show_devices(self, *_: object) -> None:
        self.how.show_devices()

    # -- what is there ---------------------------------------------------------------------------------

    def _source_changed(self) -> None:
        """Looks at what would be learnt from."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.seen = None
        self.fields.path.setText(
            str(self._folder) if self._folder and self.fields.from_folder.isChecked() else ""
        )
        self.fields.path.setHidden(not self.fields.path.text())
        self._show(None)
        data, kind, task = self.data, self.chosen_kind, self.chosen_task
        preset = self.how.preset.name if self.how.preset is not None else ""
        if self.fields.alone.isChecked():
            self._show(
                Seen(notes=("Every image is simulated; how the network does on real ones is not known.",))
            )
        elif data is not None:

            def work() -> LongWork[Seen]:
                return look(kind, task, data, preset)

            self._job = self._bridge.read(
                "labels", work, self._show, self._refused, title="Looking at the images to learn from"
            )
        self._check()

    def _refused(self, sentence: str, _: str) -> None:
        self._show(Seen(trouble=sentence))

    def _show(self, seen: Seen | None) -> None:
        self.seen = seen
        while (item := self.fields.notes.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.fields.found.setText(seen.words if seen is not None else "")
        self.fields.found.setHidden(not self.fields.found.text())
        if seen is not None and seen.notes:
            label = lines(seen.notes)
            label.setProperty("role", "small")
            self.fields.notes.addWidget(label)
        self._check()

    def timerEvent(self, event: object) -> None:
        """Shows how far the look is."""
        looking = self._job is not None and not self._job.state.ended
        self.fields.bar.setVisible(looking)
        if looking and self._job is not None:
            show_progress(self.fields.bar, self._job)

    # -- answering -------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Says what stands against it."""
        kind, task = self.chosen_kind, self.chosen_task
        against = self._trainer.refusal()
        waiting = self._trainer.waiting(kind.name, task.name)
        warning = self.seen.warning if self.seen is not None else ""
        if not against and self.seen is None:
            against = "Looking at the images…" if self.data is not None else "Choose what it learns from."
        elif not against and self.seen is not None:
            against = self.seen.trouble
        if not against and waiting is not None:
            what = "A finished training of this network waits for your decision" if waiting.version else (
                "An unfinished training of this network waits to be gone on with"
            )  # fmt: skip
            warning = f"{warning} {what}; a new one takes its place and deletes what it has kept."
        self.says.setText(against or warning)
        patient = self.seen is None and not self._trainer.refusal()
        self.says.setProperty("role", "muted" if patient else "warning")
        self.says.style().unpolish(self.says)
        self.says.style().polish(self.says)
        self.train.setEnabled(not against)

    def order(self) -> Order:
        """What is asked for."""
        from app.training.orders import Order

        how, preset = self.how, self.how.preset
        return Order(
            self.chosen_kind.name,
            self.chosen_task.name,
            self.data,
            how.steps,
            preset=preset.name if preset is not None else "",
            batch=how.batch,
            device=how.device,
        )

    def accept(self) -> None:
        """Asks for the training, unless something stands against it."""
        if self.train.isEnabled():
            self.chosen.emit(self.order())
            super().accept()

    def done(self, result: int) -> None:
        self.killTimer(self._clock)
        if self._job is not None:
            self._job.cancel()
        self._trainer.changed.disconnect(self._check)
        self._bridge.device_found.disconnect(self._show_devices)
        super().done(result)
