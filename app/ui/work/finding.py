"""Finding out where lesions may go on the image that is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from app.anatomy.doubts import nothing_permitted
from app.anatomy.where import Where
from app.engine import Job
from app.engine.memory import Frugal
from app.tasks import Task
from app.ui.canvas.heat_scale import HeatScale
from app.ui.canvas.names import Name, names_of
from app.ui.canvas.overlay_state import MARGIN_LABEL
from app.ui.canvas.pyramid import Pyramid
from app.ui.document import Document
from app.ui.work.bridge import Bridge
from models.budget import Budget
from models.progress import LongWork


@dataclass(frozen=True, eq=False)
class Overlays:
    """`Where`, ready to be shown: made on the engine's thread, because a large image takes a while."""

    where: Where
    zones: Pyramid
    """Labels of the structures as the task counts them, and `MARGIN_LABEL`."""
    heat: Pyramid
    """uint8, 0 to 255."""
    structures: frozenset[str]
    """Names of those that are somewhere on the image."""
    scale: HeatScale | None
    """What the heat stands for; None where nothing is permitted."""
    names: tuple[Name, ...]
    """Where the names of structures stand."""
    nothing: str
    """A sentence where the danger zone covers all of the image; else empty."""


class Finder(QObject):
    """Keeps the document's `where` up to date with the page and the task."""

    PAUSE_MS = 250
    """Slices that are only leafed past are not worth the work."""

    made_do = Signal(str)
    """Memory ran out, and it was done with less: how, in a sentence."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self.overlays: Overlays | None = None
        self._document = document
        self._bridge = bridge
        self._task = ""
        self._job: Job | None = None
        self._frugal = Frugal(
            "the danger zone was found", lambda sentence: bridge.tell(self.made_do.emit, sentence)
        )
        self._pause = QTimer(self, singleShot=True, interval=self.PAUSE_MS)
        self._pause.timeout.connect(self._find)
        document.page_shown.connect(self.find)
        bridge.stopped.connect(self._stopped)
        document.scene_changed.connect(self._task_may_have_changed)

    def find(self) -> None:
        """Begins to find out, after a short pause; what was known of another page is dropped at once."""
        self._task = self._document.scene.task
        self.overlays = None
        if self._job is not None:
            self._job.cancel()
        self._document.set_where(None, finding=self._document.page is not None)
        series = self._document.series
        self._pause.start(self.PAUSE_MS if series is not None and len(series) > 1 else 0)

    def _task_may_have_changed(self) -> None:
        if self._document.scene.task != self._task:
            self.find()

    def _find(self) -> None:
        page, setting = self._document.page, self._document.task
        if page is None:
            return

        def find(budget: Budget) -> LongWork[Overlays]:
            from app.anatomy import analyse
            from app.composition.backgrounds import known_anatomy

            anatomy, path = page.anatomy, page.image.source.path
            if anatomy is not None and not set(anatomy.masks) <= {s.name for s in setting.structures}:
                anatomy = None  # known, but for another task
            if anatomy is None and path is not None:
                anatomy = known_anatomy(path, page.image, setting.name)
            where = yield from analyse(page.image, setting, anatomy, budget)
            return prepare(where, setting, calibrated=page.image.calibrated)

        def work() -> LongWork[Overlays]:
            return self._frugal(find, self._bridge.engine.device)

        self._job = self._bridge.submit(
            "where", work, self._found, self._failed, title="Finding the danger zone"
        )

    def _found(self, overlays: Overlays) -> None:
        self.overlays = overlays
        self._document.set_where(overlays.where)

    def _stopped(self, job: Job) -> None:
        if job is self._job:
            self._document.set_where(None)

    def _failed(self, message: str, details: str) -> None:
        self._document.set_where(None)
        self._bridge.failed.emit(message, details)


def prepare(where: Where, task: Task, *, calibrated: bool) -> Overlays:
    """The overlays of one answer."""
    zones = where.danger.labels.copy()
    zones[(zones == 0) & ~where.danger.permissible] = MARGIN_LABEL
    organs = where.anatomy.labels(task)
    free = zones == 0
    zones[free] = organs[free]
    heat, scale = _eight_bit(where.heatmap, where.danger.pixel_mm if calibrated else None)
    pyramids = Pyramid(zones, labels=True), Pyramid(heat)
    for pyramid in pyramids:
        pyramid.level(2)
    there = frozenset(name for name, mask in where.anatomy.masks.items() if mask.any())
    names = names_of(pyramids[0], task)
    return Overlays(where, *pyramids, there, scale, names, nothing_permitted(where.danger))


def _eight_bit(
    heatmap: NDArray[np.float32], pixel_mm: tuple[float, float] | None
) -> tuple[NDArray[np.uint8], HeatScale | None]:
    """(0 to 255, what that stands for): the likeliest 0.5 % of the permitted pixels are all as bright."""
    step = max(1, int((heatmap.size / 250_000) ** 0.5))
    sample = heatmap[::step, ::step]
    hot = sample[sample > 0]
    if hot.size == 0:
        return np.zeros(heatmap.shape, np.uint8), None
    top = float(np.percentile(hot, 99.5))
    heat = np.minimum(heatmap * np.float32(255 / top), np.float32(255)).astype(np.uint8)
    return heat, HeatScale(top, float(hot.mean(dtype=np.float64)), pixel_mm)
