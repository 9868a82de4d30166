"""What a training would learn from: looked at before anything starts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import LithographError
from app.tasks import Task
from app.ui.models.kinds import Kind
from app.ui.models.looking_backgrounds import look_at_backgrounds
from app.ui.models.seen import Seen, count
from models.progress import LongWork

if TYPE_CHECKING:
    from app.training.labels import LabelledSet

VOLUME_SUFFIXES = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd")
FEW_BOXES = 50
"""With fewer, a simpler head is trained instead of the detector."""


def look(kind: Kind, task: Task, data: Path, preset: str = "") -> LongWork[Seen]:
    """Reads the labels of a folder or a training set, and no pixels more than that needs.

    Of images that need no labels, it counts them.

    Raises:
        LithographError: there is nothing of the kind, or labels and images do not match.
    """
    from app.training.labels.reading import NoLabels, read_labelled

    if not kind.labelled:
        return (yield from look_at_backgrounds(task, data, preset or kind.presets[0].name))
    try:
        labelled = yield from read_labelled(data, task)
    except NoLabels:
        if task.name not in kind.alone:
            raise
        return _scans(kind, task, data)
    return seen_of(labelled, kind, task)


def seen_of(labelled: LabelledSet, kind: Kind, task: Task) -> Seen:
    """What there is in labelled images, and whether the kind can learn from it."""
    from app.training.labels import split

    learn, held_out = split(labelled)
    structures = Counter(name for image in labelled.images for name in image.structures)
    boxes, notes, trouble = labelled.box_count, list(labelled.notes), ""
    if kind.name == "location":
        if not boxes:
            trouble = "There is no box around a lesion in it: mark some, or choose other images."
        elif boxes < FEW_BOXES:
            notes.append(
                f"There are fewer than {FEW_BOXES} boxes: a simpler network is trained, which says where "
                "lesions are likely, and nothing about their size."
            )
    elif not structures:
        trouble = (
            "No structure is outlined in it: outline some, or choose other images. The task knows "
            f"{', '.join(structure.name for structure in task.structures)}."
        )
    if not held_out and not trouble:
        few = "There is only one image" if len(labelled.images) == 1 else "All images are of one patient"
        trouble = f"{few}, so none can be held out to measure on: add images of another patient."
    return Seen(
        format=labelled.format,
        images=len(labelled.images),
        boxes=boxes,
        groups=len({image.group for image in labelled.images}),
        looked_at=sum(image.boxes is not None for image in labelled.images),
        structures=dict(structures.most_common()),
        learn=len(learn),
        held_out=len(held_out),
        notes=tuple(notes),
        trouble=trouble,
    )


def _scans(kind: Kind, task: Task, data: Path) -> Seen:
    """CT without labels, which the simulator makes images of."""
    from app.training.danger_zone.ct_series import ct_series

    scans = sum(_may_be_ct(place) for place in ct_series(data))
    if not scans:
        raise LithographError(f"{data} holds neither labels nor a CT series; choose another folder.")
    how = "varied projections of it" if task.modality != "CT" else "its slices"
    places = ", with places from the atlas" if kind.name == "location" else ""
    return Seen(
        notes=(
            f"No labels are in it. It is taken for {count(scans, 'CT series', 'CT series')}, in which "
            f"structures are found by rules; {how} are learnt from{places}.",
        ),
    )


def _may_be_ct(place: Path) -> bool:
    """Whether it is a volume's file, or holds DICOM at all; what is in it is looked at when it is read."""
    from pydicom.misc import is_dicom

    files = [place] if place.is_file() else sorted(place.iterdir())
    return any(
        file.is_file() and (file.name.lower().endswith(VOLUME_SUFFIXES) or is_dicom(file)) for file in files
    )
