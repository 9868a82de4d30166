"""The application's own training sets as labelled images."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from app.errors import LithographError
from app.tasks import Task
from app.training.labels.folder import Folder
from app.training.labels.labelled import LabelledImage, LabelledSet, Mask
from app.training.labels.notes import Notes
from app.training.set_store import (
    SET,
    SetImage,
    TrainingSet,
    boxes_of,
    mask_of,
    read_image_of,
    read_set,
    structures_of,
)
from models.progress import LongWork, Progress

NAME = "a training set of this program"
_REPORT_EVERY = 25


def found(folder: Folder) -> bool:
    """Whether the folder is one."""
    return (folder.root / SET).is_file() and b"lithograph training set" in _head(folder.root / SET)


def read(folder: Folder, task: Task) -> LongWork[LabelledSet]:
    """Reads the boxes of all images; their pixels and masks later.

    Images whose file is gone are left out with a note.

    Raises:
        LithographError: the set is damaged, or made for another task.
    """
    training_set = read_set(folder.root)
    if training_set.task != task.name:
        raise LithographError(
            f'The training set "{training_set.title}" in {folder.root} is for the task {training_set.task}, '
            f"not for {task.name}; choose that task or another set."
        )
    notes, images = Notes(), []
    for note in training_set.notes:
        notes.add(note)
    known = {structure.name for structure in task.structures}
    for n, image in enumerate(training_set.images):
        if not image.path.exists():
            notes.count(
                f"The image {image.path} is missing and is left out.",
                "{count} images are missing and are left out; {where} is the first.",
                str(image.path),
            )
            continue
        try:
            boxes = boxes_of(training_set, image)
        except LithographError as error:
            notes.add(str(error))
            boxes = None
        structures = tuple(name for name in structures_of(training_set, image) if name in known)
        images.append(
            LabelledImage(
                image.name,
                image.group,
                image.path,
                image.index,
                image.size,
                boxes,
                partial(_masks, training_set, image, structures),
                structures,
                partial(read_image_of, image),
            )
        )
        if n % _REPORT_EVERY == 0:
            yield Progress(n, len(training_set.images), "Reading annotations")
    if not images:
        what = f'of the training set "{training_set.title}" in {folder.root}'
        raise LithographError(
            f"The images {what} are all missing; put them back, or say in which folder they are now."
            if training_set.images
            else f"There are no images {what} yet; import some first."
        )
    return LabelledSet(tuple(images), notes.sentences, NAME)


def _masks(training_set: TrainingSet, image: SetImage, structures: tuple[str, ...]) -> dict[str, Mask]:
    masks = {name: mask_of(training_set, image, name) for name in structures}
    return {name: mask for name, mask in masks.items() if mask is not None}


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as start:
            return start.read(200)
    except OSError:
        return b""
