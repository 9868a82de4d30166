"""What is open in the editor: the set, the image that is shown, what is marked in it, and how it changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup

from app.imaging.box import Box
from app.tasks import Task
from app.training.sets import TrainingSet
from app.ui.annotate.commands import Boxes, SetBoxes, SetStructures
from app.ui.annotate.page import LESIONS, Page, Status, names_of
from app.ui.annotate.planes import MOST, Before, Mask, Patch, bit, is_empty
from app.ui.annotate.saving import Keeper
from app.ui.canvas.pyramid import Rect
from app.ui.work.bridge import Bridge


class AnnotationDocument(QObject):
    """Owns the state of the editor; everything else shows it or asks it to change."""

    set_opened = Signal()
    opened = Signal()
    """Another image is shown, or none."""
    boxes_changed = Signal()
    planes_changed = Signal(object)
    """A `Rect` of the shown image in which structures have changed."""
    known_changed = Signal()
    """Which structures are outlined."""
    chosen_changed = Signal()
    """Another box or another structure is chosen."""
    status_changed = Signal(int)
    """What the list says of the image of that number."""
    refused = Signal(str)
    failed = Signal(str, str)
    """A sentence and its details."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.keeper = Keeper(bridge, self)
        self.keeper.failed.connect(self.failed)
        self.undo_group = QUndoGroup(self)
        self.set: TrainingSet | None = None
        self.task: Task | None = None
        self.names: tuple[str, ...] = ()
        """Of the structures that can be outlined."""
        self.statuses: list[Status] = []
        self.page: Page | None = None
        self.selected: int | None = None
        """Which box."""
        self.structure = 0
        """Which plane is drawn in."""
        self.read_only = ""
        """Why nothing can be changed, in a sentence; empty where it can."""

    # -- what is open ----------------------------------------------------------------------------------

    def take_set(
        self, found: TrainingSet | None, task: Task | None, statuses: Sequence[Status], read_only: str = ""
    ) -> None:
        """Takes another set, or the same one read anew."""
        if task is not self.task:
            self.structure = 0
        self.set, self.task, self.statuses, self.read_only = found, task, list(statuses), read_only
        self.names = names_of(task) if task is not None else ()
        if task is not None and len(task.structures) > len(self.names):
            self.refused.emit(f"The task has more structures than the {MOST} that can be outlined here.")
        self.set_opened.emit()
        for note in (*(found.notes if found is not None else ()), *filter(None, (read_only,))):
            self.failed.emit(note, "")

    def take_page(self, page: Page | None) -> None:
        """Shows another image, or none."""
        self.keeper.flush()
        self.page, self.selected = page, None
        for note in page.notes if page is not None else ():
            self.failed.emit(note, "")
        self.undo_group.setActiveStack(page.stack if page is not None else None)  # type: ignore[arg-type]
        self.opened.emit()

    def next_unseen(self, after: int) -> int:
        """The next image in which nothing is marked, from the beginning again; -1 where there is none."""
        count = len(self.statuses)
        for number in ((after + 1 + n) % count for n in range(count)):
            if self.statuses[number] == Status():
                return number
        return -1

    # -- lesions ---------------------------------------------------------------------------------------

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Those of the shown image."""
        return (self.page.boxes or ()) if self.page is not None else ()

    def select(self, number: int | None) -> None:
        """Chooses a box, or none."""
        number = number if number is not None and number < len(self.boxes) else None
        if number != self.selected:
            self.selected = number
            self.chosen_changed.emit()

    def change_boxes(
        self, after: Boxes, name: str, select: int | None = None, gesture: int | None = None
    ) -> None:
        """Exchanges the boxes, as a step that can be undone; steps of one `gesture` are one."""
        page = self.page
        if self.may_change() and page is not None and page.stack is not None and after != page.boxes:
            page.stack.push(SetBoxes(self, page, page.boxes, after, name, select, gesture))

    def moved_boxes(self, page: Page, before: Boxes, name: str, select: int) -> None:
        """Makes one step of what a hand has done to the boxes of a page."""
        if page.stack is not None and page.boxes != before:
            page.stack.push(SetBoxes(self, page, before, page.boxes, name, select))

    def turn_nothing_here(self) -> None:
        """Marks the image as looked at and empty, or takes that back."""
        if self.boxes:
            self.refused.emit("Lesions are marked in this image; delete them first if there is nothing here.")
        elif self.page is not None and self.page.boxes is None:
            self.change_boxes((), "Mark as nothing here")
        else:
            self.change_boxes(None, "Mark as not looked at")

    def put_boxes(self, page: Page, boxes: Boxes, select: int | None) -> None:
        """Takes other boxes; for commands, and for what a hand is still holding."""
        page.boxes = boxes
        self._touch(page, LESIONS)
        if page is self.page:
            self.boxes_changed.emit()
            self.selected = select if select is not None and select < len(self.boxes) else None
            self.chosen_changed.emit()

    # -- structures ------------------------------------------------------------------------------------

    def choose_structure(self, plane: int) -> None:
        """Chooses which structure is drawn."""
        if 0 <= plane < len(self.names) and plane != self.structure:
            self.structure = plane
            self.chosen_changed.emit()

    def paint(self, before: Before, rect: Rect, mask: Mask, *, erase: bool) -> None:
        """Colours pixels of the chosen structure, or takes the colour away, while a gesture goes on."""
        page = self.page
        if page is None or not mask.any():
            return
        before.keep(rect)
        y0, y1, x0, x1 = rect
        values = page.bits[y0:y1, x0:x1].copy()
        if erase:
            values[mask] &= ~bit(self.structure)
        else:
            values[mask] |= bit(self.structure)
        page.planes.write(rect, values)
        self._know(page, page.known | {self.names[self.structure]})
        self._touch(page, self.names[self.structure])
        self.planes_changed.emit(rect)

    def painted(self, page: Page, before: Before, name: str) -> None:
        """Makes one step of what a gesture has painted on a page."""
        patches = before.patches()
        if page.stack is not None and (patches or before.known != page.known):
            page.stack.push(SetStructures(self, page, patches, (before.known, page.known), name, done=True))

    def unpaint(self, page: Page, before: Before) -> None:
        """Takes back what a gesture has painted on a page."""
        self.put_structures(page, before.patches(), before.known, {before.plane})

    def change_structures(self, patches: Iterable[Patch], known: frozenset[str], name: str) -> None:
        """Changes outlines, and which structures are outlined, as one step."""
        page = self.page
        if not self.may_change() or page is None or page.stack is None:
            return
        patches = tuple(patches)
        if patches or known != page.known:
            page.stack.push(SetStructures(self, page, patches, (page.known, known), name))

    def turn_absent(self) -> None:
        """Marks the chosen structure as looked for and not there, or takes that back."""
        page = self.page
        if page is None or not self.names:
            return
        name = self.names[self.structure]
        if not is_empty(page.bits, self.structure):
            self.refused.emit("The structure is outlined in this image; clear it first if it is not there.")
        elif name in page.known:
            self.change_structures((), page.known - {name}, "Mark as not looked at")
        else:
            self.change_structures((), page.known | {name}, "Mark as absent")

    def put_structures(
        self, page: Page, patches: Iterable[Patch], known: frozenset[str], planes: set[int]
    ) -> None:
        """Applies patches; for commands. `planes` are those that they are about."""
        changed = page.known ^ known
        self._know(page, known)
        for patch in patches:
            page.planes.write(patch.rect, patch.applied(page.bits))
            if page is self.page:
                self.planes_changed.emit(patch.rect)
        for part in {self.names[plane] for plane in planes} | changed:
            self._touch(page, part)

    def _know(self, page: Page, known: frozenset[str]) -> None:
        if known != page.known:
            page.known = known
            if page is self.page:
                self.known_changed.emit()

    # -- all of it -------------------------------------------------------------------------------------

    def may_change(self) -> bool:
        """Whether anything can be changed now; says why where it cannot."""
        if self.read_only:
            self.refused.emit(self.read_only)
        return not self.read_only and self.page is not None

    def _touch(self, page: Page, part: str) -> None:
        if self.set is None:
            return
        self.keeper.touch(self.set, page, part, self.names)
        if self.statuses[page.number] != page.status:
            self.statuses[page.number] = page.status
            self.status_changed.emit(page.number)
