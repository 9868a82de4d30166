"""Every change of a scene, as an undo command that knows its inverse; one gesture of the hand is one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from app.composition.scene import Blackout, Placement, Removal, Scene

if TYPE_CHECKING:
    from app.ui.document import Document

_CHANGE = 1
"""Marks commands that may merge (QUndoCommand.id)."""


class Place(QUndoCommand):
    """Puts lesions on top."""

    def __init__(self, document: Document, placements: Iterable[Placement], name: str = "") -> None:
        self.placements = tuple(placements)
        many = len(self.placements) > 1
        super().__init__(name or (f"Place {len(self.placements)} lesions" if many else "Place lesion"))
        self.document = document

    def redo(self) -> None:
        self.document.set_scene(self.document.scene.adding(*self.placements))
        self.document.select_many(p.id for p in self.placements)

    def undo(self) -> None:
        self.document.set_scene(self.document.scene.removing(p.id for p in self.placements))


class Remove(QUndoCommand):
    """Takes lesions away, and puts them back in their old places of the order."""

    def __init__(self, document: Document, ids: Iterable[str]) -> None:
        gone = set(ids)
        super().__init__("Remove lesions" if len(gone) > 1 else "Remove lesion")
        self.document = document
        self.removed = tuple((n, p) for n, p in enumerate(document.scene.placements) if p.id in gone)

    def redo(self) -> None:
        self.document.set_scene(self.document.scene.removing(p.id for _, p in self.removed))

    def undo(self) -> None:
        placements = list(self.document.scene.placements)
        for number, placement in self.removed:
            placements.insert(number, placement)
        self.document.set_scene(replace(self.document.scene, placements=tuple(placements)))
        self.document.select_many(placement.id for _, placement in self.removed)


class Change(QUndoCommand):
    """Exchanges placements for others of the same ids.

    Args:
        name: what the menu says: "Move lesion".
        gesture: changes of one gesture, name and set of placements are one step; None never merges.
    """

    def __init__(
        self, document: Document, after: Iterable[Placement], name: str, gesture: int | None = None
    ) -> None:
        self.after = tuple(after)
        super().__init__(name if len(self.after) == 1 else name.replace("lesion", "lesions"))
        self.document = document
        self.before = tuple(document.scene.placement(p.id) for p in self.after)
        self.gesture = gesture

    def id(self) -> int:
        return _CHANGE if self.gesture is not None else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not (
            isinstance(other, Change)
            and [p.id for p in other.after] == [p.id for p in self.after]
            and (other.gesture, other.text()) == (self.gesture, self.text())
        ):
            return False
        self.after = other.after
        self.setObsolete(self.after == self.before)
        return True

    def redo(self) -> None:
        self._put(self.after)

    def undo(self) -> None:
        self._put(self.before)

    def _put(self, placements: tuple[Placement, ...]) -> None:
        document = self.document
        scene = document.scene
        for placement in placements:
            scene = scene.replacing(placement)
        document.set_scene(scene)
        ids = tuple(p.id for p in placements)
        if not set(ids) <= set(document.selected_ids):
            document.select_many(ids)


class Reorder(QUndoCommand):
    """Draws the lesions in another order."""

    def __init__(self, document: Document, order: Iterable[Placement], name: str) -> None:
        super().__init__(name)
        self.document = document
        self.before = [p.id for p in document.scene.placements]
        self.after = [p.id for p in order]

    def redo(self) -> None:
        self._put(self.after)

    def undo(self) -> None:
        self._put(self.before)

    def _put(self, ids: list[str]) -> None:
        scene = self.document.scene
        self.document.set_scene(replace(scene, placements=tuple(scene.placement(one) for one in ids)))


Edits = tuple[tuple[Blackout, ...], tuple[Removal, ...]]


class EditBackground(QUndoCommand):
    """Exchanges the black-outs of the background, or the lesions that are removed from it."""

    def __init__(
        self,
        document: Document,
        name: str,
        *,
        blackouts: tuple[Blackout, ...] | None = None,
        removals: tuple[Removal, ...] | None = None,
    ) -> None:
        super().__init__(name)
        self.document = document
        scene = document.scene
        self.before: Edits = scene.blackouts, scene.removals
        self.after: Edits = (
            scene.blackouts if blackouts is None else blackouts,
            scene.removals if removals is None else removals,
        )

    def redo(self) -> None:
        self._put(self.after)

    def undo(self) -> None:
        self._put(self.before)

    def _put(self, edits: Edits) -> None:
        blackouts, removals = edits
        self.document.set_scene(replace(self.document.scene, blackouts=blackouts, removals=removals))


class SetTask(QUndoCommand):
    """Changes the scene's task."""

    def __init__(self, document: Document, name: str) -> None:
        super().__init__("Change task")
        self.document = document
        self.before, self.after = document.scene.task, name

    def redo(self) -> None:
        self._put(self.after)

    def undo(self) -> None:
        self._put(self.before)

    def _put(self, name: str) -> None:
        scene: Scene = self.document.scene
        self.document.set_scene(replace(scene, task=name))
