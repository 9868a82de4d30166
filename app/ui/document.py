"""What is open: the image on the canvas, the scene that is edited, and where its lesions may go."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.anatomy.anatomy import Anatomy
from app.anatomy.where import Where
from app.composition.composite import Composite
from app.composition.scene import BackgroundReference, Placement, Scene
from app.imaging.image import Image
from app.imaging.series import Series
from app.tasks import Task, task
from app.ui import commands

OUTSIDE = "outside the image"


@dataclass(frozen=True, eq=False)
class Page:
    """One image that can be a background: a slice of a series, a file, a generated one."""

    image: Image
    reference: BackgroundReference
    """Where it comes from; the digest may still be empty, and is filled in when the scene is saved."""
    anatomy: Anatomy | None = None
    """Where it is known exactly, because the image was simulated."""
    number: int = 0
    """Its place in the series."""


@dataclass(frozen=True)
class Brush:
    """What the next click places."""

    lesion: str
    diameter: float
    blend: str
    seed: int = 1
    rotation_deg: float = 0.0
    contrast: float = 1.0


class Document(QObject):
    """The open scene and everything the panels and the canvas show of it.

    Sizes are mm, or pixels where the background is uncalibrated. Every change of the scene is a command on
    `stack`; what may not be done is refused with a sentence and changes nothing.
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
        self.finding = False
        """Whether the danger zone of the page is still being found."""
        self.path: Path | None = None
        """The scene's file."""
        self.title = ""
        self.selection: str | None = None
        self.brush: Brush = self._usual_brush()

    # -- what is open ----------------------------------------------------------------------------------

    def open(
        self, page: Page, scene: Scene, title: str, *, series: Series | None = None, path: Path | None = None
    ) -> None:
        """Shows another background and scene; what was open is gone, and so is its history."""
        self.series, self.page, self.base, self.scene = series, page, page, scene
        self.title, self.path = title, path
        self.composite, self.where, self.selection = None, None, None
        self.stack.clear()
        self._fit_brush()
        self.opened.emit()
        self.page_shown.emit()
        self.scene_changed.emit()
        self.selection_changed.emit()

    def show_page(self, page: Page) -> None:
        """Shows another slice. An empty scene follows; one with lesions stays on its own slice."""
        if not self.scene.placements and self.page is not None:
            self.base = page
            self.scene = replace(self.scene, background=page.reference)
            self.composite = None
        elif self.base is not None and page.number == self.base.number:
            page = self.base
        self.page, self.where = page, None
        self.page_shown.emit()

    @property
    def task(self) -> Task:
        """The scene's task."""
        return task(self.scene.task)

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

    def set_where(self, where: Where | None, *, finding: bool = False) -> None:
        """Takes what has been found out about the page; None where that is unknown."""
        self.where, self.finding = where, finding
        self.where_changed.emit()

    def set_composite(self, composite: Composite) -> None:
        """Takes the scene as rendered."""
        self.composite = composite
        self.rendered.emit()

    # -- selection and brush ---------------------------------------------------------------------------

    @property
    def selected(self) -> Placement | None:
        """The selected placement."""
        return next((p for p in self.scene.placements if p.id == self.selection), None)

    def select(self, placement_id: str | None) -> None:
        """Selects a placement, or nothing."""
        if placement_id != self.selection:
            self.selection = placement_id
            self.selection_changed.emit()

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

    # -- changing the scene ----------------------------------------------------------------------------

    def set_scene(self, scene: Scene) -> None:
        """Takes the scene as a command has changed it; only commands call this."""
        task_changed = scene.task != self.scene.task
        self.scene = scene
        if self.selection is not None and self.selected is None:
            self.select(None)
        if task_changed:
            self._fit_brush()
        self.scene_changed.emit()

    def reason(self, x: float, y: float, diameter: float) -> str | None:
        """Why no lesion of that diameter may be centred there; None where it may, or nothing is known."""
        if self.page is None:
            return "no image"
        height, width = self.page.image.pixels.shape
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            return OUTSIDE
        return self.where.danger.reason(x, y, diameter) if self.where else None

    def place(self, x: float, y: float, *, override: bool = False) -> bool:
        """Places a lesion as the brush says; refused in the danger zone unless `override`."""
        if self.page is None:
            return False
        if not self.at_base:
            self.elsewhere.emit()
            return False
        if self.finding:
            self.refused.emit("The danger zone is still being found; try again in a moment.")
            return False
        brush = self.brush
        reason = self.reason(x, y, brush.diameter)
        if reason == OUTSIDE or (reason and not override):
            self.refused.emit(f"Nothing placed: the lesion would touch {article(reason)}.")
            return False
        placement = Placement(
            f"lesion-{self._free_number()}",
            brush.lesion,
            round(x, 2),
            round(y, 2),
            brush.diameter,
            brush.seed,
            brush.blend,
            brush.rotation_deg,
            brush.contrast,
            overridden=reason is not None or self.where is None,
        )
        self.push(commands.Place(self, (placement,)))
        self.set_brush(seed=new_seed())
        return True

    def change_refused(self, after: Placement) -> str | None:
        """What forbids that a placement becomes `after`; only moves and growth can be forbidden."""
        before = self.scene.placement(after.id)
        moved = (after.x, after.y) != (before.x, before.y)
        if not self.at_base or not (moved or after.diameter_mm > before.diameter_mm):
            return None
        reason = self.reason(after.x, after.y, after.diameter_mm)
        return None if after.overridden and reason != OUTSIDE else reason

    def change(self, after: Placement, name: str, gesture: int | None = None) -> bool:
        """Exchanges a placement; a move or a growth into the danger zone is refused."""
        if after == self.scene.placement(after.id):
            return True
        reason = self.change_refused(after)
        if reason is not None:
            self.refused.emit(f"{name}: it would touch {article(reason)}.")
            return False
        self.push(commands.Change(self, after, name, gesture))
        return True

    def remove(self, *ids: str) -> None:
        """Removes placements."""
        if ids:
            self.push(commands.Remove(self, ids))

    def set_task(self, name: str) -> None:
        """Changes the task."""
        if name != self.scene.task:
            self.push(commands.SetTask(self, name))

    def push(self, command: QUndoCommand) -> None:
        """Does it, and remembers how to undo it."""
        self.stack.push(command)

    def _free_number(self) -> int:
        taken = {p.id for p in self.scene.placements}
        return next(n for n in range(1, len(taken) + 2) if f"lesion-{n}" not in taken)


def new_seed() -> int:
    """A seed that nobody has used: short enough to be read out."""
    return secrets.randbelow(1_000_000)


def article(structure: str) -> str:
    """`the spine`, but `outside the image` as it is."""
    if structure.startswith(("outside", "no ")):
        return f"what is {structure}" if structure.startswith("outside") else structure
    plain = structure.startswith(("a ", "the ")) or structure == "airway"
    return structure if plain else f"the {structure}"
