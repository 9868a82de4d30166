"""The digital phantom of a kidney-ureter-bladder radiograph: parametric anatomy, projected (method.md §7)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.imaging.image import Calibration, Image, Window
from app.simulation.background import Background
from app.simulation.kub_body import trunk
from app.simulation.kub_bowel import lung_bases, paint_bowel
from app.simulation.kub_canvas import Canvas, View
from app.simulation.kub_finish import shutter, side_marker
from app.simulation.kub_organs import paint_organs
from app.simulation.kub_patient import Patient, draw_patient
from app.simulation.kub_pelvis import paint_pelvis
from app.simulation.kub_ribs import paint_ribs
from app.simulation.kub_spine import paint_spine
from app.simulation.noise import fractal, smooth_noise
from app.simulation.plate import process
from app.simulation.projection import FAT, WATER, record
from models.progress import LongWork, Progress

SIZE = 1024
_BONE = np.float32(0.048)
"""Attenuation of cortical bone per mm above that of the soft tissue it displaces."""


def generate_kub(seed: int, size: int | None = None, field_mm: float | None = None) -> LongWork[Background]:
    """A KUB radiograph of a patient drawn from `seed`, (size, size), with the exact masks.

    `field_mm` is the side of the field of view at the detector, instead of the patient's own of about 420: a
    scout of the whole abdomen shows more. It is for training and not part of the recipe.
    """
    size = size or SIZE
    patient = draw_patient(seed)
    if field_mm is not None:
        patient = replace(patient, field_mm=field_mm)
    view = View(size, patient.field_mm, patient.centre, patient.roll)
    canvas = Canvas(view, seed)
    yield Progress(0, 6, "soft tissue")
    body = trunk(canvas, patient)
    paint_organs(canvas, patient)
    yield Progress(1, 6, "bowel gas")
    paint_bowel(canvas, patient)
    lungs = lung_bases(canvas, patient)
    yield Progress(2, 6, "ribs")
    paint_ribs(canvas, patient)
    yield Progress(3, 6, "spine")
    paint_spine(canvas, patient)
    yield Progress(4, 6, "pelvis")
    paint_pelvis(canvas, patient)
    yield Progress(5, 6, "exposure")
    clutter = _clutter(canvas, patient)
    thick = np.minimum(body.cavity / 120, 1)
    path = (
        FAT * (body.body - body.muscle)
        + WATER * (body.muscle - body.cavity)
        + (0.45 * FAT + 0.55 * WATER) * body.cavity
        + (WATER - FAT) * canvas.soft
        - WATER * np.minimum(canvas.gas * thick + 0.72 * lungs, 0.6 * body.body)
        + _BONE * canvas.bone
        + thick * clutter
    )
    shut = shutter(canvas, patient)
    lead, letter = side_marker(canvas, patient, shut)
    path = (np.where(body.outside, 0, np.maximum(path, 0)) + lead).astype(np.float32)
    inside = ~(body.outside | shut | letter)
    # 0 is left to the shutter.
    pixels = np.maximum(
        process(record(path, inside, view.pixel_mm, patient.stream("quanta")), inside, view.pixel_mm), 1
    )
    pixels[shut] = 0
    masks = {name: mask & ~shut for name, mask in canvas.masks.items()}
    masks["outside"] = ~inside
    image = Image(
        pixels=pixels,
        spacing=(view.pixel_mm, view.pixel_mm),
        calibration=Calibration.IMAGER,
        modality="DX",
        value_range=(0.0, 4095.0),
        windows=(Window(2048, 4096, "full"),),
    )
    recipe = (("seed", seed), ("size", size), ("source", "phantom"), ("task", "kub-xray"))
    return Background(image, Anatomy(masks, "known (simulated)"), recipe)


def _clutter(canvas: Canvas, patient: Patient) -> NDArray[np.float32]:
    """Attenuation of what else fills the belly: folded bowel with its walls, and mesenteric fat."""
    rng, view = patient.stream("clutter"), canvas.view
    shape = canvas.bone.shape
    loops = fractal(rng, shape, 34 / view.pixel_mm, 5, 0.62)
    walls = np.zeros(shape, np.float32)
    for scale in (30.0, 21.0):
        level = smooth_noise(rng, shape, scale / view.pixel_mm)
        walls += np.exp(-((level / 0.09) ** 2)) * np.clip(
            0.6 + 0.7 * smooth_noise(rng, shape, 60 / view.pixel_mm), 0, 2
        )
    return 0.036 * loops + 0.016 * walls
