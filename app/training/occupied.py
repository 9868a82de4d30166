"""One training at a time in a folder: two would overwrite each other's samples and checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import LithographError
from app.files import FileLock, make_folder

LOCK = ".training"


@contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """Within it no other training, in another window or program, works in `folder`.

    Raises:
        LithographError: one does at the moment, or the folder cannot be written.
    """
    lock = FileLock(make_folder(folder) / LOCK)
    if not lock.acquire():
        raise LithographError(
            f"Another training is at work in {folder}; wait for its end, or choose another folder."
        )
    try:
        yield
    finally:
        lock.release()
