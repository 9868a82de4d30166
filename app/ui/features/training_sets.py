"""Training sets: made, filled, annotated, renamed and removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QMessageBox

from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.features.filing import Filing
from app.ui.models.list import SETS
from app.ui.models.questions import ask_before
from app.ui.models.sets import SetShelf

if TYPE_CHECKING:
    from app.ui.models.workspace import ModelsWorkspace
    from app.ui.window import Window


class TrainingSets(Feature):
    """The steps between the list of sets and what is done with them."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "training_sets", "Training sets", "&Models", 2, "image-multiple-outline",
            tip="Images with boxes and outlines, to train networks on",
        ),
        Spec(
            "new_set", "&New training set…", "&Models", 2, "plus",
            tip="An empty set, to be filled with images and annotated here",
        ),
        Spec(
            "import_set", "Import &labelled images…", "&Models", 2, "folder-open-outline",
            tip="A folder with labels of YOLO, COCO, Pascal VOC or LIDC, or with masks",
        ),
        Spec(
            "annotate_set", "&Annotate the chosen set", "&Models", 2, "draw",
            tip="Mark lesions and structures in its images", why_not="choose a training set",
            workspace="models",
        ),
        Spec(
            "rename_set", "Rename the chosen set…", "&Models", 2, "rename-box", tip="Gives it another title",
            why_not="choose a training set", workspace="models",
        ),
        Spec(
            "find_set", "Find moved images of the chosen set…", "&Models", 2, "folder-search-outline",
            tip="Looks for images that are no longer where they were, by name and content",
            why_not="choose a training set", workspace="models",
        ),
        Spec(
            "remove_set", "Remove the chosen set…", "&Models", 2, "trash-can-outline",
            tip="Deletes it and its annotations; its images stay", why_not="choose a training set",
            workspace="models",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.shelf = SetShelf(self.bridge, self)
        self.shelf.done.connect(lambda text: self.compose.messages.show_message("done", text, seconds=8))
        self.dialog: QDialog | None = None
        self.question: QMessageBox | None = None
        self._made: ModelsWorkspace | None = None

    def fill(self, workspace: ModelsWorkspace) -> None:
        """Listens to a workspace that has just been made."""
        self._made, page = workspace, workspace.sets_page
        page.new_wanted.connect(self.new_set)
        page.import_wanted.connect(self.import_set)
        page.annotate_wanted.connect(self.annotate_set)
        page.rename_wanted.connect(self.rename_set)
        page.remove_wanted.connect(self.remove_set)
        page.train_wanted.connect(self._train)
        page.chosen.connect(self.refresh)

    def refresh(self) -> None:
        page = self._made.sets_page if self._made is not None else None
        there = page is not None and page.isVisibleTo(self.window)
        for name in ("annotate", "rename", "remove"):
            usable = there and page is not None and getattr(page, name).isEnabled() and bool(page.lines)
            self.window.actions_[f"{name}_set"].setEnabled(usable)
        self.window.actions_["find_set"].setEnabled(self.window.actions_["rename_set"].isEnabled())

    @property
    def shown(self) -> ModelsWorkspace:
        """The workspace, with the list of sets."""
        from app.ui.features.models import Models

        workspace = self.window.feature(Models).shown
        workspace.choose(SETS)
        return workspace

    def training_sets(self) -> None:
        """Shows the list of sets."""
        self.shown.sets_page.table.setFocus()

    def new_set(self) -> None:
        """Asks for a title and a task, and makes a set."""
        self._ask_for_set(None)

    def import_set(self) -> None:
        """Asks for a folder, and what it goes into."""
        self.shown  # noqa: B018 - where what comes of it is seen
        self.window.feature(Filing).ask_folder("Folder of labelled images", self.import_folder)

    def import_folder(self, folder: Path) -> None:
        """Asks what a folder goes into, and imports it."""
        self._ask_for_set(folder)

    def annotate_set(self) -> None:
        """Opens the chosen set in the editor."""
        workspace = self.shown
        chosen = workspace.sets_page.current
        if chosen is not None:
            workspace.annotate(chosen)

    def rename_set(self) -> None:
        """Asks for another title."""
        from app.ui.models.set_dialogs import TitleDialog

        chosen = self.shown.sets_page.current
        if chosen is not None:
            dialog = self.dialog = TitleDialog(chosen.title, self.window)
            dialog.entered.connect(lambda title: self.shelf.retitle(chosen, title))
            dialog.open()

    def find_set(self) -> None:
        """Asks for the folder that the images of the chosen set have been moved to."""
        chosen = self.shown.sets_page.current
        if chosen is not None:
            self.window.feature(Filing).ask_folder(
                "Folder that the images are in now", lambda folder: self.shelf.relocate(chosen, folder)
            )

    def remove_set(self) -> None:
        """Deletes the chosen set, after a question."""
        chosen = self.shown.sets_page.current
        if chosen is None:
            return
        self.question = ask_before(
            self.window,
            "Remove a training set",
            f"Remove the training set “{chosen.title}”?",
            "All that was marked in it is deleted. Its images stay where they are.",
            ("Remove", lambda: self.shelf.remove(chosen)),
        )

    def _train(self) -> None:
        from app.ui.features.models import Models

        chosen = self.shown.sets_page.current
        if chosen is not None:
            self.window.feature(Models).train_network(chosen.folder)

    def _ask_for_set(self, folder: Path | None) -> None:
        from app.ui.models.set_dialogs import SetDialog

        current, shelf = self.shown.sets_page.current, self.shelf
        task = current.task if current is not None else self.document.scene.task
        dialog = SetDialog(shelf.tasks, shelf.sets, folder, task, self.window)
        dialog.created.connect(lambda title, name: shelf.create(title, name, folder))
        if folder is not None:
            dialog.chosen.connect(lambda there: shelf.bring_in(there, folder))
        self.dialog = dialog
        dialog.open()
