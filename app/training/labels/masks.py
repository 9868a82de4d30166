"""Masks: pictures or volumes of labels beside their images.

A mask has the name of its image, in a folder `masks` (`masks/spine/NAME.png` for a single structure,
`masks/lesion/NAME.png` for lesions) or with `_mask`, `_anatomy`, `_labels`, `_seg` or `_lesions` behind it.
Where neither folder nor ending says what it shows its values do: the numbers of the task's structures, as in
every label map of this program, or, where all masks have a single value, 1 or 255, lesions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from app.errors import LithographError
from app.imaging.box import Box
from app.tasks import Task
from app.training.labels.classes import LESION
from app.training.labels.folder import Folder, OpenedImage, open_all, stem_of
from app.training.labels.labelled import LabelledImage, LabelledSet, Mask
from app.training.labels.mask_files import ANY, INSTANCES, Labels, MaskFile, mask_files, read_stack
from app.training.labels.naming import check_matched, nearest, unique_names
from app.training.labels.notes import Notes
from app.training.labels.shapes import lesion_boxes
from models.progress import LongWork, Progress

NAME = "masks"
_MOST_VALUES = 4096
"""Of a map of lesions; what has more is no label map."""
_VOLUME_FORMATS = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd")


@dataclass(frozen=True)
class _Map:
    """One label map that fits its image: how it is read, its file, and the values in it."""

    file: MaskFile
    read: partial[Labels]
    values: frozenset[int]
    boxes: tuple[Box, ...]
    """Around its parts, in case it shows lesions."""


@dataclass
class _Maps:
    """Of every image."""

    of: dict[tuple[Path, int], list[_Map]] = field(default_factory=lambda: defaultdict(list))

    @property
    def undecided(self) -> Iterable[_Map]:
        return (one for maps in self.of.values() for one in maps if one.file.meaning == ANY)


def found(folder: Folder) -> bool:
    """Whether masks are there, and an image for at least one, or none but masks."""
    return bool(mask_files(folder))


def read(folder: Folder, task: Task) -> LongWork[LabelledSet]:
    """Reads all masks once, to see what they hold; later again, whenever they are asked for."""
    notes = Notes()
    files = mask_files(folder, task)
    paths = {file.path for file in files}
    originals = [path for path in folder.images if path not in paths]
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in originals:
        by_stem[stem_of(path).lower()].append(path)
    pairs = {f: nearest(f.path, by_stem[f.stem.lower()]) for f in files if f.stem.lower() in by_stem}
    check_matched(folder, "masks", [f.path for f in files], [f.path for f in pairs], notes)
    opened = yield from open_all(originals, folder, notes)
    maps = _Maps()
    for n, (file, image) in enumerate(pairs.items()):
        if file.unknown:
            notes.count(
                f"The folder {file.unknown} is no structure of the task {task.name} and is left out.",
                f"{{count}} masks in folders named after no structure of the task {task.name} are left out; "
                "{where} is the first.",
                folder.named(file.path),
            )
        elif image in opened:
            _look_at(file, opened[image], maps, folder, notes)
        yield Progress(n + 1, len(pairs), "Looking at masks")
    structures = _structures_by_value(maps, task, notes)
    images = [
        _labelled(entry, maps.of.get((path, entry.index), []), structures, folder, notes)
        for path, entries in opened.items()
        for entry in entries
    ]
    return LabelledSet(unique_names(images), notes.sentences, NAME)


def _look_at(file: MaskFile, entries: list[OpenedImage], maps: _Maps, folder: Folder, notes: Notes) -> None:
    where = folder.named(file.path)
    try:
        volume = entries[0].path.name.lower().endswith(_VOLUME_FORMATS)
        stack = read_stack(file.path, as_volume=volume)
        if len(stack) != len(entries):
            notes.count(
                f"The mask {where} has {len(stack)} slices and its image {len(entries)}; it is left out.",
                "{count} masks have another number of slices than their images and are left out; {where} is "
                "the first.",
                where,
            )
            return
        for (_, read_one), entry in zip(stack, entries, strict=True):
            labels = read_one()
            if labels.shape != entry.size:
                notes.count(
                    f"The mask {where} is {labels.shape[1]} by {labels.shape[0]} pixels, unlike its image "
                    f"({entry.size[1]} by {entry.size[0]}), and is left out.",
                    "{count} masks are of another size than their images and are left out; {where} is the "
                    "first.",
                    where,
                )
                continue
            values = frozenset(int(value) for value in np.unique(labels) if value)
            boxes: tuple[Box, ...] = ()
            if values and file.meaning in (ANY, LESION, INSTANCES) and len(values) <= _MOST_VALUES:
                boxes = lesion_boxes(labels, instances=file.meaning == INSTANCES)
            maps.of[entry.path, entry.index].append(_Map(file, read_one, values, boxes))
    except LithographError as error:
        notes.count(
            f"A mask is left out: {error}",
            "{count} masks cannot be read and are left out; {where} is the first.",
            where,
        )


def _structures_by_value(maps: _Maps, task: Task, notes: Notes) -> Mapping[int, str] | None:
    """Which value is which structure, of those that occur; None where undecided masks show lesions.

    A structure whose number occurs nowhere was not outlined, as far as anybody can tell.
    """
    met = frozenset[int]().union(*(one.values for one in maps.undecided))
    named_anatomy = any(one.file.path.name.lower().find("_anatomy") > 0 for one in maps.undecided)
    if not named_anatomy and (not met or met in ({1}, {255})):
        return None
    numbers = {n: structure.name for n, structure in enumerate(task.structures, start=1)}
    unknown = sorted(met - numbers.keys())
    if unknown:
        listed = ", ".join(f"{value}" for value in unknown[:8]) + (", ..." if len(unknown) > 8 else "")
        sentence = (
            f"The masks hold the values {listed}, and the structures of the task {task.name} are 1 to "
            f"{len(numbers)} ({', '.join(numbers.values())})"
        )
        if not met & numbers.keys():
            raise LithographError(f"{sentence}; give them these values, or a folder for each structure.")
        notes.add(f"{sentence}; those values are left out.")
    return {value: name for value, name in numbers.items() if value in met}


def _labelled(
    entry: OpenedImage,
    maps: list[_Map],
    by_value: Mapping[int, str] | None,
    folder: Folder,
    notes: Notes,
) -> LabelledImage:
    boxes: tuple[Box, ...] | None = None
    names: list[str] = []
    for one in maps:
        if one.file.meaning in (LESION, INSTANCES) or (one.file.meaning == ANY and by_value is None):
            boxes = (*(boxes or ()), *one.boxes)
        elif one.file.meaning == ANY and by_value is not None:
            names += by_value.values()
        else:
            names.append(one.file.meaning)
    if not maps:
        notes.count(
            f"The image {folder.named(entry.path)} has no mask and counts as not looked at.",
            "{count} images have no mask and count as not looked at; {where} is the first.",
            folder.named(entry.path),
        )
    return LabelledImage(
        stem_of(entry.path),
        entry.group,
        entry.path,
        entry.index,
        entry.size,
        boxes,
        partial(_masks, maps, by_value),
        tuple(dict.fromkeys(names)),
    )


def _masks(maps: list[_Map], by_value: Mapping[int, str] | None) -> dict[str, Mask]:
    masks: dict[str, Mask] = {}
    for one in maps:
        meaning = one.file.meaning
        if meaning in (LESION, INSTANCES) or (meaning == ANY and by_value is None):
            continue
        labels = one.read()
        planes = {meaning: labels != 0}
        if meaning == ANY and by_value is not None:
            planes = {name: labels == value for value, name in by_value.items()}
        for name, mask in planes.items():
            masks[name] = masks[name] | mask if name in masks else mask
    return masks
