"""Training networks in the background: one at a time, to be paused, gone on with, and decided on."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.engine import Job, State
from app.engine.device import cpu
from app.ui.models.curves import LOSS, Record, read_curves
from app.ui.models.kinds import Preset, kind_of, pace_key
from app.ui.settings import settings
from app.ui.work.bridge import Bridge
from models.progress import LongWork

if TYPE_CHECKING:
    from app.training.orders import Order

_NO_MEMORY = "not enough memory"
"""In every sentence that says that it ran out."""
_NICE = 10
"""How far the training steps back for the hand on Linux, where a thread can."""


class NetworkTrainer(QObject):
    """Runs one training at a time; knows of the orders on disk that wait, and of those to decide on."""

    changed = Signal()
    """A training has begun or ended, or other orders wait."""
    finished = Signal(object)
    """An `Order` whose model is there, and not in use yet."""
    failed = Signal(str, str)
    """A sentence and its details: why a training has ended."""
    versions_changed = Signal(str, str)
    """Kind and task of which there is another version."""
    adopted = Signal(str, str)
    """Kind and task of which another version is in use now."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.job: Job | None = None
        self.order: Order | None = None
        """What is being trained, or was last."""
        self.record = Record()
        self.orders: tuple[Order, ...] = ()
        """What waits on disk, without the one that runs."""
        self.steps_done: dict[tuple[str, str], int] = {}
        """How far the orders are that wait, by kind and task."""
        self.failure = ""
        """Why the last training ended, where it failed."""
        self._followed: Job | None = None
        self._deleted: Order | None = None
        """What is to be deleted as soon as its training has come to an end."""

    @property
    def busy(self) -> bool:
        """Whether a training is under way."""
        return self.job is not None and not self.job.state.ended

    def waiting(self, kind: str, task: str) -> Order | None:
        """The order on disk for a kind and task."""
        return next((one for one in self.orders if (one.kind, one.task) == (kind, task)), None)

    def refusal(self) -> str:
        """Why no training can begin now, in a sentence; empty where one can."""
        if not self.busy or self.order is None:
            return ""
        return (
            f"The {title_of(self.order)} is being trained already; wait until it is finished, or pause it, "
            "before another training begins."
        )

    @property
    def smaller_batch(self) -> int:
        """Images in a step with which there may be enough memory, where it ran out; 0 where it did not."""
        order, preset = self.order, self._preset
        if self.busy or order is None or preset is None or _NO_MEMORY not in self.failure:
            return 0
        return (order.batch or preset.batch) // 2

    @property
    def failure_words(self) -> str:
        """Why the last training failed, with what can be done about it in the window."""
        if self._preset is None or _NO_MEMORY not in self.failure:
            return self.failure
        remedy = "Fewer images in a step need less" if self.smaller_batch else "The size Small needs less"
        return f"{self.failure.partition(';')[0]}. {remedy}."

    @property
    def _preset(self) -> Preset | None:
        return kind_of(self.order.kind).preset(self.order.preset) if self.order is not None else None

    # -- beginning and ending --------------------------------------------------------------------------

    def begin(self, order: Order) -> None:
        """Trains from the start; what an earlier training of the same kind and task has kept is deleted."""
        self._run(order, afresh=True)

    def begin_smaller(self) -> None:
        """Trains what there was not enough memory for, with fewer images in a step."""
        if self.order is not None and self.smaller_batch:
            self.begin(replace(self.order, batch=self.smaller_batch))

    def go_on(self, order: Order) -> None:
        """Goes on where it was paused, or where the window ended."""
        self._run(order, afresh=False)

    def pause(self) -> None:
        """Stops for now; everything that was learnt is kept."""
        if self.job is not None and self.busy:
            self._bridge.stop(self.job)

    def stop(self, order: Order) -> None:
        """Ends a training, whether it runs or waits, and deletes what it has learnt."""
        if self.busy and self.order == order:
            self._deleted = order
            self.pause()
        else:
            self._discard(order)

    def _discard(self, order: Order) -> None:

        def work() -> None:
            from app.training import orders

            orders.discard(order)

        if self.order == order and not self.busy:
            self.order = None
        self._bridge.write(
            "discard training", work, lambda _: self.look(), title="Deleting what is kept of a training"
        )

    def decide(self, order: Order, *, use: bool) -> None:
        """Uses the new model, or keeps the old one; either way the new one stays as a version."""

        def work() -> None:
            from app.training import orders, versions

            if use:
                versions.adopt(order.kind, order.task, order.version)
            orders.discard(order)

        def decided(_: object) -> None:
            self.order = None if self.order == order else self.order
            self.look()
            self.versions_changed.emit(order.kind, order.task)
            if use:
                self.adopted.emit(order.kind, order.task)

        self._bridge.write("decide", work, decided, title="Using the chosen model")

    def follow(self) -> None:
        """Notices that the training has ended, in whatever way; called a few times a second."""
        if self._followed is not None and self._followed.state.ended:
            ended, self._followed = self._followed, None
            deleted, self._deleted = self._deleted, None
            if deleted is not None:
                self._discard(deleted)
            self.failure = ended.failure if ended.state is State.FAILED else ""
            self.look()
            self.changed.emit()

    def look(self) -> None:
        """Looks which orders wait."""

        def work() -> list[tuple[Order, int]]:
            from app.training.orders import orders, steps_done

            return [(order, steps_done(order)) for order in orders()]

        self._bridge.read("training orders", work, self._take, title="Looking for unfinished trainings")

    def _take(self, found: list[tuple[Order, int]]) -> None:
        running = (self.order.kind, self.order.task) if self.busy and self.order is not None else None
        self.steps_done = {(one.kind, one.task): steps for one, steps in found}
        self.orders = tuple(one for one, _ in found if (one.kind, one.task) != running)
        self.changed.emit()

    def _run(self, order: Order, *, afresh: bool) -> None:
        if self.busy:
            return
        self.order, self.failure = order, ""
        record = self.record = Record()
        best = self._bridge.engine.device
        device = cpu() if order.device == "cpu" else best
        key = pace_key(order.kind, device, order.preset)

        def work() -> LongWork[Order]:
            from app.training import orders

            _step_back()
            if afresh:
                orders.discard(order)
            else:
                record.go_on_from(read_curves(order.folder / "curves.csv"))
            return _watched(orders.carry_out(order, best.kind), record, _remember_pace)

        def remember(seconds: float) -> None:
            paces = settings().remembered.training_pace
            settings().remember(training_pace={**paces, key: seconds})

        def _remember_pace(seconds: float) -> None:
            if not order.batch:  # another number of images in a step takes another time
                self._bridge.tell(remember, seconds)

        self.job = self._followed = self._bridge.teach(
            "train network", work, self._done, self._failed, title=f"Training the {title_of(order)}"
        )
        self.orders = tuple(one for one in self.orders if (one.kind, one.task) != (order.kind, order.task))
        self.changed.emit()

    def _done(self, order: Order) -> None:
        self.order = order
        self.versions_changed.emit(order.kind, order.task)
        self.finished.emit(order)
        self.look()

    def _failed(self, sentence: str, details: str) -> None:
        self.failure = sentence
        self.failed.emit(sentence, details)


def title_of(order: Order) -> str:
    """`danger zone of kub-xray`."""
    return f"{kind_of(order.kind).title.lower()} model of {order.task}"


def _watched(work: LongWork[Order], record: Record, paced: Callable[[float], None]) -> LongWork[Order]:
    """`work`, each of its reports kept on the thread that does it; at its end says how long a step took."""
    took: list[float] = []
    last = time.monotonic()
    try:
        while True:
            progress = next(work)
            now = time.monotonic()
            if LOSS in progress.figures:
                took.append(now - last)
            last = now
            record.take(progress)
            yield progress
            last = time.monotonic()
    except StopIteration as end:
        result: Order = end.value
        return result
    finally:
        work.close()
        if len(took) >= 10:
            paced(sorted(took)[len(took) // 2])


def _step_back() -> None:
    """Lets everything else on this computer go first, as far as a thread can ask for that."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
