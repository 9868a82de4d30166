"""Who is on the table: the numbers that set one phantom patient apart from the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.simulation.noise import stream

TABLE = 55.0
"""Height of the patient's back above the detector, mm."""
VERTEBRAE = ("L5", "L4", "L3", "L2", "L1", "T12", "T11", "T10", "T9")


@dataclass(frozen=True)
class Patient:
    """Lengths in mm, angles in radians. y = 0 is the level of the hips, towards the feet positive."""

    seed: int
    female: bool
    scale: float
    """Of the skeleton."""
    fat: float
    """0 lean to 1 obese."""
    half_width: float
    """Of the trunk at the waist."""
    half_depth: float
    pelvis_width: float
    pelvis_height: float
    """Relative to the template."""
    bone: float
    """Mineral content, 1 usual."""
    wear: float
    """Of the spine, 0 to 1: how far the edges of its bodies flare into osteophytes."""
    spine: NDArray[np.float64]
    """(levels, 3): x, y, z of the middle of each vertebral body, L5 first."""
    heights: NDArray[np.float64]
    """(levels,) of the bodies."""
    widths: NDArray[np.float64]
    tilts: NDArray[np.float64]
    """(levels, 2): in the frontal plane, and of the endplates towards the beam."""
    field_mm: float
    centre: tuple[float, float]
    roll: float

    def stream(self, name: str) -> np.random.Generator:
        """The random stream of one part of this patient."""
        return stream(self.seed, name)


def draw_patient(seed: int) -> Patient:
    """A patient drawn from `seed`."""
    rng = stream(seed, "patient")
    female = bool(rng.random() < 0.5)
    scale = float(np.clip(rng.normal(0.97 if female else 1.04, 0.035), 0.88, 1.13))
    fat = float(rng.beta(1.8, 2.6))
    half_width = scale * (132 + 48 * fat + rng.normal(0, 4))
    half_depth = scale * (88 + 62 * fat + rng.normal(0, 4))
    spine, heights, widths, tilts = _spine(rng, scale, female)
    return Patient(
        seed=seed,
        female=female,
        scale=scale,
        fat=fat,
        half_width=half_width,
        half_depth=half_depth,
        pelvis_width=scale * (1.04 if female else 0.98) * rng.normal(1, 0.025),
        pelvis_height=scale * (0.97 if female else 1.03) * rng.normal(1, 0.025),
        bone=float(np.clip(rng.normal(0.92 if female else 1.05, 0.12), 0.65, 1.3)),
        wear=float(stream(seed, "wear").beta(1.2, 3.0)),
        spine=spine,
        heights=heights,
        widths=widths,
        tilts=tilts,
        field_mm=float(np.clip(rng.normal(418, 10), 395, 435) * min(1.0, 0.55 + 0.45 * scale)),
        centre=(rng.normal(0, 5.0), scale * rng.normal(-134, 9)),
        roll=float(np.clip(rng.normal(0, 0.022), -0.05, 0.05)),
    )


def _spine(rng: np.random.Generator, scale: float, female: bool) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    count = len(VERTEBRAE)
    level = np.arange(count)
    heights = np.interp(level, [0, 4, 8], [28.0, 26.0, 21.5]) * scale * rng.normal(1, 0.02, count)
    discs = (
        np.interp(level, [0, 1, 3, 5, 8], [11.5, 11.5, 9.5, 6.5, 4.5]) * scale * rng.normal(1, 0.10, count)
    )
    widths = np.interp(level, [0, 4, 8], [51.0, 43.5, 35.0]) * scale * (0.95 if female else 1.03)
    widths = widths * rng.normal(1, 0.012, count)
    y = np.empty(count)
    y[0] = (-104.0 + rng.normal(0, 4)) * scale
    for n in range(1, count):
        y[n] = y[n - 1] - (heights[n] + heights[n - 1]) / 2 - discs[n]
    bend, phase = rng.normal(0, 4.5), rng.uniform(0.6, 1.4)
    t = (y - y[0]) / (y[-1] - y[0])
    x = bend * np.sin(np.pi * t * phase) + rng.normal(0, 2.5) * t
    lordosis = np.interp(level, [0, 2, 5, 8], [62.0, 78.0, 62.0, 48.0]) + rng.normal(0, 3)
    z = TABLE + lordosis * scale
    slope = np.gradient(x, y)
    frontal = -np.arctan(slope) + rng.normal(0, 0.008, count)
    sagittal = np.interp(level, [0, 1, 2, 4, 8], [0.42, 0.17, 0.03, -0.10, -0.13]) + rng.normal(0, 0.05)
    return np.stack([x, y, z], 1), heights, widths, np.stack([frontal, sagittal], 1)
