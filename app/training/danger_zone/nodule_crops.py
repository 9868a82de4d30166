"""Samples from cut-outs of chest CT around real nodules: the variety of many patients, little of each.

A cut-out is too small for the rules of a whole chest. So only what is certain teaches something: air-filled
tissue and the nodule are lung, thick soft tissue is not; walls, hilar vessels and black air are left open.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.anatomy.slicewise import Mask
from app.errors import LithographError
from app.tasks import Task
from app.training.samples import HELD_OUT, LEARN, SampleStore
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.samples import Sample

TABLE = "nodules.csv"
CROPS = "crops"
"""The group of these samples."""
HELD_OUT_SHARE = 0.2
SEEN_MM = 0.7
"""mm per pixel at which cut-outs are learnt from, the usual one of a chest CT."""
_ABOVE_MM = (-8, -4, -1, 1, 4, 8)
"""Which slices of a cut-out are learnt from, relative to its middle."""
_MOSAICS = ((50, 5), (30, 10))
"""How many mm of each cut-out are shown in a mosaic, and how many tiles it has on a side: the network sees
many of them at once, at their own scale, and those closer around a nodule consist of nodules to a good part.
"""


@dataclass(frozen=True, eq=False)
class Crop:
    """A cut-out (slices, height, width) at 1 mm per voxel: HU, and where its nodule is."""

    name: str
    series: str
    hu: NDArray[np.int16]
    nodule: Mask

    @property
    def held_out(self) -> bool:
        """Whether its patient is held out: decided by the name of the series alone."""
        number = int.from_bytes(hashlib.sha256(self.series.encode()).digest()[:4], "big")
        return number / 2**32 < HELD_OUT_SHARE


def nodule_folder(data: Path | None) -> Path | None:
    """`data` or a folder in it with cut-outs (`nodules.csv` beside them), where there is one."""
    if data is None or not data.is_dir():
        return None
    folders = (data, *sorted(entry for entry in data.iterdir() if entry.is_dir()))
    return next((folder for folder in folders if (folder / TABLE).is_file()), None)


def read_crops(folder: Path) -> Iterator[Crop]:
    """All cut-outs of a folder: NAME.nrrd in HU and NAME_mask.nrrd, listed in `nodules.csv`.

    Raises:
        LithographError: the table or a file is not readable.
    """
    from app.imaging import open_series

    try:
        with (folder / TABLE).open(newline="", encoding="utf-8") as file:
            rows = [(row["name"], row["series_instance_uid"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise LithographError(f"Cannot read {folder / TABLE}: {error}.") from error
    for name, series in rows:
        hu, mask = (
            np.stack([image.pixels for image in open_series(folder / f"{stem}.nrrd")])
            for stem in (name, f"{name}_mask")
        )
        yield Crop(name, series, hu.astype(np.int16), mask > 0)


def nodule_crops(task: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:
    """Mosaics of slices of cut-outs, split by patient."""
    folder = nodule_folder(data)
    if folder is None:
        return []
    crops: dict[str, list[tuple[str, list[_Slice]]]] = {LEARN: [], HELD_OUT: []}
    for n, crop in enumerate(read_crops(folder)):
        crops[HELD_OUT if crop.held_out else LEARN].append((crop.series, _slices(crop, task)))
        yield Progress(n + 1, 0, "Reading nodules")
    for part, found in crops.items():
        slices = [one for _, several in found for one in several]
        for shown_mm, across in _MOSAICS:
            order = np.random.default_rng(across).permutation(len(slices))
            count = -(-len(slices) // across**2)
            for n, chosen in enumerate(np.resize(order, (count, across**2))):
                name = f"{CROPS}-{across:02d}{n:04d}"
                if not store.has(part, name):
                    store.put(part, name, _mosaic([slices[i] for i in chosen], shown_mm, across, store))
                yield Progress(n + 1, count, "Reading nodules")
    series = {part: {name for name, _ in found} for part, found in crops.items()}
    return [
        f"slices of cut-outs around nodules of {len(series[LEARN])} patients; {len(series[HELD_OUT])} other "
        "patients are held out"
    ]


_Slice = tuple[NDArray[np.float32], NDArray[np.uint16], NDArray[np.uint16]]
"""HU, bits of structures, and bits of those that are not known."""


def _slices(crop: Crop, task: Task) -> list[_Slice]:
    """Some slices of a cut-out at `SEEN_MM`."""
    bits, unknown = certain(crop, task)
    middle, side = len(crop.hu) // 2, round(crop.hu.shape[1] / SEEN_MM)
    found = []
    for above in _ABOVE_MM:
        hu = cv2.resize(crop.hu[middle + above].astype(np.float32), (side, side))
        labels = [
            cv2.resize(plane[middle + above], (side, side), interpolation=cv2.INTER_NEAREST)
            for plane in (bits, unknown)
        ]
        found.append((hu.astype(np.float32), labels[0].astype(np.uint16), labels[1].astype(np.uint16)))
    return found


def _mosaic(slices: list[_Slice], shown_mm: float, across: int, store: SampleStore) -> Sample:
    """The middles of slices side by side, mirrored at their borders so that they fill the store's size."""
    from models.danger_zone.samples import Sample

    side = store.size // across
    rest = store.size - side * across

    def joined(planes: list[NDArray[Any]]) -> NDArray[Any]:
        tiles = []
        for plane in planes:
            shown = min(round(shown_mm / SEEN_MM), side, plane.shape[0])
            first = (plane.shape[0] - shown) // 2
            before = (side - shown) // 2
            part = plane[first : first + shown, first : first + shown]
            tiles.append(np.pad(part, (before, side - shown - before), mode="symmetric"))
        rows = [np.hstack(tiles[i : i + across]) for i in range(0, len(tiles), across)]
        return np.pad(np.vstack(rows), (0, rest), mode="symmetric")

    hu, bits, unknown = (joined([one[n] for one in slices]) for n in range(3))
    return Sample(hu, bits, (True,) * len(store.structures), unknown)


def certain(crop: Crop, task: Task) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """(bits, bits not known), both (slices, height, width) uint16, of the structures of `lung-ct`.

    Lung: the nodule; what is filled with air, and thin vessels in it, at least 3 mm from thick soft tissue.
    Not lung: soft tissue thicker than 12 mm, of which only its kind is unknown. The rest is unknown: the
    rim between the two, vessels thicker than 4 mm, and air as black as in an airway or beyond the skin.
    """
    from scipy.ndimage import binary_closing, binary_dilation, binary_opening, uniform_filter

    soft = (crop.hu > -400) & ~binary_dilation(crop.nodule, _ball(1))

    def padded(mask: Mask) -> Mask:
        """Continued beyond the border, so that morphology wears nothing away there."""
        return np.pad(mask, 6, mode="edge")

    inner = (slice(6, -6),) * 3
    wall = binary_opening(padded(soft), _ball(6))[inner]
    rim = binary_dilation(wall, _ball(3)) & ~wall
    thick = binary_dilation(binary_opening(soft & ~wall, _ball(2)), _ball(1))
    smooth = uniform_filter(crop.hu.astype(np.float32), 3)
    black = binary_dilation(binary_opening(smooth < -950, _ball(1)), _ball(2))
    airy = binary_closing(padded(crop.hu < -500), _ball(2))[inner]
    lung = crop.nodule | (airy & ~rim & ~wall & ~thick & ~black)

    everything = np.uint16((1 << len(task.structures)) - 1)
    solid = [task.label(name) - 1 for name in ("chest-wall", "mediastinum", "bone")]
    kinds = np.uint16(sum(1 << n for n in solid) | 1 << task.label("vessels") - 1)
    bits = np.where(lung, np.uint16(1 << task.label("lungs") - 1), np.uint16(0))
    unknown = np.where(lung, np.uint16(0), np.where(wall & ~lung, kinds, everything))
    return bits, unknown


def _ball(radius: int) -> Mask:
    z, y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1, -radius : radius + 1]
    return z * z + y * y + x * x <= radius * radius + 1
