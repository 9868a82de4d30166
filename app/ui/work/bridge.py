"""Between the engine's thread and the window's: callbacks become calls on the window's thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.engine import Device, Engine, Job, Urgency
from app.engine.job import State, Work

PATIENCE_S = 0.5
"""Shorter work is not worth a progress bar, nor a line in the list of jobs."""
_REMEMBERED = 40
_LOOK_MS = 200
_STUCK_LOOKS = 2
"""A reader that is still at a step that nobody wants any more, this many looks in a row, is replaced."""
_STEP_BACK_LOOKS = 5
"""Looks without a step forward before reading ahead makes way for what somebody waits for."""
_SLOW_LOOKS = 25
"""Looks without a step forward before the user is told that a folder does not answer."""


class Bridge(QObject):
    """Submits work to the engine and calls back on the window's thread, while the job is still wanted."""

    failed = Signal(str, str)
    """A sentence and its details, of every job that nobody else answers for."""
    device_found = Signal(object)
    stopped = Signal(object)
    """A `Job` that the user has stopped."""
    slow = Signal(object)
    """A `Job` that waits for a file or folder that has not answered for some seconds."""

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ended: deque[Job] = deque(maxlen=_REMEMBERED)
        """What has ended and is worth telling, the newest last."""
        self.engine = Engine(self._note)
        """Owns the device and the networks."""
        self.teacher = Engine(self._note, name="lithograph-teacher")
        """Trains networks: one of their steps takes longer than a hand may wait for a redraw."""
        self.reader = Engine(self._note, name="lithograph-reader", daemon=True)
        """Reads files. A folder on the network that does not answer holds up nothing else, nor the end."""
        self.writer = Engine(self._note, name="lithograph-writer")
        """Writes files, and finishes what it was asked for before the window is gone."""
        self.keeper = Engine(name="lithograph-keeper")
        """Writes recovery files: no save to a slow folder keeps it from that."""
        self._closed = False
        self._looks = 0
        self._seen: tuple[object, ...] = ()
        """What the reader was at, and for how many looks."""
        self._watch = QTimer(self, interval=_LOOK_MS)
        self._watch.timeout.connect(self._watch_reader)
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        kind: str,
        work: Work,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[str, str], None] | None = None,
        *,
        title: str,
        urgency: Urgency = Urgency.NORMAL,
    ) -> Job:
        """As `Engine.submit`, but calls back on the window's thread; `self.failed` where `failed` is None."""
        return self._submit(self.engine, kind, work, done, failed, title, urgency)

    def read(
        self,
        kind: str,
        work: Work,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[str, str], None] | None = None,
        *,
        title: str,
        urgency: Urgency = Urgency.NORMAL,
    ) -> Job:
        """As `submit`, for work that reads files.

        Where a step never ends, for a folder on the network that does not answer, cancelling the job is
        enough: another thread takes its place.
        """
        self._watch.start()
        return self._submit(self.reader, kind, work, done, failed, title, urgency)

    def write(
        self,
        kind: str,
        work: Work,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[str, str], None] | None = None,
        *,
        title: str,
        urgency: Urgency = Urgency.NORMAL,
    ) -> Job:
        """As `submit`, for work that writes files; it is finished even when the window closes."""
        return self._submit(self.writer, kind, work, done, failed, title, urgency)

    def keep(
        self,
        kind: str,
        work: Work,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[str, str], None] | None = None,
        *,
        title: str,
    ) -> Job:
        """As `write`, for recovery files."""
        return self._submit(self.keeper, kind, work, done, failed, title, Urgency.NORMAL)

    def teach(
        self,
        kind: str,
        work: Work,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[str, str], None] | None = None,
        *,
        title: str,
    ) -> Job:
        """As `submit`, for the training of a network, which goes on beside everything else."""
        return self._submit(self.teacher, kind, work, done, failed, title, Urgency.BACKGROUND)

    def stop(self, job: Job) -> None:
        """Cancels a job because the user wants it; whoever waits for its result is told by `stopped`."""
        job.cancel()
        self.stopped.emit(job)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What waits or runs, most urgent first; recovery files are nobody's business."""
        jobs = (*self.engine.jobs, *self.teacher.jobs, *self.reader.jobs, *self.writer.jobs)
        return tuple(sorted(jobs, key=lambda job: job.urgency))

    @property
    def _all(self) -> tuple[Engine, ...]:
        return (self.engine, self.teacher, self.reader, self.writer, self.keeper)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return all(one.idle for one in self._all)

    def revive(self) -> None:
        """Starts a thread again that has died; called now and then."""
        for engine in self._all:
            engine.revive()

    def _note(self, job: Job) -> None:
        """Called on the engines' threads."""
        telling = job.state is State.FAILED or job.seconds >= PATIENCE_S
        if job.state.ended and job.state is not State.SUPERSEDED and telling:
            self.ended.append(job)

    def replace_reader(self) -> None:
        """Reads with a new thread; the old one ends when the folder answers, or with the program."""
        old, self.reader = self.reader, Engine(self._note, name="lithograph-reader", daemon=True)
        old.hand_over(self.reader)

    def _watch_reader(self) -> None:
        if self.reader.idle:
            self._watch.stop()
            return
        job = self.reader.at
        if job is None:
            return
        seen = (job, job.wanted, job.progress)
        self._looks = self._looks + 1 if seen == self._seen else 0
        self._seen = seen
        if not job.wanted and self._looks >= _STUCK_LOOKS:
            self.replace_reader()
        elif self._looks >= _STEP_BACK_LOOKS and any(j.urgency < job.urgency for j in self.reader.jobs):
            job.cancel()
        elif job.wanted and self._looks == _SLOW_LOOKS:
            self.slow.emit(job)

    def _submit(
        self,
        engine: Engine,
        kind: str,
        work: Work,
        done: Callable[[Any], None] | None,
        failed: Callable[[str, str], None] | None,
        title: str,
        urgency: Urgency,
    ) -> Job:
        if self._closed:  # a timer that rings once more while the window goes
            job = Job(kind, title, urgency, 0, work, _wake=lambda: None)
            job.cancel()
            return job
        holder: list[Job] = []

        def arrive(callback: Callable[..., None], *values: Any) -> None:
            self._arrived.emit((holder, callback, values))

        job = engine.submit(
            kind,
            work,
            (lambda result: arrive(done, result)) if done else None,
            lambda message, details: arrive(failed or self.failed.emit, message, details),
            title=title,
            urgency=urgency,
        )
        holder.append(job)
        return job

    def tell(self, callback: Callable[..., None], *values: Any) -> None:
        """Calls `callback` soon on the window's thread; for work with something to show before its end."""
        self._arrived.emit(((), callback, values))

    def find_device(self) -> None:
        """Loads torch on the engine's thread."""
        self.engine.find_device(lambda device: self.tell(self._found, device))

    def close(self) -> None:
        """Stops the engines; what is still on its way is dropped, what is being written is finished."""
        self._closed = True
        self._watch.stop()
        self._arrived.disconnect(self._deliver)
        self.keeper.close(finish=True)
        self.reader.close(timeout=0.5)
        self.teacher.close()
        self.engine.close()
        self.writer.close(finish=True)

    def _found(self, device: Device) -> None:
        self.teacher.device = device
        self.device_found.emit(device)

    def _deliver(self, parcel: tuple[list[Job], Callable[..., None], tuple[Any, ...]]) -> None:
        jobs, callback, values = parcel
        if all(job.wanted for job in jobs):
            callback(*values)
