"""The training that runs, and those that wait for somebody."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.engine import State
from app.ui.frame.status import progress_words, show_progress
from app.ui.models.curves import Record
from app.ui.models.curves_view import CurvesView
from app.ui.models.kinds import BACKGROUND, kind_of
from app.ui.models.library import ModelLibrary
from app.ui.models.order_row import OrderRow
from app.ui.models.parts import Page, Title, button, buttons, first_icon
from app.ui.models.sheets_view import SheetsView
from app.ui.models.stage_line import StageLine
from app.ui.models.stages import NOTHING, Written
from app.ui.models.training import NetworkTrainer
from app.ui.theme import icon

if TYPE_CHECKING:
    from app.training.orders import Order

_PICTURE = 220
"""The longest side of a sample picture, in logical pixels."""
_LOOK_S = 2.0
"""Seconds after which it is looked for new sample sheets."""
_NOTHING = (
    "A training runs in the background, minutes to hours, while you go on working; it "
    "can be paused, and goes on after the window was closed or the computer failed."
)


class TrainingPage(Page):
    """Progress, curves, pictures and time left; below, a row for each order that waits."""

    train_wanted = Signal()
    discard_wanted = Signal(object)
    """The `Order` whose training is to be deleted."""
    opened = Signal(object, int)
    """The `Named` pictures that are to be seen large, and which of them first."""

    def __init__(self, trainer: NetworkTrainer, library: ModelLibrary) -> None:
        super().__init__("Training")
        self._trainer, self._library = trainer, library
        self.title = Title()
        self.train = button("Train…", "Train a network on your own images (Ctrl+Shift+T)")
        self.train.setDefault(True)
        self.smaller = button("", "Begin anew with fewer images in a step, which needs less memory")
        self.bar = QProgressBar(textVisible=False, maximum=1000)
        self.bar.setAccessibleName("Progress of the training")
        self.says = QLabel(wordWrap=True)
        self.pause = button(
            "Pause", "Stop for now; everything that was learnt is kept, and it goes on from there"
        )
        self.stop = button("Stop…", "End the training, and delete what it has learnt")
        self.stages, self.sheets = StageLine(), SheetsView(library.bridge)
        self.curves, self.pictures = CurvesView(), Pictures()
        self._run = QWidget()
        column = QVBoxLayout(self._run)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.bar)
        column.addWidget(self.says)
        column.addLayout(buttons(self.pause, self.stop))
        column.addWidget(self.stages)
        column.addWidget(self.sheets)
        column.addWidget(self.curves)
        column.addWidget(self.pictures)
        self.rows: dict[tuple[str, str], OrderRow] = {}
        self._rows = QVBoxLayout()
        self._rows.setSpacing(12)
        self.column.addWidget(self.title)
        self.column.addLayout(buttons(self.train, self.smaller))
        self.column.addWidget(self._run)
        self.column.addSpacing(6)
        self.column.addLayout(self._rows)
        self.column.addStretch(1)
        self._drawn = -1
        self._written = NOTHING
        self._looked = 0.0
        self.train.clicked.connect(self.train_wanted)
        self.smaller.clicked.connect(trainer.begin_smaller)
        self.pause.clicked.connect(trainer.pause)
        self.stop.clicked.connect(lambda: self.discard_wanted.emit(trainer.order))
        trainer.changed.connect(self.show_all)
        library.changed.connect(self.show_all)
        self.sheets.opened.connect(self.opened)
        self.show_all()
        self.set_icons()

    def show_all(self) -> None:
        """Shows what runs, how the last one ended, and what waits."""
        trainer = self._trainer
        order, busy = trainer.order, trainer.busy
        self._run.setVisible(busy)
        self.train.setHidden(busy)
        batch = trainer.smaller_batch
        self.smaller.setHidden(busy or not batch)
        self.smaller.setText(f"Train with {batch} {'images' if batch > 1 else 'image'} in a step")
        if busy and order is not None:
            self.title.say("Training", self._name(order), _from(order))
        elif trainer.failure:
            self.title.say("Training", "The training has ended with an error", trainer.failure_words)
        else:
            waits = bool(trainer.orders)
            title = "Trainings that wait for you" if waits else "Nothing is being trained"
            self.title.say("Training", title, "" if waits else _NOTHING)
        self._show_rows()
        self._look_again()
        self._drawn = -1
        self.follow()

    def follow(self) -> None:
        """Shows how far the training is; called a few times a second."""
        job, trainer = self._trainer.job, self._trainer
        if not self.isVisible() or not trainer.busy or job is None:
            return
        show_progress(self.bar, job)
        waits = "Waiting for its turn" if job.state is State.WAITING else "Getting ready"
        words = "  ·  ".join(progress_words(job)) or waits
        self.says.setText(words[:1].upper() + words[1:] if job.wanted else "Pausing…")
        for each in (self.pause, self.stop):
            each.setEnabled(job.wanted)
        order, now = trainer.order, time.monotonic()
        if order is not None and order.kind == BACKGROUND and now - self._looked > _LOOK_S:
            self._looked = now
            self._library.read_written(order.folder, self._take)
        reports = trainer.record.reports
        self.curves.setVisible(reports > 0)
        if reports != self._drawn:
            self._drawn = reports
            self._draw(trainer.record, order.steps if order is not None else 0)

    def _draw(self, record: Record, total: int) -> None:
        curves = record.curves()
        done = round(curves.steps[-1]) if len(curves.steps) else 0
        stage = self._written.stage_at(done)
        self.curves.show_curves(curves, total, (stage.before, stage.last) if stage is not None else None)
        self.stages.show_stages(self._written, done)
        self.pictures.show_pictures({} if self.sheets.sheets else record.pictures)

    def _take(self, written: Written) -> None:
        """What the training has written; it may have ended meanwhile."""
        if self._trainer.busy and written != self._written:
            self._written = written
            self.sheets.show_written(written)
            self._drawn = -1

    def _look_again(self) -> None:
        """Another training may run now than the one whose sheets are shown."""
        self._looked, order = 0.0, self._trainer.order
        if not self._trainer.busy or order is None or order.kind != BACKGROUND:
            self._written = NOTHING
            self.sheets.show_written(NOTHING)
            self.stages.hide()

    def set_icons(self) -> None:
        """Draws icons and curves in the colours of the theme."""
        self.train.setIcon(first_icon("school-outline"))
        self.pause.setIcon(icon("pause-circle-outline"))
        self.stop.setIcon(icon("stop-circle-outline"))
        self.curves.set_colours()
        self.sheets.set_icons()
        self._drawn = -1
        for row in self.rows.values():
            row.set_icons()

    def _name(self, order: Order) -> str:
        network = self._library.network(f"{order.kind}/{order.task}")
        return f"{kind_of(order.kind).title}, {network.task.title if network else order.task}"

    def _show_rows(self) -> None:
        wanted = {(one.kind, one.task): one for one in self._trainer.orders}
        for key in list(self.rows):
            if wanted.get(key) != self.rows[key].order or key not in wanted:
                row = self.rows.pop(key)
                row.close_down()
                self._rows.removeWidget(row)
                row.hide()
                row.deleteLater()
        for key, order in wanted.items():
            if key not in self.rows:
                row = self.rows[key] = OrderRow(
                    order, self._trainer.steps_done.get(key, 0), self._library.bridge
                )
                row.pair.opened.connect(self.opened)
                row.go_on_wanted.connect(self._trainer.go_on)
                row.discard_wanted.connect(self.discard_wanted)
                row.use_wanted.connect(lambda one: self._trainer.decide(one, use=True))
                row.keep_wanted.connect(lambda one: self._trainer.decide(one, use=False))
                self._rows.addWidget(row)
            self.rows[key].show_task(self._name(order).partition(", ")[2])
            if (network := self._library.network(f"{order.kind}/{order.task}")) is not None:
                self.rows[key].show_network(network)
            if not order.finished:
                self.rows[key].go_on.setDisabled(self._trainer.busy)


class Pictures(QWidget):
    """What the network makes of a few images just now, where its training shows it."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self._labels: dict[str, QLabel] = {}
        self.setAccessibleName("What the network makes of a few images just now")
        self.hide()

    def show_pictures(self, pictures: Mapping[str, NDArray[np.uint8]]) -> None:
        """Shows grey pictures by name, (height, width) each."""
        self.setVisible(bool(pictures))
        for name in self._labels.keys() - pictures.keys():
            self._labels.pop(name).deleteLater()
        for name, grey in pictures.items():
            if name not in self._labels:
                label = self._labels[name] = QLabel()
                label.setToolTip(name)
                label.setAccessibleName(name)
                self._row.insertWidget(self._row.count() - 1, label)
            grey = np.ascontiguousarray(grey)
            height, width = grey.shape
            image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
            self._labels[name].setPixmap(
                QPixmap.fromImage(image).scaled(
                    _PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            )  # fmt: skip


def _from(order: Order) -> str:
    where = f"Learns from {order.data}" if order.data else "Learns from simulated images alone"
    return f"{where}, {order.steps:,} steps. Go on working: it runs in the background."
