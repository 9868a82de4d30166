"""Where a DICOM slice lies in the patient (PS3.3 §C.7.6.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from app.imaging.dicom.header import frame_view, number, numbers
from app.imaging.dicom.reader import DicomSource


@dataclass(frozen=True)
class Place:
    """Origin and thickness in mm; direction is 3×3, row by row: its columns are those of `itk.Geometry`."""

    origin: tuple[float, ...]
    direction: tuple[float, ...]
    thickness: float


def directions_of(source: DicomSource, frame: int) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Unit vectors (LPS) of rising column and rising row of a frame; None where the header does not say."""
    axes = _axes(frame_view(source.header.dataset, frame))
    return None if axes is None else (tuple(axes[0].tolist()), tuple(axes[1].tolist()))


def place_of(source: DicomSource, frame: int) -> Place | None:
    """The place of a frame in the patient's LPS system; None where the header does not say."""
    view = frame_view(source.header.dataset, frame)
    position, axes = numbers(view, "ImagePositionPatient"), _axes(view)
    if len(position) != 3 or axes is None:
        return None
    direction = np.stack([*axes, np.cross(*axes)], axis=1)
    thickness = number(view, "SpacingBetweenSlices") or number(view, "SliceThickness") or 1.0
    return Place(tuple(position), tuple(direction.ravel().tolist()), abs(thickness) or 1.0)


def _axes(view: Dataset) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """ImageOrientationPatient, its rounded cosines made orthonormal again, as ITK insists."""
    orientation = numbers(view, "ImageOrientationPatient")
    if len(orientation) != 6:
        return None
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(along_row), np.linalg.norm(along_column)
    if min(lengths) < 0.5 or abs(along_row @ along_column) > 1e-2:
        return None
    along_row = along_row / lengths[0]
    normal = np.cross(along_row, along_column)
    normal = normal / np.linalg.norm(normal)
    return along_row, np.cross(normal, along_row)
