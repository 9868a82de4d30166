"""The rib cage as a coordinate system: how far round the chest, and how far outside the pleura."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from app.simulation.chest_canvas import Points


@dataclass(frozen=True, eq=False)
class Cage:
    """The curve round both lungs. A place is (phi, depth): phi in degrees from the sternum (0) by way of the
    side (90) to the spine (180), negative on the image's left; depth in mm outwards."""

    curve: Points
    normals: Points
    phi: Points

    @classmethod
    def around(cls, lungs: list[Points]) -> Cage:
        """The smoothed convex hull of the lungs."""
        import cv2

        points = np.concatenate(lungs).astype(np.float32)
        hull = cv2.convexHull(points)[:, 0].astype(np.float64)
        centre = np.array([0.0, (points[:, 1].min() + points[:, 1].max()) / 2])
        angle = np.linspace(-np.pi, np.pi, 721)[:-1]
        closed = np.concatenate([hull, hull[:1]])
        dense = np.concatenate([np.linspace(a, b, 40, endpoint=False) for a, b in pairwise(closed)])
        offset = dense - centre
        bearing = np.arctan2(offset[:, 0], -offset[:, 1])
        order = np.argsort(bearing)
        radius = np.interp(angle, bearing[order], np.hypot(*offset[order].T), period=2 * np.pi)
        kernel = np.hanning(41) / np.hanning(41).sum()
        radius = np.convolve(np.concatenate([radius[-20:], radius, radius[:20]]), kernel, "valid")
        curve = centre + radius[:, None] * np.stack([np.sin(angle), -np.cos(angle)], axis=1)
        tangent = np.roll(curve, -1, 0) - np.roll(curve, 1, 0)
        normals = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
        normals /= np.hypot(*normals.T)[:, None]
        return cls(curve, normals, np.rad2deg(angle))

    def at(self, phi: ArrayLike, depth: ArrayLike) -> Points:
        """(n, 2) mm of places given as degrees and mm."""
        phi, depth = np.broadcast_arrays(np.asarray(phi, float), np.asarray(depth, float))
        base, normal = (
            np.stack([np.interp(phi, self.phi, values[:, axis], period=360) for axis in (0, 1)], axis=-1)
            for values in (self.curve, self.normals)
        )
        return base + depth[..., None] * normal

    def band(
        self, start: float, stop: float, inner: ArrayLike, outer: ArrayLike, taper: float = 2.0
    ) -> Points:
        """An outline from `start` to `stop` degrees between two depths, each a number or a profile.

        The band is thin at its ends: its thickness follows 1 - |u|^taper from end to end.
        """
        u = np.linspace(-1, 1, 41)
        places = start + (stop - start) * (u + 1) / 2
        knots = [
            np.interp((u + 1) / 2, np.linspace(0, 1, np.size(d)), np.atleast_1d(d)) for d in (inner, outer)
        ]
        middle, half = (knots[0] + knots[1]) / 2, (knots[1] - knots[0]) / 2
        half = half * (1 - np.abs(u) ** taper) ** 0.75
        return np.concatenate([self.at(places, middle - half), self.at(places, middle + half)[::-1]])

    def ring(self, depth: ArrayLike, phi: ArrayLike | None = None) -> Points:
        """A closed curve all round; `depth` by `phi` where given, on both sides alike or from -180 to 180."""
        if phi is None:
            return self.at(self.phi, depth)
        places = np.asarray(phi, float)
        wanted = self.phi if places.min() < 0 else np.abs(self.phi)
        return self.at(self.phi, np.interp(wanted, places, np.asarray(depth, float)))
