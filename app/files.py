"""Writing so that nothing is lost: beside the target, flushed, and renamed into place."""

from __future__ import annotations

import errno
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from app.errors import LithographError

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "your disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file would be larger than this disk or your quota allows; choose another folder",
    errno.EACCES: "you may not write there; choose another folder or ask for permission",
    errno.EPERM: "you may not write there; choose another folder or ask for permission",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.ENOENT: "the folder does not exist; create it or choose another",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another folder",
    errno.EISDIR: "a folder of that name is in the way; choose another name",
}


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Yields a temporary path of the same suffix in the same folder; on success it becomes `path`.

    On any error the old file stays as it was and the temporary one is removed.

    Raises:
        LithographError: the file cannot be written (no permission, disk full, ...).
    """
    path = Path(path)
    suffix = "".join(path.suffixes[-2:])
    temporary = path.with_name(f".{path.name.removesuffix(suffix)}.{secrets.token_hex(4)}{suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):  # a part of the path may be a file, or gone; the error above says so
            temporary.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> LithographError:
    """The sentence for a failed write."""
    remedy = _REMEDIES.get(error.errno or 0, f"{error.strerror or error}; choose another folder")
    return LithographError(f"Cannot write {path}: {remedy}.")


def write_bytes(path: Path | str, data: bytes) -> None:
    """Writes `data` atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path | str, value: Any) -> None:
    """Writes `value` atomically as indented UTF-8 JSON with a final newline."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())


def make_folder(path: Path | str) -> Path:
    """Creates the folder and its parents where missing.

    Raises:
        LithographError: it cannot be created.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def digest_of(path: Path | str) -> str:
    """XXH3 (128 bit) of a file's bytes; empty where there is no such file.

    Raises:
        LithographError: it cannot be read.
    """
    import xxhash

    path = Path(path)
    try:
        return xxhash.xxh3_128(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise LithographError(f"Cannot read {path}: {error.strerror}; choose another file.") from error


FileStamp = tuple[int, int]
"""When a file was last changed, in ns, and its size in bytes."""


def stamp_of(path: Path | str | None) -> FileStamp | None:
    """The stamp of a file; None where there is none, or it does not let itself be looked at."""
    if path is None:
        return None
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class FileLock:
    """A lock on a file that the system lets go of when its process ends, by `kill -9` too.

    `flock` on POSIX, a byte-range lock on Windows; the file itself stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Takes the lock; False, at once, where somebody else has it.

        Raises:
            LithographError: the file cannot be opened, or its disk knows no locks.
        """
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        try:
            _lock(file)
        except OSError as error:
            os.close(file)
            if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                return False
            raise cannot_write(self._path, error) from error
        self._file = file
        return True

    def release(self) -> None:
        """Lets go of it; nothing where it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
