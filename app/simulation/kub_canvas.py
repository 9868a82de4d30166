"""Painting thickness: shapes outlined in the patient, projected, and filled with a path length in mm.

Every structure of the phantom is a closed outline or a curve at a known height above the detector. It is
projected by the cone beam and turned into a map of the path length that the rays take through it. A
cortical shell is the path through the outer surface less the path through the inner one, which makes bone
edges bright the way they are in life.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.distance import distance_px
from app.simulation.noise import smooth_noise
from app.simulation.projection import SOURCE_MM

Array = NDArray[Any]
Points = NDArray[np.float64]
OVERSAMPLING = 2


@dataclass(frozen=True)
class View:
    """The cone beam: source 1,150 mm above the detector, its central ray through the middle of the field.

    Patient coordinates in mm: x to the patient's left (the image's right), y towards the feet, z the height
    above the detector. `centre` is the (x, y) under the central ray, `roll` the patient's rotation about his
    long axis (radians) around the height `axis`.
    """

    size: int
    field_mm: float
    centre: tuple[float, float]
    roll: float = 0.0
    axis: float = 150.0
    source: float = SOURCE_MM

    @property
    def pixel_mm(self) -> float:
        """The spacing of the detector's pixels."""
        return self.field_mm / self.size

    def magnification(self, z: float | Array) -> float | Array:
        """How much larger something at height `z` appears on the detector."""
        return self.source / (self.source - z)

    def pixels(self, points: Points, z: float | Points) -> Array:
        """(N, 2) points in mm at height(s) `z` -> (N, 2) pixels (x, y) on the detector."""
        x, y = points[..., 0], points[..., 1]
        lift = np.asarray(z) - self.axis
        turned = x * np.cos(self.roll) + lift * np.sin(self.roll)
        height = self.axis + lift * np.cos(self.roll) - x * np.sin(self.roll)
        scale = self.source / (self.source - height) / self.pixel_mm
        middle = (self.size - 1) / 2
        return np.stack(
            [(turned - self.centre[0]) * scale + middle, (y - self.centre[1]) * scale + middle], -1
        ).astype(np.float32)

    def grid(self, z: float) -> tuple[Array, Array]:
        """Patient coordinates x (1, width) and y (height, 1) in mm of the pixels, at height `z` (no roll)."""
        step = self.pixel_mm / float(self.magnification(z))
        line = (np.arange(self.size, dtype=np.float32) - (self.size - 1) / 2) * step
        return (line + self.centre[0])[None], (line + self.centre[1])[:, None]


@dataclass
class Canvas:
    """The line integrals of one radiograph, (size, size) each, and the masks of what was painted.

    Attributes:
        view: how the patient is projected.
        seed: of the noise.
        bone: mm of cortical bone.
        soft: mm of soft tissue in place of fat; negative where fat is in place of soft tissue.
        gas: mm of gas.
        masks: where each structure is, by name.
        sheets: the noise that pieces are cut from, by its scale in mm.
    """

    view: View
    seed: int
    bone: Array = field(init=False)
    soft: Array = field(init=False)
    gas: Array = field(init=False)
    masks: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    sheets: dict[float, Array] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        shape = (self.view.size, self.view.size)
        self.bone = np.zeros(shape, np.float32)
        self.soft = np.zeros(shape, np.float32)
        self.gas = np.zeros(shape, np.float32)

    def mask(self, name: str) -> NDArray[np.bool_]:
        """The mask of that name, empty at first."""
        return self.masks.setdefault(name, np.zeros(self.bone.shape, bool))

    def tile(self, scale_mm: float, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Smooth noise of unit variance, oversampled: a piece cut at random from one large sheet."""
        sheet = self.sheets.get(scale_mm)
        if sheet is None or sheet.shape[0] < shape[0] + 32 or sheet.shape[1] < shape[1] + 32:
            # Large enough from the start for all but a few structures.
            side = max(*shape, round(0.7 * OVERSAMPLING * self.view.size)) + 200
            pixels = scale_mm / self.view.pixel_mm * OVERSAMPLING
            sheet = smooth_noise(
                np.random.default_rng([self.seed, round(scale_mm * 1000)]), (side, side), pixels
            )
            self.sheets[scale_mm] = sheet
        top = int(rng.random() * (sheet.shape[0] - shape[0]))
        left = int(rng.random() * (sheet.shape[1] - shape[1]))
        piece = sheet[top : top + shape[0], left : left + shape[1]]
        flips = int(rng.random() * 4)
        return piece[:: -1 if flips & 1 else 1, :: -1 if flips & 2 else 1]

    def shape(self, points: Points, z: float, pad_mm: float = 4.0) -> Shape | None:
        """The closed outline `points` (N, 2) at height `z`; None where it is off the detector."""
        import cv2

        pixels = self.view.pixels(np.asarray(points, np.float64), z)
        box = self._box(pixels, pad_mm)
        if box is None:
            return None
        top, bottom, left, right = box
        local = (pixels - (left, top) + 0.5) * OVERSAMPLING - 0.5
        inside = np.zeros(((bottom - top) * OVERSAMPLING, (right - left) * OVERSAMPLING), np.uint8)
        cv2.fillPoly(inside, [np.round(local * 16).astype(np.int32)], 1, shift=4)
        distance: Array = distance_px(inside)
        distance -= distance_px(1 - inside)
        distance -= np.where(inside > 0, 0.5, -0.5).astype(np.float32)
        # An outline thinner than a pixel leaves no inside at all, and an endless distance to it.
        np.clip(distance, -1e4, 1e4, out=distance)
        cv2.GaussianBlur(distance, (0, 0), 1.0, distance)
        mm = self.view.pixel_mm / float(self.view.magnification(z)) / OVERSAMPLING
        return Shape(self, box, distance * mm)

    def tube(
        self,
        points: Points,
        z: Points | float,
        radius: Points | float,
    ) -> Tube | None:
        """A tube along the curve `points` (N, 2) at heights `z` with `radius` mm (per point)."""
        import cv2

        pixels = self.view.pixels(np.asarray(points, np.float64), z)
        radius = np.broadcast_to(np.asarray(radius, np.float32), len(pixels))
        box = self._box(pixels, float(radius.max()) + 3.0)
        if box is None:
            return None
        top, bottom, left, right = box
        local = (pixels - (left, top) + 0.5) * OVERSAMPLING - 0.5
        shape = ((bottom - top) * OVERSAMPLING, (right - left) * OVERSAMPLING)
        off = np.ones(shape, np.uint8)
        steps = np.linalg.norm(np.diff(local, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        fine = np.linspace(0, along[-1], max(2, int(along[-1] * 1.5)))
        x, y = np.interp(fine, along, local[:, 0]), np.interp(fine, along, local[:, 1])
        kept = (x >= 0) & (y >= 0) & (x < shape[1] - 1) & (y < shape[0] - 1)
        if not kept.any():
            return None
        column, row = np.round(x[kept]).astype(int), np.round(y[kept]).astype(int)
        off[row, column] = 0
        distance, label = cv2.distanceTransformWithLabels(
            off, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        where = np.zeros(int(label.max()) + 1, np.float32)
        where[label[row, column]] = fine[kept]
        position = where[label] / max(along[-1], 1e-6)
        cv2.GaussianBlur(distance, (0, 0), 0.8, distance)
        mm = self.view.pixel_mm / float(self.view.magnification(float(np.mean(z)))) / OVERSAMPLING
        radii = np.interp(position, along / max(along[-1], 1e-6), radius).astype(np.float32)
        slope_x, slope_y = np.gradient(x), np.gradient(y)
        turn = np.zeros((3, int(label.max()) + 1), np.float32)
        turn[:, label[row, column]] = np.stack([slope_x, slope_y, slope_x * y - slope_y * x])[:, kept]
        rows = np.arange(shape[0], dtype=np.float32)[:, None]
        columns = np.arange(shape[1], dtype=np.float32)[None]
        below = turn[0][label] * rows - turn[1][label] * columns - turn[2][label] > 0
        return Tube(self, box, distance * mm, position, radii, below)

    def _box(self, pixels: Array, pad_mm: float) -> tuple[int, int, int, int] | None:
        pad = pad_mm * 1.3 / self.view.pixel_mm + 2
        low = np.floor(pixels.min(0) - pad).astype(int)
        high = np.ceil(pixels.max(0) + pad).astype(int) + 1
        left, top = np.maximum(low, -int(pad))
        right, bottom = np.minimum(high, self.view.size + int(pad))
        if right <= 0 or bottom <= 0 or left >= self.view.size or top >= self.view.size:
            return None
        return int(top), int(bottom), int(left), int(right)


@dataclass
class _Painted:
    """Something on an oversampled grid over `box` (top, bottom, left, right in pixels)."""

    canvas: Canvas
    box: tuple[int, int, int, int]

    def add(self, layer: Array, values: Array) -> None:
        """Adds oversampled `values` (mm) of this box to `layer`."""
        here, there = self._windows()
        layer[here] += reduce(values)[there]

    def noise(self, rng: np.random.Generator, scale_mm: float) -> Array:
        """Smooth noise of unit variance over this box, on its oversampled grid."""
        top, bottom, left, right = self.box
        shape = ((bottom - top) * OVERSAMPLING, (right - left) * OVERSAMPLING)
        return self.canvas.tile(scale_mm, shape, rng)

    def mark(self, name: str, where: Array) -> None:
        """Adds the pixels where `where` (a path in mm, oversampled) exceeds 0.15 mm to the mask `name`."""
        here, there = self._windows()
        self.canvas.mask(name)[here] |= reduce(where)[there] > 0.15

    def _windows(self) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        top, bottom, left, right = self.box
        size = self.canvas.view.size
        here = slice(max(top, 0), min(bottom, size)), slice(max(left, 0), min(right, size))
        there = (
            slice(here[0].start - top, here[0].stop - top),
            slice(here[1].start - left, here[1].stop - left),
        )
        return here, there


@dataclass
class Shape(_Painted):
    """A filled outline: the signed distance to it in mm, positive inside, on an oversampled grid."""

    distance: Array

    def solid(self, depth: float, edge: float) -> Array:
        """The path through a body `depth` mm deep whose sides round off over `edge` mm."""
        return depth * rounded(self.distance / edge)

    def shell(self, depth: float, edge: float, cortex: float) -> Array:
        """The path through the wall, `cortex` mm thick, of that body."""
        outer = self.solid(depth, edge)
        return outer - max(depth - 2 * cortex, 0.0) * rounded(
            (self.distance - cortex) / max(edge - cortex, 0.2)
        )

    def moved(self, values: Array, other: Shape, fill: float = 0.0) -> Array:
        """`values` on the grid of `other`, brought to this one; `fill` beyond it."""
        out = np.full(self.distance.shape, fill, np.float32)
        top = OVERSAMPLING * (other.box[0] - self.box[0])
        left = OVERSAMPLING * (other.box[2] - self.box[2])
        y0, x0 = max(top, 0), max(left, 0)
        y1 = min(top + values.shape[0], self.distance.shape[0])
        x1 = min(left + values.shape[1], self.distance.shape[1])
        if y1 > y0 and x1 > x0:
            out[y0:y1, x0:x1] = values[y0 - top : y1 - top, x0 - left : x1 - left]
        return out


@dataclass
class Tube(_Painted):
    """A tube: distance to its middle in mm, position along it 0..1, radius in mm, on an oversampled grid."""

    distance: Array
    position: Array
    radius: Array
    right: NDArray[np.bool_]
    """Whether a point lies to the right of the curve, as one looks along it (y downwards)."""

    def solid(self, less: float = 0.0) -> Array:
        """The path through the tube, its radius `less` mm smaller."""
        r = np.maximum(self.radius - less, 0.0)
        return 2 * np.sqrt(np.maximum(r * r - self.distance * self.distance, 0.0))

    def shell(self, cortex: float) -> Array:
        """The path through its wall."""
        return self.solid() - self.solid(cortex)


def rounded(t: Array) -> Array:
    """0 outside, a quarter circle up to 1 where the normalised distance `t` reaches 1."""
    t = np.clip(t, 0.0, 1.0)
    return np.sqrt(t * (2.0 - t))


def reduce(values: Array) -> Array:
    """Mean of each oversampled block."""
    import cv2

    size = (values.shape[1] // OVERSAMPLING, values.shape[0] // OVERSAMPLING)
    return cv2.resize(values.astype(np.float32, copy=False), size, interpolation=cv2.INTER_AREA)
