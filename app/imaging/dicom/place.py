"""Where a DICOM slice lies in the patient (PS3.3 §C.7.6.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.imaging.dicom.header import frame_view, number, numbers
from app.imaging.dicom.reader import DicomSource


@dataclass(frozen=True)
class Place:
    """Origin and thickness in mm; direction is 3×3, row by row: its columns are those of `itk.Geometry`."""

    origin: tuple[float, ...]
    direction: tuple[float, ...]
    thickness: float


def place_of(source: DicomSource, frame: int) -> Place | None:
    """The place of a frame in the patient's LPS system; None where the header does not say."""
    view = frame_view(source.header.dataset, frame)
    position, orientation = numbers(view, "ImagePositionPatient"), numbers(view, "ImageOrientationPatient")
    if len(position) != 3 or len(orientation) != 6:
        return None
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(along_row), np.linalg.norm(along_column)
    if min(lengths) < 0.5 or abs(along_row @ along_column) > 1e-2:
        return None
    # Rounded cosines are made orthonormal again, as ITK insists.
    along_row = along_row / lengths[0]
    normal = np.cross(along_row, along_column)
    normal = normal / np.linalg.norm(normal)
    along_column = np.cross(normal, along_row)
    direction = np.stack([along_row, along_column, normal], axis=1)
    thickness = number(view, "SpacingBetweenSlices") or number(view, "SliceThickness") or 1.0
    return Place(tuple(position), tuple(direction.ravel().tolist()), abs(thickness) or 1.0)
