"""What the bones of the pelvis share: the patient's shape, texture, parts and lines."""

from __future__ import annotations

import numpy as np

from app.simulation.kub_canvas import Array, Canvas, Shape
from app.simulation.kub_curves import Points, Template
from app.simulation.kub_patient import TABLE, Patient

HIPS = TABLE + 95.0
"""Height of the hips above the detector."""


class Bone:
    """One bone: its random stream, and the template's points brought into the patient's shape."""

    def __init__(self, canvas: Canvas, patient: Patient, name: str, side: int = 1) -> None:
        self.canvas, self.patient, self.side = canvas, patient, side
        self.rng = patient.stream(name)
        shape = patient.stream("pelvis shape")
        self.width = patient.pelvis_width
        self.height = patient.pelvis_height
        self.flare = shape.normal(0, 0.05)
        self.inlet = shape.normal(1.06 if patient.female else 0.94, 0.03)
        self.tilt = shape.normal(0, 0.006)
        self.shift = shape.normal(0, 1.5)
        self.nod = shape.normal(0, 0.11)

    def place(self, points: Template, side: int) -> Points:
        """Template points in the patient, on the side +1 (left) or -1 (right)."""
        p = np.asarray(points, np.float64)
        # The inlet is wider and rounder in women, the wings flare more or less.
        near = np.exp(-(((p[:, 1] + 20) / 45) ** 2)) * np.exp(-(((p[:, 0] - 60) / 40) ** 2))
        x = (
            p[:, 0]
            * self.width
            * (1 + (self.inlet - 1) * near)
            * (1 + self.flare * np.clip(-p[:, 1] / 130, 0, 1))
        )
        # Tipped forwards or back: the pubis higher or lower on the film, its foramina taller or flatter.
        y = p[:, 1] * self.height
        y = y * (1 + self.nod * np.clip(y / 45, 0, 1) * np.exp(-((p[:, 0] / 85) ** 4)))
        x = side * x + self.shift
        return np.stack([x + self.tilt * y, y - self.tilt * x], 1)

    def texture(self, shape: Shape) -> Array:
        """Trabeculae: fine and middle scales."""
        return (
            1
            + 0.10 * shape.noise(self.rng, 0.9)
            + 0.10 * shape.noise(self.rng, 1.8)
            + 0.07 * shape.noise(self.rng, 4.0)
            + 0.09 * shape.noise(self.rng, 10.0)
            + 0.10 * shape.noise(self.rng, 24.0)
        )

    def blob(self, frame: Shape, x: float, y: float, across: float) -> Array:
        """A Gaussian hump at a template point, on the grid of `frame`."""
        view = self.canvas.view
        place = view.pixels(self.place([(x, y)], self.side), HIPS)[0]
        mm = view.pixel_mm / float(view.magnification(HIPS))
        height, width = frame.distance.shape
        n = height // (frame.box[1] - frame.box[0])
        u = ((np.arange(width, dtype=np.float32) + 0.5) / n - 0.5 + frame.box[2] - place[0]) * mm
        v = ((np.arange(height, dtype=np.float32) + 0.5) / n - 0.5 + frame.box[0] - place[1]) * mm
        return np.exp(-(u * u) / (2 * across**2))[None] * np.exp(-(v * v) / (2 * across**2))[:, None]

    def add(
        self,
        points: Points,
        z: float,
        depth: float,
        edge: float,
        cortex: float,
        spongy: float,
    ) -> None:
        """A part with its cortex (mm), and the spongy bone within, of `spongy` times the cortex's density."""
        shape = self.canvas.shape(points, z)
        if shape is None:
            return
        full, wall, texture = shape.solid(depth, edge), shape.shell(depth, edge, cortex), self.texture(shape)
        bone = (wall * (0.8 + 0.2 * texture) + (full - wall) * spongy * texture) * self.patient.bone
        shape.add(self.canvas.bone, np.maximum(bone, 0).astype(np.float32))
        shape.mark("pelvis", full)

    def line(self, points: Points, z: float, width: float, path: float) -> None:
        """A cortex seen along itself: a bright line, `path` mm of bone at its middle."""
        n = len(points)
        taper = np.sin(np.linspace(0.15, np.pi - 0.15, n)) ** 0.5
        tube = self.canvas.tube(points, np.full(n, z), width * (0.7 + 0.3 * taper))
        if tube is None:
            return
        fade = np.clip(np.minimum(tube.position, 1 - tube.position) * 6, 0, 1)
        profile = np.maximum(1 - (tube.distance / tube.radius) ** 2, 0)
        uneven = 1 + 0.35 * tube.noise(self.rng, 9.0) + 0.15 * tube.noise(self.rng, 2.5)
        tube.add(self.canvas.bone, (profile * fade * uneven * path * self.patient.bone).astype(np.float32))
