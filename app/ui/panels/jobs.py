"""The list of jobs: what is at work, how far it is, and how what has ended did."""

from __future__ import annotations

import time
from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine import Job, State
from app.ui.frame.status import Elided, progress_words, show_progress
from app.ui.settings import settings
from app.ui.theme import icon

WIDTH, MARGIN = 400, 10
KEPT_S = 900.0
"""How long what has ended is listed."""
MOST_ENDED = 12
_ENDS = {
    State.DONE: ("check-circle-outline", "done"),
    State.FAILED: ("alert-circle-outline", "failed"),
    State.CANCELLED: ("stop-circle-outline", "stopped"),
}


class Row(QFrame):
    """One job."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self._drawn: State | None = None
        self._icon = QLabel()
        self._icon.setFixedSize(18, 18)
        self.title = Elided()
        self.title.setText(job.title)
        self.title.setToolTip(job.title)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.says = QLabel(wordWrap=True)
        self.says.setProperty("role", "small")
        self.bar = QProgressBar(textVisible=False, maximum=1000)
        self.bar.setAccessibleName(f"Progress of: {job.title}")
        self.stop = QToolButton()
        self.stop.setText("Stop")
        self.stop.setToolTip("Stop this work; what is finished is kept")
        self.stop.setAccessibleName(f"Stop: {job.title}")
        self.stop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.stop.clicked.connect(job.cancel)
        words = QVBoxLayout()
        words.setSpacing(3)
        for widget in (self.title, self.bar, self.says):
            words.addWidget(widget)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 8, 6)
        layout.setSpacing(8)
        layout.addWidget(self._icon, alignment=Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(self.stop, alignment=Qt.AlignmentFlag.AlignTop)
        self.show_state()

    def show_state(self) -> None:
        """Shows how the job is doing now."""
        job = self.job
        if job.state is not self._drawn:
            self._drawn = job.state
            self.set_icons()
            for widget in (self.bar, self.stop):
                widget.setHidden(job.state.ended)
        if not job.state.ended:
            show_progress(self.bar, job)
            self.stop.setEnabled(job.wanted)
        self.says.setText(_words(job))

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.stop.setIcon(icon("stop-circle-outline"))
        name, _ = _ENDS.get(self.job.state, ("progress-clock", ""))
        self._icon.setPixmap(icon(name).pixmap(18, 18))


class JobsPanel(QFrame):
    """Lies over the lower right corner of the window; the work below goes on."""

    closed = Signal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("jobs")
        self.setAccessibleName("Jobs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._over = over
        self.rows: dict[Job, Row] = {}
        heading = QLabel("Jobs")
        heading.setProperty("role", "heading")
        self.close_button = QToolButton()
        self.close_button.setAccessibleName("Close the list of jobs")
        self.close_button.setToolTip("Close the list of jobs (Ctrl+J)")
        self.close_button.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.setContentsMargins(10, 6, 6, 0)
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self.close_button)
        self.nothing = QLabel("Nothing is at work. What takes longer than half a second is listed here.")
        self.nothing.setProperty("role", "small")
        self.nothing.setWordWrap(True)
        self.nothing.setContentsMargins(10, 4, 10, 8)
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 0, 4)
        self._column.setSpacing(0)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.nothing)
        layout.addWidget(self._area)
        over.installEventFilter(self)
        self.set_icons()
        self.hide()

    def show_jobs(self, running: Iterable[Job], ended: Iterable[Job]) -> None:
        """Lists what runs, and what has ended not long ago, the newest first."""
        now = time.monotonic()
        late = [job for job in ended if job.ended_at is not None and now - job.ended_at < KEPT_S]
        wanted = [*running, *reversed(late[-MOST_ENDED:])]
        wanted = list(dict.fromkeys(wanted))
        for gone in self.rows.keys() - set(wanted):
            row = self.rows.pop(gone)
            self._column.removeWidget(row)
            row.deleteLater()
        for place, job in enumerate(wanted):
            row = self.rows.get(job) or self.rows.setdefault(job, Row(job))
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
            row.show_state()
        self.nothing.setHidden(bool(wanted))
        self._area.setHidden(not wanted)
        self._settle()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.close_button.setIcon(icon("close"))
        for row in self.rows.values():
            row.set_icons()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._settle()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Esc belongs to the list while the focus is in it, and not to the image."""
        override = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _settle(self) -> None:
        """Takes its place: as high as the list needs, within the window."""
        over = self._over
        width = min(round(WIDTH * settings().preferences.text_percent / 100), over.width() - 2 * MARGIN)
        self.setFixedWidth(width)
        room = over.height() - 2 * MARGIN - 60
        if not self._area.isHidden():
            self._list.layout().activate()  # type: ignore[union-attr]
            needed = self._list.layout().totalHeightForWidth(width - 2)  # type: ignore[union-attr]
            self._area.setFixedHeight(max(min(needed, room), 40))
        self.layout().activate()  # type: ignore[union-attr]
        height = max(self.layout().totalHeightForWidth(width), self.layout().totalMinimumSize().height())  # type: ignore[union-attr]
        self.setGeometry(over.width() - width - MARGIN, over.height() - height - MARGIN, width, height)


def _words(job: Job) -> str:
    if job.state is State.FAILED:
        return job.failure
    if job.state.ended:
        took = f" after {job.seconds:.0f} s" if job.seconds >= 1 else ""
        return f"{_ENDS[job.state][1].capitalize()}{took}"
    if not job.wanted:
        return "Stopping…"
    if job.state is State.WAITING:
        return "Waiting for its turn"
    words = "  ·  ".join(progress_words(job)) or "At work"
    return words[0].upper() + words[1:]
