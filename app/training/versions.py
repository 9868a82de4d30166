"""Adding, choosing and removing versions of a task's networks.

Nothing is ever overwritten: a finished training becomes the next version, and the one in use stays in use
until another is adopted. `app.anatomy.versions` says where they lie.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.anatomy.versions import (
    BACKGROUND,
    EARLIER,
    KINDS,
    POINTER,
    SHIPPED,
    Version,
    home_of,
    in_use,
    is_numbered,
    versions,
)
from app.errors import LithographError
from app.files import cannot_write, make_folder, write_json

__all__ = [
    "BACKGROUND",
    "EARLIER",
    "KINDS",
    "SHIPPED",
    "Version",
    "adopt",
    "export",
    "in_use",
    "keep",
    "keep_from_elsewhere",
    "remove",
    "versions",
]

_LARGEST = 1 << 30
"""Bytes of a file of a model; what is larger is left behind."""


def keep(kind: str, task: str, folder: Path) -> Version:
    """Copies a finished model in as the next version; it is not in use yet.

    Its files are copied, its subfolders (samples, checkpoint) are not. Interrupted at any moment, the version
    is there in full or not at all.

    Raises:
        LithographError: the model is damaged or incomplete, or there is no room for a copy.
    """
    home, folder = home_of(kind, task), Path(folder)
    _card_of(folder)
    make_folder(home)
    copy = home / f".copy-{secrets.token_hex(4)}"
    try:
        copy.mkdir()
        for file in _files(folder):
            shutil.copyfile(file, copy / file.name)
            _flush(copy / file.name)
        name = _into_place(copy, home)
    except OSError as error:
        raise cannot_write(home, error) from error
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    return next(version for version in versions(kind, task) if version.name == name)


def keep_from_elsewhere(kind: str, task: str, folder: Path) -> Version:
    """Copies in a model that a colleague trained, once it is found to be whole and of that kind and task.

    Raises:
        LithographError: it is damaged, or is another model.
    """
    card = _card_of(Path(folder))
    name, wanted = card.get("name"), f"{kind}/{task}"
    of_several = name == BACKGROUND == kind and task in card.get("tasks", ())
    if name != wanted and not of_several:
        what = f"is the model {name}" if isinstance(name, str) and name else "does not say which model it is"
        raise LithographError(f"{folder} {what}, and not {wanted}; choose the folder of that one.")
    return keep(kind, task, folder)


def export(kind: str, task: str, name: str, folder: Path) -> Path:
    """Copies a version into a new folder, as `keep_from_elsewhere` takes it in again; returns the folder.

    Raises:
        LithographError: there is no such version, it is damaged, or the folder cannot be written.
    """
    version, folder = _find(kind, task, name), Path(folder)
    _card_of(version.folder)
    if folder.exists():
        raise LithographError(f"There is a {folder} already; remove it, or choose another folder.")
    copy = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        copy.mkdir(parents=True)
        for file in _files(version.folder):
            shutil.copyfile(file, copy / file.name)
        copy.rename(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    return folder


def adopt(kind: str, task: str, name: str) -> None:
    """Makes a version the one in use.

    Raises:
        LithographError: there is none of that name, or it is damaged.
    """
    version = _find(kind, task, name)
    _card_of(version.folder)
    write_json(make_folder(home_of(kind, task)) / POINTER, {"version": name})


def remove(kind: str, task: str, name: str) -> None:
    """Deletes one of the user's versions.

    Raises:
        LithographError: it is the shipped one, is in use, or cannot be deleted.
    """
    version = _find(kind, task, name)
    if name == SHIPPED:
        raise LithographError("The model that ships with the program cannot be removed; choose another.")
    if version.in_use:
        raise LithographError(
            f"The {version.title} of {kind}/{task} is in use and cannot be removed; use another one first."
        )
    try:
        if name == EARLIER:  # in one folder with the others
            for file in _files(version.folder):
                file.unlink()
            return
        gone = version.folder.with_name(f".removed-{secrets.token_hex(4)}")
        version.folder.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise cannot_write(version.folder, error) from error


def _find(kind: str, task: str, name: str) -> Version:
    found = {version.name: version for version in versions(kind, task)}
    if name not in found:
        there = ", ".join(found) or "none is there"
        raise LithographError(f"There is no version {name!r} of {kind}/{task}; choose one of: {there}.")
    return found[name]


def _card_of(folder: Path) -> dict[str, Any]:
    """The card of a model, once its weights have been found to be those that it describes."""
    from models import weights

    try:
        return weights.load(folder)[1]
    except weights.DamagedWeights as error:
        raise LithographError(str(error)) from error


def _files(folder: Path) -> Iterator[Path]:
    """The files of a model: weights, card, curves, pictures."""
    for entry in sorted(folder.iterdir()):
        plain = entry.is_file() and not entry.is_symlink() and not entry.name.startswith(".")
        if plain and entry.name != POINTER and entry.stat().st_size <= _LARGEST:
            yield entry


def _into_place(copy: Path, home: Path) -> str:
    """Renames the copy to the next number that is free; another window may take one at the same time."""
    taken = [int(entry.name[1:]) for entry in home.iterdir() if is_numbered(entry.name)]
    for number in range(max(taken, default=0) + 1, 1_000_000):
        name = f"v{number:03d}"
        try:
            copy.rename(home / name)
        except OSError:
            if not (home / name).exists():
                raise
        else:
            return name
    raise OSError(errno.EEXIST, "no number is left")


def _flush(file: Path) -> None:
    with file.open("rb+") as written:
        os.fsync(written.fileno())
