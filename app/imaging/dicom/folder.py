"""A folder of DICOM files: which series it holds, each in anatomical order."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from app.errors import LithographError
from app.imaging.detect import looks_like_dicom
from app.imaging.dicom.header import Header, numbers, read_header, text
from app.imaging.dicom.kinds import check_kind
from app.imaging.dicom.layout import frame_count
from app.imaging.dicom.reader import open_file, series_info
from app.imaging.failures import reading
from app.imaging.image import Image
from app.imaging.series import Series, SeriesInfo

MAX_FILES = 20_000
_TAGS = [
    "SOPClassUID", "Modality", "SeriesDescription", "StudyDescription", "SeriesInstanceUID", "SeriesNumber",
    "InstanceNumber", "AcquisitionNumber", "TemporalPositionIdentifier", "ImagePositionPatient",
    "ImageOrientationPatient", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows",
    "Columns", "DirectoryRecordSequence",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class FolderSeries:
    """A series of a folder: its slices in order, each a (file, frame)."""

    info: SeriesInfo
    slices: tuple[tuple[Path, int], ...]


def open_folder(folder: Path, series_uid: str | None = None) -> Series:
    """One series of a folder: that of `series_uid`, else the one with the most images.

    Raises:
        LithographError: there is no such series, or no DICOM image at all.
    """
    found = scan_folder(folder)
    chosen = found[0]
    if series_uid is not None:
        match = [series for series in found if series.info.uid == series_uid]
        if not match:
            uids = ", ".join(series.info.uid for series in found)
            raise LithographError(f"{folder} holds no series {series_uid}; choose one of {uids}.")
        chosen = match[0]

    def load(index: int) -> Image:
        path, frame = chosen.slices[index]
        return open_file(path)[frame]

    return Series(chosen.info, tuple(series.info for series in found), load)


def scan_folder(folder: Path) -> list[FolderSeries]:
    """The series in a folder and its subfolders, those with the most images first.

    Raises:
        LithographError: there are none; the sentence says what was found instead.
    """
    groups: dict[str, list[Header]] = defaultdict(list)
    refusals: list[LithographError] = []
    files = 0
    with reading(folder):
        for path in _files(folder):
            files += 1
            if files > MAX_FILES:
                raise LithographError(
                    f"{folder} holds more than {MAX_FILES:,} files; choose a folder further down."
                )
            if not looks_like_dicom(path):
                continue
            try:
                with reading(path):
                    header = read_header(path, _TAGS)
                    check_kind(header)
                groups[text(header.dataset, "SeriesInstanceUID")].append(header)
            except LithographError as refusal:
                refusals.append(refusal)
    if not groups:
        if refusals:
            more = (
                f" ({len(refusals) - 1} more files there are no images either)" if len(refusals) > 1 else ""
            )
            raise LithographError(str(refusals[0]).removesuffix(".") + more + ".")
        raise LithographError(
            f"{folder} holds no DICOM images; choose another folder, or an image file itself."
        )
    found = [_series(headers) for headers in groups.values()]
    return sorted(found, key=lambda series: (-series.info.count, series.info.number or 0, series.info.uid))


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise LithographError(
            f"There is no folder {folder}; check its name, or whether its disk is connected."
        )
    os.scandir(folder).close()  # os.walk passes over a folder that may not be read
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _series(headers: list[Header]) -> FolderSeries:
    ordered = _sorted(headers)
    slices = tuple((header.path, frame) for header in ordered for frame in range(frame_count(header)))
    return FolderSeries(series_info(ordered[0].dataset, len(slices)), slices)


def _sorted(headers: list[Header]) -> list[Header]:
    positions = _positions([header.dataset for header in headers])
    if positions is None:
        return sorted(headers, key=lambda header: (_whole(header, "InstanceNumber"), header.path))
    # Where slices share a place, the series holds several passes; each is kept together.
    repeated = len({round(position, 3) for position in positions}) < len(headers)

    def key(place: int) -> tuple[float, ...]:
        header = headers[place]
        passes = (
            (_whole(header, "TemporalPositionIdentifier"), _whole(header, "AcquisitionNumber"))
            if repeated
            else ()
        )
        return (*passes, positions[place], _whole(header, "InstanceNumber"))

    return [headers[place] for place in sorted(range(len(headers)), key=key)]


def _positions(datasets: list[Dataset]) -> list[float] | None:
    """Each ImagePositionPatient along the normal (PS3.3 §C.7.6.2.1.1); None where planes are not parallel."""
    normals, origins = [], []
    for dataset in datasets:
        orientation, position = (
            numbers(dataset, "ImageOrientationPatient"),
            numbers(dataset, "ImagePositionPatient"),
        )
        if len(orientation) != 6 or len(position) != 3:
            return None
        normals.append(np.cross(orientation[:3], orientation[3:]))
        origins.append(position)
    if np.abs(np.array(normals) - normals[0]).max() > 1e-2:
        return None
    return [float(value) for value in np.array(origins) @ normals[0]]


def _whole(header: Header, keyword: str) -> int:
    found = numbers(header.dataset, keyword)
    return int(found[0]) if found else 0
