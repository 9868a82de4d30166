"""One image of a set in the editor, with all that is marked in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QUndoStack

from app.errors import LithographError
from app.imaging.box import Box
from app.imaging.image import Image
from app.tasks import Task
from app.training.set_store import SET
from app.training.sets import (
    SetImage,
    TrainingSet,
    boxes_of,
    mask_of,
    read_image_of,
    structures_of,
    write_boxes,
    write_mask,
)
from app.ui.annotate.planes import MOST, Bits, bit, planes_of
from app.ui.canvas.pyramid import Pyramid
from models.progress import LongWork, Progress

STEPS = 300
"""Of the undo history of an image."""
LESIONS = "lesions"
"""The part of an annotation that the boxes are; every other part is a structure."""


@dataclass(frozen=True)
class Status:
    """What the list says of an image."""

    boxes: int | None = None
    """None where nobody looked for lesions."""
    structures: int = 0

    @property
    def text(self) -> str:
        """In words."""
        if self.boxes is None:
            lesions = "" if self.structures else "not looked at"
        else:
            lesions = {0: "nothing here", 1: "1 lesion"}.get(self.boxes, f"{self.boxes} lesions")
        outlined = {0: "", 1: "1 structure"}.get(self.structures, f"{self.structures} structures")
        return ", ".join(filter(None, (lesions, outlined)))


@dataclass(eq=False)
class Page:
    """An image that is open, or was a moment ago. The document changes it, and nobody else."""

    number: int
    """Its place in the set."""
    image: SetImage
    pixels: Image
    pyramid: Pyramid
    planes: Pyramid
    """uint16: a bit for each structure."""
    boxes: tuple[Box, ...] | None
    known: frozenset[str]
    """The structures that are outlined, or known to be absent."""
    notes: tuple[str, ...] = ()
    stack: QUndoStack | None = None

    @property
    def bits(self) -> Bits:
        """(height, width); bit n of a pixel is set where structure n is."""
        return self.planes.level(0)

    @property
    def status(self) -> Status:
        """For the list."""
        return Status(None if self.boxes is None else len(self.boxes), len(self.known))


def names_of(task: Task) -> tuple[str, ...]:
    """The structures that can be outlined, in the order of their bits."""
    return tuple(structure.name for structure in task.structures[:MOST])


def read_page(training_set: TrainingSet, number: int, names: Sequence[str]) -> LongWork[Page]:
    """Reads an image and all that is marked in it; what is damaged is noted, and as good as not marked.

    Raises:
        LithographError: the image itself is gone, damaged or another one.
    """
    image = training_set.images[number]
    pixels = read_image_of(image)
    yield Progress(1, 3 + len(names), "Opening an image")
    pyramid = Pyramid(pixels.pixels)
    pyramid.make_levels()
    yield Progress(2, 3 + len(names), "Opening an image")
    notes: list[str] = []
    boxes: tuple[Box, ...] | None = None
    try:
        boxes = boxes_of(training_set, image)
    except LithographError as error:
        notes.append(str(error))
    masks = {}
    for n, name in enumerate(set(structures_of(training_set, image)) & set(names)):
        try:
            mask = mask_of(training_set, image, name)
            if mask is not None:
                masks[name] = mask
        except LithographError as error:
            notes.append(str(error))
        yield Progress(3 + n, 3 + len(names), "Reading outlines")
    planes = planes_of(masks, names, pixels.pixels.shape)
    return Page(number, image, pixels, pyramid, planes, boxes, frozenset(masks), tuple(notes))


def read_statuses(training_set: TrainingSet) -> LongWork[tuple[Status, ...]]:
    """What is marked in each image of a set."""
    found = []
    for n, image in enumerate(training_set.images):
        try:
            boxes = boxes_of(training_set, image)
        except LithographError:
            boxes = None  # said when the image is opened
        found.append(Status(None if boxes is None else len(boxes), len(structures_of(training_set, image))))
        if n % 50 == 0:
            yield Progress(n, len(training_set.images), "Looking through a training set")
    return tuple(found)


class Part:
    """The newest state of one part of an annotation, as it will be written; what is open goes on changing.

    `bits` is a copy of the page's, or anything where the part is the lesions.
    """

    def __init__(self, training_set: TrainingSet, page: Page, part: str, plane: int, bits: Bits) -> None:
        self._set, self._image, self._part = training_set, page.image, part
        self._boxes, self._known = page.boxes, part in page.known
        self._plane, self._bits = plane, bits

    def write(self) -> None:
        """Writes it; on a worker's thread.

        Raises:
            LithographError: it cannot be written, or the set has been deleted meanwhile.
        """
        if not (self._set.folder / SET).is_file():
            raise LithographError(
                f"The training set {self._set.folder} is no longer there, so what is marked cannot be saved: "
                "restore the folder, or go back to the list of sets."
            )
        if self._part == LESIONS:
            write_boxes(self._set, self._image, self._boxes)
        elif self._known:
            write_mask(self._set, self._image, self._part, (self._bits & bit(self._plane)) != 0)
        else:
            write_mask(self._set, self._image, self._part, None)
