"""The hip bone: a thin wing, thick around the hip, with the lines of its edges."""

from __future__ import annotations

import numpy as np

from app.simulation.kub_bone import HIPS, Bone
from app.simulation.kub_canvas import Canvas, rounded
from app.simulation.kub_curves import Points, Template, closed_curve, open_curve, wobble
from app.simulation.kub_patient import Patient
from app.simulation.kub_template import BRIM, HEAD, HIP_BONE, ILIOISCHIAL, OBTURATOR, WING


class HipBone(Bone):
    """Ilium, ischium and pubis of one side."""

    def __init__(self, canvas: Canvas, patient: Patient, side: int) -> None:
        super().__init__(canvas, patient, f"hip bone {side}", side)
        self.bend = [
            (self.rng.normal(0, 1.1), self.rng.uniform(0, 6.28), self.rng.uniform(0, 6.28)) for _ in range(4)
        ]

    def own(self, points: Template, closed: bool = True) -> Points:
        """Template points as this half has them: a smooth warp of its own, then the pelvis's shape."""
        p = closed_curve(points) if closed else open_curve(points)
        q = p.copy()
        for k, (amount, a, b) in enumerate(self.bend):
            q[:, k % 2] += amount * np.sin(p[:, 0] / (30 + 9 * k) + a) * np.cos(p[:, 1] / (38 + 7 * k) + b)
        return self.place(q, self.side)

    def paint(self) -> None:
        """Paints the bone and its lines and marks `pelvis`."""
        canvas, rng, z = self.canvas, self.rng, HIPS
        bone = canvas.shape(wobble(self.own(HIP_BONE), rng, 1.0, 18), z)
        hole = canvas.shape(wobble(self.own(OBTURATOR), rng, 0.8), z)
        wing = canvas.shape(wobble(self.own(WING), rng, 1.2), z)
        if bone is None:
            return
        if hole is not None:
            bone.distance = np.minimum(bone.distance, bone.moved(-hole.distance, hole, 1e3))
        d = bone.distance
        depth = np.full(d.shape, 13.0, np.float32)
        # Thick around the hip, along the brim, at the crest, in ischium and pubis; thin in the iliac fossa.
        for x, y, across, amount in (
            (86, -20, 24, 20),
            (70, -46, 15, 15),
            (58, -74, 14, 8),
            (80, 42, 17, 12),
            (14, 32, 13, 7),
            (44, 6, 14, 4),
            (120, -115, 16, 5),
            (142, -92, 10, 6),
            (112, -70, 14, 4),
            (96, -45, 18, 8),
        ):
            depth += amount * self.blob(
                bone, x + rng.normal(0, 2), y + rng.normal(0, 2), across * rng.normal(1, 0.1)
            )
        if wing is not None:
            thin = bone.moved(np.clip(wing.distance / 22.0, 0, 1), wing)
            depth *= 1 - 0.55 * thin
        uneven = 1 + 0.10 * bone.noise(rng, 25.0) + 0.06 * bone.noise(rng, 9.0)
        # The head of the femur fills the cup: little bone before and behind it.
        depth *= 1 - 0.6 * np.minimum(1.3 * self.blob(bone, 94, 0, 15), 1)
        depth *= uneven
        cortex = 1.2 + 0.35 * np.clip(bone.noise(rng, 20.0), -1.5, 1.5)
        full = rounded(d / 7.0) * depth
        inner = rounded((d - cortex) / 6.0) * np.maximum(depth - 2.8, 0)
        texture = self.texture(bone)
        ridge = np.clip(0.85 + 0.35 * bone.noise(rng, 16.0) + 0.15 * bone.noise(rng, 4.0), 0.25, 2)
        wall = full - inner
        flat = np.minimum(wall, 2.8)
        material = (wall - flat) * ridge + flat * (0.85 + 0.15 * texture) + inner * 0.21 * texture
        bone.add(canvas.bone, np.maximum(material * self.patient.bone, 0).astype(np.float32))
        bone.mark("pelvis", full)
        self.lines(z)

    def lines(self, z: float) -> None:
        """The lines that radiologists know by name."""
        self.line(self.own(BRIM, False), z, 2.0, 3.2)
        self.line(self.own(ILIOISCHIAL, False), z - 25, 1.5, 2.2)
        # Acetabulum: its roof (dense), anterior and posterior wall, floor and teardrop.
        self.line(self.own(_arc(26.5, -2.75, -0.75), False), z, 2.6, 5.0)
        self.line(self.own(_arc(25.5, -0.6, -4.0), False), z + 6, 1.3, 1.6)
        self.line(self.own([(108, -21), (105, -4), (98, 12), (90, 25), (84, 33)], False), z - 22, 1.5, 2.6)
        self.line(self.own([(108, -21), (99, -4), (86, 8), (70, 14)], False), z + 22, 1.4, 2.0)
        self.line(self.own([(64, -6), (63, 6), (65, 15), (69, 14), (69, 4), (68, -6)], False), z, 1.1, 1.8)
        crest = HIP_BONE[:9]
        self.line(self.own([(x * 0.985, y + 3.0) for x, y in crest], False), z - 10, 4.2, 2.2)
        inner_lip = [(x * 0.955, y + 7.5 + self.rng.normal(0, 0.7)) for x, y in crest[1:8]]
        self.line(self.own(inner_lip, False), z, 1.6, 1.5)
        # The anterior border from the upper to the lower spine, and the gluteal line across the wing.
        self.line(
            self.own([(141, -88), (131, -74), (120, -58), (112, -42), (106, -28)], False), z + 25, 2.4, 1.8
        )
        self.line(self.own([(70, -70), (84, -88), (96, -106), (104, -124)], False), z - 20, 1.5, 0.9)
        # Sacroiliac joint: two lines, the anterior one lateral.
        self.line(self.own([(49, -100), (55, -88), (57, -74), (56, -62), (59, -53)], False), z - 40, 1.1, 1.6)
        self.line(self.own([(42, -98), (45, -86), (47, -74), (48, -62), (53, -53)], False), z - 55, 1.1, 1.3)


def _arc(radius: float, start: float, end: float) -> Points:
    """A part of a circle around the middle of the socket."""
    turn = np.linspace(start, end, 9)
    return np.stack([HEAD[0] + radius * np.cos(turn), HEAD[1] - 1 + radius * np.sin(turn)], 1)
