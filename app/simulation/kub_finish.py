"""What the room adds to a radiograph: collimation and the lead letter for the side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.simulation.kub_canvas import Canvas
from app.simulation.kub_patient import Patient

Mask = NDArray[np.bool_]


def shutter(canvas: Canvas, patient: Patient) -> Mask:
    """Where the collimator's blades keep the beam off; nowhere in about half of the films."""
    rng, view = patient.stream("shutter"), canvas.view
    keep = rng.random() < 0.5
    margin = np.where(rng.random(4) < (0.85, 0.85, 0.3, 0.3), rng.uniform(3, 26, 4), 0.0)
    turn = rng.normal(0, 0.006)
    if keep:
        return np.zeros(canvas.bone.shape, bool)
    line = (np.arange(view.size) - (view.size - 1) / 2) * view.pixel_mm
    x, y = line[None] + turn * line[:, None], line[:, None] - turn * line[None]
    half = view.field_mm / 2
    return (x < margin[0] - half) | (x > half - margin[1]) | (y < margin[2] - half) | (y > half - margin[3])


def side_marker(canvas: Canvas, patient: Patient, shut: Mask) -> tuple[NDArray[Any], Mask]:
    """The attenuation of a lead R or L on the cassette, and the pixels it covers; few films lack it."""
    import cv2

    rng, view = patient.stream("marker"), canvas.view
    absent = rng.random() < 0.25
    left = rng.random() < 0.35
    inset = rng.uniform(24, 42), rng.uniform(30, 90)
    turn, tall = rng.normal(0, 9), rng.uniform(11, 15)
    low = rng.random() < 0.35
    none = np.zeros(canvas.bone.shape, np.float32)
    if absent:
        return none, none > 0
    size = max(24, int(4 * tall / view.pixel_mm))
    glyph = np.zeros((size * 2, size * 2), np.uint8)
    scale = size / 22.0
    cv2.putText(
        glyph,
        "L" if left else "R",
        (size // 2, int(size * 1.5)),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        255,
        max(1, int(scale * 4.2)),
        cv2.LINE_AA,
    )
    x = (view.field_mm - inset[0] if left else inset[0]) / view.pixel_mm
    y = (view.field_mm - inset[1] if low else inset[1]) / view.pixel_mm
    place = cv2.getRotationMatrix2D((size, size), turn, 0.25)
    place[0, 2] += x - size
    place[1, 2] += y - size
    letter: NDArray[Any] = cv2.warpAffine(glyph, place, none.shape[::-1], flags=cv2.INTER_AREA)
    letter = letter.astype(np.float32) / 255
    bone = canvas.mask("pelvis") | canvas.mask("ribs") | canvas.mask("spine")
    if (letter[shut | bone] > 0.5).any():
        return none, none > 0
    covered = cv2.dilate((letter > 0.1).astype(np.uint8), np.ones((3, 3), np.uint8))
    return 4.0 * letter, covered > 0
