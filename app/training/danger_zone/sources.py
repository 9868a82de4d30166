"""What each task learns from: a registry of sources of samples, and the user's own outlined images.

A source is a function in a file of its own. It looks into the user's `data` for what it knows, adds samples
to the store, some of them held out, and says in a line or two what they are; none where it finds nothing.
The name of a sample begins with its group (`phantom-0000012`): groups are drawn from by their size.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import LithographError
from app.tasks import Task
from app.training.danger_zone import ct_coronal_planes, ct_slices, nodule_crops, simulated, stone_images
from app.training.danger_zone.labelled import labelled_images, read_outlined
from app.training.samples import LEARN, SampleStore
from models.progress import LongWork

Source = Callable[[Task, Path | None, SampleStore], LongWork[list[str]]]

SOURCES: dict[str, tuple[Source, ...]] = {
    "abdomen-ct": (stone_images.stone_images, ct_coronal_planes.coronal_planes),
    "kub-xray": (simulated.phantoms, simulated.projections),
    "lung-ct": (simulated.phantoms, ct_slices.axial_slices, nodule_crops.nodule_crops),
}
REMINDERS: dict[str, tuple[Source, ...]] = {
    "kub-xray": (simulated.some_phantoms,),
    "lung-ct": (simulated.some_phantoms,),
}
"""What is learnt from beside the user's own images, so that nothing is forgotten."""


def gather(task: Task, data: Path | None, store: SampleStore) -> LongWork[tuple[list[str], tuple[str, ...]]]:
    """Fills the store from the user's outlined images or, without any, from all sources of the task.

    Returns:
        What it was filled with, a line each, and what is amiss with the user's labels, a sentence each.

    Raises:
        LithographError: there is nothing to learn from, or the data will not do.
    """
    found = yield from read_outlined(task, data)
    lines, outlined = list[str](), found.images
    if outlined and data is not None:
        lines += yield from labelled_images(task, outlined, data, store)
    for source in (REMINDERS if outlined else SOURCES).get(task.name, ()):
        lines += yield from source(task, data, store)
    if not store.files(LEARN):
        where = "choose a folder of images" if data is None else f"{data} shows none; choose images"
        raise LithographError(
            f"There is nothing that the task {task.name!r} could learn structures from; {where} with masks "
            f"of {', '.join(structure.name for structure in task.structures)}."
        )
    return lines, found.notes
