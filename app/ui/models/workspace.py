"""The workspace *Models*: the list at the left, and the page of what is chosen in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from app.ui.frame.pages import Pages
from app.ui.models.annotate_page import AnnotatePage
from app.ui.models.kinds import KINDS
from app.ui.models.lesion_page import LesionPage
from app.ui.models.list import LESION, SETS, TRAINING, ModelList
from app.ui.models.network_page import NetworkPage
from app.ui.models.sets_page import SetsPage
from app.ui.models.training_page import TrainingPage
from app.ui.workspace import Workspace

if TYPE_CHECKING:
    from app.training.sets import TrainingSet
    from app.ui.features.models import Models
    from app.ui.features.training_sets import TrainingSets


class ModelsWorkspace(Workspace):
    """Puts the parts together and holds no state of its own."""

    def __init__(self, models: Models, sets: TrainingSets) -> None:
        super().__init__()
        self._models, self._sets = models, sets
        self.trainer, self.library = models.trainer, models.library
        self.list = ModelList()
        self.network_page, self.lesion_page = NetworkPage(self.library), LesionPage()
        self.training_page = TrainingPage(self.trainer, self.library)
        self.sets_page = SetsPage()
        self.annotate_page = AnnotatePage(sets.bridge)
        self.pages = Pages()
        for page in (
            self.training_page, self.sets_page, self.network_page, self.lesion_page, self.annotate_page,
        ):  # fmt: skip
            self.pages.addWidget(page)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        splitter.addWidget(self.list)
        splitter.addWidget(self.pages)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self.list.wanted.connect(self._show)
        self.library.changed.connect(self._list_models)
        sets.shelf.changed.connect(self._list_sets)
        self.trainer.changed.connect(self.follow)
        self.annotate_page.left.connect(self._leave_annotating)
        self.library.look()
        sets.shelf.look()

    @property
    def parts(self) -> tuple[QWidget, ...]:
        editor = self.annotate_page.editor
        if editor is not None and self.pages.currentWidget() is self.annotate_page:
            return (editor.images, editor.canvas, editor.lesions, editor.bar)
        return (self.list, self.pages)

    @property
    def message_place(self) -> QWidget:
        return self.pages

    @property
    def samples(self) -> Callable[[], None] | None:
        """Shows the samples of the page large; None where it has none."""
        page = self.pages.currentWidget()
        if page is self.training_page and self.training_page.sheets.sheets:
            return self.training_page.sheets.open
        if page is self.network_page and self.network_page.has_drawn:
            return self.network_page.open_drawn
        return None

    def arrive(self) -> None:
        if self.pages.currentWidget() is self.annotate_page:
            self.annotate_page.arrive()
        else:
            self.list.setFocus()

    def set_icons(self) -> None:
        for part in (
            self.list, self.network_page, self.training_page, self.sets_page, self.annotate_page,
        ):  # fmt: skip
            part.set_icons()

    def drop_words(self, paths: Sequence[Path]) -> str:
        if len(paths) != 1 or paths[0].suffix:
            return ""
        return f"Drop to import the labelled images of the folder\n{paths[0].name}"

    def drop(self, paths: Sequence[Path]) -> None:
        self._sets.import_folder(paths[0])

    def close_down(self) -> None:
        self.annotate_page.close_down()

    def choose(self, key: str) -> None:
        """Shows the page of a line of the list."""
        if self.list.key == key:
            self._show(key)
        else:
            self.list.choose(key)

    def annotate(self, training_set: TrainingSet) -> None:
        """Opens a set in the editor."""
        self.list.choose(SETS)
        self.annotate_page.open_set(training_set)
        self._turn_to(self.annotate_page)
        self.annotate_page.arrive()

    def follow(self) -> None:
        """Shows how far the training is; called a few times a second."""
        self.list.say(TRAINING, self._models.short_state())
        self.training_page.follow()

    def _show(self, key: str) -> None:
        if key == TRAINING:
            page: QWidget = self.training_page
        elif key == SETS:
            page = self.sets_page
        elif key.startswith(LESION):
            page = self.lesion_page
            entry = next((one for one in self.library.lesions if one.name == key.removeprefix(LESION)), None)
            if entry is not None:
                self.lesion_page.show_entry(entry)
        else:
            page = self.network_page
            network = self.library.network(key)
            if network is not None:
                self.network_page.show_network(network)
        self._turn_to(page)
        if page is self.training_page:
            self.training_page.show_all()
        self._models.refresh()

    def _list_models(self) -> None:
        self.list.show_models(self.library.networks, self.library.lesions)
        shown = self.library.network(self.list.key)
        if shown is not None:
            self.network_page.show_network(shown)
        elif not self.list.key and self.library.networks:
            key = f"{KINDS[0].name}/{self._models.document.scene.task}"
            self.list.choose(key if self.library.network(key) else self.library.networks[0].key)

    def _list_sets(self, choose: str) -> None:
        lines = self._sets.shelf.lines
        self.list.say(SETS, str(len(lines)) if lines else "")
        self.sets_page.show_sets(lines, choose)

    def _turn_to(self, page: QWidget) -> None:
        """Shows a page; beside the editor, which needs the room, there is no list."""
        if page is not self.annotate_page:
            self.annotate_page.leave()
        self.pages.setCurrentWidget(page)
        self.list.setHidden(page is self.annotate_page)

    def _leave_annotating(self) -> None:
        self._turn_to(self.sets_page)
        self._sets.shelf.look()
        self.sets_page.table.setFocus()
