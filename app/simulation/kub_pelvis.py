"""The bony pelvis with the femora."""

from __future__ import annotations

from app.simulation.kub_canvas import Canvas
from app.simulation.kub_femur import Femur
from app.simulation.kub_hip import HipBone
from app.simulation.kub_patient import Patient
from app.simulation.kub_sacrum import Sacrum


def paint_pelvis(canvas: Canvas, patient: Patient) -> None:
    """Paints the pelvis with sacrum, coccyx and femora, and marks `pelvis`."""
    for side in (-1, 1):
        HipBone(canvas, patient, side).paint()
        Femur(canvas, patient, side).paint()
    Sacrum(canvas, patient).paint()
