"""Making simulated images as they are asked for, and on threads ahead of being asked for.

An image follows from its seed alone, so its file is a convenience: made again, it is the same to the byte.
That is why training resumes exactly, whatever was or was not finished when it was stopped.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from app.errors import LithographError
from app.files import FileLock, make_folder
from app.training.background.index import Entry, keep_pixels
from models.progress import LongWork, Progress

_LOCKS = 8
_POLL = 0.05
"""Seconds after which it is seen whether somebody else has made an image."""


def make(folder: Path, task: str, entry: Entry) -> LongWork[None]:
    """Makes a simulated image where it is not there; waits where another thread or process is at it.

    Raises:
        LithographError: its CT will not do, or it cannot be written.
    """
    file = folder / entry.file
    make_folder(folder)
    lock = FileLock(folder / f".making-{entry.number % _LOCKS}.lock")
    while not file.is_file():
        if not _taken(lock):
            yield Progress(0, 0, "Simulating images")
            time.sleep(_POLL)
            continue
        try:
            if not file.is_file():
                from app.simulation import generate

                background = yield from generate(task, entry.number, source=entry.source)
                keep_pixels(file, background.image.pixels)
        finally:
            lock.release()


def _taken(lock: FileLock) -> bool:
    """Takes the lock; on a disk that knows none an image may be made twice, which harms nobody."""
    try:
        return lock.acquire()
    except LithographError:
        return True


class Ahead:
    """Threads that make images which will be wanted soon; they begin with the first wish."""

    def __init__(self, folder: Path, task: str) -> None:
        self._folder, self._task = folder, task
        self._wanted: list[Entry] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def want(self, entries: Sequence[Entry]) -> None:
        """These, in this order, instead of what was wanted before."""
        missing = [entry for entry in entries if not (self._folder / entry.file).is_file()]
        with self._changed:
            if self._stopped or not (missing or self._wanted):
                return
            self._wanted = missing
            self._changed.notify_all()
            while missing and len(self._threads) < max(1, min(4, (os.cpu_count() or 1) // 4)):
                name = f"lithograph-simulating-{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def close(self) -> None:
        """Ends the threads, after the step that each is at."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._stopped)
                if self._stopped:
                    return
                entry = self._wanted.pop(0)
            # What goes wrong is said to whoever asks for the image: it is tried again then.
            with suppress(Exception), closing(make(self._folder, self._task, entry)) as work:
                for _ in work:
                    if self._stopped:
                        return
