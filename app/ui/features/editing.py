"""Undo and redo, and what is done with the selected lesions."""

from __future__ import annotations

from PySide6.QtGui import QAction

from app.ui.actions import Spec
from app.ui.feature import Feature


class Editing(Feature):
    """Edits the scene; the commands are the document's."""

    SPECS = (
        Spec(
            "undo", "&Undo", "&Edit", 0, "undo", ("Ctrl+Z",), "Take back the last step",
            why_not="nothing has been done yet",
        ),
        Spec(
            "redo", "&Redo", "&Edit", 0, "redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Do again what was taken back",
            why_not="nothing has been taken back",
        ),
        Spec(
            "remove", "Remo&ve lesion", "&Edit", 1, "trash-can-outline", ("Delete", "Backspace"),
            "Remove what is selected", needs="selection",
        ),
        Spec(
            "reroll", "&Draw another shape", "&Lesion", 0, "dice-5-outline", ("N",),
            "Take a new seed, for the selected lesion or the next one", needs="image",
        ),
        Spec(
            "select_all", "Select &all lesions", "&Edit", 2, "select-all", ("Ctrl+A",),
            "What is selected is moved and changed together", needs="lesions",
        ),
        Spec(
            "cancel", "&Deselect or cancel", "&Edit", 2, "", ("Escape",),
            "Takes back the drag, else puts the tool down, else selects nothing",
        ),
    )  # fmt: skip

    def ready_made(self, name: str) -> QAction | None:
        stack = self.document.stack
        if name == "undo":
            return stack.createUndoAction(self.window, "&Undo")
        return stack.createRedoAction(self.window, "&Redo") if name == "redo" else None

    def undo(self) -> None:
        """Takes the last step back."""
        self.document.stack.undo()

    def redo(self) -> None:
        """Does it again."""
        self.document.stack.redo()

    def remove(self) -> None:
        """Removes the selected lesions."""
        self.document.remove(*self.document.selected_ids)

    def reroll(self) -> None:
        """Takes a new seed."""
        self.compose.lesion_panel.new_shape()

    def select_all(self) -> None:
        """Selects every lesion."""
        self.document.select_many(p.id for p in self.document.scene.placements)

    def cancel(self) -> None:
        """Esc: takes back what the hand is doing, then the tool, then the selection."""
        self.compose.cancel()
