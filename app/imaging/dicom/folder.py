"""A folder of DICOM files: which series it holds, each in anatomical order."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import LithographError
from app.imaging.detect import looks_like_dicom
from app.imaging.dicom.header import Header, read_header, text
from app.imaging.dicom.kinds import check_kind
from app.imaging.dicom.layout import frame_count
from app.imaging.dicom.order import TAGS, stacks
from app.imaging.dicom.reader import open_file, series_info
from app.imaging.failures import reading
from app.imaging.image import Image
from app.imaging.series import Series, SeriesInfo

MAX_FILES = 20_000
_TAGS = [
    *TAGS, "SOPClassUID", "SeriesDescription", "StudyDescription", "SeriesInstanceUID", "SeriesNumber",
    "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "DirectoryRecordSequence",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class FolderSeries:
    """A series of a folder: its slices in order, each a (file, frame), and what is amiss with it."""

    info: SeriesInfo
    slices: tuple[tuple[Path, int], ...]
    notes: tuple[str, ...] = ()


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

    return Series(chosen.info, tuple(series.info for series in found), load, chosen.notes, folder)


def scan_folder(folder: Path) -> list[FolderSeries]:
    """The series in a folder and its subfolders, those with the most images first.

    A series that holds several orientations counts as several, see `order.stacks`.

    Raises:
        LithographError: there are none; the sentence says what was found instead.
    """
    groups: dict[str, list[Header]] = defaultdict(list)
    refusals: list[LithographError] = []
    left_out: dict[str, list[Path]] = defaultdict(list)
    files = 0
    with reading(folder):
        for path in _files(folder):
            files += 1
            if files > MAX_FILES:
                raise LithographError(
                    f"{folder} holds more than {MAX_FILES:,} files; choose a folder further down."
                )
            uid = ""
            try:
                with reading(path):
                    if not looks_like_dicom(path):
                        continue
                    header = read_header(path, _TAGS)
                    uid = text(header.dataset, "SeriesInstanceUID")
                    check_kind(header)
                groups[uid].append(header)
            except LithographError as refusal:
                refusals.append(refusal)
                if path.name.upper() != "DICOMDIR":
                    left_out[uid].append(path)
    if not groups:
        if refusals:
            more = (
                f" ({len(refusals) - 1} more files there are no images either)" if len(refusals) > 1 else ""
            )
            raise LithographError(str(refusals[0]).removesuffix(".") + more + ".")
        raise LithographError(
            f"{folder} holds no DICOM images; choose another folder, or an image file itself."
        )
    found = [
        replace(series, notes=(*series.notes, *_refused(left_out[uid] + (left_out[""] if uid else []))))
        for uid, headers in groups.items()
        for series in _series(headers)
    ]
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


def _series(headers: list[Header]) -> list[FolderSeries]:
    """The stacks of one series, the largest under the series' own UID."""
    found = []
    for number, stack in enumerate(stacks(headers), start=1):
        slices = tuple((file.path, frame) for file in stack.headers for frame in range(frame_count(file)))
        info = series_info(stack.headers[0].dataset, len(slices))
        if number > 1:
            words = (info.description, stack.plane or "without a place")
            description = ", ".join(word for word in words if word)
            info = replace(info, uid=f"{info.uid}#{number}", description=description)
        found.append(FolderSeries(info, slices, stack.notes))
    return found


def _refused(files: list[Path]) -> list[str]:
    """What is said of files of a series, or of no series, that are no images."""
    if not files:
        return []
    if len(files) == 1:
        return [f"The file {files[0].name} cannot be read as an image and is left out."]
    return [f"{len(files)} files, {files[0].name} for one, cannot be read as images and are left out."]
