"""YOLO labels: one text file per image, a line per lesion.

A line is `class x y width height`, or `class x0 y0 x1 y1 ...` for the outline of a segmentation, all as
shares of the image's width and height. The files lie in `labels` where the images lie in `images`, or beside
them. Class names are in `data.yaml` (or `classes.txt`, `obj.names`), if anywhere. An image without a file was
not looked at; an empty file says that there is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.errors import LithographError
from app.imaging.box import Box
from app.imaging.failures import damaged
from app.tasks import Task
from app.training.labels.classes import LESION, Classes
from app.training.labels.folder import Folder, OpenedImage, lines, open_all, read_text, stem_of
from app.training.labels.labelled import LabelledImage, LabelledSet, Mask
from app.training.labels.mask_files import without_masks
from app.training.labels.naming import check_matched, unique_names
from app.training.labels.notes import Notes
from app.training.labels.shapes import Corners, box_of, filled, polygon_corners
from models.progress import LongWork, Progress

NAME = "YOLO labels"
_MAX_LABELS = 1 << 26
_NAME_FILES = ("classes.txt", "obj.names", "labels.txt")
_FAR_OUTSIDE = 2.0
"""Images away from the image: coordinates that are pixels, not shares."""
_PARTS = ("learn", "train", "val", "test")


@dataclass(frozen=True)
class _Line:
    number: int
    group: str
    """The class, as it stands in the file."""
    values: tuple[float, ...]


def found(folder: Folder) -> bool:
    """Whether a text file lies where the labels of an image would, and looks like them."""
    files = _label_files(folder)
    looked_at = [file for file in files if file.stat().st_size][:20]
    return any(_looks_right(file) for file in looked_at) or (bool(files) and not looked_at)


def read(folder: Folder, task: Task) -> LongWork[LabelledSet]:
    """Reads all labels, and as much of the images as their size takes."""
    notes, files = Notes(), _label_files(folder)
    labels: dict[Path, list[_Line]] = {}
    for n, text in enumerate(files):
        labels[text] = parse(text, folder.named(text))
        yield Progress(n, len(files), "Reading labels")
    pairs = {image: _label_of(image, labels) for image in without_masks(folder)}
    check_matched(folder, "label files", files, list(filter(None, pairs.values())), notes)
    opened = yield from open_all(pairs, folder, notes)
    _check_shares(labels, folder)
    names = _class_names(folder)
    met = sorted({line.group for found in labels.values() for line in found})
    if not names and len(met) > 1:
        raise LithographError(
            f"The labels in {folder.root} hold the classes {', '.join(met)} and no names for them; put a "
            "data.yaml beside them with `names: [...]` in their order."
        )
    title = {group: _title(group, names) for group in met}
    classes = Classes(list(title.values()) if not names else list(names.values()), task, notes)
    images = []
    for path, entries in opened.items():
        file = pairs[path]
        if file is None:
            notes.count(
                f"The image {folder.named(path)} has no label file and counts as not looked at.",
                "{count} images have no label file and count as not looked at; {where} is the first.",
                folder.named(path),
            )
        for entry in entries:
            lines_of = labels[file] if file is not None else None
            images.append(_labelled(entry, lines_of, title, classes, folder.named(file or path), notes))
    classes.finish()
    return LabelledSet(unique_names(images), notes.sentences, NAME)


def parse(file: Path, named: str) -> list[_Line]:
    """The lines of one label file.

    Raises:
        LithographError: naming the line that is malformed.
    """
    found = []
    for number, words in lines(read_text(file, _MAX_LABELS)):
        try:
            values = tuple(float(word) for word in words[1:])
            group = words[0] if not _is_number(words[0]) else str(int(float(words[0])))
        except (ValueError, OverflowError):
            values, group = (), ""
        confidence = len(values) == 5
        polygon = len(values) >= 6 and len(values) % 2 == 0
        if not group or not (len(values) == 4 or confidence or polygon):
            raise LithographError(
                f"Line {number} of {named} is no YOLO label; write `class x y width height`, or a class and "
                "at least three points, as shares of the image."
            )
        found.append(_Line(number, group, values[:4] if confidence else values))
    return found


def _check_shares(labels: dict[Path, list[_Line]], folder: Folder) -> None:
    beyond = [
        (file, line)
        for file, found in labels.items()
        for line in found
        if max(map(abs, line.values)) > _FAR_OUTSIDE
    ]
    if beyond and 2 * len(beyond) > sum(len(found) for found in labels.values()):
        file, line = beyond[0]
        raise LithographError(
            f"The labels in {folder.root} are no shares of their image, line {line.number} of "
            f"{folder.named(file)} for one; divide pixels by the image's width or height."
        )


def _labelled(
    entry: OpenedImage,
    marks: list[_Line] | None,
    title: dict[str, str],
    classes: Classes,
    where: str,
    notes: Notes,
) -> LabelledImage:
    height, width = entry.size
    boxes: list[Box] = []
    outlines: dict[str, list[tuple[float, ...]]] = {}
    for mark in marks or ():
        meaning = classes(title[mark.group], where)
        pixels = tuple(v * (width, height)[n % 2] for n, v in enumerate(mark.values))
        at = f"{where}, line {mark.number}"
        if meaning == LESION:
            box = box_of(_corners(pixels), entry.size, at, notes)
            boxes += [box] if box is not None else []
        elif meaning is not None and len(pixels) > 4:
            outlines.setdefault(meaning, []).append(pixels)
        elif meaning is not None:
            notes.count(
                f"A structure is only boxed, not outlined, in {at} and is left out.",
                "{count} structures are only boxed, not outlined, and are left out; the first is in {where}.",
                at,
            )
    return LabelledImage(
        name=stem_of(entry.path),
        group=entry.group,
        path=entry.path,
        index=entry.index,
        size=entry.size,
        boxes=None if marks is None else tuple(boxes),
        read_masks=partial(_masks, outlines, entry.size),
        structures=tuple(outlines),
    )


def _masks(outlines: dict[str, list[tuple[float, ...]]], size: tuple[int, int]) -> dict[str, Mask]:
    return {name: filled(polygons, size) for name, polygons in outlines.items()}


def _corners(values: Sequence[float]) -> Corners:
    if len(values) > 4:
        return polygon_corners(values)
    x, y, width, height = values
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _title(group: str, names: dict[int, str]) -> str:
    return names.get(int(group), group) if group.isdigit() else group


def _label_files(folder: Folder) -> list[Path]:
    """Text files beside images or in a folder `labels`; what else lies about (README.txt) is none."""
    stems = {stem_of(image) for image in folder.images}
    chosen = []
    for file in folder.with_suffix(".txt"):
        if file.name.lower() in _NAME_FILES or file.stem.lower() in _PARTS:
            continue
        if file.stem in stems or (
            _in_labels(file, folder.root) and not file.stem.lower().startswith("readme")
        ):
            chosen.append(file)
    return chosen


def _in_labels(file: Path, root: Path) -> bool:
    parts = (root.name, *file.relative_to(root).parts[:-1])
    return any(part.lower() == "labels" for part in parts)


def _looks_right(file: Path) -> bool:
    try:
        words = next((words for _, words in lines(read_text(file, _MAX_LABELS))), [])
    except LithographError:
        return False
    return len(words) >= 5 and all(_is_number(word) for word in words[1:])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _label_of(image: Path, labels: dict[Path, list[_Line]]) -> Path | None:
    """The label file of an image: in the folder `labels` that mirrors its `images`, or beside it."""
    name = f"{stem_of(image)}.txt"
    places = [image.parent, image.parent / "labels", image.parent.parent / "labels"]
    parts = image.parent.parts
    for n in reversed(range(len(parts))):
        if parts[n].lower() == "images":
            places.insert(0, Path(*parts[:n], "labels", *parts[n + 1 :]))
            break
    return next((place / name for place in places if place / name in labels), None)


def _class_names(folder: Folder) -> dict[int, str]:
    """Names by number, from the file that holds them; empty where there is none."""
    for file in (*folder.with_suffix(".yaml", ".yml"), *folder.files):
        if file.suffix.lower() in (".yaml", ".yml"):
            names = names_in_yaml(read_text(file, _MAX_LABELS), file)
        elif file.name.lower() in _NAME_FILES and not _looks_right(file):
            text = read_text(file, _MAX_LABELS)
            names = dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
        else:
            continue
        if names:
            return names
    return {}


def names_in_yaml(text: str, file: Path) -> dict[int, str]:
    """The entry `names` of a data.yaml, in the three ways that it is written; nothing else is read.

    Raises:
        LithographError: it is there and is none of them.
    """
    start = re.search(r"^names[ \t]*:[ \t]*(.*)$", text, re.MULTILINE)
    if start is None:
        return {}
    inline = start[1].split(" #")[0].strip()
    rest = text[start.end() :]
    if inline.startswith(("[", "{")):
        whole = re.match(r"[\[{](.*?)[\]}]", inline + rest, re.DOTALL)
        items = [item.strip() for item in whole[1].split(",")] if whole else [""]
        items = [item for item in items if item]
    else:
        block = re.match(r"(?:[ \t]*(?:#.*)?\r?\n|[ \t]*-[ \t].*\r?\n?|[ \t]+\S.*\r?\n?)*", rest)
        found = [line.strip() for line in (block[0] if block else "").splitlines()]
        items = [line.removeprefix("-").strip() for line in found if line and not line.startswith("#")]
    names = {}
    for n, item in enumerate(items):
        keyed = re.fullmatch(r"['\"]?(\d+)['\"]?[ \t]*:[ \t]*(.+)", item)
        number, name = (int(keyed[1]), keyed[2]) if keyed else (n, item)
        names[number] = name.strip().strip("'\"")
    if not names or not all(names.values()):
        raise damaged(file, "its entry `names` is no list of class names")
    return names
