"""Reading a folder of labelled images, whatever the format of its labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.errors import LithographError
from app.tasks import Task
from app.training.labels import coco, lidc, masks, own, voc, yolo
from app.training.labels.folder import Folder, scan
from app.training.labels.labelled import LabelledSet
from app.training.labels.naming import no_images
from models.progress import LongWork


class NoLabels(LithographError):
    """A folder without labels; its images may be there."""


@dataclass(frozen=True)
class Format:
    """A kind of labels: how it is called, told from others, and read."""

    name: str
    found: Callable[[Folder], bool]
    """Whether a folder holds such labels, by their content."""
    read: Callable[[Folder, Task], LongWork[LabelledSet]]


def formats(readers: int = lidc.READERS) -> tuple[Format, ...]:
    """All kinds of labels; the first that is found in a folder is read."""
    return (
        Format(own.NAME, own.found, own.read),
        Format(lidc.NAME, lidc.found, partial(lidc.read, readers=readers)),
        Format(voc.NAME, voc.found, voc.read),
        Format(coco.NAME, coco.found, coco.read),
        Format(yolo.NAME, yolo.found, yolo.read),
        Format(masks.NAME, masks.found, masks.read),
    )


def read_labelled(data: Path, task: Task, readers: int = lidc.READERS) -> LongWork[LabelledSet]:
    """Reads the labels in a folder and its subfolders, in the first of `formats` that is found there.

    Headers of images are read, and PNG, TIFF and JPEG are decoded once to see whether they are whole. Pixels
    and masks are read later, whenever they are asked for.

    Args:
        data: the folder of images and labels, or one file of labels (COCO, VOC, LIDC).
        task: says which structures and which kind of lesion its classes may be.
        readers: of LIDC, how many of the four readers have to have outlined a nodule.

    Raises:
        LithographError: there is nothing of the kind, or labels and images do not match.
    """
    folder = yield from scan(Path(data))
    known = formats(readers)
    kinds = [kind for kind in known if kind.found(folder)]
    if not kinds:
        raise NoLabels(
            f"{data} holds no labels that are known here; choose a folder of images with "
            f"{', '.join(kind.name for kind in known[:-1])} or {known[-1].name}."
        )
    labelled = yield from kinds[0].read(folder, task)
    others = [kind.name for kind in kinds[1:]]
    if others and kinds[0].name != own.NAME:
        note = f"The folder holds {' and '.join(others)}, too; only its {kinds[0].name} were read."
        labelled = replace(labelled, notes=(*labelled.notes, note))
    if not labelled.images:
        raise no_images(folder)
    return labelled
