"""Vertebrae, each with body, endplates, pedicles, laminae, facets, transverse and spinous processes."""

from __future__ import annotations

import numpy as np

from app.simulation.kub_canvas import Canvas, rounded
from app.simulation.kub_curves import Points, closed_curve, ellipse, wobble
from app.simulation.kub_patient import VERTEBRAE, Patient


def paint_spine(canvas: Canvas, patient: Patient) -> None:
    """Paints the vertebrae and marks `spine`."""
    for level in range(len(VERTEBRAE)):
        _Vertebra(canvas, patient, level).paint()


class _Vertebra:
    """One vertebra; its parts lie at heights of their own and shift as it is turned and tilted."""

    def __init__(self, canvas: Canvas, patient: Patient, level: int) -> None:
        self.canvas, self.patient, self.level = canvas, patient, level
        self.rng = patient.stream(f"vertebra {level}")
        self.centre = patient.spine[level]
        self.frontal, self.sagittal = patient.tilts[level]
        self.w, self.h = patient.widths[level] / 2, patient.heights[level] / 2
        self.thoracic = level >= 5
        self.turn = self.rng.normal(0, 0.03)

    def place(self, points: Points, lift: float = 0.0) -> Points:
        """Points of the vertebra's own frame (x lateral, y down) in the patient, `lift` mm above its body."""
        c, s = np.cos(self.frontal), np.sin(self.frontal)
        p = np.asarray(points, np.float64)
        # Parts behind the body lie higher or lower on the film where the vertebra is tilted towards the beam.
        y = p[:, 1] + np.sin(self.sagittal) * lift * 0.55
        x = p[:, 0] + np.sin(self.turn) * lift
        return np.stack([self.centre[0] + x * c - y * s, self.centre[1] + x * s + y * c], 1)

    def add(
        self,
        outline: Points,
        lift: float,
        depth: float,
        edge: float,
        cortex: float,
        spongy: float,
    ) -> None:
        """A part of bone: its cortical shell and the spongy bone within, `spongy` of cortical density."""
        shape = self.canvas.shape(self.place(outline, lift), self.centre[2] + lift)
        if shape is None:
            return
        texture = (
            1
            + 0.08 * shape.noise(self.rng, 0.9)
            + 0.09 * shape.noise(self.rng, 1.8)
            + 0.10 * shape.noise(self.rng, 4)
            + 0.15 * shape.noise(self.rng, 10)
        )
        uneven = np.clip(0.85 + 0.35 * shape.noise(self.rng, 7) + 0.2 * shape.noise(self.rng, 2.5), 0.25, 2)
        full = shape.solid(depth, edge)
        wall = shape.shell(depth, edge, cortex)
        flat = np.minimum(wall, 2 * cortex)
        bone = ((wall - flat) * uneven + flat + (full - wall) * spongy * texture) * self.patient.bone
        shape.add(self.canvas.bone, np.maximum(bone, 0).astype(np.float32))
        shape.mark("spine", full)

    def paint(self) -> None:
        """Paints all parts."""
        self.body()
        self.arch()
        self.spinous()
        self.transverse()

    def body(self) -> None:
        """Waisted sides that flare towards the endplates."""
        w, h, rng = self.w, self.h, self.rng
        t = np.linspace(-1, 1, 17)
        sides = []
        for _ in range(2):
            waist = 0.13 + rng.normal(0, 0.02)
            lip = rng.uniform(0.0, 0.03) + self.patient.wear * rng.uniform(0.0, 0.14)
            flare = np.exp(-(((t - 0.97) / 0.10) ** 2)) + np.exp(-(((t + 0.97) / 0.10) ** 2))
            narrow = waist * (1 - np.abs(t + rng.normal(0, 0.05)) ** 1.9) - lip * flare
            narrow += 0.05 * np.abs(t) ** 14
            sides.append(np.stack([w * (1 - narrow), t * h], 1))
        bow = np.sin(np.linspace(0, np.pi, 13))[1:-1]
        x = np.linspace(1, -1, 13)[1:-1] * w * 0.96
        low = np.stack([x, h - bow * rng.normal(1.5, 0.4)], 1)
        high = np.stack([-x, -h + bow * rng.normal(1.1, 0.4)], 1)
        outline = wobble(np.vstack([sides[0], low, sides[1][::-1] * (-1, 1), high]), rng, 0.5, 14)
        self.add(outline, 0.0, 1.5 * w, 0.7 * w, 0.5, 0.21)
        for sign in (-1, 1):
            self.endplate(sign)

    def endplate(self, sign: int) -> None:
        """A thin disc seen nearly along itself: an ellipse, the flatter the brighter, with a denser rim."""
        w = self.w * 0.98
        y = self.centre[1] + sign * self.h - self.canvas.view.centre[1]
        ray = np.arctan2(y, self.canvas.view.source - self.centre[2])
        incline = abs(np.sin(self.sagittal + ray + self.rng.normal(0, 0.04)))
        half = 0.72 * w * incline + 0.8
        outline = wobble(ellipse(0, sign * (self.h - 0.5), w, half, 0.0, 72), self.rng, 0.35, 14)
        shape = self.canvas.shape(self.place(outline), self.centre[2])
        if shape is None:
            return
        across = 1.44 * w * 0.8 / half
        plate = rounded(shape.distance / max(0.7, half * 0.9)) * min(across, 9.0)
        rim = np.exp(-(((shape.distance - 0.7) / 0.75) ** 2)) * min(0.6 * across + 1.5, 6.0)
        uneven = np.clip(1 + 0.35 * shape.noise(self.rng, 6.0) + 0.2 * shape.noise(self.rng, 2.0), 0.2, 2)
        shape.add(self.canvas.bone, ((plate + rim) * uneven * 0.55 * self.patient.bone).astype(np.float32))
        shape.mark("spine", plate)

    def arch(self) -> None:
        """Pedicles seen end on as ovals, articular processes, laminae."""
        w, h, rng = self.w, self.h, self.rng
        for side in (-1, 1):
            offset = side * w * (0.60 if not self.thoracic else 0.52)
            a = (4.2 + 0.05 * w) * rng.normal(1, 0.06)
            b = min(0.57 * h, 8.5) * rng.normal(1, 0.06)
            pedicle = wobble(ellipse(offset, -h * 0.30, a, b, side * 0.12), rng, 0.3)
            self.add(pedicle, -24.0, 12.0, 2.8, 1.2, 0.10)
            # Articular processes: the upper one lateral, the lower one nearer the middle.
            upper = wobble(ellipse(offset * 1.10, -h * 0.98, 5.6, 8.0, -side * 0.25), rng, 0.6)
            lower = wobble(ellipse(offset * 0.80, h * 1.05, 5.2, 9.0, side * 0.20), rng, 0.6)
            self.add(upper, -36.0, 8.0, 4.8, 0.5, 0.24)
            self.add(lower, -40.0, 9.0, 4.8, 0.6, 0.24)
            # fmt: off
            lamina = closed_curve([
                (side * 2.0, -h * 0.10), (offset * 0.75, -h * 0.45), (offset * 1.12, -h * 0.1),
                (offset * 1.02, h * 0.55), (offset * 0.9, h), (offset * 0.55, h * 1.05),
                (side * 3.0, h * 0.75),
            ])
            # fmt: on
            self.add(wobble(lamina, rng, 0.8), -42.0, 9.0, 4.0, 1.1, 0.22)

    def spinous(self) -> None:
        """Seen along itself: a drop, sharp above and thick below, pointing further down in the chest."""
        h, rng = self.h, self.rng
        middle = h * (1.25 if self.thoracic else 0.75) * rng.normal(1, 0.10)
        tall = 0.78 * h * rng.normal(1, 0.08)
        lean, wide, foot = rng.normal(0, 1.1), rng.normal(1, 0.15), rng.normal(1, 0.22)
        # fmt: off
        drop = np.array([
            (0.2 * lean, -1.1), (1.7 * wide, -0.5), (2.6 * wide + 0.5 * lean, 0.3), (4.0 * foot + lean, 0.8),
            (2.4 * foot + lean, 1.1), (-2.6 * foot + lean, 1.08), (-3.9 * foot + lean, 0.75),
            (-2.5 * wide + 0.5 * lean, 0.3), (-1.8 * wide, -0.5),
        ]) * (1, tall) + (0, middle)
        # fmt: on
        self.add(wobble(closed_curve(drop), rng, 0.9, 12), -58.0, 13.0, 2.6, 0.75, 0.17)

    def transverse(self) -> None:
        """A finger to each side, longest at L3, thick at L5; T12 has none to speak of."""
        w, h, rng = self.w, self.h, self.rng
        if self.level == 5:
            return
        reach = {0: 1.50, 1: 1.62, 2: 1.85, 3: 1.75, 4: 1.55}.get(self.level, 1.15) * w
        for side in (-1, 1):
            lift = rng.normal(-0.6 if self.thoracic else -0.32, 0.08) * h
            tall = (4.6 if self.level else 7.0) * rng.normal(1, 0.08)
            far = reach * rng.normal(1, 0.05)
            tip = lift - rng.normal(2.0, 1.5) * (1 if self.level < 2 else 0.4)
            # fmt: off
            finger = np.array([
                (0.55 * w, -0.3 * h - tall), (0.9 * w, -0.28 * h - 0.9 * tall),
                (0.92 * far, tip - 0.75 * tall), (far, tip), (0.93 * far, tip + 0.7 * tall),
                (0.95 * w, -0.25 * h + 0.9 * tall), (0.6 * w, -0.1 * h + 1.2 * tall),
            ]) * (side, 1)
            # fmt: on
            self.add(wobble(closed_curve(finger), rng, 0.45), -33.0, 6.0, 2.8, 0.75, 0.10)
