"""Writing so that nothing is lost: beside the target, flushed, and renamed into place."""

from __future__ import annotations

import errno
import json
import os
import secrets
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
