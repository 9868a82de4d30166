"""What lies between the lungs: great vessels, heart, airway and oesophagus in their fat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.simulation.chest_canvas import Canvas, Mask, Plane, Points, smooth, wobbly
from app.simulation.chest_patient import Patient

BLOOD, MYOCARDIUM, WALL, FAT, AIR = 44.0, 52.0, 30.0, -98.0, -995.0


class Mediastinum:
    """Paints one level. `airway` holds the lumen of trachea and main bronchi with their walls."""

    def __init__(self, canvas: Canvas, patient: Patient, space: Mask) -> None:
        self.canvas, self.patient, self.space = canvas, patient, space
        self.rng = patient.stream("mediastinum")
        self.grain: Plane = canvas.texture(self.rng, 7.0, 3)
        self.airway: Mask = np.zeros_like(space)

    def paint(self) -> None:
        """Fat with strands, then the organs of the level, then the airway."""
        canvas = self.canvas
        strands = canvas.texture(self.rng, 8.0, 3)
        canvas.hu[self.space] = FAT + 6 * self.grain[self.space]
        canvas.hu[self.space & (np.abs(strands) < 0.12)] = -30
        levels: dict[str, Callable[[], None]] = {
            "arch": self._arch,
            "carina": self._carina,
            "heart": self._heart,
        }
        levels[self.patient.level]()

    def _points(self, points: Points) -> Points:
        return points * np.array(self.patient.scale)

    def _soft(self, points: Points, hu: float, everywhere: bool = False) -> Mask:
        """An organ; kept inside the mediastinum unless it makes its own bulge."""
        mask = self.canvas.inside(self._points(points))
        if not everywhere:
            mask &= self.space
        self.canvas.hu[mask] = hu + 3.5 * self.grain[mask]
        return mask

    def _around(self, x: float, y: float, a: float, b: float, tilt: float = 0.0, by: float = 0.05) -> Points:
        rng = self.rng
        size = rng.normal(1.0, 0.06)
        return wobbly(rng, (x + rng.normal(0, 1.5), y + rng.normal(0, 1.5)), a * size, b * size, tilt, by)

    def _vessel(self, *outlines: Points, share: float, everywhere: bool = False) -> None:
        """A vessel, of one outline or of several that open into each other.

        `share` of the contrast medium has reached it; with `everywhere` it may bulge into the lung.
        """
        mask = np.logical_or.reduce(
            [self._soft(points, BLOOD + share * self.patient.enhanced, everywhere) for points in outlines]
        )
        edge = mask & ~self.canvas.grown(mask, -1.3)
        self.canvas.hu[edge] = 0.4 * self.canvas.hu[edge] + 0.6 * WALL
        if share > 0.9 and self.patient.calcified > 0.45:
            chalk = edge & (self.grain > 2.2 - self.patient.calcified)
            self.canvas.hu[chalk] = 480

    def _tube(self, points: Points, wall_mm: float = 1.2) -> None:
        """A piece of the airway."""
        lumen = self.canvas.inside(self._points(points))
        wall = self.canvas.grown(lumen, wall_mm)
        self.canvas.hu[wall & ~self.airway] = WALL
        self.canvas.hu[lumen] = AIR
        self.airway |= wall

    def _nodes(self, places: list[tuple[float, float]]) -> None:
        for x, y in places:
            if self.rng.random() < 0.7:
                size = self.rng.uniform(2.2, 4.6)
                self._soft(self._around(x, y, size * 1.4, size, self.rng.uniform(-60, 60), 0.1), 40)

    def _oesophagus(self, x: float, y: float) -> None:
        points = self._around(x, y, 9.5, 5.5, self.rng.uniform(-15, 25), 0.08)
        self._soft(points, 40)
        if self.rng.random() < 0.6:
            self._soft(self._around(x + 1, y, 2.2, 1.2, 0, 0.2), -700)

    def _internal_mammary(self, y: float) -> None:
        for side in (-1, 1):
            for step in (0, 3.2):
                x = side * (23 + step)
                self._soft(wobbly(self.rng, (x, y), 1.1, 1.1), 60)

    def _heart(self) -> None:
        rng, enhanced = self.rng, self.patient.enhanced
        turn = rng.normal(0, 3)
        whole = [
            (-35, -60), (-45, -74), (-44, -92), (-35, -108), (-20, -118), (0, -121), (24, -124), (46, -122),
            (60, -110), (64, -93), (58, -74), (44, -56), (22, -45), (-4, -43), (-22, -48),
        ]  # fmt: skip
        pericardium = self._soft(smooth(np.array(whole) + rng.normal(0, 1.8, (len(whole), 2))), -82)
        inner = self.canvas.grown(pericardium, -rng.uniform(2.0, 5.0))
        line = self.canvas.grown(pericardium, -0.6) & ~self.canvas.grown(pericardium, -1.6)
        self.canvas.hu[line & (self.grain > -0.3)] = 0
        chambers = [
            (4, -58, 27, 13.5, 4 + turn, BLOOD, 0.85),
            (-27, -82, 15, 21, -14 + turn, BLOOD, 0.75),
            (-4, -107, 27, 14, -12 + turn, BLOOD, 0.75),
            (33, -88, 29, 22, 38 + turn, MYOCARDIUM, 0.35),
            (1, -82, 13.5, 13.5, 0, BLOOD, 1.0),
        ]
        for x, y, a, b, tilt, base, share in chambers:
            shape = self.canvas.inside(self._points(self._around(x, y, a, b, tilt, 0.05))) & inner
            self.canvas.hu[shape] = base + share * enhanced + 4 * self.grain[shape]
        cavity = self.canvas.inside(self._points(self._around(32, -87, 18, 11, 38 + turn))) & inner
        self.canvas.hu[cavity] = BLOOD + enhanced + 4 * self.grain[cavity]
        filling = inner & (self.canvas.hu < -60) & (self.grain > -0.9)
        self.canvas.hu[filling] = 40
        for x, y in ((-23, -104), (24, -107), (19, -66)):
            tilt = np.rad2deg(np.arctan2(y + 84, x)) + rng.normal(0, 12)
            groove = self.canvas.inside(self._points(self._around(x, y, 8.5, 2.0, tilt, 0.12)))
            self.canvas.hu[groove & inner] = -55
            self._vessel(wobbly(rng, (x, y), 1.6, 1.6), share=1.0)
            if self.patient.calcified > 0.55 and rng.random() < 0.5:
                self._soft(wobbly(rng, (x, y), 1.4, 0.8), 420)
        self._vessel(self._around(13, -27, 12.5, 12.5, 0, 0.03), share=1.0, everywhere=True)
        self._oesophagus(-3, -38)
        self._vessel(self._around(-7, -20, 3.4, 3.2), share=0.4)
        self._vessel(self._around(38, -47, 9, 5, -20), share=0.9, everywhere=True)
        self._vessel(self._around(-25, -50, 9, 5, 20), share=0.9, everywhere=True)
        self._internal_mammary(-128)

    def _carina(self) -> None:
        rng = self.rng
        self._vessel(self._around(-13, -88, 16.5, 16, 0, 0.03), share=1.0)
        trunk = self._around(19, -86, 14, 15, 20, 0.05)
        right = smooth(np.array([(20, -80), (4, -74), (-20, -70), (-38, -62), (-50, -52), (-46, -44),
                                 (-38, -50), (-20, -56), (2, -60), (22, -66)], float))  # fmt: skip
        left = smooth(
            np.array(
                [(12, -86), (30, -76), (45, -60), (52, -46), (46, -38), (37, -46), (30, -58), (16, -66)],
                float,
            )
        )
        self._vessel(trunk, right, left, share=1.05, everywhere=True)
        self._vessel(self._around(-35, -80, 8.5, 9.5, 10, 0.06), share=rng.uniform(0.6, 1.5))
        self._vessel(self._around(19, -24, 12.5, 12.5, 0, 0.03), share=1.0, everywhere=True)
        self._vessel(self._around(-8, -20, 3.8, 3.6), share=0.4)
        self._oesophagus(3, -34)
        self._nodes([(-4, -47), (-26, -48), (28, -58), (-18, -104), (24, -104)])
        split = rng.random()
        gap = 11 + 9 * split
        self._tube(self._around(-gap - 3, -49, 8.5 + 2.5 * (split > 0.5), 6.8, -14, 0.04))
        self._tube(self._around(gap, -48, 8.0, 6.0, 18, 0.04))
        if split < 0.25:
            self._tube(self._around(-2, -50, 10, 5.5, 0, 0.04))
        if split > 0.5:
            self._tube(self._around(-38, -50, 5.4, 4.2, -20, 0.06), 1.2)
            self._tube(self._around(39, -45, 4.6, 4.0, 20, 0.06), 1.2)
        thymus = self._around(3, -110, 16, 4.5, 0, 0.15)
        self._soft(thymus, -65)
        self._internal_mammary(-117)

    def _arch(self) -> None:
        rng = self.rng
        arch = [(-19, -82), (-10, -90), (4, -86), (17, -73), (29, -56), (35, -38), (32, -24), (22, -20),
                (14, -29), (11, -44), (4, -58), (-8, -66), (-18, -72)]  # fmt: skip
        jitter = rng.normal(0, 1.4, (len(arch), 2))
        if rng.random() < 0.6:
            self._vessel(smooth(np.array(arch) + jitter), share=1.0, everywhere=True)
        else:
            for x, y, r in ((-13, -72, 6.8), (7, -74, 4.6), (17, -55, 5.6)):
                self._vessel(self._around(x, y, r, r * 0.92, 20), share=1.0)
            self._vessel(self._around(-20, -88, 10.5, 6, -30, 0.06), share=rng.uniform(0.4, 1.2))
            self._vessel(self._around(22, -90, 10, 5.5, 24, 0.06), share=rng.uniform(0.4, 1.2))
        self._vessel(self._around(-29, -71, 8.0, 9.5, 12, 0.06), share=rng.uniform(0.6, 1.6))
        self._oesophagus(5, -29)
        self._nodes([(-16, -52), (-20, -60), (2, -96), (-6, -92)])
        self._tube(self._around(-3, -46, 9.4, 10.0, 0, 0.05), 1.2)
        self._soft(self._around(4, -100, 13, 4, 0, 0.15), -60)
        self._internal_mammary(-98)
