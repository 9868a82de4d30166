"""The files of a folder of labelled images, by what they are."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.errors import LithographError
from app.imaging.detect import looks_like_dicom
from app.imaging.failures import damaged, reading
from app.imaging.series import Series
from app.training.labels.notes import Notes
from models.progress import LongWork, Progress

MAX_FILES = 200_000
MAX_TEXT = 1 << 30
"""Bytes of a JSON or text file of labels."""
_RASTERS = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_VOLUMES = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd")
_TEXTS = (".txt", ".json", ".xml", ".yaml", ".yml", ".csv", ".md", ".names", ".toml")
_REPORT_EVERY = 25
_NOBODY = re.compile(r"(anon[a-z]*|unknown|none|patient|no ?name|[0 _-]*)", re.IGNORECASE)
"""Patient IDs that all patients have after anonymisation."""


@dataclass(frozen=True)
class Folder:
    """A folder and all files in it and its subfolders; nothing is opened yet."""

    root: Path
    files: tuple[Path, ...]
    chosen: Path | None = None
    """The one file that was asked for, where it was no folder."""

    def with_suffix(self, *suffixes: str) -> list[Path]:
        """Those whose names end so, in any case; of the one that was chosen alone if it does."""
        if self.chosen is not None and self.chosen.name.lower().endswith(suffixes):
            return [self.chosen]
        return [file for file in self.files if file.name.lower().endswith(suffixes)]

    @cached_property
    def images(self) -> tuple[Path, ...]:
        """What may be an image, masks among them: by suffix, or by content where a name has none."""
        return tuple(file for file in self.files if _may_be_image(file))

    @cached_property
    def by_name(self) -> dict[str, list[Path]]:
        """Images by file name in small letters."""
        found: dict[str, list[Path]] = defaultdict(list)
        for file in self.images:
            found[file.name.lower()].append(file)
        return found

    @cached_property
    def by_stem(self) -> dict[str, list[Path]]:
        """Images by `stem_of` in small letters."""
        found: dict[str, list[Path]] = defaultdict(list)
        for file in self.images:
            found[stem_of(file).lower()].append(file)
        return found

    def named(self, path: Path) -> str:
        """A file as it is told to the user: from the folder on."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def scan(data: Path) -> LongWork[Folder]:
    """Lists a folder, links to files included and links to folders left out, since they may run in circles.

    Raises:
        LithographError: it is not there, may not be read, or holds too many files or none.
    """
    data = data.absolute()
    root = data if data.is_dir() else data.parent
    if not data.exists():
        raise LithographError(f"There is no folder {data}; check its name, or whether its disk is connected.")
    files: list[Path] = []
    with reading(root):
        os.scandir(root).close()  # os.walk passes over a folder that may not be read
        for place, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            listed = (Path(place, name) for name in sorted(names) if not name.startswith("."))
            files += (file for file in listed if file.is_file())  # no pipes, no links to nowhere
            if len(files) > MAX_FILES:
                raise LithographError(
                    f"{root} holds more than {MAX_FILES:,} files; choose a folder further down."
                )
            yield Progress(0, 1, "Listing files")
    if not files:
        raise LithographError(f"The folder {root} is empty; choose a folder of images and their labels.")
    return Folder(root, tuple(files), data if data.is_file() else None)


def stem_of(file: Path) -> str:
    """The name without its suffix, `.nii.gz` in full; a DICOM name may have dots and no suffix."""
    name = file.name
    for suffix in (*_VOLUMES, *_RASTERS, *_TEXTS, ".dcm", ".dicom", ".ima"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def _may_be_image(file: Path) -> bool:
    name = file.name.lower()
    if name.endswith((*_RASTERS, *_VOLUMES, ".dcm", ".dicom", ".ima")):
        return True
    if name.endswith(_TEXTS):
        return False
    try:
        return looks_like_dicom(file)
    except OSError:
        return False


@dataclass(frozen=True)
class OpenedImage:
    """What is known of an image before its pixels are read."""

    path: Path
    index: int
    count: int
    """How many the file holds."""
    size: tuple[int, int]
    group: str


def open_headers(path: Path) -> list[OpenedImage]:
    """The images of a file. PNG, TIFF and JPEG are decoded to see whether they are whole.

    Raises:
        LithographError: it cannot be read.
    """
    from app.imaging import open_series

    with reading(path):
        series = open_series(path)
        if path.name.lower().endswith(_RASTERS):
            series[0]
        group = _group(path, series)
    return [OpenedImage(path, n, len(series), series.info.size, group) for n in range(len(series))]


def open_all(files: Iterable[Path], folder: Folder, notes: Notes) -> LongWork[dict[Path, list[OpenedImage]]]:
    """The images of many files; those that cannot be read are noted and left out."""
    wanted, opened = list(files), {}
    for n, file in enumerate(wanted):
        try:
            opened[file] = open_headers(file)
        except LithographError as error:
            notes.count(
                f"An image is left out: {error}",
                "{count} images cannot be read and are left out; {where} is the first.",
                folder.named(file),
            )
        if n % _REPORT_EVERY == 0:
            yield Progress(n, len(wanted), "Looking at images")
    return opened


def _group(path: Path, series: Series) -> str:
    """The patient of a DICOM file, or its series where all patients may have the same name (`ANONYMOUS`, 0).

    Of any other file its name.
    Roboflow writes several augmented copies of one original, `NAME.rf.HASH.jpg`: they are one group.
    """
    stem = stem_of(path).split(".rf.")[0]
    if not series.info.uid:
        return stem
    from app.imaging.dicom.header import read_header, text

    dataset = read_header(path, ["PatientID", "SeriesInstanceUID"]).dataset
    patient = text(dataset, "PatientID")
    if _NOBODY.fullmatch(patient.strip()):
        patient = text(dataset, "SeriesInstanceUID")
    return patient or stem


def read_text(path: Path, limit: int = MAX_TEXT) -> str:
    """A text file, UTF-8 or, where it is not, Latin-1.

    Raises:
        LithographError: it cannot be read or is larger than `limit` bytes.
    """
    with reading(path):
        if path.stat().st_size > limit:
            raise LithographError(
                f"{path} has more than {limit >> 20} MiB, which is no file of labels; choose another."
            )
        data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises:
        LithographError: it cannot be read, or is malformed.
    """
    import json

    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, str(error).splitlines()[0]) from error


def lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line number from 1, words) of each line that is not empty."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words:
            yield number, words
