"""Pascal VOC: an XML file per image, with boxes in pixels.

Edges are counted from 0 at the image's edge, as labelImg, CVAT and Roboflow write them. (The challenge itself
counted pixels from 1; read so, boxes would be half a pixel off.)
"""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from xml.etree.ElementTree import Element

from app.errors import LithographError
from app.imaging.box import Box
from app.tasks import Task
from app.training.labels.classes import LESION, Classes
from app.training.labels.folder import Folder, OpenedImage, open_all, stem_of
from app.training.labels.labelled import LabelledImage, LabelledSet
from app.training.labels.mask_files import without_masks
from app.training.labels.naming import check_matched, nearest, unique_names
from app.training.labels.notes import Notes
from app.training.labels.shapes import box_of
from app.training.labels.xml import read_xml, starts_with, text_of
from models.progress import LongWork, Progress

NAME = "Pascal VOC labels"


def found(folder: Folder) -> bool:
    """Whether one of its XML files is an annotation."""
    return any(starts_with(file, b"annotation") for file in folder.with_suffix(".xml"))


def read(folder: Folder, task: Task) -> LongWork[LabelledSet]:
    """Reads all annotations; of the images that none belongs to, nobody looked at."""
    notes = Notes()
    files = [file for file in folder.with_suffix(".xml") if starts_with(file, b"annotation")]
    roots: dict[Path, Element] = {}
    for n, file in enumerate(files):
        roots[file] = read_xml(file)
        yield Progress(n, len(files), "Reading labels")
    of_image: dict[Path, Path] = {}
    for file, root in roots.items():
        image = _image_of(file, root, folder)
        if image is not None:
            of_image.setdefault(image, file)
    check_matched(folder, "annotations", files, list(of_image.values()), notes)
    names = {text_of(mark, "name") for root in roots.values() for mark in root.iterfind("object")}
    classes = Classes(sorted(names), task, notes)
    opened = yield from open_all(without_masks(folder), folder, notes)
    images = []
    for path, entries in opened.items():
        xml = of_image.get(path)
        for entry in entries:
            boxes = None
            if xml is not None:
                boxes = _boxes(roots[xml], entry, classes, folder.named(xml), notes)
            images.append(LabelledImage(stem_of(path), entry.group, path, entry.index, entry.size, boxes))
    classes.finish()
    return LabelledSet(unique_names(images), notes.sentences, NAME)


def _image_of(file: Path, root: Element, folder: Folder) -> Path | None:
    """By the file name in it, else by its own name."""
    named = PureWindowsPath(text_of(root, "filename")).name  # understands both kinds of slashes
    for candidates in (folder.by_name.get(named.lower()), folder.by_stem.get(stem_of(file).lower())):
        if candidates:
            return nearest(file, candidates)
    return None


def _boxes(
    root: Element, entry: OpenedImage, classes: Classes, where: str, notes: Notes
) -> tuple[Box, ...] | None:
    stated = tuple(_number(root, f"size/{side}") for side in ("height", "width"))
    if all(stated) and stated != entry.size:
        notes.count(
            f"{where} is of an image of another size than {entry.path.name} and is left out.",
            "{count} annotations are of images of another size and are left out; {where} is the first.",
            where,
        )
        return None
    boxes = []
    for number, mark in enumerate(root.iterfind("object"), start=1):
        meaning = classes(text_of(mark, "name"), where)
        corners = tuple(_number(mark, f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax"))
        if None in corners:
            raise LithographError(
                f"Object {number} of {where} has no complete box; give it xmin, ymin, xmax and ymax."
            )
        if meaning == LESION:
            left, top, right, bottom = (float(edge or 0) for edge in corners)
            box = box_of((left, top, right, bottom), entry.size, f"{where}, object {number}", notes)
            boxes += [box] if box is not None else []
        elif meaning is not None:
            notes.count(
                f"A structure is only boxed, not outlined, in {where} and is left out.",
                "{count} structures are only boxed, not outlined, and are left out; the first is in {where}.",
                where,
            )
    return tuple(boxes)


def _number(element: Element, path: str) -> float | None:
    try:
        return float(text_of(element, path))
    except ValueError:
        return None
