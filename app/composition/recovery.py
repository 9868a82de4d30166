"""Recovery files: the scene as it was a second ago, should the program end without being closed.

A window with unsaved changes has a session, a folder of its own below `<user data>/recovery`:

    lock            held by the window; the system lets go of it when the process dies, however it dies
    recovery.json   the scene, and what the window knew of it
    preview.png     the background, small

A session whose lock is free was left behind, and is offered at the next start.
"""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.composition.scene import Scene
from app.composition.scene_file import scene_of, scene_text
from app.errors import LithographError
from app.files import FileLock, make_folder, write_json
from app.imaging.image import Image

FORMAT, VERSION = "lithograph-recovery", 1
PREVIEW_PX = 192
_LOCK, _FILE, _PREVIEW = "lock", "recovery.json", "preview.png"


@dataclass(frozen=True)
class SeriesPlace:
    """An image of a series: the file or folder, the series' UID, and its number there."""

    path: Path
    uid: str
    number: int


@dataclass(frozen=True)
class Unsaved:
    """A scene, and what its window knew of it.

    Attributes:
        title: what was open, for people.
        path: the scene's file, where it has one.
        file_digest: what that file held when the window last read or wrote it (`files.digest_of`).
        series: where the background is one image of a series.
        size: (height, width) of the background in pixels; (0, 0) where unknown.
    """

    scene: Scene
    title: str
    path: Path | None = None
    file_digest: str = ""
    series: SeriesPlace | None = None
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Left:
    """A session that was left behind.

    Attributes:
        folder: the session's.
        when: its last change.
        work: what it holds; None where it cannot be read.
        problem: a sentence that says why.
        preview: the background as a PNG of at most 192 pixels; empty where there is none.
    """

    folder: Path
    when: datetime
    work: Unsaved | None
    problem: str = ""
    preview: bytes = b""


class Session:
    """One window's recovery file. Nothing is on the disk before the first `write`, nor after `close`.

    All methods are called from one thread.

    Args:
        root: the folder of all sessions.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder: Path | None = None
        self._lock: FileLock | None = None
        self._pictured: Image | None = None

    def write(self, work: Unsaved, image: Image) -> None:
        """Replaces the recovery file; `image` is the background.

        Raises:
            LithographError: it cannot be written; the one before is still there.
        """
        folder = self._begun()
        scene = json.loads(scene_text(work.scene, folder))
        value: dict[str, Any] = {"format": FORMAT, "version": VERSION, "title": work.title, "scene": scene}
        value["size"] = list(work.size)
        if work.path is not None:
            value |= {"path": str(work.path.absolute()), "file_digest": work.file_digest}
        if work.series is not None:
            place = work.series
            value["series"] = {"path": str(place.path.absolute()), "uid": place.uid, "number": place.number}
        write_json(folder / _FILE, value)
        if self._pictured is not image:
            self._draw(image, folder / _PREVIEW)
            self._pictured = image

    def clear(self) -> None:
        """There is nothing to recover; the session stays, for what comes next."""
        if self._folder is not None:
            (self._folder / _FILE).unlink(missing_ok=True)

    def close(self) -> None:
        """Takes everything off the disk."""
        if self._folder is not None:
            self.clear()
            self.leave()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def leave(self) -> None:
        """Leaves the recovery file to the next start."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _begun(self) -> Path:
        if self._folder is not None and (self._folder / _LOCK).exists():
            return self._folder
        self.leave()  # somebody has removed the folder
        self._pictured = None
        while True:
            folder = make_folder(self._root / secrets.token_hex(6))
            lock = FileLock(folder / _LOCK)
            if lock.acquire():  # else another start is just looking at it
                self._folder, self._lock = folder, lock
                return folder

    @staticmethod
    def _draw(image: Image, path: Path) -> None:
        from app.imaging import write_preview

        step = max(1, -(-max(image.pixels.shape) // PREVIEW_PX))
        write_preview(image.pixels[::step, ::step], image.automatic_window, image.inverted, path)


def left_behind(root: Path) -> list[Left]:
    """The sessions whose window is gone, the newest first; those with nothing to recover are removed."""
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        lock = FileLock(folder / _LOCK)
        try:
            if not (folder / _LOCK).is_file() or not lock.acquire():
                continue
        except LithographError:
            continue
        try:
            left = _left(folder)
        finally:
            lock.release()
        if left is not None:
            found.append(left)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return sorted(found, key=lambda left: left.when, reverse=True)


def forget(left: Left) -> None:
    """Removes a session that was left behind, unless another window holds it."""
    lock = FileLock(left.folder / _LOCK)
    if left.folder.is_dir() and lock.acquire():
        (left.folder / _FILE).unlink(missing_ok=True)
        lock.release()
        shutil.rmtree(left.folder, ignore_errors=True)


def _left(folder: Path) -> Left | None:
    path, preview = folder / _FILE, folder / _PREVIEW
    if not path.is_file():
        return None
    when = datetime.fromtimestamp(path.stat().st_mtime)
    picture = preview.read_bytes() if preview.is_file() else b""
    try:
        return Left(folder, when, _read(path), preview=picture)
    except LithographError as error:
        return Left(folder, when, None, str(error), picture)


def _read(path: Path) -> Unsaved:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["format"] != FORMAT or value["version"] > VERSION:
            raise LithographError(
                f"The recovery file {path} was written by a newer Lithograph; update this one to open it."
            )
        scene = scene_of(value["scene"], path)
        height, width = value["size"]
        series = value.get("series")
        return Unsaved(
            scene,
            str(value["title"]),
            Path(value["path"]) if "path" in value else None,
            str(value.get("file_digest", "")),
            SeriesPlace(Path(series["path"]), str(series["uid"]), int(series["number"])) if series else None,
            (int(height), int(width)),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LithographError(f"The recovery file {path} is damaged; delete it.") from error
