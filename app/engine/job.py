"""One request to the engine, and what has become of it."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from typing import Any

from app.engine.time_left import TimeLeft
from models.progress import Progress

Work = Callable[[], Any] | Generator[Progress, None, Any]
"""A callable (short work, or one that returns a generator) or a generator of `Progress` (long work)."""


class Urgency(IntEnum):
    """Who is served first; a less urgent long work pauses between two steps for a more urgent one."""

    INTERACTIVE = 0
    """A hand is waiting: the redraw of a lesion that is being dragged."""
    NORMAL = 1
    """Somebody is waiting: opening, saving, the danger zone."""
    BACKGROUND = 2
    """Nobody is waiting: a training."""


class State(Enum):
    """What has become of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """A newer request of the same kind took its place."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (State.WAITING, State.RUNNING)


@dataclass(eq=False)
class Job:
    """A request. Its owner reads it and may cancel it; only the engine changes it."""

    kind: str
    title: str
    """What is being done, for the status bar: "Opening kub.dcm"."""
    urgency: Urgency
    generation: int
    """Counts the requests of all kinds; of one kind, the highest is the newest."""
    work: Work = field(repr=False)
    on_done: Callable[[Any], None] | None = field(default=None, repr=False)
    on_error: Callable[[str, str], None] | None = field(default=None, repr=False)
    on_progress: Callable[[Progress, float | None], None] | None = field(default=None, repr=False)

    state: State = State.WAITING
    progress: Progress | None = None
    seconds_left: float | None = None
    failure: str = ""
    """The sentence for the user, where it has failed."""
    asked: float = field(default_factory=time.monotonic)
    began: float | None = None
    ended_at: float | None = None
    """When it was asked for, begun and ended, on the clock of `time.monotonic`."""

    _stop: State | None = field(default=None, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)
    _wake: Callable[[], None] = field(kw_only=True, repr=False)
    _generator: Generator[Progress, None, Any] | None = field(default=None, repr=False)
    _estimate: TimeLeft = field(default_factory=TimeLeft, repr=False)
    _context: contextvars.Context = field(default_factory=contextvars.copy_context, repr=False)
    _outside: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def seconds(self) -> float:
        """How long it has been at work, waiting for its turn between two steps included."""
        if self.began is None:
            return 0.0
        return (time.monotonic() if self.ended_at is None else self.ended_at) - self.began

    def cancel(self) -> None:
        """Stops the work between two steps; no callback follows. Returns at once, from any thread."""
        self._end_as(State.CANCELLED)

    @property
    def wanted(self) -> bool:
        """Whether its result still counts: neither cancelled nor superseded.

        A callback that crosses to another thread asks again there: a newer request may have come.
        """
        return self._stop is None

    def wait(self, timeout: float | None = None) -> bool:
        """Blocks until the job has ended (for scripts and tests; a window never waits)."""
        return self._ended.wait(timeout)

    def _forget(self) -> None:
        """Lets go of what holds memory: an ended job may stand in a list for a while."""
        self.work = _nothing
        self.on_done = self.on_error = self.on_progress = None
        if self.progress is not None and self.progress.pictures:
            self.progress = replace(self.progress, pictures={})

    def _end_as(self, state: State) -> None:
        # Ended jobs too: their result may still be on its way to another thread.
        if self._stop is None:
            self._stop = state
            self._wake()


def _nothing() -> None:
    """What is left of ended work."""
