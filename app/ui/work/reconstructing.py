"""The open background as the network knows it, and what of it the network has never seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.composition.scene import Scene
from app.engine import Job
from app.engine.memory import Frugal
from app.imaging.image import Image
from app.ui.canvas.pyramid import Pyramid
from app.ui.document import Document, Page
from app.ui.work.bridge import Bridge
from models.budget import Budget
from models.progress import LongWork

if TYPE_CHECKING:
    from app.synthesis.reconstruction import Reconstruction

TOP = 2.0
"""The residual, as a multiple of the limit, that the brightest colour stands for."""
MOST_REGIONS = 9
"""The largest unfamiliar regions have a number each; smaller ones only count."""


@dataclass(frozen=True)
class Region:
    """A part of the image that the network has never seen: its share of the image, and where it lies."""

    share: float
    where: str
    x: float
    y: float
    """A place within it, in image pixels."""


@dataclass(frozen=True, eq=False)
class Known:
    """A reconstruction, ready to be shown: made on the engine's thread.

    Attributes:
        image: what was reconstructed: the background, as the scene has edited it.
        made: the reconstruction, and how good it is.
        pixels: its pixels.
        residual: uint8, 255 is `TOP` times the limit of what training images show.
        labels: uint8, 1 to n the regions in `regions`, n + 1 all smaller ones.
        regions: the largest unfamiliar ones, the largest first.
        judged: whether the network says what is usual for it; else there are no regions.
        share: of the image that is unfamiliar.
        smaller: how many regions have no number.
    """

    image: Image
    made: Reconstruction
    pixels: Pyramid
    residual: Pyramid
    labels: Pyramid
    regions: tuple[Region, ...]
    judged: bool
    share: float
    smaller: int

    @property
    def scores(self) -> str:
        """How like the image the reconstruction is."""
        return f"PSNR {self.made.psnr:.1f} dB, SSIM {self.made.ssim:.3f}"


class Reconstructor(QObject):
    """Reconstructs the image that is shown when it is asked to; what it knew of another one is dropped."""

    changed = Signal()
    """Something else is known, or is being found out."""
    failed = Signal()
    made_do = Signal(str)
    """Memory ran out, and it was done with less: how, in a sentence."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self.known: Known | None = None
        self._document, self._bridge = document, bridge
        self._job: Job | None = None
        self._of: tuple[object, ...] = ()
        self._frugal = Frugal(
            "the image was reconstructed", lambda sentence: bridge.tell(self.made_do.emit, sentence)
        )
        document.page_shown.connect(self._look)
        document.scene_changed.connect(self._look)
        bridge.stopped.connect(self._stopped)

    @property
    def busy(self) -> bool:
        """Whether it is at work."""
        return self._job is not None

    def ask(self) -> None:
        """Begins, unless it is known or under way."""
        page, document = self._document.page, self._document
        if page is None or self.known is not None or self.busy:
            return
        scene = document.scene if document.at_base else Scene(document.scene.task, page.reference)

        def reconstructing(budget: Budget) -> LongWork[Known]:
            from app.synthesis.reconstruction import reconstruct
            from app.tasks import task

            image = edited(page, scene)
            made = yield from reconstruct(image, task(scene.task), budget)
            return prepare(image, made)

        def work() -> LongWork[Known]:
            return self._frugal(reconstructing, self._bridge.engine.device)

        self._job = self._bridge.submit(
            "reconstruct", work, self._found, self._failed, title="Reconstructing the image"
        )
        self.changed.emit()

    def _look(self) -> None:
        document = self._document
        scene = document.scene
        of = (document.page, scene.task, scene.blackouts, scene.removals)
        if of != self._of:
            self._of = of
            self._end(cancel=True)

    def _end(self, *, cancel: bool = False, known: Known | None = None) -> None:
        job, self._job = self._job, None
        had, self.known = self.known, known
        if job is not None and cancel:
            job.cancel()
        if job is not None or had is not known:
            self.changed.emit()

    def _found(self, known: Known) -> None:
        self._end(known=known)

    def _stopped(self, job: Job) -> None:
        if job is self._job:
            self._end()
            self.failed.emit()

    def _failed(self, message: str, details: str) -> None:
        self._end()
        self.failed.emit()
        self._bridge.failed.emit(message, details)


def edited(page: Page, scene: Scene) -> Image:
    """The background as the scene has edited it, without its lesions."""
    if not (scene.blackouts or scene.removals):
        return page.image
    from app.composition import Renderer
    from app.lesions import library

    return Renderer(page.image, library.draw).render(replace(scene, placements=())).image


def prepare(image: Image, made: Reconstruction) -> Known:
    """Makes what the window shows of a reconstruction of `image`."""
    labels, regions, smaller = regions_of(made.unfamiliar)
    judged = not bool(np.isnan(made.residual).all())
    residual = np.clip(np.nan_to_num(made.residual) * np.float32(255 / TOP), 0, 255).astype(np.uint8)
    pyramids = Pyramid(made.image.pixels), Pyramid(residual), Pyramid(labels, labels=True)
    for pyramid in pyramids:
        pyramid.make_levels()
    share = float(made.unfamiliar.mean())
    return Known(image, made, *pyramids, regions, judged, share, smaller)


def regions_of(unfamiliar: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], tuple[Region, ...], int]:
    """The regions of a mask (height, width); what lies within 1 % of its longer side is one region.

    Returns:
        (labels, the largest regions, how many are smaller): labels (height, width) are 1 to n for the
        largest, n + 1 for all others.
    """
    import cv2

    reach = 2 * (max(unfamiliar.shape) // 200) + 1
    near = cv2.dilate(unfamiliar.astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, numbers = cv2.connectedComponents(near)
    numbers[~unfamiliar] = 0
    rows, columns = np.nonzero(unfamiliar)
    of = numbers[rows, columns]
    areas, down, across = (np.bincount(of, weights, count) for weights in (None, rows, columns))
    order = np.argsort(-areas[1:], kind="stable") + 1
    largest, smaller = order[:MOST_REGIONS], max(count - 1 - MOST_REGIONS, 0)
    table = np.full(count, len(largest) + 1, np.uint8)
    table[0] = 0
    regions = []
    for label, number in enumerate(largest, start=1):
        table[number] = label
        x, y = float(across[number] / areas[number]), float(down[number] / areas[number])
        share = float(areas[number]) / unfamiliar.size
        regions.append(Region(share, where_in(unfamiliar.shape, x, y), x, y))
    return table[numbers], tuple(regions), smaller


def where_in(shape: tuple[int, ...], x: float, y: float) -> str:
    """The ninth of an image of `shape` (height, width) that a place lies in: `upper left`, `centre`, ..."""
    row = _third(y, shape[0], ("upper", "", "lower"))
    column = _third(x, shape[1], ("left", "", "right"))
    if row and column:
        return f"{row} {column}"
    return f"{row} middle" if row else f"{column} side" if column else "centre"


def _third(value: float, size: int, words: tuple[str, str, str]) -> str:
    return words[min(max(int(3 * value / size), 0), 2)]
