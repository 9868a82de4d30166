"""What is open: the image on the canvas, the scene and its selection, and where its lesions may go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from app.anatomy.doubts import unchecked
from app.anatomy.where import Where
from app.composition.composite import Composite
from app.composition.scene import BackgroundReference, Placement, Scene
from app.imaging.series import Series
from app.tasks import Task, task
from app.ui.document.page import Brush, Page, new_seed


class OpenScene(QObject):
    """The open scene and everything the panels and the canvas show of it; `Document` edits it, too.

    Sizes are mm, or pixels where the background is uncalibrated.
    """

    opened = Signal()
    """Another background, with another scene."""
    page_shown = Signal()
    """Another slice is on the canvas."""
    scene_changed = Signal()
    rendered = Signal()
    where_changed = Signal()
    selection_changed = Signal()
    brush_changed = Signal()
    refused = Signal(str)
    """A sentence that says why nothing was done."""
    elsewhere = Signal()
    """Something was asked for on another slice than that of the lesions."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.series: Series | None = None
        self.page: Page | None = None
        """What is on the canvas."""
        self.base: Page | None = None
        """The scene's background; another than `page` while one looks at other slices."""
        self.scene = Scene("kub-xray", BackgroundReference(""))
        self.composite: Composite | None = None
        self.where: Where | None = None
        """What has been found out about the page, as far as it is believed."""
        self.doubted: Where | None = None
        """What was found on a foreign image, until the user says what to do with it, see `believe`."""
        self.doubt = ""
        """Why places are not checked: the page is foreign, and the network is not to be believed."""
        self._believed: dict[tuple[str, int], bool] = {}
        """What the user has said of foreign images, by task and place in the series."""
        self.finding = False
        """Whether the danger zone of the page is still being found."""
        self.path: Path | None = None
        """The scene's file."""
        self.file_digest = ""
        """What that file held when it was opened (`files.digest_of`)."""
        self.title = ""
        self._task: Task | None = None
        self.selected_ids: tuple[str, ...] = ()
        """The selected placements in the order they were chosen; the last one is what the panel shows."""
        self.brush: Brush = self._usual_brush()

    # -- what is open ----------------------------------------------------------------------------------

    def open(
        self,
        page: Page,
        scene: Scene,
        title: str,
        *,
        series: Series | None = None,
        path: Path | None = None,
        file_digest: str = "",
    ) -> None:
        """Shows another background and scene; what was open is gone, and so is its history."""
        self.series, self.page, self.base, self.scene = series, page, page, scene
        self.title, self.path, self.file_digest = title, path, file_digest
        self.composite, self.selected_ids, self._task = None, (), None
        self._believed = {}
        self._take(None)
        self.stack.clear()
        self._fit_brush()
        self.opened.emit()
        self.page_shown.emit()
        self.scene_changed.emit()
        self.selection_changed.emit()

    def show_page(self, page: Page) -> None:
        """Shows another slice. An empty scene follows; any other stays on its own slice."""
        if self.scene.empty and self.page is not None:
            self.base = page
            self.scene = replace(self.scene, background=page.reference)
            self.composite = None
        elif self.base is not None and page.number == self.base.number:
            page = self.base
        self.page = page
        self._take(None)
        self.page_shown.emit()

    @property
    def task(self) -> Task:
        """The scene's task, as its file was when the scene was opened."""
        if self._task is None or self._task.name != self.scene.task:
            self._task = task(self.scene.task)
        return self._task

    @property
    def at_base(self) -> bool:
        """Whether the slice on the canvas is the one that the lesions are on."""
        return self.page is self.base

    @property
    def unit(self) -> str:
        """The unit of sizes: `mm`, or `px` where uncalibrated."""
        return self.base.image.size_unit if self.base else "mm"

    @property
    def modified(self) -> bool:
        """Whether there are changes that are in no file."""
        return not self.stack.isClean()

    def mark_unsaved(self) -> None:
        """Marks the scene as in no file, though nothing has been changed since it was opened."""
        self.stack.resetClean()

    def set_where(self, where: Where | None, *, finding: bool = False) -> None:
        """Takes what has been found out about the page; None where that is unknown.

        On a foreign image it is put aside as `doubted`, unless the user has said to believe it.
        """
        unknown = where is None and self.where is None and not self.doubt
        if unknown and finding == self.finding:
            return  # leafing on while it is still unknown
        self._take(where)
        self.finding = finding
        self.where_changed.emit()

    def believe(self, on: bool) -> None:
        """Uses the danger zone of a foreign image all the same, or does without one.

        It holds for this image and task, until another background is opened or `ask_again`.
        """
        if self.doubted is not None:
            self._believed[self._place] = on
            self._take(self.doubted)
            self.where_changed.emit()

    def ask_again(self) -> None:
        """Forgets what the user has said of a foreign image."""
        self._believed.pop(self._place, None)

    @property
    def _place(self) -> tuple[str, int]:
        return self.scene.task, self.page.number if self.page else 0

    def _take(self, where: Where | None) -> None:
        """Sets `where`, `doubted` and `doubt` together."""
        self.where, self.doubted, self.doubt = where, None, ""
        familiarity = where.anatomy.familiarity if where is not None else None
        believed = self._believed.get(self._place)
        if familiarity is not None and familiarity.foreign and not believed:
            self.where, self.doubt = None, unchecked(familiarity)
            self.doubted = where if believed is None else None

    def set_composite(self, composite: Composite) -> None:
        """Takes the scene as rendered."""
        self.composite = composite
        self.rendered.emit()

    # -- selection and brush ---------------------------------------------------------------------------

    @property
    def selection(self) -> str | None:
        """The id of the placement that was selected last."""
        return self.selected_ids[-1] if self.selected_ids else None

    @property
    def selected(self) -> Placement | None:
        """The placement that was selected last."""
        return next((p for p in self.scene.placements if p.id == self.selection), None)

    @property
    def selected_placements(self) -> tuple[Placement, ...]:
        """Everything that is selected, in drawing order."""
        return tuple(p for p in self.scene.placements if p.id in self.selected_ids)

    def select(self, placement_id: str | None) -> None:
        """Selects one placement, or nothing."""
        self.select_many(() if placement_id is None else (placement_id,))

    def select_many(self, ids: Iterable[str]) -> None:
        """Selects several placements."""
        chosen = tuple(ids)
        if chosen != self.selected_ids:
            self.selected_ids = chosen
            self.selection_changed.emit()

    def toggle(self, placement_id: str) -> None:
        """Adds a placement to the selection, or takes it out."""
        rest = tuple(one for one in self.selected_ids if one != placement_id)
        self.select_many(rest if placement_id in self.selected_ids else (*rest, placement_id))

    def set_brush(self, **fields: Any) -> None:
        """Changes what the next click places."""
        brush = replace(self.brush, **fields)
        if brush != self.brush:
            self.brush = brush
            self.brush_changed.emit()

    def _fit_brush(self) -> None:
        self.brush = self._usual_brush()
        self.brush_changed.emit()

    def _usual_brush(self) -> Brush:
        """The task's usual lesion; in pixels, a thirtieth of the image, where nothing is known of mm."""
        task, diameter = self.task, self.task.diameter_mm.usual
        if self.base is not None and not self.base.image.calibrated:
            diameter = max(8.0, round(min(self.base.image.pixels.shape) / 30))
        return Brush(task.lesion, diameter, task.blend, new_seed())

    @property
    def diameter_limits(self) -> tuple[float, float]:
        """The smallest and largest diameter on offer."""
        if self.base is not None and not self.base.image.calibrated:
            return 3.0, max(30.0, min(self.base.image.pixels.shape) / 4)
        return self.task.diameter_mm.smallest, self.task.diameter_mm.largest

    def set_scene(self, scene: Scene) -> None:
        """Takes the scene as a command has changed it; only commands call this."""
        task_changed = scene.task != self.scene.task
        self.scene = scene
        there = {p.id for p in scene.placements}
        self.select_many(one for one in self.selected_ids if one in there)
        if task_changed:
            self._fit_brush()
        self.scene_changed.emit()
