"""Saves what is marked, a moment after each change, on the writer's thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine import Job
from app.training.sets import TrainingSet
from app.ui.annotate.page import LESIONS, Page, Part
from app.ui.annotate.planes import Bits
from app.ui.work.bridge import Bridge

SOON_MS = 300
AGAIN_MS = 5000
"""After a save that failed."""


@dataclass(frozen=True, eq=False)
class _Item:
    """A part of an annotation that is not on the disk yet."""

    training_set: TrainingSet
    page: Page
    part: str
    names: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Under which it is written: of one kind, the newest request wins."""
        return f"annotation {self.training_set.name}/{self.page.image.name}/{self.part}"


class Keeper(QObject):
    """Knows which parts of which pages are not on the disk yet.

    Each part is a file of its own, and the newest state of it wins; what a `kill -9` takes is what was done
    since the timer's last round.
    """

    failed = Signal(str, str)
    settled = Signal()
    """Everything is on the disk."""

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._waiting: dict[str, _Item] = {}
        self._writing: dict[str, _Item] = {}
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.flush)
        bridge.stopped.connect(self._stopped)

    @property
    def idle(self) -> bool:
        """Whether everything is on the disk."""
        return not self._waiting and not self._writing

    def holds(self, page: Page) -> bool:
        """Whether something of a page is not on the disk yet."""
        return any(item.page is page for item in (*self._waiting.values(), *self._writing.values()))

    def touch(self, training_set: TrainingSet, page: Page, part: str, names: tuple[str, ...]) -> None:
        """A part of a page has changed."""
        item = _Item(training_set, page, part, names)
        self._waiting[item.kind] = item
        if not self._timer.isActive() or self._timer.interval() > SOON_MS:
            self._timer.start(SOON_MS)

    def flush(self) -> None:
        """Hands everything to the writer."""
        self._timer.stop()
        waiting, self._waiting = self._waiting, {}
        copies: dict[Page, Bits] = {}
        for kind, item in waiting.items():
            plane, bits = 0, item.page.bits
            if item.part != LESIONS:
                plane = item.names.index(item.part)
                if item.page not in copies:
                    copies[item.page] = bits.copy()
                bits = copies[item.page]
            content = Part(item.training_set, item.page, item.part, plane, bits)
            self._writing[kind] = item
            self._bridge.write(
                kind,
                content.write,
                partial(self._written, kind),
                partial(self._not_written, kind),
                title=f"Saving what is marked in {item.page.image.name}",
            )

    def _written(self, kind: str, _result: object) -> None:
        self._writing.pop(kind, None)
        if self.idle:
            self.settled.emit()

    def _not_written(self, kind: str, sentence: str, details: str) -> None:
        item = self._writing.pop(kind, None)
        if item is not None:
            self._waiting.setdefault(kind, item)
            self._timer.start(AGAIN_MS)
        self.failed.emit(f"{sentence.removesuffix('.')}; it is tried again.", details)

    def _stopped(self, job: Job) -> None:
        item = self._writing.pop(job.kind, None)
        if item is not None:  # nothing that was marked is ever given up
            self.touch(item.training_set, item.page, item.part, item.names)
