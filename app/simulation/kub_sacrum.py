"""Sacrum and coccyx."""

from __future__ import annotations

import numpy as np

from app.simulation.kub_bone import Bone
from app.simulation.kub_canvas import Canvas, rounded
from app.simulation.kub_curves import Points, closed_curve, ellipse, wobble
from app.simulation.kub_patient import TABLE, Patient
from app.simulation.kub_template import SACRUM

_FORAMINA = ((30, -76, 6.0, 4.6), (25.5, -59, 5.2, 4.3), (21.5, -43, 4.6, 3.8), (17, -28, 3.8, 3.0))
"""x, y and half axes of the left foramina, S1 to S4, mm."""


class Sacrum(Bone):
    """Sacrum and coccyx."""

    def __init__(self, canvas: Canvas, patient: Patient) -> None:
        super().__init__(canvas, patient, "sacrum")
        self.lean = self.rng.normal(0, 0.015)

    def own(self, points: Points) -> Points:
        q = self.place(points, 1)
        q[:, 0] += self.lean * (q[:, 1] + 90)
        return q

    def paint(self) -> None:
        """Paints sacrum and coccyx."""
        canvas, rng, z = self.canvas, self.rng, TABLE + 38
        right = np.array(SACRUM, float)
        outline = closed_curve(np.vstack([right, right[-2:0:-1] * (-1, 1)]))
        body = canvas.shape(self.own(wobble(outline, rng, 1.3, 14)), z)
        if body is None:
            return
        depth = np.full(body.distance.shape, 15.0, np.float32)
        d = body.distance + 0.5 * body.noise(rng, 12.0) + 0.25 * body.noise(rng, 5.0)
        # It thins out towards its end.
        depth *= 1 - 0.6 * self.blob(body, 0, -4, 22)
        full = rounded(d / 20.0) * depth * (1 + 0.18 * body.noise(rng, 14.0))
        inner = rounded((d - 0.5) / 19.5) * np.maximum(full - 1.8, 0)
        texture = self.texture(body)
        patchy = np.clip(0.7 + 0.4 * body.noise(rng, 12.0), 0.1, 1.6)
        material = np.maximum((full - inner) * patchy + inner * 0.15 * texture, 0) * self.patient.bone
        for level, (x, y, a, b) in enumerate(_FORAMINA):
            for side in (-1, 1):
                x0, y0 = side * x + rng.normal(0, 0.8), y + rng.normal(0, 0.8)
                outline = wobble(ellipse(x0, y0, a, b, side * 0.3), rng, 0.6)
                hole = canvas.shape(self.own(outline), z)
                if hole is not None:
                    material -= body.moved(0.55 * rounded(hole.distance / 3.0), hole) * material
                arc = np.linspace(np.pi * 1.05, np.pi * 1.95, 14)
                lip = np.stack([x0 + (a + 1) * np.cos(arc), y0 + 0.6 + (b + 1) * np.sin(arc)], 1)
                self.line(self.own(lip), z, 1.1, 2.2 - 0.3 * level)
        body.add(canvas.bone, material.astype(np.float32))
        body.mark("pelvis", full)
        for level, disc in enumerate((-75.5, -56.5, -40.5, -25.5, -12.5)):
            half = 22 - 3.4 * level
            bridge = np.stack([np.linspace(-half, half, 15), disc + rng.normal(0, 0.5, 15)], 1)
            self.line(self.own(bridge), z, 1.3, 1.1)
        # The median crest: one uneven ridge with a tubercle at each level.
        down = np.linspace(-92, -18, 60)
        ridge = np.stack([rng.normal(0, 0.5) + 0.9 * np.sin(down / rng.uniform(7, 11)), down], 1)
        self.line(self.own(ridge), z - 18, 2.6, 1.5)
        for level, y0 in enumerate((-84, -66, -50, -36)):
            bump = wobble(
                ellipse(rng.normal(0, 0.8), y0 + rng.normal(0, 1.5), 4.4 - 0.4 * level, 6.4 - 0.7 * level),
                rng,
                1.0,
            )
            self.add(self.own(bump), z - 18, 6.0, 4.0, 0.45, 0.2)
        promontory = ellipse(0, -92, 24, 7.0, 0.0, 60)
        self.line(self.own(promontory[:31]), z + 20, 1.2, 2.6)
        self.line(self.own(promontory[30:]), z + 20, 1.2, 1.8)
        self.coccyx()

    def coccyx(self) -> None:
        rng = self.rng
        x, y, drift = rng.normal(0, 1.0), 2.0, rng.normal(0, 0.8)
        for half, tall in ((9.0, 5.2), (6.2, 4.8), (4.8, 4.4), (3.4, 3.8)):
            piece = [
                (-half, -tall * 0.8),
                (0, -tall * 0.55),
                (half, -tall * 0.8),
                (half * 0.72, tall * 0.5),
                (half * 0.3, tall),
                (-half * 0.3, tall),
                (-half * 0.72, tall * 0.5),
            ]
            outline = wobble(closed_curve(np.add(piece, (x, y))), rng, 0.7)
            self.add(self.own(outline), TABLE + 45, 7, 4.5, 0.45, 0.17)
            x, y = x + drift + rng.normal(0, 0.5), y + tall * 1.75
