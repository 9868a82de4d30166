"""Samples from coronal CT images with boxes of stones: organs outlined by hand, bones by rules.

Some of the images of the set that the shipped network learnt from are outlined (`outlines.py`). In the others
two things are certain: where bone is, and that nothing forbidden is where a stone was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.anatomy.coronal_rules import coronal_bones
from app.anatomy.grey_scale import as_seen
from app.imaging.box import Box
from app.tasks import Task
from app.training.danger_zone.outlines import fitted, outlines
from app.training.labels import LabelledImage, read_labelled, split
from app.training.samples import HELD_OUT, LEARN, SampleStore
from models.danger_zone.samples import Sample
from models.inputs import Kind, fit, resample
from models.progress import LongWork, Progress

PIXEL_MM = 0.8
"""Assumed where an image has no spacing; estimated from the lumbar vertebrae of the shipped set."""
_BOXED = 20
"""Sources that images without outlines count as, together."""
_ENHANCEMENT = {"kidneys": (50, 170), "vessels": (40, 160), "liver-spleen": (15, 75)}
"""HU that contrast medium adds."""

Mask = NDArray[np.bool_]


def stone_images(task: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:
    """Every folder in `data` with images and boxes; a fifth of the images is held out, by name.

    Raises:
        LithographError: labels and images do not match.
    """
    lines = []
    for folder in stone_folders(data):
        labelled = yield from read_labelled(folder, task)
        learn, held_out = split(labelled)
        drawn = [image for image in labelled.images if image.name in outlines()]
        for n, image in enumerate(learn):
            _add(image, n, task, store)
            yield Progress(n + 1, len(learn), f"Finding structures in {folder.name}")
        yield from _add_outlined(held_out, task, store)
        lines.append(
            f"{folder.name}: {len(labelled.images)} coronal CT images with {labelled.box_count} boxes of "
            f"stones; {len(held_out)} images are held out, by name; {len(drawn)} of all are outlined by hand"
        )
    return lines


def held_out_outlines(task: Task, data: Path | None, store: SampleStore) -> LongWork[None]:
    """The outlined images that are held out, alone.

    Raises:
        LithographError: labels and images do not match.
    """
    for folder in stone_folders(data):
        _, held_out = split((yield from read_labelled(folder, task)))
        yield from _add_outlined(held_out, task, store)


def _add(image: LabelledImage, n: int, task: Task, store: SampleStore) -> None:
    """An image to learn from. Outlined, it teaches more: each is a source of its own, others by twenty."""
    outlined = image.name in outlines()
    name = f"{image.name}-outlined" if outlined else f"boxed{n % _BOXED}-{image.name}"
    if store.has(LEARN, name):
        return
    sample = _sample(image, task, store, outlined=outlined)
    if outlined:
        store.put(LEARN, f"{name}-otherwise", _in_another_window(sample, n))
        store.put(LEARN, f"{name}-enhanced", _with_contrast(sample, store.structures, n))
    store.put(LEARN, name, sample)


def _add_outlined(held_out: Sequence[LabelledImage], task: Task, store: SampleStore) -> LongWork[None]:
    for n, image in enumerate(held_out):
        name = f"{image.name}-outlined"
        if image.name in outlines() and not store.has(HELD_OUT, name):
            store.put(HELD_OUT, name, _sample(image, task, store, outlined=True))
        yield Progress(n + 1, len(held_out), "Finding structures in held-out images")


def stone_folders(data: Path | None) -> Sequence[Path]:
    """`data`, or the folders in it, that hold `images` and `labels`."""
    if data is None or not data.is_dir():
        return ()
    return [
        folder
        for folder in (data, *sorted(entry for entry in data.iterdir() if entry.is_dir()))
        if (folder / "images").is_dir() and (folder / "labels").is_dir()
    ]


def _sample(labelled: LabelledImage, task: Task, store: SampleStore, *, outlined: bool) -> Sample:
    image = labelled.image()
    hu = np.asarray(as_seen(image, task, Kind.CT)[0], np.float32)
    mm = PIXEL_MM if image.spacing is None else image.pixel_mm[0]
    found = marked(labelled.boxes or (), hu.shape)
    if outlined:
        masks = fitted(hu, outlines()[labelled.name], mm, marked(labelled.boxes or (), hu.shape, grown=2.0))
        # None could be outlined: without contrast medium they hardly show.
        masks["ureters"] = np.zeros(hu.shape, bool)
        whole = Sample.of(hu, masks, store.structures, store.size)
        return replace(whole, unknown=np.zeros_like(whole.bits))
    bones = coronal_bones(hu, mm, marked(labelled.boxes or (), hu.shape, grown=2.0))
    absent = {s.name: np.zeros(hu.shape, bool) for s in task.structures if s.forbidden}
    sample = Sample.of(hu, absent | bones, store.structures, store.size)
    at_stone = resample(found, fit((hu.shape[0], hu.shape[1]), store.size)) >= 0.5
    unknown = np.zeros_like(sample.bits)
    for n, name in enumerate(store.structures):
        if name in absent and name not in bones:
            unknown |= np.where(at_stone, 0, 1 << n).astype(np.uint16)
    return replace(sample, unknown=unknown)


def _in_another_window(sample: Sample, n: int) -> Sample:
    """As though a wider, narrower or shifted window had been burnt in; black and white stay what they are."""
    random = np.random.default_rng(n)
    contrast, shift = np.exp(random.uniform(np.log(0.4), np.log(1.4))), random.uniform(-25, 25)
    seen = [-160, -150, 200, 240]
    shown = [-160, *np.clip([40 + shift + contrast * (hu - 40) for hu in seen[1:3]], -159, 239), 240]
    return replace(sample, pixels=np.interp(sample.pixels, seen, shown).astype(np.float32))


def _with_contrast(sample: Sample, structures: tuple[str, ...], n: int) -> Sample:
    """As though contrast medium had been given: organs brighter by what is usual a minute or two later."""
    random = np.random.default_rng(n)
    hu = sample.pixels
    tissue = np.clip((hu + 80) / 120, 0, 1)
    for name, (least, most) in _ENHANCEMENT.items():
        there = sample.masks()[structures.index(name)].astype(np.float32)
        hu = hu + cv2.GaussianBlur(there, (0, 0), 1.0) * tissue * np.float32(random.uniform(least, most))
    return replace(sample, pixels=np.clip(hu, -160, 240).astype(np.float32))


def marked(boxes: Sequence[Box], shape: tuple[int, ...], grown: float = 0.0) -> Mask:
    """The pixels whose centres lie in a box, grown on all sides by that many pixels."""
    mask = np.zeros(shape[:2], bool)
    for box in boxes:
        rows = slice(max(0, round(box.y - grown + 0.5)), max(0, round(box.bottom + grown + 0.5)))
        columns = slice(max(0, round(box.x - grown + 0.5)), max(0, round(box.right + grown + 0.5)))
        mask[rows, columns] = True
    return mask
