"""The trunk: skin outline, subcutaneous fat, muscle wall, and the cavity within."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.simulation.kub_canvas import Array, Canvas
from app.simulation.kub_patient import TABLE, Patient
from app.simulation.noise import fractal


@dataclass(frozen=True)
class Trunk:
    """Paths in mm through the trunk, (height, width) each."""

    body: Array
    muscle: Array
    """Through everything within the outer face of the muscle wall."""
    cavity: Array
    """Through everything within its inner face."""
    outside: NDArray[np.bool_]


_LEVELS = np.array([-420, -330, -270, -200, -150, -105, -60, -10, 50, 140])
"""y of the sections between which all profiles are interpolated, for a skeleton of scale 1."""
_CROTCH = 62.0


def trunk(canvas: Canvas, patient: Patient) -> Trunk:
    """The trunk as a stack of flattened ellipses whose axes change from chest to thigh."""
    rng, view, scale = patient.stream("trunk"), canvas.view, patient.scale
    x, y = view.grid(TABLE + patient.half_depth * 0.9)
    lean = view.roll * 20
    wide, deep, layer = _profiles(patient, rng)

    def along(values: NDArray[np.float64]) -> Array:
        return _smooth(_LEVELS * scale, values, y[:, 0])[:, None]

    right, left = (along(wide) + _line_noise(rng, y[:, 0], 2.2) for _ in range(2))
    across, half, fat = np.where(x > lean, left, right), along(deep), along(layer)
    u = np.abs(x - lean)
    body = 2 * half * _section(u / across, 2.5)
    # The fat is thinner in front of and behind the muscles than at the sides.
    within = half - 0.55 * fat - 3
    muscle = 2 * within * _section(u / (across - fat), 2.5)
    wall = np.maximum(across - fat - 16 * scale, 10)
    cavity = 2 * (within - 20) * _section(u / wall, 2.4) / (1 + np.exp((y - 15 * scale) / 10))
    # Below the crotch there are two thighs.
    below = y - _CROTCH * scale
    gap = np.clip(below / 30, 0, 1) * np.clip(1 - u / np.maximum(below * 0.35, 0.1), 0, 1)
    body, muscle = body * (1 - 0.9 * gap), muscle * (1 - 0.95 * gap)
    outside = body < 8.0
    body = body * (1 + 0.015 * fractal(rng, body.shape, 90 / view.pixel_mm, 3))
    return Trunk(body.astype(np.float32), muscle.astype(np.float32), cavity.astype(np.float32), outside)


def _profiles(patient: Patient, rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
    """Half width, half depth and thickness of the fat, mm, at `_LEVELS`."""
    fat, scale, waist = patient.fat, patient.scale, patient.half_width
    hip = scale * (158 + (14 if patient.female else 0) + 34 * fat) + rng.normal(0, 3)
    chest = scale * (142 + 22 * fat) + rng.normal(0, 3)
    belly = 10 * fat * rng.normal(1, 0.4)
    # fmt: off
    wide = np.array([
        chest + 8, chest + 3, chest - 2, waist - 1, waist + belly,
        waist * 0.45 + hip * 0.55, hip - 6, hip, hip - 3, hip - 12,
    ])
    # fmt: on
    deep = patient.half_depth * np.array([0.98, 1.0, 1.0, 1.0, 1.0, 0.99, 0.97, 0.92, 0.85, 0.76])
    layer = 6 + 34 * fat * np.array([0.45, 0.5, 0.6, 0.85, 1.0, 1.0, 1.05, 1.15, 1.1, 1.0])
    # However lean, there is skin over the iliac crests and the trochanters.
    bony = patient.pelvis_width * np.array([0, 0, 0, 0, 143, 157, 153, 161, 169, 164])
    return np.maximum(wide, bony + 8 + 0.5 * layer), deep, layer


def _section(t: Array, power: float) -> Array:
    """How deep a flattened ellipse is at a share `t` of its half width, 1 in the middle."""
    return np.maximum(1 - np.minimum(t, 1.0) ** power, 0) ** np.float32(1 / power)


def _smooth(knots: NDArray[np.float64], values: NDArray[np.float64], y: Array) -> Array:
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(knots, values)(np.clip(y, knots[0], knots[-1])).astype(np.float32)


def _line_noise(rng: np.random.Generator, y: Array, mm: float) -> Array:
    """Irregularity of the outline along the body, folds of a few cm among it."""
    total = np.zeros(len(y), np.float32)
    for scale, weight in ((110.0, 1.0), (45.0, 0.35), (20.0, 0.10)):
        knots = np.arange(-480.0, 240.0, scale)
        knots = knots + rng.uniform(-0.3, 0.3, len(knots)) * scale
        total += weight * _smooth(knots, rng.normal(0, 1, len(knots)), y)
    return mm * total[:, None]
