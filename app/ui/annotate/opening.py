"""Opens sets and their images, reads ahead, and keeps a set to one window at a time."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from app.engine import Urgency
from app.files import FileLock
from app.tasks import Task, task
from app.training.sets import TrainingSet, load, lock_of
from app.ui.annotate.document import AnnotationDocument
from app.ui.annotate.page import STEPS, Page, Status, read_page, read_statuses
from app.ui.work.bridge import Bridge
from models.progress import LongWork

KEPT = 4
"""Images that stay in memory, so that going back and forth does not read them again."""
LOCKED = "This training set is being changed in another window; finish there first."

_Read = tuple[TrainingSet, Task, tuple[Status, ...], FileLock | None]


class Opener(QObject):
    """Reads on the reader's thread; of two images that are asked for, the newer one is shown."""

    def __init__(self, document: AnnotationDocument, bridge: Bridge) -> None:
        super().__init__(document)
        self._document, self._bridge = document, bridge
        self.wanted = -1
        """The number of the image that is shown, or on its way."""
        self._lock: FileLock | None = None
        self._leaving = False
        self._pages: OrderedDict[int, Page] = OrderedDict()
        document.keeper.settled.connect(self._settled)

    # -- sets ------------------------------------------------------------------------------------------

    def open_set(self, name: str) -> None:
        """Opens a set at its first image that nobody looked at, or at the one that was shown before."""
        self._leaving = False
        there = self._document.set
        if there is None or there.name != name:
            self.close_set()
        held = self._lock

        def work() -> LongWork[_Read]:
            found = load(name)
            setting = task(found.task)
            statuses = yield from read_statuses(found)
            lock = held or lock_of(found.folder)
            ours = held is not None or lock.acquire()
            return found, setting, statuses, lock if ours else None

        self._bridge.read(
            "annotation set",
            work,
            lambda read: self._take(read, fresh=held is None),
            self._document.failed.emit,
            title="Opening a training set",
        )

    def _take(self, read: _Read, *, fresh: bool) -> None:
        """Shows a set; `fresh` where others may have changed it since it was shown last."""
        found, setting, statuses, self._lock = read
        document, before = self._document, self._document.set
        if fresh or before is None or before.images != found.images:
            shown = document.page.image.name if document.page is not None else ""
            document.take_page(None)
            self._forget_pages()
            document.take_set(found, setting, statuses, "" if self._lock is not None else LOCKED)
            names = [image.name for image in found.images]
            first = names.index(shown) if shown in names else document.next_unseen(-1)
            self.wanted = -1
            if names:
                self.show(max(first, 0))
            else:
                document.take_page(None)
        if self._leaving:
            self.leave()

    def leave(self) -> None:
        """Everything is written, and then others may change the set."""
        self._leaving = True
        self._document.keeper.flush()
        self._settled()

    def close_set(self) -> None:
        """Writes everything and shows nothing."""
        self._document.take_page(None)  # first of all: what the hand is doing is taken back
        self._document.keeper.flush()
        self._let_go()
        self._forget_pages()
        self.wanted = -1
        self._document.take_set(None, None, ())

    def _settled(self) -> None:
        if self._leaving and self._document.keeper.idle:
            self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _forget_pages(self) -> None:
        for page in self._pages.values():
            self._drop(page)
        self._pages.clear()

    def _drop(self, page: Page) -> None:
        if page.stack is not None:
            self._document.undo_group.removeStack(page.stack)
            page.stack.deleteLater()
            page.stack = None

    # -- images ----------------------------------------------------------------------------------------

    def show(self, number: int) -> None:
        """Shows the image of that number; nothing where there is none."""
        found = self._document.set
        if found is None or not 0 <= number < len(found.images):
            return
        self.wanted = number
        if number in self._pages:
            self._show_page(self._pages[number])
            return

        def failed(sentence: str, details: str) -> None:
            if number == self.wanted:
                self._document.take_page(None)
                self._document.failed.emit(sentence, details)

        self._bridge.read(
            "annotation image",
            partial(read_page, found, number, self._document.names),
            lambda page: self._opened(found, page),
            failed,
            title=f"Opening {found.images[number].name}",
        )

    def step(self, by: int) -> None:
        """Goes on by so many images, and stops at either end."""
        count = len(self._document.statuses)
        if count:
            self.show(min(max(self.wanted + by, 0), count - 1))

    def _opened(self, found: TrainingSet, page: Page) -> None:
        if found is not self._document.set or page.number in self._pages:
            return
        page.stack = QUndoStack(self._document.undo_group)
        page.stack.setUndoLimit(STEPS)
        self._pages[page.number] = page
        for number, old in list(self._pages.items()):
            spare = number not in (self.wanted, page.number) and old is not self._document.page
            if len(self._pages) > KEPT and spare and not self._document.keeper.holds(old):
                self._drop(self._pages.pop(number))
        if page.number == self.wanted:
            self._show_page(page)

    def _show_page(self, page: Page) -> None:
        self._pages.move_to_end(page.number)
        self._document.take_page(page)
        self._read_ahead(page.number + 1)

    def _read_ahead(self, number: int) -> None:
        """Reads the next image while this one is looked at."""
        found = self._document.set
        if found is not None and number not in self._pages and number < len(found.images):
            self._bridge.read(
                "annotation ahead",
                partial(read_page, found, number, self._document.names),
                lambda page: self._opened(found, page),
                lambda *_: None,  # said when it is its turn
                title="Reading ahead",
                urgency=Urgency.BACKGROUND,
            )
