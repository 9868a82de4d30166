"""The engine: a thread with a mailbox."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from app.engine import device as devices
from app.engine import failures
from app.engine.device import Device
from app.engine.isolation import plain_torch
from app.engine.job import Job, State, Urgency, Work
from models.progress import Progress

_log = logging.getLogger(__name__)

_LOOK_S = 1.0
"""How often an idle worker looks whether the program has ended without closing it."""


class Engine:
    """Does everybody's work on one thread, so that the device and the loaded networks have one owner.

    - The newest request of a kind wins: older ones that wait are dropped, a running one is closed between
      two steps, and its result is dropped.
    - Work is a callable (short) or a generator of `Progress` (long). Long work is advanced step by step;
      more urgent requests are served between two steps, equally urgent long works take turns.
    - An exception, out of memory too, becomes one sentence, and the worker lives.

    All callbacks run on the worker thread and must be short; a window turns them into signals. The thread
    is not a daemon, for a daemon is killed in the middle of writing a file: whoever makes an engine closes
    it. Where a program ends without that, the thread ends a second after it has nothing left to do.

    Args:
        watch: called with a job each time its state or progress changes.
        name: of the thread.
        daemon: the program may end while the thread is still at work: for reading from a network folder that
            may never answer, and for nothing else.
    """

    def __init__(
        self,
        watch: Callable[[Job], None] | None = None,
        *,
        name: str = "lithograph-engine",
        daemon: bool = False,
    ) -> None:
        self.device: Device = devices.cpu()
        self._watch = watch
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._newest: dict[str, Job] = {}
        self._generation = 0
        self._closing = False
        self._at: Job | None = None
        self._name, self._daemon = name, daemon
        self._thread = self._start()

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._serve, name=self._name, daemon=self._daemon)
        thread.start()
        return thread

    # -- what the owner calls, from any thread ---------------------------------------------------------

    def submit(
        self,
        kind: str,
        work: Work,
        on_done: Callable[[Any], None] | None = None,
        on_error: Callable[[str, str], None] | None = None,
        on_progress: Callable[[Progress, float | None], None] | None = None,
        *,
        title: str = "",
        urgency: Urgency = Urgency.NORMAL,
    ) -> Job:
        """Asks for `work` and returns at once.

        Args:
            kind: requests of one kind replace each other.
            work: a callable, or a generator of `Progress`; a callable may also return such a generator.
            on_done: gets the result.
            on_error: gets one sentence for the user and the details (a traceback, or nothing).
            on_progress: gets the report and the seconds left, None while those are unknown.
            title: what is being done, for the status bar and for the sentence about an error.
            urgency: who goes first.

        Raises:
            RuntimeError: the engine has been closed.
        """
        with self._changed:
            if self._closing:
                raise RuntimeError("the engine is closed")
            self._generation += 1
            name = title or kind.capitalize()
            job = Job(
                kind, name, urgency, self._generation, work, on_done, on_error, on_progress, _wake=self._wake
            )
            if kind in self._newest:
                self._newest[kind]._end_as(State.SUPERSEDED)
            self._newest[kind] = job
            self._waiting.append(job)
            self._changed.notify()
        return job

    def find_device(self, on_done: Callable[[Device], None] | None = None) -> Job:
        """Loads torch on the worker thread and chooses the device; call it once the window shows."""

        def choose() -> Device:
            self.device = devices.choose()
            return self.device

        return self.submit("device", choose, on_done, title="Loading the networks' library")

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that wait or run, most urgent first."""
        with self._changed:
            jobs = (*self._running, *self._waiting)
        return tuple(sorted((j for j in jobs if j.wanted), key=lambda job: (job.urgency, job.generation)))

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        with self._changed:
            return not self._waiting and not self._running

    @property
    def at(self) -> Job | None:
        """The job whose step is under way, wanted or not."""
        return self._at

    def revive(self) -> bool:
        """Starts the thread again where it has died; the job that it was at fails, the others go on.

        Nothing that a job does ends the thread. This is for what nobody foresees, such as memory that runs
        out while an error is being reported. Whoever owns the engine asks now and then.

        Returns:
            Whether the thread had died.
        """
        with self._changed:
            if self._closing or self._thread.is_alive():
                return False
            lost, self._at = self._at, None
        if lost is not None and not lost.state.ended:
            self._fail(lost, RuntimeError("the worker stopped at it"))
            lost._ended.set()
        self._thread = self._start()
        return True

    def hand_over(self, other: Engine) -> None:
        """Gives its jobs to another engine, but for the one that it is at, and ends with that.

        For a thread that waits for something that may never come.
        """
        with self._changed:
            waiting, running = self._waiting, [job for job in self._running if job is not self._at]
            self._waiting, self._running = [], [job for job in self._running if job is self._at]
            self._closing = True
            self._changed.notify()
        other._take(waiting, running)

    def _take(self, waiting: list[Job], running: list[Job]) -> None:
        with self._changed:
            for job in (*waiting, *running):
                job._wake = self._wake
                self._newest[job.kind] = job
                self._generation = max(self._generation, job.generation)
            self._waiting += waiting
            self._running += running
            self._changed.notify()

    def close(self, timeout: float = 10.0, *, finish: bool = False) -> bool:
        """Cancels everything, stops the thread and waits for it, `timeout` seconds at most.

        Args:
            finish: does first what has been asked for, instead of cancelling it.

        Returns:
            Whether the thread has ended. A step that takes longer than `timeout` ends by itself, and the
            thread with it.
        """
        with self._changed:
            self._closing = True
            for job in () if finish else (*self._waiting, *self._running):
                job.cancel()
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the worker thread -----------------------------------------------------------------------------

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _serve(self) -> None:
        while job := self._next():
            try:
                if job.wanted:
                    self._advance(job)
                else:
                    self._stop(job)
            except BaseException as error:  # a fault of the engine's own
                self._fail(job, error)
            if job.state.ended:
                job._ended.set()

    def _next(self) -> Job | None:
        """The job to turn to now; None when the engine closes and nothing is left."""
        with self._changed:
            self._at = None
            while (job := self._choice()) is None:
                if self._closing or not threading.main_thread().is_alive():
                    return None
                self._changed.wait(_LOOK_S)
            self._at = job
            return job

    def _choice(self) -> Job | None:
        """The job whose turn it is; None where there is nothing to do."""
        jobs = (*self._waiting, *self._running)
        for job in jobs:
            if not job.wanted:
                return job
        # Of equally urgent jobs one that waits comes first; running ones take turns.
        return min(jobs, key=lambda job: job.urgency, default=None)

    def _advance(self, job: Job) -> None:
        """Starts the job, or takes it one step further."""
        if job.state is State.WAITING:
            with self._changed:
                self._waiting.remove(job)
                self._running.append(job)
                job.state = State.RUNNING
                job.began = time.monotonic()
            self._tell(job)
        try:
            ended, result = self._step(job)
        except BaseException as error:
            self._fail(job, error)
            return
        if ended:
            self._finish(job, result)
        else:
            with self._changed:
                self._running.remove(job)
                self._running.append(job)

    def _step(self, job: Job) -> tuple[bool, Any]:
        if job._generator is None:
            work = job.work
            if not isinstance(work, Generator):
                result = job._context.run(work)
                if not isinstance(result, Generator):
                    return True, result
                work = result
            job._generator = work
        job._outside.close()
        try:
            progress = job._context.run(next, job._generator)
        except StopIteration as end:
            return True, end.value
        finally:
            job._outside = plain_torch(self.device.kind)
        job.progress = progress
        job.seconds_left = job._estimate.update(progress.fraction, time.monotonic())
        if job.wanted:
            if job.on_progress:
                self._call(job.on_progress, progress, job.seconds_left)
            self._tell(job)
        return False, None

    def _finish(self, job: Job, result: Any) -> None:
        self._end(job, job._stop or State.DONE)
        if job.wanted and job.on_done:
            self._call(job.on_done, result)
        job._forget()

    def _fail(self, job: Job, error: BaseException) -> None:
        message, text = failures.sentence(job.title, error), failures.details(error)
        job.failure = message
        self._end(job, job._stop or State.FAILED)
        if failures.out_of_memory(error):
            error.__traceback__ = None  # its frames hold what filled the memory
            gc.collect()
            self.device.release_memory()
        if job.wanted:
            if text:
                _log.error("%s\n%s", message, text)
            if job.on_error:
                self._call(job.on_error, message, text)
        job._forget()

    def _stop(self, job: Job) -> None:
        """Ends a job that nobody wants any more; its generator's `finally` blocks run here."""
        if job._generator is not None:
            job._outside.close()
            try:
                job._context.run(job._generator.close)
            except BaseException as error:
                _log.error("%s", failures.details(error) or error)
            finally:
                job._outside = plain_torch(self.device.kind)
        elif isinstance(job.work, Generator):
            job.work.close()
        self._end(job, job._stop or State.CANCELLED)
        job._forget()

    def _end(self, job: Job, state: State) -> None:
        job._outside.close()
        with self._changed:
            for jobs in (self._waiting, self._running):
                if job in jobs:
                    jobs.remove(job)
            job.state = state
            job.ended_at = time.monotonic()
        job._generator = None
        self._tell(job)

    def _tell(self, job: Job) -> None:
        if self._watch:
            self._call(self._watch, job)

    def _call(self, callback: Callable[..., None], *values: Any) -> None:
        try:
            callback(*values)
        except Exception:
            _log.exception("A callback of the engine failed")
