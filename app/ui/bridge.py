"""Between the engine's thread and the window's: callbacks become calls on the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from app.engine import Device, Engine, Job, Urgency
from app.engine.job import Work


class Bridge(QObject):
    """Submits work to the engine and calls back on the window's thread, while the job is still wanted."""

    failed = Signal(str, str)
    """A sentence and its details, of every job that nobody else answers for."""
    device_found = Signal(object)

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = Engine()
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
        holder: list[Job] = []

        def arrive(callback: Callable[..., None], *values: Any) -> None:
            self._arrived.emit((holder, callback, values))

        job = self.engine.submit(
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
        """Stops the engine; what is still on its way is dropped."""
        self._arrived.disconnect(self._deliver)
        self.engine.close()

    def _found(self, device: Device) -> None:
        self.device_found.emit(device)

    def _deliver(self, parcel: tuple[list[Job], Callable[..., None], tuple[Any, ...]]) -> None:
        jobs, callback, values = parcel
        if all(job.wanted for job in jobs):
            callback(*values)
