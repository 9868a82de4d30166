"""The upper end of the femur."""

from __future__ import annotations

import numpy as np

from app.simulation.kub_bone import HIPS, Bone
from app.simulation.kub_canvas import Canvas, rounded
from app.simulation.kub_curves import Points, Template, closed_curve, ellipse, open_curve, wobble
from app.simulation.kub_patient import Patient
from app.simulation.kub_template import FEMUR, HEAD, HEAD_RADIUS


class Femur(Bone):
    """The upper end of the thigh bone of one side."""

    def __init__(self, canvas: Canvas, patient: Patient, side: int) -> None:
        super().__init__(canvas, patient, f"femur {side}", side)

    def paint(self) -> None:
        """Head, neck, trochanters and shaft as one bone: the deepest part hides the walls of the others."""
        z, rng = HIPS, self.rng
        centre = np.array(HEAD)
        turn = rng.normal(0, 0.05)
        rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])

        def turned(points: Template, closed: bool = True) -> Points:
            curve = closed_curve(points) if closed else open_curve(points)
            return self.place((curve - centre) @ rotate.T + centre, self.side)

        outline = np.array(FEMUR, float)
        frame = self.canvas.shape(np.vstack([turned(outline), turned(ellipse(*HEAD, 24, 24))]), z)
        if frame is None:
            return
        full = np.zeros_like(frame.distance)
        inner = np.zeros_like(frame.distance)
        parts: list[tuple[Template, float, float, float]] = [
            (outline, 38.0, 16.0, 2.3),
            (ellipse(*HEAD, HEAD_RADIUS, HEAD_RADIUS, n=24), 45.0, 23.5, 0.42),
            ([(112, 36), (122, 40), (124, 52), (118, 58), (110, 53), (107, 45)], 40.0, 9.0, 1.2),
            ([(120, 60), (150, 52), (147, 110), (147, 155), (121, 155), (121, 110)], 30.0, 13.0, 5.2),
        ]
        for points, depth, edge, cortex in parts:
            part = self.canvas.shape(wobble(turned(points), rng, 0.6, 14), z)
            if part is not None:
                full = np.maximum(full, frame.moved(part.solid(depth, edge), part))
                hollow = (depth - 2 * cortex) * rounded(
                    (part.distance - cortex) / (edge - min(cortex, edge - 2))
                )
                inner = np.maximum(inner, frame.moved(hollow, part))
        inner = np.minimum(inner, full)
        # The head's trabeculae fan from its dome down the inner side of the neck.
        spongy = (
            0.15
            + 0.03 * self.blob(frame, 92, -14, 16)
            + 0.05 * self.blob(frame, 122, 8, 12)
            + 0.06 * self.blob(frame, 108, 18, 12)
        )
        spongy = spongy - 0.05 * self.blob(frame, 122, 24, 10) + 0.06 * self.blob(frame, 146, 14, 14)
        texture = 0.5 + 0.5 * self.texture(frame)
        uneven = np.clip(0.9 + 0.3 * frame.noise(rng, 12.0) + 0.15 * frame.noise(rng, 4.0), 0.3, 1.8)
        wall = full - inner
        flat = np.minimum(wall, 4.0)
        material = ((wall - flat) * uneven + flat + inner * spongy * texture) * self.patient.bone
        frame.add(self.canvas.bone, np.maximum(material, 0).astype(np.float32))
        frame.mark("pelvis", full)
        self.line(turned([(104, 27), (110, 38), (116, 52), (120, 72)], False), z, 2.6, 3.0)
        self.line(turned([(140, -2), (143, 10), (137, 24), (126, 36), (114, 43)], False), z - 8, 2.2, 2.2)
        self.line(turned([(112, -8), (124, 4), (138, 14), (156, 16)], False), z, 5.0, 1.1)
