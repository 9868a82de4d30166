"""An exemplar's residual in HU, whatever image it is cut from: the way back of `signal`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.composition.signal import Physics, is_section, nepers_per_hu_mm
from app.composition.thickness import chord
from app.imaging.image import Image
from app.lesions.exemplar import Exemplar, prepare

THINNEST = 0.35
"""The rim of a lesion is taken to be at least this share of its greatest thickness, ..."""
DENSEST = 1.15
"""... and no denser than its middle by more than this factor: where it is thin, the blur of the image and a
little noise would become a shell of many HU."""


def exemplar_in_hu(kind: str) -> Callable[[Image, NDArray[Any]], Exemplar]:
    """`exemplar.prepare` for a kind of lesion, with a residual in HU; for `train_lesion_model`."""
    return partial(_in_hu, kind)


def _in_hu(kind: str, image: Image, mask: NDArray[Any]) -> Exemplar:
    """Cuts a lesion out of an image.

    In a section without HU the range of the body stands for 1000 of them. In a radiograph stored values
    become line integrals (`Radiograph`), and those HU by the thickness that follows from the outline, so that
    attenuation by the drawn lesion gives back what the image has shown.

    Raises:
        LithographError: as in `exemplar.prepare`.
    """
    if image.unit == "HU":
        return prepare(image, mask)
    physics = Physics(image)
    if is_section(image):
        pixels = image.pixels.astype(np.float32) / np.float32(physics.units_per_hu)
        return prepare(replace(image, pixels=pixels, unit="HU"), mask)
    pixels = physics.radiograph.line_integral(image.pixels.astype(np.float32))
    nepers = prepare(replace(image, pixels=pixels, inverted=False), mask)
    thickness = chord(nepers.alpha) * np.float32(nepers.spacing_mm)
    middle = thickness > 0.6 * thickness.max()
    thickness = np.maximum(thickness, np.float32(THINNEST) * thickness.max())
    hounsfield = nepers.residual / (thickness * np.float32(nepers_per_hu_mm(kind, image)))
    if middle.any():
        hounsfield = np.minimum(hounsfield, np.float32(DENSEST) * np.percentile(hounsfield[middle], 75))
    return replace(nepers, residual=hounsfield.astype(np.float32), unit="HU")
