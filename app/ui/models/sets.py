"""The training sets, as the window's thread knows them; files are read and written elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.tasks import Task
from app.ui.models.sets_page import SetLine
from app.ui.work.bridge import Bridge
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from app.training.sets import TrainingSet


class SetShelf(QObject):
    """Reads which sets there are, and does what is asked of them."""

    changed = Signal(str)
    """Sets are there that were not, or others are gone; the name of the one to look at, or nothing."""
    done = Signal(str)
    """A sentence about something that has succeeded."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.lines: tuple[SetLine, ...] = ()
        self.tasks: tuple[Task, ...] = ()
        self._notes: dict[str, tuple[str, ...]] = {}
        """What the last import into a set has found amiss."""

    @property
    def sets(self) -> tuple[TrainingSet, ...]:
        """The sets alone."""
        return tuple(line.set for line in self.lines)

    def look(self, choose: str = "") -> None:
        """Reads which sets there are, and counts what is in them."""

        def work() -> LongWork[tuple[tuple[SetLine, ...], tuple[Task, ...]]]:
            from app.training.sets import sets

            tasks = _tasks()
            titles = {one.name: one.title for one in tasks}
            found, there = [], sets()
            for n, one in enumerate(there):
                found.append(_counted(one, titles.get(one.task, "")))
                yield Progress(n + 1, len(there), "Counting what is annotated")
            return tuple(found), tasks

        def take(found: tuple[tuple[SetLine, ...], tuple[Task, ...]]) -> None:
            lines, self.tasks = found
            self.lines = tuple(
                replace(line, set=replace(line.set, notes=self._notes.get(line.set.name, line.set.notes)))
                for line in lines
            )
            self.changed.emit(choose)

        self._bridge.read("sets", work, take, title="Looking which training sets there are")

    def create(self, title: str, task: str, folder: Path | None = None) -> None:
        """Makes a set; with the images of a folder where one is given."""

        def work() -> TrainingSet:
            from app.training.sets import create

            return create(title, task)

        def made(new: TrainingSet) -> None:
            if folder is not None:
                self.bring_in(new, folder)
            else:
                self.look(new.name)

        self._bridge.write("new set", work, made, title="Making a training set")

    def bring_in(self, into: TrainingSet, folder: Path) -> None:
        """Adds the images of a folder with their labels."""

        def work() -> LongWork[TrainingSet]:
            from app.training.sets import import_into

            return import_into(into, folder)

        def added(now: TrainingSet) -> None:
            self._notes[now.name] = now.notes
            count = len(now.images) - len(into.images)
            images = "1 image is new" if count == 1 else f"{count:,} images are new"
            self.done.emit(f"{folder.name} is in the set “{now.title}” now: {images} in it.")
            self.look(now.name)

        def failed(sentence: str, details: str) -> None:
            self._bridge.failed.emit(sentence, details)
            self.look(into.name)

        self._bridge.submit("import set", work, added, failed, title=f"Importing {folder.name}")

    def retitle(self, which: TrainingSet, title: str) -> None:
        """Gives a set another title."""
        self._do("rename set", lambda sets: sets.retitle(which, title), which.name)

    def relocate(self, which: TrainingSet, folder: Path) -> None:
        """Looks in a folder for the images of a set that are not where they were."""

        def work() -> LongWork[TrainingSet]:
            from app.training.sets import relocate

            return relocate(which, folder)

        def found(now: TrainingSet) -> None:
            self._notes[now.name] = now.notes
            self.done.emit(now.notes[0] if now.notes else f"All images of “{now.title}” are found.")
            self.look(now.name)

        self._bridge.submit("find set", work, found, title=f"Looking for images in {folder.name}")

    def remove(self, which: TrainingSet) -> None:
        """Deletes a set with its annotations."""
        self._do("remove set", lambda sets: sets.remove(which.name))

    def _do(self, kind: str, deed: Callable[..., object], choose: str = "") -> None:
        def work() -> None:
            from app.training import sets

            deed(sets)

        self._bridge.write(kind, work, lambda _: self.look(choose), title="Changing a training set")


def _tasks() -> tuple[Task, ...]:
    from app.errors import LithographError
    from app.tasks import task, task_names

    found = []
    for name in task_names():
        try:
            found.append(task(name))
        except LithographError:
            continue  # a malformed one of the user's; Compose says so where it is chosen
    return tuple(found)


def _counted(one: TrainingSet, task_title: str) -> SetLine:
    from app.errors import LithographError
    from app.training.sets import boxes_of

    boxes = looked_at = 0
    for image in one.images:
        try:
            marked = boxes_of(one, image)
        except LithographError:
            continue  # the editor and the training name the damaged file
        if marked is not None:
            looked_at, boxes = looked_at + 1, boxes + len(marked)
    outlined = len({file.name for file in (one.folder / "masks").glob("*/*.png")})
    return SetLine(one, task_title, boxes, looked_at, outlined)
