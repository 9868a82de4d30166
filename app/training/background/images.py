"""One of the user's images as a pool keeps it, or why it is left out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.grey_scale import in_task_unit, radiograph_scale
from app.files import stamp_of
from app.imaging.failures import reading
from app.imaging.image import Image
from app.imaging.orientation import plane_of, slice_position_mm
from app.tasks import Task
from app.training.background.index import Entry
from app.training.background.patches import squared
from app.training.labels import LabelledImage

_SECTIONS = ("MR", "US", "NM", "PT")
_PROJECTIONS = ("CR", "DX", "RG", "RF", "XA", "MG", "PX", "IO")
_FEW_VALUES = 16
"""An image with fewer than this is empty, a mask, or a drawing."""
_LUNG = 0.03
"""Of a chest CT's slice, the share that is lung at least."""


@dataclass(eq=False)
class Refusal(Exception):
    """An image that cannot be learnt from: `one` says it of a single one, `many` of `{count}`, as `Notes`."""

    one: str
    many: str
    where: str

    def as_index(self) -> tuple[str, str, str]:
        """As it is written."""
        return self.one, self.many, self.where


def key_of(image: LabelledImage) -> str:
    """Of an image in the index: another one once its file or its lesions have been changed."""
    stamp = stamp_of(image.path) or (0, 0)
    marked = hashlib.sha256(repr(image.boxes or ()).encode()).hexdigest()[:8]
    return f"{image.path}|{image.index}|{stamp[0]}|{stamp[1]}|{marked}"


def prepared(labelled: LabelledImage, task: Task, view: int) -> tuple[Entry, NDArray[Any]]:
    """An image as it is kept: square pixels of its own type, and how they are brought to the task's unit.

    Its lesions are removed where boxes say where they are, for a background is free of them.

    Raises:
        LithographError: it cannot be read, or a lesion covers too much of it.
        Refusal: it can, but shows nothing that backgrounds of the task could be learnt from.
    """
    with reading(labelled.path):
        image = labelled.image()
    _check(image, labelled, task, view)
    slope, offset = radiograph_scale(image) if task.modality != "CT" else (1.0, 0.0)
    pixels = image.pixels
    if task.modality == "CT" and image.unit != "HU":
        pixels = np.rint(in_task_unit(image, task)).astype(np.int16)
    digest = hashlib.sha256(key_of(labelled).encode()).hexdigest()[:16]
    pixels = _without_lesions(pixels, labelled, seed=int(digest[:7], 16))
    entry = Entry(
        labelled.name,
        labelled.group,
        f"{task.name}-own-{digest}.npy",
        path=str(labelled.path),
        number=labelled.index,
        slope=slope,
        offset=offset,
        height_mm=slice_position_mm(image),
    )
    return entry, squared(pixels, image.pixel_mm)


def _without_lesions(pixels: NDArray[Any], labelled: LabelledImage, seed: int) -> NDArray[Any]:
    from app.composition.removal import remove_lesions

    boxes = [part for box in labelled.boxes or () if (part := box.clipped(pixels.shape)) is not None]
    if not boxes:
        return pixels
    if pixels.dtype not in (np.uint8, np.uint16, np.int16, np.float32):
        pixels = pixels.astype(np.float32)
    return remove_lesions(pixels, boxes, seed)


def _check(image: Image, labelled: LabelledImage, task: Task, view: int) -> None:
    where, name = str(labelled.path), labelled.name
    kind = _other_kind(image, task)
    if kind:
        raise Refusal(
            f"The image {name} is {kind} and is left out: {_wanted(task)}.",
            f"{{count}} images are each {kind} and are left out ({_wanted(task)}); {{where}} is the first.",
            where,
        )
    sample = image.pixels[:: max(1, image.height // 128), :: max(1, image.width // 128)]
    if len(np.unique(sample)) < _FEW_VALUES and len(np.unique(image.pixels)) < _FEW_VALUES:
        raise Refusal(
            f"The image {name} has fewer than {_FEW_VALUES} different values, as an empty image or a mask "
            "has, and is left out.",
            f"{{count}} images have fewer than {_FEW_VALUES} different values, as empty images or masks "
            "have, and are left out; {where} is the first.",
            where,
        )
    if 2 * min(image.height, image.width) < view:
        raise Refusal(
            f"The image {name} is {image.width} by {image.height} pixels, less than half a patch of {view}, "
            "and is left out.",
            f"{{count}} images are smaller than half a patch of {view} pixels and are left out; {{where}} is "
            "the first.",
            where,
        )
    if task.covering and image.unit == "HU":
        from app.simulation.ct_slice import lung_share

        if lung_share(image) < _LUNG:
            raise Refusal(
                f"The slice {name} shows no lung and is left out.",
                "{count} slices show no lung and are left out; {where} is the first.",
                where,
            )


def _wanted(task: Task) -> str:
    if task.modality != "CT":
        return f"the task {task.name} learns from radiographs, or from the folder of a whole CT series"
    plane = f"{task.plane} " if task.plane else ""
    return f"the task {task.name} learns from {plane}CT images"


def _other_kind(image: Image, task: Task) -> str:
    """What an image is where it is not of the task's kind, in words; empty where it may be."""
    if image.modality in _SECTIONS:
        return f"of another modality ({image.modality})"
    if task.modality != "CT":
        return "a slice of a CT" if image.unit == "HU" else ""
    if image.modality in _PROJECTIONS:
        return f"a radiograph ({image.modality})"
    if image.modality == "CT" and image.unit != "HU":
        return "a CT without HU, perhaps a scout"
    plane = plane_of(image)
    return f"{plane}" if task.plane and plane not in ("", task.plane) else ""
