"""*Train lesion from this image*: a rectangle, a dialog, and the training runs beside the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QMessageBox

from app.ui.actions import Spec
from app.ui.canvas.gestures import Drawing
from app.ui.dialogs.parts import ask
from app.ui.feature import Feature

if TYPE_CHECKING:
    from app.lesions.library import Entry
    from app.ui.dialogs.training import TrainingDialog
    from app.ui.window import Window

TOOL = Drawing("exemplar", "rectangle")


class Teaching(Feature):
    """The steps between the action and the engine."""

    SPECS = (
        Spec(
            "train", "&Train lesion from this image…", "&Lesion", 5, "vector-rectangle", ("Ctrl+T",),
            "Draw a rectangle around a real lesion, and let a lesion model learn from it",
            checkable=True, needs="image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.dialog: TrainingDialog | None = None
        self.question: QMessageBox | None = None
        self.trainer, self.panel = self.compose.trainer, self.compose.training_panel
        self.compose.canvas.drawn.connect(self._drawn)
        self.trainer.trained.connect(self._trained)
        self.panel.discard_wanted.connect(self._ask_to_discard)
        window.status.looked.connect(self.trainer.follow)
        window.status.looked.connect(self.panel.follow)

    def begin(self) -> None:
        self.trainer.look()

    def refresh(self) -> None:
        self.window.actions_["train"].setChecked(self.compose.canvas.tool == TOOL)

    def train(self, on: bool) -> None:
        """Whether a left drag draws around an exemplar."""
        canvas = self.compose.canvas
        if on != (canvas.tool == TOOL):
            canvas.set_tool(TOOL if on else None)
        if on:
            self.document.select(None)
            self.compose.messages.show_message(
                "hint",
                "Draw a rectangle around the lesion, from corner to corner, a little larger than it is.",
            )
        else:
            self.compose.messages.clear("hint")

    def _drawn(self, tool: Drawing, rect: QRectF) -> None:
        page = self.document.page
        if tool != TOOL or page is None:
            return
        self.compose.canvas.set_tool(None)
        if self.trainer.busy:
            self.compose.messages.show_message(
                "warning", "A lesion model is being trained already; wait for it, or stop it.", seconds=6
            )
            return
        if rect.width() < 2 or rect.height() < 2:
            self.document.refused.emit("The rectangle is too small: draw it around the whole lesion.")
            return
        from app.ui.dialogs.training import TrainingDialog

        grey = self.compose.controller.display.grey
        dialog = TrainingDialog(
            self.trainer, self.bridge, page.image, rect, self.document.task, grey, self.window
        )
        dialog.chosen.connect(self._begin)
        dialog.finished.connect(self._forget)
        self.dialog = dialog
        dialog.open()

    def _begin(self, wish, image, mask) -> None:  # type: ignore[no-untyped-def]
        self.trainer.train(wish, image, mask)
        self.compose.messages.show_message(
            "hint",
            f"“{wish.title}” is being trained in the background; go on working. The card at the side shows "
            "what it has learnt, and stops it.",
            seconds=8,
        )

    def _forget(self) -> None:
        self.dialog = None

    def _trained(self, entry: Entry) -> None:
        """The new model is what the next click places, where it is for the task that is open."""
        self.panel.show_done(entry)
        for_task = self.document.scene.task in entry.tasks
        if for_task:
            self.document.set_brush(lesion=entry.name)
        text = "the next click places it" if for_task else "it is among the lesion models of its task"
        self.compose.messages.show_message("done", f"“{entry.title}” is trained; {text}.", seconds=10)

    def _ask_to_discard(self, name: str) -> None:
        title = self.trainer.taken.get(name, name)
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Discard training")
        box.setText(f"Discard the unfinished training of “{title}”?")
        box.setInformativeText("Its finished scales and its exemplar are deleted.")
        box.addButton(QMessageBox.StandardButton.Cancel)
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        discard.clicked.connect(lambda: self.trainer.discard(name))
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(box.deleteLater)
        self.question = box
        ask(box)
