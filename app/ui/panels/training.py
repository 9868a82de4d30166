"""The training of a lesion model: how far it is, what it has learnt, and the ones that were stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.engine import State
from app.ui.frame.status import Elided, progress_words, show_progress
from app.ui.panels.parts import Card
from app.ui.panels.training_views import LossPlot, ScalesView
from app.ui.theme import icon
from app.ui.work.training import Record, Trainer

if TYPE_CHECKING:
    from app.lesions.library import Entry
    from app.lesions.unfinished import Unfinished


class TrainingPanel(Card):
    """Hidden while no training runs, none has just ended, and none waits to be gone on with."""

    discard_wanted = Signal(str)
    """The name of a lesion model whose unfinished training is to be deleted."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__("Training", "training")
        self._trainer = trainer
        self._record: Record | None = None
        self._closed: Record | None = None
        self.title = Elided()
        self.title.setProperty("role", "heading")
        self.says = QLabel(wordWrap=True)
        self.says.setProperty("role", "small")
        self.bar = QProgressBar(textVisible=False, maximum=1000)
        self.bar.setAccessibleName("Progress of the training")
        self.plot, self.scales = LossPlot(), ScalesView()
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop the training; its finished scales are kept, and it can be gone on with")
        self.stop.clicked.connect(trainer.stop)
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Take this away; the lesion model stays")
        self.close_button.clicked.connect(self._close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.stop)
        buttons.addWidget(self.close_button)
        self._run = QWidget()
        column = QVBoxLayout(self._run)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.title, self.bar, self.says, self.plot, self.scales):
            column.addWidget(widget)
        column.addLayout(buttons)
        self._waiting = QVBoxLayout()
        self._waiting.setSpacing(4)
        self.rows: dict[str, Waiting] = {}
        self.body.addLayout(self._waiting)
        self.body.addWidget(self._run)
        trainer.changed.connect(self.show_all)
        self.show_all()

    def show_all(self) -> None:
        """Shows what runs, how it ended, and what waits."""
        trainer = self._trainer
        record = trainer.record
        if record is not self._record:
            self._record = record
            self.scales.clear()
            self.set_folded(False)
        self._run.setHidden(record is None or record is self._closed)
        self.stop.setVisible(trainer.busy)
        self.close_button.setHidden(trainer.busy)
        self.bar.setVisible(trainer.busy)
        running = {trainer.job.title} if trainer.busy and trainer.job is not None else set()
        self._show_waiting([one for one in trainer.unfinished if f"Training “{one.title}”" not in running])
        self.setHidden(self._run.isHidden() and not self.rows)
        self.follow()

    def follow(self) -> None:
        """Shows how far the training is; called a few times a second."""
        job, record = self._trainer.job, self._record
        if self.isHidden() or self._run.isHidden() or job is None or record is None:
            return
        self.title.setText(f"“{record.title}”")
        if self._trainer.busy:
            show_progress(self.bar, job)
            self.stop.setEnabled(job.wanted)
            waits = "Waiting for its turn" if job.state is State.WAITING else "Getting ready"
            words = "  ·  ".join(progress_words(job)) or waits
            self.says.setText(words[0].upper() + words[1:])
        elif job.state is State.FAILED:
            self.says.setText(job.failure)
        stopped = job.state is State.CANCELLED  # then it is among those that wait, and has a line there
        for label in (self.title, self.says):
            label.setHidden(stopped)
        if self.folded:
            return
        scales = record.seen()
        self.plot.show_scales(scales)
        self.scales.show_scales(scales, record.scales)
        for view in (self.plot, self.scales):
            view.setHidden(not scales)

    def show_done(self, entry: Entry) -> None:
        """Says how good a new lesion model is."""
        self.says.setText(quality(entry))

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        super().set_icons()
        self.stop.setIcon(icon("stop-circle-outline"))
        for row in self.rows.values():
            row.set_icons()

    def _close(self) -> None:
        self._closed = self._record
        self.show_all()

    def _show_waiting(self, waiting: list[Unfinished]) -> None:
        names = {one.name for one in waiting}
        for gone in self.rows.keys() - names:
            row = self.rows.pop(gone)
            self._waiting.removeWidget(row)
            row.deleteLater()
        for one in waiting:
            if one.name not in self.rows:
                row = self.rows[one.name] = Waiting(one)
                row.go_on.clicked.connect(lambda _=False, name=one.name: self._trainer.go_on(name))
                row.discard.clicked.connect(lambda _=False, name=one.name: self.discard_wanted.emit(name))
                self._waiting.addWidget(row)
            self.rows[one.name].show_scales(one.scales)
            self.rows[one.name].go_on.setDisabled(self._trainer.busy)


class Waiting(QWidget):
    """A training that was stopped."""

    def __init__(self, one: Unfinished) -> None:
        super().__init__()
        self.title = Elided()
        self.title.setText(f"“{one.title}”")
        self.title.setToolTip(one.title)
        self.title.setProperty("role", "heading")
        self.says = QLabel(wordWrap=True)
        self.says.setProperty("role", "small")
        self.go_on = QPushButton("Go on")
        self.go_on.setAccessibleName(f"Go on with the training of {one.title}")
        self.go_on.setToolTip("Train the scales that are missing; the finished ones are kept")
        self.discard = QPushButton("Discard…")
        self.discard.setAccessibleName(f"Discard the unfinished training of {one.title}")
        self.discard.setToolTip("Delete what is kept of this training, its exemplar with it")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addStretch(1)
        row.addWidget(self.discard)
        row.addWidget(self.go_on)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addWidget(self.says)
        layout.addLayout(row)
        self.set_icons()

    def show_scales(self, count: int) -> None:
        """Says how many scales are finished."""
        scales = "no scale yet" if count == 0 else "1 scale" if count == 1 else f"{count} scales"
        self.says.setText(f"Training stopped with {scales} finished.")

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.go_on.setIcon(icon("play-circle-outline"))
        self.discard.setIcon(icon("trash-can-outline"))


def quality(entry: Entry) -> str:
    """How good a lesion model is, by its card, in one sentence."""
    card = entry.card
    try:
        measured, nearest = card["quality"], card["memorisation"]["nearest_exemplar"]["min"]
        return (
            f"Trained: {measured['lesion_present']} of {measured['samples']} drawings hold the lesion; the "
            f"one nearest to a copy of the exemplar differs from it by {100 * nearest:.0f} %."
        )
    except (KeyError, TypeError, ValueError):
        return "Trained; nothing is known of its quality."
