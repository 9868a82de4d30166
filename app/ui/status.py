"""The status bar: what is under the cursor, what is running, and on what device."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from app.engine import Engine, Job, Urgency
from app.engine.time_left import in_words
from app.ui.theme import icon

_PATIENCE_S = 0.5
"""Shorter work is not worth a progress bar."""


class StatusBar(QStatusBar):
    """Reads the engine's jobs a few times a second; a job's reports never reach the window one by one."""

    stop_wanted = Signal(object)
    """The `Job` to cancel."""

    def __init__(self, engine: Engine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._engine = engine
        self._since: dict[int, float] = {}
        self._shown: Job | None = None
        self.place = QLabel()
        self.note = QLabel()
        self._job = QLabel()
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setFixedWidth(140)
        self._stop = QToolButton()
        self._stop.setText("Stop")
        self._stop.setToolTip("Stop this work; what is finished is kept (Ctrl+.)")
        self._stop.setIconSize(QSize(16, 16))
        self._stop.clicked.connect(self.stop)
        self._memory = QLabel()
        self._device = QLabel()
        for label in (self._job, self._memory, self._device):
            label.setProperty("role", "muted")
        self.addWidget(self.place)
        self.addWidget(self.note, 1)
        for widget in (self._job, self._bar, self._stop, self._memory, self._device):
            self.addPermanentWidget(widget)
        self.set_icons()
        self._show(None)
        self._timer = QTimer(self, interval=150)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._memory_seen = 0.0

    @property
    def job(self) -> Job | None:
        """The job whose progress is shown."""
        return self._shown

    @property
    def job_text(self) -> str:
        """What is said about it."""
        return self._job.text()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self._stop.setIcon(icon("stop-circle-outline"))

        self._stop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def set_note(self, text: str, *, warning: bool = False) -> None:
        """Says something about the place under the cursor."""
        role = "warning" if warning else ""
        if self.note.property("role") != role:
            self.note.setProperty("role", role)
            self.note.style().unpolish(self.note)
            self.note.style().polish(self.note)
        self.note.setText(text)

    def stop(self) -> None:
        """Asks to cancel the job that is shown."""
        if self._shown is not None:
            self.stop_wanted.emit(self._shown)

    def close_down(self) -> None:
        """Stops looking at the engine."""
        self._timer.stop()

    def _look(self) -> None:
        now = time.monotonic()
        jobs = [job for job in self._engine.jobs if job.urgency is not Urgency.INTERACTIVE]
        self._since = {job.generation: self._since.get(job.generation, now) for job in jobs}
        old = [job for job in jobs if now - self._since[job.generation] >= _PATIENCE_S]
        self._show(old[0] if old else None)
        if now - self._memory_seen > 1.0:
            self._memory_seen = now
            device = self._engine.device
            self._memory.setText(f"{device.memory_used() / 2**20:,.0f} MiB")
            self._memory.setToolTip("Memory in use")
            self._device.setText(device.name)
            self._device.setToolTip("The processor that the networks run on")

    def _show(self, job: Job | None) -> None:
        self._shown = job
        for widget in (self._job, self._bar, self._stop):
            widget.setVisible(job is not None)
        if job is None:
            return
        parts = [job.title]
        if job.progress is not None and job.progress.note:
            parts.append(job.progress.note)
        if job.seconds_left is not None:
            parts.append(in_words(job.seconds_left))
        self._job.setText("  ·  ".join(parts))
        self._bar.setRange(0, 0 if job.progress is None else 1000)
        if job.progress is not None:
            self._bar.setValue(round(1000 * job.progress.fraction))
