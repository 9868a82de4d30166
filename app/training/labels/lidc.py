"""LIDC-IDRI: the readings of chest CTs by up to four radiologists, XML beside DICOM.

A nodule of 3 mm or more is outlined slice by slice; the edge map is the first line of pixels outside of it.
Smaller ones and non-nodules have a single point and are left out. Nodules of different readers whose boxes
overlap on a slice are one and the same; it counts when enough readers outlined it. A slice where only fewer
did is one on which they disagree, and as good as not looked at.

Source: Armato et al., Medical Physics 38 (2011) 915, doi 10.1118/1.3528204; TCIA's schema of readings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from xml.etree.ElementTree import Element

from app.errors import LithographError
from app.imaging.box import Box
from app.imaging.failures import reading
from app.tasks import Task
from app.training.labels.folder import Folder, open_all, stem_of
from app.training.labels.labelled import LabelledImage, LabelledSet
from app.training.labels.naming import unique_names
from app.training.labels.notes import Notes
from app.training.labels.xml import read_xml, starts_with, text_of
from models.progress import LongWork, Progress

NAME = "LIDC readings"
READERS = 2
"""Of four: how many have to have outlined a nodule where nobody says otherwise."""
_NEAR_MM = 0.05


@dataclass(frozen=True)
class _Nodule:
    """What one reader outlined: a box on each slice, by its SOP instance UID (or else its z in mm)."""

    reader: int
    boxes: dict[str, Box]


@dataclass(frozen=True)
class _Slice:
    path: Path
    series: str
    z: float | None


def found(folder: Folder) -> bool:
    """Whether one of its XML files holds readings."""
    return any(starts_with(file, b"LidcReadMessage") for file in folder.with_suffix(".xml"))


def read(folder: Folder, task: Task, readers: int = READERS) -> LongWork[LabelledSet]:
    """Reads all readings, and the slices of the series that they are about.

    Args:
        readers: how many of the four have to have outlined a nodule.

    Raises:
        LithographError: the task looks for something else, or no slice is of the series that was read.
    """
    if task.kind != "nodule":
        raise LithographError(
            f"The readings in {folder.root} are of lung nodules, and the task {task.name} looks for a "
            f"{task.kind}; choose a task for nodules."
        )
    notes = Notes()
    files = [file for file in folder.with_suffix(".xml") if starts_with(file, b"LidcReadMessage")]
    slices = yield from _slices(folder, notes)
    marks: dict[Path, tuple[Box, ...] | None] = {}
    for n, file in enumerate(files):
        root = read_xml(file)
        series = text_of(root, "ResponseHeader/SeriesInstanceUid")
        there = {uid: one for uid, one in slices.items() if one.series == series or not series}
        if there:
            nodules = list(_nodules(root, there, folder.named(file), notes))
            marks |= _per_slice(nodules, there, readers)
        else:
            notes.count(
                f"The series of {folder.named(file)} is missing.",
                "The series of {count} readings are missing; that of {where} is the first.",
                folder.named(file),
            )
        yield Progress(n + 1, len(files), "Reading labels")
    if not marks:
        raise LithographError(
            f"None of the {len(files):,} readings in {folder.root} ({folder.named(files[0])} for one) is of "
            f"one of the {len(slices):,} DICOM slices there; choose the folder that holds both."
        )
    opened = yield from open_all(marks, folder, notes)
    disagreed = sum(marks[path] is None for path in opened)
    if disagreed:
        notes.add(
            f"On {disagreed:,} slices fewer than {readers} readers outlined a nodule; "
            "they count as not looked at."
        )
    images = [
        LabelledImage(
            stem_of(path), entry.group, path, entry.index, entry.size, _clipped(marks[path], entry.size)
        )
        for path, entries in opened.items()
        for entry in entries[:1]
    ]
    return LabelledSet(unique_names(images), notes.sentences, NAME)


def _slices(folder: Folder, notes: Notes) -> LongWork[dict[str, _Slice]]:
    """The DICOM files by their SOP instance UID."""
    from app.imaging.dicom.header import numbers, read_header, text

    slices = {}
    for n, path in enumerate(folder.images):
        try:
            with reading(path):
                dataset = read_header(
                    path, ["SOPInstanceUID", "SeriesInstanceUID", "ImagePositionPatient"]
                ).dataset
        except LithographError as error:
            notes.count(
                f"An image is left out: {error}",
                "{count} images cannot be read and are left out; {where} is the first.",
                folder.named(path),
            )
            continue
        place = numbers(dataset, "ImagePositionPatient")
        z = place[2] if len(place) == 3 else None
        slices[text(dataset, "SOPInstanceUID")] = _Slice(path, text(dataset, "SeriesInstanceUID"), z)
        if n % 25 == 0:
            yield Progress(n, len(folder.images), "Looking at slices")
    return slices


def _nodules(root: Element, slices: dict[str, _Slice], where: str, notes: Notes) -> Iterator[_Nodule]:
    for reader, session in enumerate(root.iter("readingSession")):
        for nodule in session.iterfind("unblindedReadNodule"):
            boxes: dict[str, list[Box]] = defaultdict(list)
            points = 0
            for outline in nodule.iterfind("roi"):
                edge = _edge(outline, where)
                points = max(points, len(edge))
                if text_of(outline, "inclusion").upper() == "FALSE" or len(edge) < 2:
                    continue
                uid = _slice_of(outline, slices)
                if uid is None:
                    notes.count(
                        f"A slice of a nodule in {where} is missing.",
                        "{count} slices of nodules are missing; the first is one of {where}.",
                        where,
                    )
                    continue
                boxes[uid].append(_inside(edge))
            if boxes:
                yield _Nodule(reader, {uid: _around(parts) for uid, parts in boxes.items()})
            elif points == 1:
                notes.count(
                    f"A nodule below 3 mm in {where} has no outline and is left out.",
                    "{count} nodules below 3 mm have no outline and are left out; the first is in {where}.",
                    where,
                )


def _edge(outline: Element, where: str) -> list[tuple[float, float]]:
    try:
        return [
            (float(text_of(point, "xCoord")), float(text_of(point, "yCoord")))
            for point in outline.iterfind("edgeMap")
        ]
    except ValueError as error:
        raise LithographError(
            f"An edge map in {where} has a coordinate that is no number; download it again."
        ) from error


def _slice_of(outline: Element, slices: dict[str, _Slice]) -> str | None:
    """The slice of an outline: by its UID, else by its height."""
    uid = text_of(outline, "imageSOP_UID")
    if uid in slices:
        return uid
    try:
        z = float(text_of(outline, "imageZposition"))
    except ValueError:
        return None
    near = [(abs(one.z - z), uid) for uid, one in slices.items() if one.z is not None]
    distance, nearest = min(near, default=(float("inf"), ""))
    return nearest if distance <= _NEAR_MM else None


def _inside(edge: list[tuple[float, float]]) -> Box:
    """The box of what an edge map encloses; where that is nothing, of its own pixels."""
    xs, ys = [x for x, _ in edge], [y for _, y in edge]
    left, top, width, height = min(xs) + 0.5, min(ys) + 0.5, max(xs) - min(xs) - 1, max(ys) - min(ys) - 1
    if width < 1 or height < 1:
        return Box(min(xs) - 0.5, min(ys) - 0.5, max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)
    return Box(left, top, width, height)


def _around(boxes: list[Box]) -> Box:
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(left, top, right - left, bottom - top)


def _per_slice(
    nodules: list[_Nodule], slices: dict[str, _Slice], readers: int
) -> dict[Path, tuple[Box, ...] | None]:
    """The lesions of each slice: the median edges of its readers; None where too few outlined one there."""
    agreed: dict[str, list[Box]] = defaultdict(list)
    disputed: set[str] = set()
    for group in _same(nodules):
        by_slice: dict[str, dict[int, Box]] = defaultdict(dict)
        for nodule in group:
            for uid, box in nodule.boxes.items():
                by_slice[uid][nodule.reader] = box
        for uid, boxes in by_slice.items():
            if len(boxes) < readers:
                disputed.add(uid)
                continue
            left, top = (median(getattr(b, a) for b in boxes.values()) for a in ("x", "y"))
            right, bottom = (median(getattr(b, a) for b in boxes.values()) for a in ("right", "bottom"))
            agreed[uid].append(Box(left, top, right - left, bottom - top))
    return {one.path: None if uid in disputed else tuple(agreed[uid]) for uid, one in slices.items()}


def _same(nodules: list[_Nodule]) -> list[list[_Nodule]]:
    """Nodules that are the same one: their boxes overlap on a slice, directly or through a third reader's."""
    groups: list[list[_Nodule]] = []
    for nodule in nodules:
        touching = [group for group in groups if any(_overlap(nodule, other) for other in group)]
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append([nodule, *(other for group in touching for other in group)])
    return groups


def _overlap(a: _Nodule, b: _Nodule) -> bool:
    for uid in a.boxes.keys() & b.boxes.keys():
        one, other = a.boxes[uid], b.boxes[uid]
        across = min(one.right, other.right) - max(one.x, other.x)
        down = min(one.bottom, other.bottom) - max(one.y, other.y)
        if across > 0 and down > 0:
            return True
    return False


def _clipped(boxes: tuple[Box, ...] | None, size: tuple[int, int]) -> tuple[Box, ...] | None:
    if boxes is None:
        return None
    return tuple(inside for box in boxes if (inside := box.clipped(size)) is not None)
