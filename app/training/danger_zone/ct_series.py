"""The CT series in the user's data: where they are, and one as a volume in HU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.imaging.image import Image
from app.training.danger_zone.nodule_crops import TABLE
from models.progress import LongWork, Progress

MEASURED_ON = frozenset({"lidc_idri_0314"})
"""Series that the project's own figures are measured on: found among others, they are never learnt from."""
_VOLUMES = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd")
_LEAST_SLICES = 8


@dataclass(frozen=True, eq=False)
class CtVolume:
    """`hu` (slices, height, width) and the distance of slices, rows and columns in mm."""

    hu: NDArray[np.integer]
    spacing: tuple[float, float, float]


def ct_series(data: Path | None) -> list[Path]:
    """Where CT series may be: a volume's file, a folder of DICOM slices, or either in the folders of `data`.

    Raises:
        LithographError: there is no such folder, or it is empty.
    """
    if data is None or data.is_file():
        return [data] if data else []
    if not data.is_dir():
        raise LithographError(f"There is no folder {data}; choose the folder of a CT series.")
    entries = sorted(entry for entry in data.iterdir() if not entry.name.startswith("."))
    if not entries:
        raise LithographError(f"The folder {data} is empty; choose the folder of a CT series.")
    if any(entry.is_file() and entry.suffix != ".md" for entry in entries):
        return _series_in(data)
    return [
        series
        for entry in entries
        if entry.is_dir() and entry.name not in MEASURED_ON
        for series in _series_in(entry)
    ]


def _series_in(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    if folder / TABLE in files:
        return []  # cut-outs, a source of their own
    volumes = [file for file in files if file.name.endswith(_VOLUMES)]
    return volumes or ([folder] if files else [])


def is_collection(data: Path) -> bool:
    """Whether it is the folder of many data sets that the project's own figures are measured on."""
    return any((data / name).is_dir() for name in MEASURED_ON)


def read_volume(series: Path) -> LongWork[CtVolume]:
    """One CT series.

    Raises:
        LithographError: it is not one CT in HU of at least eight slices of one size.
    """
    from app.imaging import open_series

    opened = open_series(series)
    if len(opened) < _LEAST_SLICES:
        raise LithographError(f"{series} has only {len(opened)} slices; choose a folder with an axial CT.")
    images = []
    for image in opened:
        images.append(image)
        yield Progress(len(images), len(opened), "Reading a CT")
    shape = images[0].pixels.shape
    alike = all(image.unit == "HU" and image.pixels.shape == shape for image in images)
    if not alike or not any((image.pixels < -300).any() for image in images):  # a label map is in no unit
        raise LithographError(f"{series} is not one CT series in HU; choose a folder with an axial CT.")
    return CtVolume(
        np.stack([image.pixels for image in images]), (_slice_distance(images), *images[0].pixel_mm)
    )


def _slice_distance(images: list[Image]) -> float:
    """mm from slice to slice, from where the first and the last one lie; 1 where that is unknown."""
    from app.imaging.dicom.place import place_of
    from app.imaging.dicom.reader import DicomSource

    ends = []
    for image in (images[0], images[-1]):
        header = image.source.header
        place = place_of(header, 0) if isinstance(header, DicomSource) else header
        ends.append(getattr(place, "origin", None))
    if len(images) < 2 or ends[0] is None or ends[1] is None:
        return 1.0
    return float(np.linalg.norm(np.subtract(ends[1], ends[0]))) / (len(images) - 1)
