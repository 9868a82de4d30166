"""Samples from the user's own images with masks of structures; what is not outlined there is unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.anatomy.grey_scale import as_seen
from app.errors import LithographError
from app.tasks import Task
from app.training.danger_zone.ct_series import is_collection
from app.training.samples import HELD_OUT, LEARN, SampleStore
from models.inputs import Kind
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from app.training.labels import LabelledImage, LabelledSet

OWN = "own"
"""The group of the user's samples."""


def read_outlined(task: Task, data: Path | None) -> LongWork[LabelledSet]:
    """The images of a folder in which structures of the task are outlined; none where it has no labels.

    What is amiss with the labels is in its `notes`.

    Raises:
        LithographError: labels and images do not match, or there is only one such image.
    """
    from app.training.labels import LabelledSet, read_labelled
    from app.training.labels.reading import NoLabels

    if data is None or not data.is_dir() or is_collection(data):
        return LabelledSet(())
    try:
        found = yield from read_labelled(data, task)
    except NoLabels:
        return LabelledSet(())
    names = {structure.name for structure in task.structures}
    outlined = tuple(image for image in found.images if names & set(image.structures))
    if len(outlined) == 1:
        raise LithographError(
            f"Only one image in {data} has outlined structures; outline them in a second one at least, "
            "so that one can be learnt from and one measured on."
        )
    return replace(found, images=outlined)


def labelled_images(
    task: Task, images: Sequence[LabelledImage], data: Path, store: SampleStore
) -> LongWork[list[str]]:
    """Adds outlined images to the store, split by patient; those of an earlier run are replaced.

    Raises:
        LithographError: an image is gone or damaged, or the masks say nothing.
    """
    from app.training.labels import split

    learn, held_out = split(images)
    kind = Kind.CT if task.modality == "CT" else Kind.RADIOGRAPH
    store.clear(OWN)
    marked = free = False
    for n, image in enumerate((*learn, *held_out)):
        pixels, negative = as_seen(image.image(), task, kind)
        masks = image.masks()
        forbidden = [mask for name, mask in masks.items() if task.structure(name).forbidden]
        marked = marked or any(mask.any() for mask in masks.values())
        free = free or not (forbidden and np.logical_or.reduce(forbidden).all())
        values = np.asarray(pixels, np.float32)
        name = f"{OWN}-{hashlib.sha256(image.name.encode()).hexdigest()[:12]}"
        part = LEARN if n < len(learn) else HELD_OUT
        store.add(part, name, -values if negative else values, masks, image.image().pixel_mm)
        yield Progress(n + 1, len(images), "Reading images")
    if not marked:
        raise LithographError(f"All masks in {data} are empty; outline the structures that forbid a lesion.")
    if not free:
        raise LithographError(
            f"In every image of {data} forbidden structures cover everything, so that no lesion could be "
            "placed; outline the structures alone."
        )
    groups = {image.group for image in learn}, {image.group for image in held_out}
    return [
        f"{data.name}: {len(learn)} outlined images of {len(groups[0])} patients or originals to learn from, "
        f"{len(held_out)} of {len(groups[1])} others held out"
    ]
