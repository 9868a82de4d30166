"""What the axial chest phantom is painted on: coordinates in mm, smooth outlines, textures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]
Points = NDArray[np.float64]


@dataclass(eq=False)
class Canvas:
    """A square plane of HU, painted twice as fine as the image, so that edges hold partial volume.

    Coordinates are mm from the centre of the vertebral body: x to the image's right (the patient's left), y
    down (backwards). Everything painted passes through one smooth warp, which makes every patient a little
    crooked without pulling neighbours apart.

    Attributes:
        size: pixels per side, of the fine grid.
        pixel_mm: of the fine grid.
        origin: the (x, y) of the coordinates' origin in fine pixels.
        turn_deg: how far the patient has rolled, clockwise on the screen.
        bumps: (n, 5): centre x, y, sigma, shift x, shift y of the warp, in mm.
    """

    size: int
    pixel_mm: float
    origin: tuple[float, float]
    bumps: NDArray[np.float64]
    turn_deg: float
    hu: Plane = field(init=False)

    def __post_init__(self) -> None:
        self.hu = np.full((self.size, self.size), -1000, np.float32)

    def to_pixels(self, points: Points) -> Points:
        """(n, 2) mm to (n, 2) (column, row) of the fine grid, warped."""
        offsets = points[:, None, :] - self.bumps[None, :, :2]
        weights = np.exp(-0.5 * (offsets**2).sum(axis=2) / self.bumps[None, :, 2] ** 2)
        warped = points + weights @ self.bumps[:, 3:]
        c, s = np.cos(np.deg2rad(self.turn_deg)), np.sin(np.deg2rad(self.turn_deg))
        return warped @ np.array([[c, s], [-s, c]]) / self.pixel_mm + np.array(self.origin)

    def inside(self, points: Points) -> Mask:
        """The inside of a closed outline given in mm."""
        import cv2

        mask = np.zeros((self.size, self.size), np.uint8)
        cv2.fillPoly(mask, [np.round(self.to_pixels(points) * 16).astype(np.int32)], 1, shift=4)
        return mask.view(bool)

    def along(self, points: Points, width_mm: float) -> Mask:
        """A line of that width through points in mm, with rounded ends."""
        import cv2

        mask = np.zeros((self.size, self.size), np.uint8)
        line = np.round(self.to_pixels(points) * 16).astype(np.int32)
        cv2.polylines(mask, [line], False, 1, max(1, round(width_mm / self.pixel_mm)), cv2.LINE_8, 4)
        return mask.view(bool)

    def grown(self, mask: Mask, radius_mm: float) -> Mask:
        """Grown by a disc, or shrunk where the radius is negative."""
        import cv2

        radius = round(abs(radius_mm) / self.pixel_mm)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        operation = cv2.dilate if radius_mm > 0 else cv2.erode
        return operation(mask.view(np.uint8), disc).view(bool)

    def coordinates(self) -> tuple[Plane, Plane]:
        """(x, y) in mm of the fine pixels, not warped, broadcastable."""
        places = np.arange(self.size, dtype=np.float32)
        x = (places - np.float32(self.origin[0])) * np.float32(self.pixel_mm)
        y = (places - np.float32(self.origin[1])) * np.float32(self.pixel_mm)
        return x[None, :], y[:, None]

    def texture(self, rng: np.random.Generator, scale_mm: float, octaves: int = 1) -> Plane:
        """Smooth noise of mean 0 and standard deviation 1 whose coarsest grain is `scale_mm`."""
        import cv2

        total = np.zeros((self.size, self.size), np.float32)
        for octave in range(octaves):
            grain = max(scale_mm / 2**octave / self.pixel_mm, 1.0)
            cells = int(self.size / grain) + 4
            coarse = rng.standard_normal((cells, cells), dtype=np.float32)
            reach = round(cells * grain)
            fine = cv2.resize(coarse, (reach, reach), interpolation=cv2.INTER_CUBIC)
            total += fine[: self.size, : self.size] * np.float32(0.6**octave)
        return (total - total.mean()) / total.std()


def smooth(points: Sequence[tuple[float, float]] | Points, per_span: int = 10) -> Points:
    """A closed Catmull-Rom curve through the points, (n * per_span, 2)."""
    knots = np.asarray(points, np.float64)
    before, after, beyond = np.roll(knots, 1, 0), np.roll(knots, -1, 0), np.roll(knots, -2, 0)
    t = np.linspace(0, 1, per_span, endpoint=False)[None, :, None]
    p0, p1, p2, p3 = (k[:, None, :] for k in (before, knots, after, beyond))
    curve = p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
    return curve.reshape(-1, 2)


def ellipse(centre: ArrayLike, a: float, b: float, tilt_deg: float = 0.0, count: int = 48) -> Points:
    """An ellipse round (x, y) as points; tilted clockwise on the screen."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    tilt = np.deg2rad(tilt_deg)
    u, v = a * np.cos(angle), b * np.sin(angle)
    ring = np.stack([u * np.cos(tilt) - v * np.sin(tilt), u * np.sin(tilt) + v * np.cos(tilt)], axis=1)
    return ring + np.asarray(centre, float)


def wobbly(
    rng: np.random.Generator, centre: ArrayLike, a: float, b: float, tilt_deg: float = 0.0, by: float = 0.06
) -> Points:
    """An ellipse whose radius wanders by the share `by`: a vessel or organ in cross-section."""
    points = ellipse((0, 0), a, b, tilt_deg)
    angle = np.linspace(0, 2 * np.pi, len(points), endpoint=False)
    radius = np.ones(len(points))
    for order in (2, 3, 4, 5):
        radius += rng.normal(0, by / order) * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    return points * radius[:, None] + np.asarray(centre, float)
