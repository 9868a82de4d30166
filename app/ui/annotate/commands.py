"""Every change of an annotation, as an undo command that knows its inverse; one gesture is one step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from app.imaging.box import Box
from app.ui.annotate.planes import Patch

if TYPE_CHECKING:
    from app.ui.annotate.document import AnnotationDocument
    from app.ui.annotate.page import Page

Boxes = tuple[Box, ...] | None
_BOXES = 1
"""Marks commands that may merge (QUndoCommand.id)."""


class SetBoxes(QUndoCommand):
    """Exchanges the boxes of an image; those of one gesture, or of one run of a key, are one step."""

    def __init__(
        self,
        document: AnnotationDocument,
        page: Page,
        before: Boxes,
        after: Boxes,
        name: str,
        select: int | None,
        gesture: int | None = None,
    ) -> None:
        super().__init__(name)
        self._document, self._page = document, page
        self.before, self.after = before, after
        self._select, self._gesture = select, gesture

    def id(self) -> int:
        return _BOXES if self._gesture is not None else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, SetBoxes) or (other._gesture, other.text()) != (self._gesture, self.text()):
            return False
        self.after = other.after
        self.setObsolete(self.after == self.before)
        return True

    def redo(self) -> None:
        self._document.put_boxes(self._page, self.after, self._select)

    def undo(self) -> None:
        self._document.put_boxes(self._page, self.before, None)


class SetStructures(QUndoCommand):
    """Changes outlines, and which structures are outlined at all."""

    def __init__(
        self,
        document: AnnotationDocument,
        page: Page,
        patches: Iterable[Patch],
        known: tuple[frozenset[str], frozenset[str]],
        name: str,
        *,
        done: bool = False,
    ) -> None:
        """`known`: before and after. `done`: the hand has made the change already."""
        super().__init__(name)
        self._document, self._page = document, page
        self._patches, self._known, self._done = tuple(patches), known, done

    @property
    def size(self) -> int:
        """Bytes that it remembers."""
        return sum(len(patch.packed) for patch in self._patches)

    def redo(self) -> None:
        self._put(() if self._done else self._patches, self._known[1])
        self._done = False

    def undo(self) -> None:
        self._put(self._patches, self._known[0])

    def _put(self, patches: tuple[Patch, ...], known: frozenset[str]) -> None:
        self._document.put_structures(self._page, patches, known, {patch.plane for patch in self._patches})
