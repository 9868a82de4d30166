"""The lower ribs: flattened tubes on their curved course around the chest."""

from __future__ import annotations

import numpy as np

from app.simulation.kub_canvas import Canvas
from app.simulation.kub_patient import Patient

_TWELFTH = 5  # index of T12 among the patient's vertebrae


def paint_ribs(canvas: Canvas, patient: Patient) -> None:
    """Paints ribs 12 up to 8 as far as they are on the film and marks `ribs`."""
    shared = patient.stream("ribs")
    slope, length = shared.normal(0, 0.06), shared.normal(0, 0.10)
    reach = {12: 0.78, 11: 1.25, 10: 1.75, 9: 2.0, 8: 2.05}
    for rib in range(12, 7, -1):
        for side in (-1, 1):
            rng = patient.stream(f"rib {rib} {side}")
            end = reach[rib] + length * (1.6 if rib == 12 else 0.6) + rng.normal(0, 0.05)
            _rib(canvas, patient, rib, side, max(end, 0.35), slope, rng)


def _rib(
    canvas: Canvas, patient: Patient, rib: int, side: int, end: float, slope: float, rng: np.random.Generator
) -> None:
    level = _TWELFTH + (12 - rib)
    if level >= len(patient.spine):
        spine = patient.spine[-1] - (0, 25.0 * patient.scale * (level - len(patient.spine) + 1), 0)
    else:
        spine = patient.spine[level]
    scale = patient.scale
    angle = np.linspace(0.12, end, 90)
    across = (124 + 8 * patient.fat) * scale * (1 - 0.05 * max(0, rib - 10))
    deep = (80 + 16 * patient.fat) * scale
    x = spine[0] + side * across * np.sin(np.minimum(angle, 2.4)) ** 0.9
    z = np.maximum(spine[2] + 20 * scale - deep * np.cos(angle) * 0.62, 70.0) + 18 * np.exp(-angle * 4)
    fall = {12: 0.62, 11: 0.52, 10: 0.40, 9: 0.32, 8: 0.28}[rib] + slope
    turned = np.maximum(angle - 0.55, 0)
    arch = np.exp(-(((angle - 0.45) / 0.25) ** 2))
    y = spine[1] - 7 + np.abs(x - spine[0]) * fall + scale * (34 * turned**1.5 - 7 * arch)
    wave = rng.normal(0, 0.9, 4)
    y += wave[0] * np.sin(angle * 3) + wave[1] * np.cos(angle * 5)
    x += side * (wave[2] * np.sin(angle * 4) + 0.6 * wave[3] * np.sin(angle * 9))
    tip = np.clip((angle[-1] - angle) / 0.12, 0, 1)
    radius = (5.3 + 0.8 * np.exp(-(((angle - 0.55) / 0.35) ** 2)) - 1.8 * np.exp(-angle * 7)) * scale
    radius *= rng.normal(1, 0.05) * (0.55 + 0.45 * np.sqrt(tip)) * (0.86 if rib == 12 else 1)
    tube = canvas.tube(np.stack([x, y], 1), z, radius)
    if tube is None:
        return
    # Where the rib turns forward it is seen along its length.
    run = np.gradient(np.stack([x, y, z], 1), axis=0)
    plane = np.linalg.norm(run[:, :2], axis=1) / np.linalg.norm(run, axis=1)
    oblique = np.minimum(1 / np.maximum(plane, 0.05), 3.0)
    stretch = np.interp(tube.position, np.linspace(0, 1, len(oblique)), oblique).astype(np.float32)
    texture = 1 + 0.14 * tube.noise(rng, 1.0) + 0.18 * tube.noise(rng, 4) + 0.25 * tube.noise(rng, 15)
    uneven = np.clip(1 + 0.45 * tube.noise(rng, 12) + 0.2 * tube.noise(rng, 4), 0.2, 2)
    # The lower border is a thin sharp flange over the costal groove, the upper one thick and round.
    lower = tube.right if side > 0 else ~tube.right
    across_rib = np.clip(tube.distance / np.maximum(tube.radius, 0.1), 0, 1)
    groove = np.exp(-(((across_rib - 0.5) / 0.16) ** 2)) * (0.45 * uneven)
    flange = 0.85 * tube.shell(0.65) + groove * (across_rib < 1)
    wall = np.where(lower, flange, 0.62 * tube.shell(1.5)) * uneven
    spongy = tube.solid(0.6) * 0.15 * texture
    end_fade = np.clip((1 - tube.position) * (7 if rib < 11 else 14), 0.15, 1)
    bone = (wall + spongy) * stretch * patient.bone * end_fade * 0.9
    tube.add(canvas.bone, np.maximum(bone, 0).astype(np.float32))
    tube.mark("ribs", tube.solid())
