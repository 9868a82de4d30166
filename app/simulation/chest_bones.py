"""The bones of the axial chest phantom: spine, ribs, sternum and scapulae."""

from __future__ import annotations

import numpy as np

from app.simulation.chest_cage import Cage
from app.simulation.chest_canvas import Canvas, Mask, Plane, Points, ellipse, smooth
from app.simulation.chest_patient import Patient

BODY = [
    (-17, 3), (-15, -6), (-10.5, -13), (0, -15.5), (10.5, -13), (15, -6), (17, 3), (15, 9), (8, 11), (0, 9.5),
    (-8, 11), (-15, 9),
]  # fmt: skip


class Skeleton:
    """Paints bone, and remembers where."""

    def __init__(self, canvas: Canvas, patient: Patient) -> None:
        self.canvas, self.patient = canvas, patient
        self.rng = patient.stream("bones")
        self.mask: Mask = np.zeros(canvas.hu.shape, bool)
        self.density = float(self.rng.normal(1.0, 0.15))
        self.grain: Plane = canvas.texture(self.rng, 2.2, 2)

    def paint(self, shape: Mask, cortex_mm: float, marrow: float, cortex: float = 820.0) -> None:
        """A bone: a dense shell of that thickness around trabeculae."""
        canvas = self.canvas
        shell = shape & ~canvas.grown(shape, -cortex_mm)
        inside = (marrow + 38 * self.grain) * self.density
        canvas.hu[shape] = inside[shape]
        canvas.hu[shell] = cortex * (0.8 + 0.2 * self.density) + 60 * self.grain[shell]
        self.mask |= shape

    def spine(self) -> None:
        """A thoracic vertebra: body, pedicles, laminae, transverse and spinous processes, canal and cord."""
        canvas, rng = self.canvas, self.rng
        k = 1.06 if self.patient.breast_mm else 1.16
        lean = rng.normal(0, 1.2)
        disc = rng.random() < 0.25
        body = canvas.inside(smooth(np.array(BODY) * k))
        low = rng.uniform(0, 1)
        arch = np.zeros_like(body)
        for side in (-1, 1):
            arch |= canvas.along(np.array([(side * 11.5, 6), (side * 12.5, 20)]) * k, 6.5 + 3 * (not disc))
            lamina = np.array([(side * 12.5, 20), (side * 9, 29), (0, 35)]) * k
            arch |= canvas.along(lamina, 5.6) | canvas.along(lamina[1:], 8.0)
            tip = np.array([side * rng.uniform(26, 34), rng.uniform(25, 34)])
            arch |= canvas.along(np.array([(side * 12.5, 21), tip / k]) * k, rng.uniform(6.5, 8.5))
            arch |= canvas.inside(ellipse(tip, 6.5, 5.2, side * 35))
        end = np.array([lean, 45 + 13 * low]) * k
        spinous = canvas.along(np.array([(0, 34 * k), tuple(end)]), 5.0 + 2 * rng.random())
        spinous |= canvas.inside(ellipse(end, 3.8, 5))
        canal = canvas.inside(ellipse((0, 19 * k), 9.2 * k, 8.2 * k))
        self.paint(arch & ~canal, 1.5, 230)
        self.paint(spinous & ~canal, 1.3, 240)
        if disc:
            canvas.hu[body] = 85 + 12 * self.grain[body]
            self.mask |= body
            rim = body & ~canvas.grown(body, -2.2) & (self.grain > 0.5)
            canvas.hu[rim] = 330
        else:
            self.paint(body & ~canal, 1.0, 185, 520)
            vein = canvas.along(np.array([(0, 1), (0, 10 * k)]), 1.6) & body
            canvas.hu[vein] = 70
        canvas.hu[canal] = 5 + 8 * self.grain[canal]
        canvas.hu[canvas.inside(ellipse((0, 18.5 * k), 5.2 * k, 4.6 * k))] = 38
        self.mask |= canal

    def rib(self, cage: Cage, start: float, stop: float, thickness: float, slope: float) -> None:
        """A rib cut obliquely: a long lens that runs outwards by `slope` mm from start to stop."""
        middle = np.array([4.9 - slope / 2, 4.9, 4.9 + slope / 2])
        outline = cage.band(start, stop, middle - thickness / 2, middle + thickness / 2, taper=5.0)
        self.paint(self.canvas.inside(outline), self.rng.uniform(1.1, 1.8), 300, 850)

    def ribs(self, cage: Cage) -> None:
        """Five to seven on each side, at even distances that grow towards the front, and their necks."""
        rng, canvas = self.rng, self.canvas
        for side in (-1, 1):
            phi = rng.uniform(30, 48)
            while phi < 148:
                length = rng.uniform(8, 15) * (1.0 + 0.6 * (phi > 112) + 0.3 * (phi < 60))
                outwards = rng.normal(1.2, 1.8)
                self.rib(cage, side * phi, side * min(phi + length, 154), rng.uniform(5.0, 6.8), outwards)
                phi += length + rng.uniform(8, 22)
            if rng.random() < 0.4:
                along = cage.at(side * np.array([158, 151, 144, rng.uniform(128, 140)]), [5.5, 6, 5.5, 5])
                neck = np.array([(side * 20, 8.5), (side * 25.5, 16.0)])
                course = _bent(np.concatenate([neck, along]))
                rib = canvas.along(course, rng.uniform(4.8, 6.0)) | canvas.along(course[6:26], 6.4)
                self.paint(rib & ~self.mask, 1.2, 260)
            elif rng.random() < 0.8:
                self.paint(canvas.inside(ellipse((side * 21, 7), 5.5, 4.5, side * 30)) & ~self.mask, 1.1, 220)

    def sternum(self, cage: Cage) -> None:
        """Manubrium or body of the sternum, and the cartilages that end at it."""
        rng, canvas, patient = self.rng, self.canvas, self.patient
        half = {"arch": 29.0, "carina": 18.0, "heart": 16.5}[patient.level] * rng.uniform(0.9, 1.1)
        thick = {"arch": 11.0, "carina": 11.0, "heart": 10.0}[patient.level]
        for side in (-1, 1):
            for order, gap in enumerate((2.0, rng.uniform(16, 26))):
                if order and rng.random() < 0.45:
                    continue
                start = np.rad2deg((half + gap) / 95)
                band = cage.band(
                    side * start, side * (start + rng.uniform(11, 17)), [2.4, 2.4], [8.8, 7.8], taper=6
                )
                cartilage = canvas.inside(band)
                canvas.hu[cartilage] = 95 + 8 * self.grain[cartilage]
                chalk = (
                    cartilage & ~canvas.grown(cartilage, -1.4) & (self.grain > 2.0 - 1.5 * patient.calcified)
                )
                canvas.hu[chalk] = 320
                self.mask |= chalk
        front = cage.at(0.0, 5.5)
        bowed = np.array(
            [(-1, 0.2), (-0.6, -1), (0, -0.85), (0.6, -1), (1, 0.2), (0.6, 1), (0, 1.1), (-0.6, 1)]
        )
        self.paint(canvas.inside(smooth(bowed * (half, thick / 2) + front)), 1.1, 140, 480)

    def scapulae(self, blades: list[Points]) -> None:
        """The blade of each scapula as a thin plate, thick towards the joint, at times with its spine."""
        rng, canvas = self.rng, self.canvas
        for blade in blades:
            side = np.sign(blade[0, 0])
            shape = canvas.along(blade, rng.uniform(2.6, 3.4))
            shape |= canvas.along(blade[-12:], 6.0) | canvas.inside(ellipse(blade[-3], 6.5, 4.5, side * -35))
            shape |= canvas.inside(ellipse(blade[0], 3.0, 2.4))
            if self.patient.level == "arch" and rng.random() < 0.6:
                out = blade[-9] + np.array([side * rng.uniform(7, 13), rng.uniform(2, 9)])
                shape |= canvas.along(np.stack([blade[-9], out]), 3.8)
            self.paint(shape, 1.2, 240, 760)


def _bent(points: Points) -> Points:
    """An open curve through the points."""
    places = np.arange(len(points))
    fine = np.linspace(0, len(points) - 1, 40)
    from scipy.interpolate import CubicSpline

    return CubicSpline(places, points)(fine)
