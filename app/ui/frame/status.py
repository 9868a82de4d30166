"""The status bar: what is under the cursor, what is running, and on what device."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from app.engine import Device, Job
from app.engine.device import resident_memory
from app.engine.time_left import in_words
from app.ui.theme import icon
from app.ui.work.bridge import PATIENCE_S, Bridge

_LOOK_MS = 150
_MEMORY_S = 1.0
_GIB = 2**30


class Elided(QLabel):
    """A line of text that gives way where there is little room: it ends in an ellipsis.

    Args:
        least: the width in logical pixels that it keeps.
    """

    def __init__(self, least: int = 40) -> None:
        super().__init__()
        self._least = least
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(min(self._least, hint.width()), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.contentsRect()  # without the padding of the style sheet
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        palette, role = self.palette(), self.foregroundRole()
        self.style().drawItemText(painter, room, flags, palette, self.isEnabled(), text, role)


class StatusBar(QStatusBar):
    """Reads the engines' jobs a few times a second; a job's reports never reach the window one by one."""

    stop_wanted = Signal(object)
    """The `Job` to cancel."""
    looked = Signal()
    """The jobs have been read."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._bridge = bridge
        self._shown: Job | None = None
        self.running: tuple[Job, ...] = ()
        """The jobs that have taken long enough to be shown, most urgent first."""
        self.place = Elided(120)
        self.note = Elided()
        self._job = Elided(80)
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setAccessibleName("Progress")
        self._bar.setFixedWidth(110)
        self._stop = QToolButton()
        self._stop.setText("Stop")
        self._stop.setToolTip("Stop this work; what is finished is kept (Ctrl+.)")
        self._stop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._stop.clicked.connect(self.stop)
        self.jobs = QToolButton()
        self.jobs.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._device = Elided(90)
        for label in (self._job, self._device):
            label.setProperty("role", "muted")
        self.addWidget(self.place)
        self.addWidget(self.note, 1)
        for widget in (self._job, self._bar, self._stop, self.jobs, self._device):
            self.addPermanentWidget(widget)
        self.set_icons()
        self._memory_seen = 0.0
        self._look()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    @property
    def job(self) -> Job | None:
        """The job whose progress is shown."""
        return self._shown

    @property
    def job_text(self) -> str:
        """What is said about it."""
        return self._job.text()

    @property
    def device_text(self) -> str:
        """The processor and the memory in use."""
        return self._device.text()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self._stop.setIcon(icon("stop-circle-outline"))
        self.jobs.setIcon(icon("format-list-checks"))

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
        self._bridge.revive()
        self.running = tuple(job for job in self._bridge.jobs if now - job.asked >= PATIENCE_S)
        self._show(self.running[0] if self.running else None)
        self._count(len(self.running))
        if now - self._memory_seen > _MEMORY_S:
            self._memory_seen = now
            self._show_device(self._bridge.engine.device)
        self.looked.emit()

    def _show(self, job: Job | None) -> None:
        self._shown = job
        for widget in (self._job, self._bar, self._stop):
            widget.setVisible(job is not None)
        if job is None:
            return
        text = "  ·  ".join((job.title, *progress_words(job)))
        self._job.setText(text)
        self._job.setToolTip(text)
        show_progress(self._bar, job)

    def _count(self, count: int) -> None:
        text = "No jobs" if count == 0 else "1 job" if count == 1 else f"{count} jobs"
        if self.jobs.text() != text:
            self.jobs.setText(text)
            self.jobs.setAccessibleName(f"{text} running; shows the list")
            self.jobs.setToolTip(
                f"{text} running. Shows what is at work, how far it is, and stops it (Ctrl+J)"
            )

    def _show_device(self, device: Device) -> None:
        own, gpu = f"{resident_memory() / 2**20:,.0f} MiB", device.gpu_memory()
        parts = [device.name, own]
        lines = [f"The networks run on: {device.name}", f"Memory that Lithograph uses: {own}"]
        if gpu is not None:
            share = f"{gpu[0] / _GIB:.1f} of {gpu[1] / _GIB:.0f} GiB"
            parts.insert(1, share)
            lines.append(f"Memory of the GPU that it holds: {share}")
        lines.append("Where memory runs out, the danger zone is found in smaller parts, or on the CPU.")
        self._device.setText("  ·  ".join(parts))
        self._device.setToolTip("\n".join(lines))


def progress_words(job: Job) -> tuple[str, ...]:
    """What is being done and how long it will take, as far as it is known."""
    parts = []
    if job.progress is not None and job.progress.note:
        parts.append(job.progress.note)
    if job.seconds_left is not None:
        parts.append(in_words(job.seconds_left))
    return tuple(parts)


def show_progress(bar: QProgressBar, job: Job) -> None:
    """How far a job is; a bar that moves to and fro where that is not known."""
    bar.setRange(0, 0 if job.progress is None else 1000)
    if job.progress is not None:
        bar.setValue(round(1000 * job.progress.fraction))
