"""Mask files: which files of a folder are masks, what they mean, and their values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.imaging.failures import damaged, reading
from app.imaging.limits import check_size
from app.tasks import Task
from app.training.labels.classes import LESION, meaning_of
from app.training.labels.folder import Folder, stem_of

Labels = NDArray[Any]
ANY = ""
"""The meaning of a mask whose values decide: numbers of structures, or a lesion."""
INSTANCES = "lesions"
"""The meaning of a mask whose every value is a lesion of its own."""
_CERTAIN, _POSSIBLE = ("masks", "mask", "segmentations"), ("labels", "annotations")
"""Folders of masks."""
_PARTS = ("train", "val", "valid", "test")
_ENDINGS = {
    "_anatomy": ANY, "_structures": ANY, "_labels": ANY, "_label": ANY, "_seg": ANY, "_segmentation": ANY,
    "_mask": ANY, "-mask": ANY, "_lesions": INSTANCES, "_lesion": LESION,
}  # fmt: skip
_VOLUMES = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd")


@dataclass(frozen=True)
class MaskFile:
    """A file of masks, and the image that it belongs to."""

    path: Path
    stem: str
    """Of its image."""
    meaning: str
    """`LESION`, the name of a structure, `ANY` or `INSTANCES`."""
    unknown: str = ""
    """The name of its folder where that is no structure of the task."""


def mask_files(folder: Folder, task: Task | None = None) -> list[MaskFile]:
    """The masks of a folder; without a task the names of structures are not looked at."""
    places = {path: _mask_folder(path, folder.root) for path in folder.images}
    outside = {stem_of(path).lower() for path, at in places.items() if at is None}
    found = []
    for path, at in places.items():
        stem = stem_of(path)
        ending = next((end for end in _ENDINGS if stem.lower().endswith(end) and len(stem) > len(end)), "")
        bare = stem[: len(stem) - len(ending)]
        meaning = _ENDINGS.get(ending, ANY)
        if at is None:
            if ending and bare.lower() in outside:
                found.append(MaskFile(path, bare, meaning))
            continue
        parts = path.relative_to(folder.root).parts[:-1]
        own = stem if stem.lower() in outside else bare
        if parts[at].lower() not in _CERTAIN and own.lower() not in outside:
            continue  # `labels` and `annotations` may hold images
        below = [part for part in parts[at + 1 :] if part.lower() not in _PARTS]
        named = meaning_of(below[0], task) if below and task is not None else meaning
        found.append(MaskFile(path, own, ANY if named is None else named, below[0] if named is None else ""))
    return found


def without_masks(folder: Folder) -> list[Path]:
    """The images of a folder that are no masks of others."""
    masks = {file.path for file in mask_files(folder)}
    return [path for path in folder.images if path not in masks]


def _mask_folder(path: Path, root: Path) -> int | None:
    """Which of the folders between `root` and a file holds masks; None where none does."""
    parts = path.relative_to(root).parts[:-1]
    return max((n for n, part in enumerate(parts) if part.lower() in _CERTAIN + _POSSIBLE), default=None)


def read_stack(path: Path, *, as_volume: bool) -> list[tuple[int, partial[Labels]]]:
    """The label maps of a file, each by its index, read when called.

    Args:
        path: PNG, TIFF or a volume of labels.
        as_volume: whether its image is a volume file, too, so that both are turned upright alike. A label map
            beside an image of another format lies as that does.

    Raises:
        LithographError: it cannot be read.
    """
    if path.name.lower().endswith(_VOLUMES):
        if not as_volume:
            return [(0, partial(_single, path))]
        from app.imaging import open_series

        return [(n, partial(_slice, path, n)) for n in range(len(open_series(path)))]
    return [(0, partial(_raster, path))]


def _single(path: Path) -> Labels:
    from app.imaging import read_label_map

    return read_label_map(path)


def _slice(path: Path, index: int) -> Labels:
    from app.imaging import open_series

    return open_series(path)[index].pixels


def _raster(path: Path) -> Labels:
    """(height, width): the values of a grey picture, or the numbers of a palette's colours."""
    from PIL import Image as Pillow

    with reading(path), Pillow.open(path) as file:
        check_size(path, file.height, file.width)
        values = np.asarray(file)
    if values.ndim == 3:
        colour = values[..., :3] if values.shape[2] >= 3 else values[..., :1]
        if (colour != colour[..., :1]).any():
            raise LithographError(
                f"The mask {path} is in colour; save it in grey, each pixel the number of its structure."
            )
        values = colour[..., 0]
    if values.dtype.kind not in "biu":
        raise damaged(path, f"it holds {values.dtype} values instead of labels")
    return values.astype(np.int64) if values.dtype.kind == "i" else values
