"""What backgrounds of a task are learnt from: the simulator, CT to be projected, cut-outs, and images.

| `data` | `kub-xray` | `lung-ct` | `abdomen-ct` |
|---|---|---|---|
| none | phantoms | phantoms | nothing |
| a CT series, or folders of them | projections, and phantoms | slices with lung | coronal planes |
| cut-outs around nodules (`nodules.csv`) | nothing | mosaics of them, and phantoms | nothing |
| any other folder of images | those | those | those |

A folder of whole images is learnt from alone, so that what is drawn looks like them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import LithographError
from app.imaging.box import Box
from app.imaging.orientation import plane_of
from app.simulation import can_generate
from app.tasks import Task
from app.training.background.index import Stream
from app.training.danger_zone.ct_coronal_planes import CHECKED_ON
from app.training.danger_zone.ct_series import MEASURED_ON, ct_series, is_collection
from app.training.danger_zone.nodule_crops import nodule_folder
from app.training.danger_zone.stone_images import stone_folders
from app.training.labels import LabelledImage, own, read_labelled
from app.training.labels.folder import scan
from app.training.labels.mask_files import without_masks
from app.training.labels.naming import images_of
from app.training.labels.notes import Notes
from app.training.labels.reading import NoLabels
from models.progress import LongWork

_LEAST_SLICES = 40
"""A CT to be projected or cut across has so many slices at least."""
PHANTOM = Stream("phantom", "phantom")


@dataclass(frozen=True)
class Sources:
    """Where images are: simulated ones, the folders of the user's own, and one of cut-outs."""

    streams: tuple[Stream, ...] = ()
    folders: tuple[Path, ...] = ()
    crops: Path | None = None
    projected: tuple[Path, ...] = ()
    """CT series that are in `streams`: their slices are no images of the task's kind."""


def sources_of(task: Task, data: Path | None) -> Sources:
    """What there is in `data` for a task.

    Raises:
        LithographError: there is no such folder, it is empty, or the task has nothing to learn from.
    """
    phantom = (PHANTOM,) if can_generate(task.name) else ()
    if data is None:
        if not phantom:
            raise LithographError(
                f"The task {task.name!r} has no simulator to learn from; choose a folder of images."
            )
        return Sources(phantom)
    data = data.absolute()
    crops = nodule_folder(data) if task.covering else None
    projected = tuple(_series(task, data))
    streams = tuple(
        Stream(f"ct:{path}", f"ct{n}", first=8, every=256, most=40, held_out=4)
        for n, path in enumerate(projected)
    )
    if projected or crops is not None:
        streams = (*phantom, *streams)
    return Sources(streams, _folders(task, data, crops), crops, projected)


def _series(task: Task, data: Path) -> list[Path]:
    """The CT series in `data` that are made into images of another plane or a projection."""
    if task.plane == "axial" or not can_generate(task.name, "ct") or not _has_entries(data):
        return []
    if task.plane and stone_folders(data):
        return []  # images that lie as they should
    found = ct_series(data)
    if is_collection(data):
        found = [path for path in found if not CHECKED_ON & {path.name, path.parent.name}]
    return [path for path in found if _is_axial_ct(path)]


def _folders(task: Task, data: Path, crops: Path | None) -> tuple[Path, ...]:
    if is_collection(data):  # of many kinds of images, so those for this task are chosen by name
        names = sorted(MEASURED_ON) if task.covering else []
        stones = stone_folders(data) if task.plane == "coronal" else ()
        return (*(data / name for name in names if (data / name).is_dir()), *stones)
    return () if crops == data else (data,)


def _has_entries(data: Path) -> bool:
    return data.is_file() or (data.is_dir() and any(data.iterdir()))


def _is_axial_ct(path: Path) -> bool:
    from app.imaging import open_series

    try:
        series = open_series(path)
        if len(series) < _LEAST_SLICES or series.info.modality != "CT":
            return False
        return plane_of(series[len(series) // 2]) in ("", "axial")
    except LithographError:
        return False


def images_in(data: Path, sources: Sources, task: Task, notes: Notes) -> LongWork[tuple[LabelledImage, ...]]:
    """The images of a folder or file, with the patients that they are from and boxes around their lesions.

    Masks are no images. Labels that cannot be read are noted; the images are learnt from as they are.

    Raises:
        LithographError: there is no such folder, it is empty, or it is a damaged training set.
    """
    folder = yield from scan(data)
    if own.found(folder):
        found = yield from own.read(folder, task)
        for note in found.notes:
            notes.add(note)
        return found.images
    files = [folder.chosen] if folder.chosen is not None else without_masks(folder)
    files = [file for file in files if not _within(file, sources)]
    boxes: dict[tuple[Path, int], tuple[Box, ...] | None] = {}
    try:
        labelled = yield from read_labelled(data, task)
        boxes = {(image.path, image.index): image.boxes for image in labelled.images}
    except NoLabels:
        pass
    except LithographError as error:
        notes.add(f"Lesions stay in the images that are learnt from, for their labels are not read: {error}")
    images = yield from images_of(files, folder, notes)
    return tuple(replace(image, boxes=boxes.get((image.path, image.index))) for image in images)


def _within(file: Path, sources: Sources) -> bool:
    places = (*sources.projected, *((sources.crops,) if sources.crops else ()))
    return any(file == place or file.is_relative_to(place) for place in places)
