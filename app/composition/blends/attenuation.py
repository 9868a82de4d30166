"""Mode `attenuation`: a radiograph records attenuation, so a lesion adds to the line integral."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.composition.blends.mode import Mode, Site
from app.composition.signal import Attenuated
from app.imaging.image import Image

_POINT_SPREAD_MM = 0.17
_POINT_SPREAD_AT_LEAST_PX = 0.5
_OPAQUE = np.float32(30)
"""Nepers behind which no photon arrives (one in 10¹³)."""


def blend(site: Site) -> NDArray[np.float32]:
    """p′ = p + μ·t, blurred by the detector's point spread, with the quantum noise of the fewer photons.

    The variance of the logarithm of N photons is 1/N, and behind Δp more of attenuation only N·exp(−Δp)
    arrive: of the noise already there, exp(Δp) − 1 of its variance is missing and is added, with the grain
    of the neighbourhood.
    """
    import cv2

    if not isinstance(site.signal, Attenuated):
        return site.signal.onto(site.canvas)
    sigma_row, sigma_column = _point_spread(site.image)
    sharp = site.signal.nepers
    nepers = np.zeros_like(sharp)
    cv2.GaussianBlur(sharp, (0, 0), sigma_column, nepers, sigma_row, cv2.BORDER_REPLICATE)
    nepers = np.minimum(nepers, _OPAQUE)
    values = site.signal.scale.attenuated(site.canvas, nepers)
    missing = np.sqrt(np.maximum(np.expm1(nepers), 0))
    if site.signal.scale.linear:
        missing *= np.exp(-nepers)  # the noise of the beam, not of its logarithm
    grain = site.noise.field(site.seed, site.drawn.rect)
    return values + np.float32(site.surroundings.noise) * missing * grain


def reach(image: Image) -> tuple[int, int]:
    """Three standard deviations of the point spread."""
    sigma_row, sigma_column = _point_spread(image)
    return math.ceil(3 * sigma_row), math.ceil(3 * sigma_column)


def _point_spread(image: Image) -> tuple[float, float]:
    row_mm, column_mm = image.pixel_mm
    return (
        max(_POINT_SPREAD_AT_LEAST_PX, _POINT_SPREAD_MM / row_mm),
        max(_POINT_SPREAD_AT_LEAST_PX, _POINT_SPREAD_MM / column_mm),
    )


MODE = Mode(
    "attenuation",
    "Attenuation (X-ray)",
    "Adds the lesion to the attenuation along the beam, so that it stays visible over bone, as in life.",
    blend,
    reach,
)
