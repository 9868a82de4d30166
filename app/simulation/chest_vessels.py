"""The vessels of the lungs: trees in three dimensions, of which one slice is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.simulation.chest_canvas import Canvas, Mask, Plane, Points
from app.simulation.chest_patient import Patient

SLICE_MM = 1.25
LEAF_MM = 0.32
"""Radius of the smallest vessels drawn."""
MURRAY = 3.0
"""Exponent by which radii add at a branching (Murray's law)."""


@dataclass(frozen=True)
class Branch:
    """A straight piece of a vessel: two ends (x, y, z) in mm, z = 0 in the slice, and its radius."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    radius: float


def grow(
    root: NDArray[np.float64], targets: NDArray[np.float64], rng: np.random.Generator, reach_mm: float = 4.0
) -> list[Branch]:
    """The branches near the slice of a tree from `root` to every target, (n, 3).

    The tree halves its targets again and again: from the branching towards their centre, then along their
    longest axis (after the airway trees of Tawhai et al., Ann Biomed Eng 2000;28:793). Radii follow the
    number of targets supplied. Whatever cannot reach the slice is left out at once.
    """
    branches: list[Branch] = []
    stack = [(root, targets)]
    while stack:
        start, group = stack.pop()
        height = group[:, 2]
        low, high = min(height.min(), start[2]), max(height.max(), start[2])
        if low > reach_mm or high < -reach_mm:
            continue
        count = len(group)
        radius = LEAF_MM * count ** (1 / MURRAY)
        if count == 1:
            branches.append(Branch(start, group[0], radius))
            continue
        centre = group.mean(axis=0)
        share = float(np.interp(count, [2, 60, 400, 3000], [0.55, 0.45, 0.32, 0.15]))
        astray = float(np.interp(count, [30, 800, 4000], [0.0, 2.5, 4.5]))
        end = start + share * rng.uniform(0.75, 1.25) * (centre - start) + rng.normal(0, astray, 3)
        branches.extend(_bent(start, end, radius, rng))
        offsets = group - centre
        axis = np.linalg.eigh(offsets.T @ offsets)[1][:, -1] + rng.normal(0, 0.3, 3)
        along = offsets @ axis
        side = along >= np.sort(along)[int(count * rng.uniform(0.3, 0.7))]
        if side.all() or not side.any():
            side = np.arange(count) % 2 == 0
        stack += [(end, group[side]), (end, group[~side])]
    return branches


def _bent(
    start: NDArray[np.float64], end: NDArray[np.float64], radius: float, rng: np.random.Generator
) -> list[Branch]:
    """The way from start to end, in two pieces where it is long, because no vessel is straight."""
    length = float(np.linalg.norm(end - start))
    if length < 5:
        return [Branch(start, end, radius)]
    middle = (start + end) / 2 + rng.normal(0, 0.06 * length, 3)
    return [Branch(start, middle, radius), Branch(middle, end, radius)]


class LungVessels:
    """Arteries, veins and bronchi of both lungs, as coverage of the fine grid."""

    def __init__(self, canvas: Canvas, patient: Patient) -> None:
        self.canvas, self.patient = canvas, patient
        self.rng = patient.stream("vessels")
        self.vessels: Plane = np.zeros_like(canvas.hu)
        self.walls: Plane = np.zeros_like(canvas.hu)
        self.lumina: Plane = np.zeros_like(canvas.hu)
        self.large: Mask = np.zeros(canvas.hu.shape, bool)
        self.bronchi: Mask = np.zeros(canvas.hu.shape, bool)

    def add_lung(self, outline: Points, hilum: tuple[float, float], above_mm: float) -> None:
        """Grows and draws the trees of one lung, whose outline in this slice is given in mm."""
        rng = self.rng
        for kind, count in (("artery", 12500), ("vein", 9000)):
            targets = _fill(outline, count, rng)
            shift = rng.normal(0, 3, 3) + (np.zeros(3) if kind == "artery" else np.array([0, 7.0, -9.0]))
            root = np.array([*hilum, above_mm]) + shift
            for branch in grow(root, targets, rng):
                self._draw(branch)
                if kind == "artery" and 1.0 < branch.radius < 4.0:
                    self._draw_bronchus(branch)

    def _draw(self, branch: Branch) -> None:
        cover = self._coverage(branch.start, branch.end, branch.radius)
        if cover is None:
            return
        place, values = cover
        np.maximum(self.vessels[place], values, out=self.vessels[place])
        if branch.radius >= 2.0:
            self.large[place] |= values > 0.5

    def _draw_bronchus(self, branch: Branch) -> None:
        """A bronchus beside its artery, about as wide, with a wall a fifth as thick."""
        lumen = 0.72 * branch.radius
        wall = 0.25 + 0.09 * branch.radius
        direction = branch.end - branch.start
        aside = np.cross(direction, [0.25, 0.1, 1.0])
        aside *= (branch.radius + lumen + wall * 0.8) / max(float(np.linalg.norm(aside)), 1e-9)
        ends = branch.start + aside, branch.end + aside
        for plane, radius in ((self.walls, lumen + wall), (self.lumina, lumen)):
            cover = self._coverage(*ends, radius)
            if cover is not None:
                place, values = cover
                np.maximum(plane[place], values, out=plane[place])
                if plane is self.walls and lumen >= 1.5:
                    self.bronchi[place] |= values > 0.5

    def _coverage(
        self, start: NDArray[np.float64], end: NDArray[np.float64], radius: float
    ) -> tuple[tuple[slice, slice], Plane] | None:
        """The share of each fine pixel's column through the slice that lies inside the piece."""
        thick = SLICE_MM / 2
        rise = end[2] - start[2]
        t = np.array([0.0, 1.0])
        if abs(rise) > 1e-9:
            t = np.clip(np.sort((np.array([-thick - radius, thick + radius]) - start[2]) / rise), 0, 1)
        elif abs(start[2]) > thick + radius:
            return None
        if t[1] <= t[0]:
            return None
        ends = np.stack([start + t[0] * (end - start), start + t[1] * (end - start)])
        flat = self.canvas.to_pixels(ends[:, :2])
        mm = self.canvas.pixel_mm
        reach = radius / mm + 2
        x0, y0 = np.floor(flat.min(axis=0) - reach).astype(int)
        x1, y1 = np.ceil(flat.max(axis=0) + reach).astype(int) + 1
        x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, self.canvas.size), min(y1, self.canvas.size)
        if x1 <= x0 or y1 <= y0:
            return None
        rows = (np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(flat[0, 1])) * np.float32(mm)
        columns = (np.arange(x0, x1, dtype=np.float32)[None, :] - np.float32(flat[0, 0])) * np.float32(mm)
        along = np.array([*(flat[1] - flat[0]) * mm, ends[1, 2] - ends[0, 2]], np.float32)
        squared = max(float(along @ along), 1e-9)
        total = np.zeros((y1 - y0, x1 - x0), np.float32)
        for level in (-thick * 0.67, 0.0, thick * 0.67):
            height = np.float32(level - ends[0, 2])
            place = np.clip((columns * along[0] + rows * along[1] + height * along[2]) / squared, 0, 1)
            distance = np.sqrt(
                (columns - place * along[0]) ** 2
                + (rows - place * along[1]) ** 2
                + (height - place * along[2]) ** 2
            )
            total += np.clip((radius - distance) / mm + 0.5, 0, 1)
        return (slice(y0, y1), slice(x0, x1)), total * np.float32(min(1.0, 2 * radius / mm) / 3)


def _fill(outline: Points, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points spread evenly through a lung with this outline at z = 0 that narrows upwards and downwards."""
    import cv2

    shape = outline.astype(np.float32)
    low, high = shape.min(axis=0), shape.max(axis=0)
    grid = rng.uniform(low - 1, high + 1, (6 * count, 2))
    cells = np.round((grid - low) * 2).astype(int)
    size = np.ceil((high - low) * 2).astype(int) + 4
    inside = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(inside, [np.round((shape - low) * 2).astype(np.int32)], 1)
    cells = np.clip(cells, 0, np.array(inside.shape[::-1]) - 1)
    flat = grid[inside[cells[:, 1], cells[:, 0]] > 0][:count]
    z = rng.uniform(-85, 85, len(flat))
    narrow = 1 - 0.35 * (z / 85) ** 2
    middle = shape.mean(axis=0)
    return np.column_stack([middle + (flat - middle) * narrow[:, None], z])
