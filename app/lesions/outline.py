"""Finding the outline of a lesion inside a rectangle that was drawn around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.distance import distance_px
from app.imaging.image import Image
from app.lesions.measure import diameters

AROUND = 0.4
"""How much of the surroundings is looked at beside the rectangle, as a share of its sides."""
SAMPLES = 240
"""Along the longer side of what is looked at; at most eight to a pixel of the image."""
EDGE = 0.5
"""The outline runs where the lesion has faded to this share of its contrast: its width at half maximum."""
LEAST_TO_NOISE = 3.0
"""A lesion stands out by so many standard deviations of the tissue around it, or it is not found."""
SOFTNESS = (0.6, 1.5)
"""Pixels of the image that are averaged: more of them where a lesion does not stand out otherwise."""
THIN = 0.3
"""What hangs on to a lesion and is thinner than this share of it, such as a vessel, is no part of it."""

Array = NDArray[np.float32]
Box = tuple[float, float, float, float]
"""left, top, right, bottom in pixels of the image, (0, 0) the centre of the first."""


@dataclass(frozen=True, eq=False)
class Outline:
    """A closed line around a lesion, finer than pixels, which can be made larger and smaller.

    Attributes:
        depth: (height, width) float32 on a fine grid: the distance to the line in pixels of the image,
            positive inside.
        origin: (x, y) of the grid's first sample in pixels of the image.
        step: pixels of the image from one sample to the next.
        found: whether a lesion stood out; otherwise the line is the ellipse inscribed in the rectangle.
    """

    depth: Array
    origin: tuple[float, float]
    step: float
    found: bool

    @property
    def radius(self) -> float:
        """Of the largest disc inside the line, in pixels of the image."""
        return float(self.depth.max())

    def inside(self, grown: float = 0.0) -> NDArray[np.bool_]:
        """The grid: what lies inside the line, moved outwards by `grown` pixels of the image."""
        return self.depth > -np.float32(grown)

    def mask(self, image: Image, grown: float = 0.0) -> NDArray[np.bool_]:
        """(height, width) of the image: the pixels whose centres lie inside the line."""
        import cv2

        mask = np.zeros(image.pixels.shape, bool)
        height, width = self.depth.shape
        left, top = (max(0, int(np.ceil(at))) for at in self.origin)
        right = min(image.width - 1, int(self.origin[0] + (width - 1) * self.step))
        bottom = min(image.height - 1, int(self.origin[1] + (height - 1) * self.step))
        if right < left or bottom < top:
            return mask
        matrix = np.array([[1, 0, left - self.origin[0]], [0, 1, top - self.origin[1]]]) / self.step
        size = (right - left + 1, bottom - top + 1)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        depth = cv2.warpAffine(self.depth, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        mask[top : bottom + 1, left : right + 1] = depth > -grown
        return mask

    def lines(self, grown: float = 0.0) -> list[NDArray[np.float64]]:
        """The closed lines, (points, 2) each: x, y in pixels of the image."""
        import cv2

        inside = np.pad(self.inside(grown), 1).astype(np.uint8)
        found, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        lines = []
        for line in found:
            points = line[:, 0, :].astype(np.float64) - 1
            # The samples' own corners are no part of the outline.
            smooth = (
                sum(np.roll(points, by, axis=0) for by in range(-3, 4)) / 7 if len(points) > 7 else points
            )
            lines.append(smooth * self.step + np.array(self.origin))
        return lines

    def diameters_mm(self, image: Image, grown: float = 0.0) -> tuple[float, float]:
        """Longest and perpendicular diameter in mm (in pixels where the image is uncalibrated)."""
        import cv2

        inside = self.inside(grown).astype(np.uint8)
        row_mm, column_mm = image.pixel_mm
        finest = min(row_mm, column_mm)
        if row_mm != column_mm:
            inside = cv2.resize(
                inside, None, fx=column_mm / finest, fy=row_mm / finest, interpolation=cv2.INTER_NEAREST
            ).astype(np.uint8)
        longest, across = diameters(inside > 0)
        return longest * self.step * finest, across * self.step * finest


def propose(image: Image, box: Box) -> Outline:
    """The outline of the lesion in a rectangle; the inscribed ellipse where none stands out.

    The tissue around the rectangle gives a plane, fitted to its darker part as in `exemplar.prepare`. What
    rises above it by half of what the middle of the rectangle does is the lesion, in one piece, freed of what
    is much thinner, its holes filled. The corners of the rectangle belong to the surroundings.

    Args:
        image: the lesion is brighter than its surroundings on the screen.
        box: around the lesion, a little larger than it; parts of it may lie outside the image.
    """
    import cv2

    values, origin, step = _sampled(image, box)
    away = _away(values.shape, box, origin, step)
    for softness in SOFTNESS:
        smooth = cv2.GaussianBlur(values, (0, 0), max(softness / step, 1.0)).astype(np.float32)
        smooth -= _plane(smooth, away > 1)
        dark, middle = np.percentile(smooth[away > 1], (16, 50))
        typical, core = np.percentile(smooth[away < 0.5], (50, 80))
        if typical > LEAST_TO_NOISE * max(float(middle - dark), 1e-6):
            break
    else:
        return ellipse(box)
    lesion = _one_piece((smooth > EDGE * core) & (away <= 1), away)
    if lesion.sum() * step**2 < 6:
        return ellipse(box)
    return _outline(lesion, origin, step, found=True)


def ellipse(box: Box) -> Outline:
    """The ellipse inscribed in a rectangle."""
    shape, origin, step = _grid(box)
    left, top, right, bottom = box
    x = (origin[0] + step * np.arange(shape[1]) - (left + right) / 2) / max((right - left) / 2, step)
    y = (origin[1] + step * np.arange(shape[0]) - (top + bottom) / 2) / max((bottom - top) / 2, step)
    return _outline(x[None] ** 2 + y[:, None] ** 2 <= 1, origin, step, found=False)


def _grid(box: Box) -> tuple[tuple[int, int], tuple[float, float], float]:
    """(height, width), origin and step of the grid that covers a rectangle and what is around it."""
    left, top, right, bottom = box
    wide, high = max(right - left, 1.0), max(bottom - top, 1.0)
    beside = max(AROUND * max(wide, high), 3.0)
    step = max(max(wide, high) + 2 * beside, 1.0) / SAMPLES
    step = max(step, 0.125)
    shape = round((high + 2 * beside) / step) + 1, round((wide + 2 * beside) / step) + 1
    return shape, (left - beside, top - beside), step


def _sampled(image: Image, box: Box) -> tuple[Array, tuple[float, float], float]:
    """The image on the grid, high where it is bright on the screen; beyond its edge its border repeated."""
    import cv2

    shape, origin, step = _grid(box)
    reach = int(np.ceil(2 * step)) + 2
    left, top = (int(np.floor(at)) - reach for at in origin)
    left, top = (min(max(at, 0), limit - 1) for at, limit in ((left, image.width), (top, image.height)))
    right = max(int(origin[0] + shape[1] * step) + reach, left + 1)
    bottom = max(int(origin[1] + shape[0] * step) + reach, top + 1)
    pixels: NDArray[Any] = image.pixels[top:bottom, left:right].astype(np.float32)
    finite = np.isfinite(pixels)
    pixels[~finite] = np.median(pixels[finite]) if finite.any() else 0
    if image.inverted:
        pixels = -pixels
    if step > 1:
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.5 * step)
    matrix = np.array([[step, 0, origin[0] - left], [0, step, origin[1] - top]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (shape[1], shape[0])
    values = cv2.warpAffine(pixels, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return values.astype(np.float32), origin, step


def _away(shape: tuple[int, ...], box: Box, origin: tuple[float, float], step: float) -> Array:
    """0 in the middle of the rectangle, 1 on a rounded rectangle inscribed in it, more beyond."""
    left, top, right, bottom = box
    x = (origin[0] + step * np.arange(shape[1]) - (left + right) / 2) / max((right - left) / 2, step)
    y = (origin[1] + step * np.arange(shape[0]) - (top + bottom) / 2) / max((bottom - top) / 2, step)
    return ((x[None] ** 4 + y[:, None] ** 4) ** 0.25).astype(np.float32)


def _plane(values: Array, ring: NDArray[np.bool_]) -> Array:
    """The plane through the darker part of the ring; what lies off it (vessels, a wall) is dropped."""
    low, high = np.percentile(values[ring], (5, 95))
    use = ring & (values <= low + 0.6 * (high - low)) if high > low else ring
    rows, columns = np.indices(values.shape, dtype=np.float32) / max(values.shape) - 0.5
    basis = np.stack([np.ones_like(rows), rows, columns], axis=-1)
    plane = np.full_like(values, np.median(values[use]))
    for _ in range(4):
        off = np.abs(values - plane)
        near = use & (off <= 2.5 * 1.4826 * np.median(off[use]) + 1e-6)
        coefficients, *_ = np.linalg.lstsq(basis[near], values[near], rcond=None)
        plane = (basis @ coefficients).astype(np.float32)
    return plane


def _one_piece(candidates: NDArray[np.bool_], away: Array) -> NDArray[np.bool_]:
    """The piece that matters most near the middle, freed of what is much thinner, its holes filled."""
    import cv2

    depth = distance_px(np.pad(candidates, 1))[1:-1, 1:-1]
    near = depth * (away < 0.6)
    radius = THIN * float(near.max() if near.any() else depth.max())
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)
    opened = cv2.morphologyEx(candidates.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    count, parts = cv2.connectedComponents(opened)
    if count < 2:
        return np.zeros(candidates.shape, bool)
    weight = np.exp(-2 * away**2)
    sums = np.bincount(parts.ravel(), weight.ravel(), minlength=count)
    piece = (parts == 1 + int(sums[1:].argmax())).astype(np.uint8)
    outlines, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros_like(piece), outlines, -1, 1, cv2.FILLED) > 0


def _outline(inside: NDArray[np.bool_], origin: tuple[float, float], step: float, *, found: bool) -> Outline:
    """The line around a mask on the grid. The grid's own border is outside."""
    import cv2

    within = np.zeros_like(inside)
    within[1:-1, 1:-1] = inside[1:-1, 1:-1]
    depth = np.where(within, distance_px(within) - 0.5, 0.5 - distance_px(~within)) * step
    smooth = cv2.GaussianBlur(depth.astype(np.float32), (0, 0), 1.5).astype(np.float32)
    return Outline(smooth, origin, step, found)
