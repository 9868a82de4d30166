"""The danger zone: where a lesion is anatomically implausible, and why (Eq. 15)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.imaging.distance import distance_px
from app.tasks import Task


@dataclass(frozen=True, eq=False)
class DangerZone:
    """The forbidden structures of one image and the distance of every pixel to them.

    Everything that no forbidden structure covers is permissible. A task whose lesions belong in one organ
    therefore names all of the body around it as forbidden structures, as `lung-ct` does.

    A lesion counts as the disc of its diameter around the centre of the pixel it is placed on, and distances
    run between centres of pixels, so `reason` and `safe_set` always agree.

    Attributes:
        labels: (height, width) uint8, the forbidden structure at each pixel as the task counts them, else 0.
        clearance_mm: (height, width) float32, the distance to the nearest forbidden pixel; infinite where
            there is none.
        titles: the titles of all structures of the task, by label - 1.
        margin_mm: how far the structures are grown.
        pixel_mm: (row, column) spacing; (1, 1) where uncalibrated, and "mm" then reads "pixels".
    """

    labels: NDArray[np.uint8]
    clearance_mm: NDArray[np.float32]
    titles: tuple[str, ...]
    margin_mm: float
    pixel_mm: tuple[float, float]

    @classmethod
    def from_anatomy(cls, anatomy: Anatomy, task: Task, pixel_mm: tuple[float, float]) -> DangerZone:
        """The danger zone of `task` in an image whose structures are `anatomy`."""
        kept = np.array([0, *(n * s.forbidden for n, s in enumerate(task.structures, start=1))], np.uint8)
        labels = kept[anatomy.labels(task)]
        titles = tuple(structure.title for structure in task.structures)
        return cls(labels, distance_mm(labels == 0, pixel_mm), titles, task.margin_mm, pixel_mm)

    @cached_property
    def permissible(self) -> NDArray[np.bool_]:
        """M of Eq. 15, (height, width): True where no forbidden structure lies within the margin."""
        return self.clearance_mm > np.float32(self.margin_mm)

    def safe_set(self, diameter_mm: float) -> NDArray[np.bool_]:
        """(height, width): where a lesion of that diameter may be centred, so that all of it is permitted."""
        safe = np.zeros(self.labels.shape, bool)
        inside = self._inside(diameter_mm)
        safe[inside] = self.clearance_mm[inside] > self._needed(diameter_mm)
        return safe

    def reason(self, x: float, y: float, diameter_mm: float) -> str | None:
        """Why a lesion of that diameter may not be centred at (x, y); None where it may.

        The words are the title of the structure under the centre, else of the one nearest to it.
        """
        row, column = math.floor(y + 0.5), math.floor(x + 0.5)
        rows, columns = self._inside(diameter_mm)
        if not (rows.start <= row < rows.stop and columns.start <= column < columns.stop):
            return "outside the image"
        needed = self._needed(diameter_mm)
        if self.clearance_mm[row, column] > needed:
            return None
        return self.titles[self._nearest(row, column, float(needed)) - 1]

    def _needed(self, diameter_mm: float) -> np.float32:
        return np.float32(self.margin_mm + diameter_mm / 2)

    def _inside(self, diameter_mm: float) -> tuple[slice, slice]:
        """The rows and columns on which the disc does not pass the edge of the image."""
        slices = []
        for length, size in zip(self.labels.shape, self.pixel_mm, strict=True):
            inset = max(0, math.ceil(diameter_mm / 2 / size - 0.5))
            slices.append(slice(min(inset, length), max(length - inset, min(inset, length))))
        return slices[0], slices[1]

    def _nearest(self, row: int, column: int, reach_mm: float) -> int:
        """The label nearest to a pixel that has one within reach; of two equally near, the more specific."""
        if self.labels[row, column]:
            return int(self.labels[row, column])
        reach = [math.ceil(reach_mm / size) + 1 for size in self.pixel_mm]
        top, left = max(row - reach[0], 0), max(column - reach[1], 0)
        window = self.labels[top : row + reach[0] + 1, left : column + reach[1] + 1]
        rows, columns = np.nonzero(window)
        squared = ((rows + top - row) * self.pixel_mm[0]) ** 2 + (
            (columns + left - column) * self.pixel_mm[1]
        ) ** 2
        return int(window[rows, columns][squared <= squared.min() * (1 + 1e-9)].max())


def distance_mm(free: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> NDArray[np.float32]:
    """The exact Euclidean distance of every pixel to the nearest one that is not free."""
    if free.all():
        return np.full(free.shape, np.inf, np.float32)
    if math.isclose(*pixel_mm, rel_tol=1e-4):
        return distance_px(free) * np.float32(pixel_mm[0])
    from scipy.ndimage import distance_transform_edt

    return distance_transform_edt(free, sampling=pixel_mm).astype(np.float32)
