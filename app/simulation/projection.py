"""From line integrals to what the plate records: scatter, blur and quantum noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SOURCE_MM = 1150.0
"""Source to detector (method.md §7)."""
WATER = 0.0206
"""Attenuation of water per mm at about 60 keV, the effective energy behind an abdomen at 75-80 kV."""
FAT = 0.0181
BONE_GAIN = 1.33
"""Bone attenuates more at the radiograph's lower effective energy than a CT's HU say (method.md §7)."""


QUANTA = 5_500.0
"""Detected quanta per mm² behind the middle of the patient, where the automatic exposure control looks."""


def record(
    path: Array, body: NDArray[np.bool_], pixel_mm: float, rng: np.random.Generator, scatter: float = 0.35
) -> Array:
    """The negative log intensity that a plate behind the patient records, relative to open air.

    `path` (height, width) is the line integral of attenuation, `body` where the patient is. Scatter is a wide
    blur of the primary beam, about `scatter` times as strong. The exposure is set, as by an automatic
    control, for `QUANTA` behind the thicker half of the body. The light's spread in the phosphor blurs
    primary and quanta alike, which is what correlates the grain of a plate.
    """
    import cv2

    primary = np.exp(-path)
    middle = np.float32(np.quantile(primary[body][::16], 0.4)) if body.any() else np.float32(1)
    small = cv2.resize(
        np.minimum(primary, 8 * middle), None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA
    )
    wide = cv2.GaussianBlur(small, (0, 0), 28.0 / (8 * pixel_mm), borderType=cv2.BORDER_REPLICATE)
    veil = np.minimum(cv2.resize(wide, path.shape[::-1], interpolation=cv2.INTER_CUBIC), 2.5 * middle)
    intensity = primary + np.float32(scatter) * veil
    exposure = np.float32(QUANTA * pixel_mm * pixel_mm) / middle
    quanta = intensity * exposure
    noise = rng.standard_normal(path.shape, np.float32) * np.sqrt(quanta)
    recorded = cv2.GaussianBlur(
        quanta + noise, (0, 0), 0.16 / pixel_mm + 0.15, borderType=cv2.BORDER_REPLICATE
    )
    return -np.log(np.maximum(recorded, 1.0) / exposure)
