"""COCO: one JSON file for all images, with boxes, polygons and run lengths.

Coordinates count from 0 at the image's edge. Lesions become boxes; of structures the outlines are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Any

from app.errors import LithographError
from app.imaging.box import Box
from app.imaging.failures import damaged
from app.tasks import Task
from app.training.labels.classes import LESION, Classes
from app.training.labels.folder import Folder, OpenedImage, open_all, read_json, stem_of
from app.training.labels.labelled import LabelledImage, LabelledSet, Mask
from app.training.labels.naming import nearest, unique_names
from app.training.labels.notes import Notes
from app.training.labels.shapes import Corners, box_of, filled, polygon_corners, run_lengths, unpacked_lengths
from models.progress import LongWork, Progress

NAME = "COCO labels"
_HEAD = 1 << 16
Entry = dict[str, Any]


def found(folder: Folder) -> bool:
    """Whether one of its JSON files has images and annotations."""
    return any(_looks_right(file) for file in folder.with_suffix(".json"))


def read(folder: Folder, task: Task) -> LongWork[LabelledSet]:
    """Reads all files of the format, often one for each part; images that none names are left out."""
    notes = Notes()
    files = [file for file in folder.with_suffix(".json") if _looks_right(file)]
    parts = [(file, _checked(read_json(file), file)) for file in files]
    names = {c["name"] for _, content in parts for c in content["categories"] if c["name"]}
    classes = Classes(sorted(names), task, notes)
    images: list[LabelledImage] = []
    for file, content in parts:
        images += yield from _read_part(file, content, folder, classes, notes)
    classes.finish()
    return LabelledSet(unique_names(images), notes.sentences, NAME)


def _read_part(
    file: Path, content: dict[str, list[Entry]], folder: Folder, classes: Classes, notes: Notes
) -> LongWork[list[LabelledImage]]:
    where = folder.named(file)
    paths: dict[Path, Entry] = {}
    for entry in content["images"]:
        path = _find(str(entry.get("file_name", "")), file, folder)
        if path is None:
            notes.count(
                f"The image {entry.get('file_name')} of {where} is missing.",
                f"{{count}} images of {where} are missing; {{where}} is the first.",
                str(entry.get("file_name")),
            )
        else:
            paths.setdefault(path, entry)
    if content["images"] and not paths:
        example = content["images"][0].get("file_name")
        raise LithographError(
            f"None of the {len(content['images']):,} images that {where} names ({example} for one) is among "
            f"the {len(folder.images):,} images in {folder.root}; choose the folder that holds both."
        )
    titles = {category["id"]: category["name"] for category in content["categories"]}
    marks: dict[Any, list[Entry]] = defaultdict(list)
    for mark in content["annotations"]:
        marks[mark["image_id"]].append(mark)
    unknown = marks.keys() - {entry["id"] for entry in content["images"]}
    if unknown:
        notes.add(f"{len(unknown):,} images of annotations in {where} are not in its list of images.")
    yield Progress(0, len(paths), "Reading labels")
    opened = yield from open_all(paths, folder, notes)
    images = []
    for path, entries in opened.items():
        stated = tuple(paths[path].get(side) for side in ("height", "width"))
        first = entries[0]
        if all(stated) and stated != first.size:
            notes.count(
                f"The image {path.name} is of another size than {where} says and is left out.",
                f"{{count}} images are of another size than {where} says and are left out; "
                "{where} is the first.",
                path.name,
            )
            continue
        images.append(_labelled(first, marks[paths[path]["id"]], titles, classes, where, notes))
    return images


def _labelled(
    entry: OpenedImage,
    marks: list[Entry],
    titles: Mapping[Any, str],
    classes: Classes,
    where: str,
    notes: Notes,
) -> LabelledImage:
    boxes: list[Box] = []
    outlines: dict[str, list[Any]] = defaultdict(list)
    for mark in marks:
        meaning = classes(titles.get(mark["category_id"], f"number {mark['category_id']}"), where)
        at = f"{where}, annotation {mark.get('id', '?')} of {entry.path.name}"
        try:
            if meaning == LESION:
                box = box_of(_corners(mark), entry.size, at, notes)
                boxes += [box] if box is not None else []
            elif meaning is not None:
                outline = mark["segmentation"]
                _drawn([outline], entry.size)  # now, so that what is malformed is noted
                outlines[meaning].append(outline)
        except (KeyError, TypeError, ValueError, IndexError):
            notes.count(
                f"The mark in {at} is malformed and is left out.",
                "{count} marks are malformed and are left out; the first is in {where}.",
                at,
            )
    return LabelledImage(
        stem_of(entry.path),
        entry.group,
        entry.path,
        entry.index,
        entry.size,
        tuple(boxes),
        partial(_masks, dict(outlines), entry.size),
        tuple(outlines),
    )


def _masks(outlines: Mapping[str, list[Any]], size: tuple[int, int]) -> dict[str, Mask]:
    return {name: _drawn(parts, size) for name, parts in outlines.items()}


def _drawn(parts: list[Any], size: tuple[int, int]) -> Mask:
    """The union of segmentations: lists of polygons, or run lengths."""
    mask = filled((), size)
    for part in parts:
        if isinstance(part, dict):
            counts = part["counts"]
            if tuple(part["size"]) != size:
                raise ValueError("run lengths of another size")
            counts = unpacked_lengths(counts) if isinstance(counts, str) else counts
            mask |= run_lengths(counts, size)
        else:
            mask |= filled([[float(v) for v in polygon] for polygon in part], size)
    return mask


def _corners(mark: Entry) -> Corners:
    """Of the box, else of the polygons."""
    if mark.get("bbox"):
        x, y, width, height = (float(value) for value in mark["bbox"])
        return x, y, x + width, y + height
    return polygon_corners([float(value) for polygon in mark["segmentation"] for value in polygon])


def _checked(content: Any, file: Path) -> dict[str, list[Entry]]:
    """The three lists of the format, each entry with what it cannot do without."""
    needed = {"images": ("id",), "annotations": ("image_id", "category_id"), "categories": ("id", "name")}
    lists = {}
    for key, attributes in needed.items():
        entries = content.get(key, []) if isinstance(content, dict) else None
        if not isinstance(entries, list):
            raise damaged(file, f"its `{key}` is no list")
        for number, entry in enumerate(entries):
            values = [entry.get(a) if isinstance(entry, dict) else None for a in attributes]
            if not all(isinstance(value, int | str) for value in values):
                raise damaged(file, f"entry {number} of `{key}` lacks {' or '.join(attributes)}")
        lists[key] = entries
    return lists


def _find(name: str, file: Path, folder: Folder) -> Path | None:
    """The image of that name: from the JSON file on, or anywhere in the folder; never outside of it."""
    base = PureWindowsPath(name).name.lower()
    candidates = folder.by_name.get(base) if base else None
    if not candidates:
        return None
    ends = tuple(part.lower() for part in PureWindowsPath(name).parts)
    exact = [c for c in candidates if tuple(p.lower() for p in c.parts[-len(ends) :]) == ends]
    return nearest(file, exact or candidates)


def _looks_right(file: Path) -> bool:
    try:
        if file.stat().st_size > _HEAD:
            with file.open("rb") as start:
                head = start.read(_HEAD)
                start.seek(-_HEAD, 2)
                head += start.read()
        else:
            head = file.read_bytes()
    except OSError:
        return False
    return sum(key in head for key in (b'"images"', b'"annotations"', b'"categories"')) >= 2
