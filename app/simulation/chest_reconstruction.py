"""What the scanner adds: the blur of its kernel and the noise of its projections."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.simulation.chest_canvas import Plane

VIEWS = 420
WATER_PER_MM = 0.0193
"""Attenuation of water at the effective energy of a chest CT, per mm."""


def blurred(fine: Plane, pixel_mm: float, sharpness: float) -> Plane:
    """The fine plane through the kernel, at half its size; `sharpness` is 0 (soft) to 1 (edges raised)."""
    import cv2

    sigma = (0.62 - 0.20 * sharpness) / pixel_mm
    image: NDArray[Any] = cv2.GaussianBlur(fine, (0, 0), sigma)
    if sharpness > 0.3:
        coarse = cv2.GaussianBlur(image, (0, 0), 1.9 * sigma)
        image = cv2.addWeighted(image, 1 + 0.55 * (sharpness - 0.3), coarse, -0.55 * (sharpness - 0.3), 0)
    halved: NDArray[Any] = cv2.resize(
        image, (fine.shape[1] // 2, fine.shape[0] // 2), interpolation=cv2.INTER_AREA
    )
    return halved


def noise(hu: Plane, pixel_mm: float, middle_hu: float, sharpness: float, rng: np.random.Generator) -> Plane:
    """Noise as filtered back-projection makes it, for the image `hu` (size, size).

    Photons that arrive after exp(-path) leave each projection a variance of exp(path); filtered by the ramp
    and the kernel and projected back they give noise of the right grain, more in the middle, and streaks
    along the long way through the shoulders. Scaled to `middle_hu` in the middle of the image.
    """
    size = hu.shape[0]
    paths = _paths(hu, pixel_mm)
    deviation = np.exp(np.minimum(paths, paths.max() * 0.97) / 2)
    deviation /= np.median(deviation)
    rays = rng.standard_normal(paths.shape, dtype=np.float32) * deviation
    frequency = np.fft.rfftfreq(rays.shape[1])
    cutoff = 0.35 + 0.14 * sharpness
    window = np.where(
        frequency < cutoff,
        np.cos(np.pi / 2 * np.clip(frequency / cutoff, 0, 1)) ** (1.2 - 0.9 * sharpness),
        0,
    )
    ramped = np.fft.irfft(np.fft.rfft(rays, axis=1) * (frequency * window), rays.shape[1], axis=1)
    image = _back(ramped.astype(np.float32), size)
    middle = slice(size // 2 - size // 10, size // 2 + size // 10)
    return image * np.float32(middle_hu / image[middle, middle].std())


def _paths(hu: Plane, pixel_mm: float) -> NDArray[np.float32]:
    """(views, detectors): attenuation along parallel rays."""
    import cv2

    small = cv2.resize(hu, (128, 128), interpolation=cv2.INTER_AREA)
    attenuation = np.maximum(1 + small / 1000, 0) * np.float32(WATER_PER_MM * pixel_mm * hu.shape[0] / 128)
    detectors = _detectors(hu.shape[0])
    sums = np.empty((VIEWS, 128), np.float32)
    for view in range(VIEWS):
        turn = cv2.getRotationMatrix2D((63.5, 63.5), 180 * view / VIEWS, 1.0)
        sums[view] = cv2.warpAffine(attenuation, turn, (128, 128)).sum(axis=0)
    centre = (detectors - 1) / 2
    place = (np.arange(detectors) - centre) * 128 / hu.shape[0] + 63.5
    return np.stack([np.interp(place, np.arange(128), row, left=0, right=0) for row in sums]).astype(
        np.float32
    )


def _detectors(size: int) -> int:
    return int(1.45 * size) // 2 * 2


def _back(rays: NDArray[np.float32], size: int) -> Plane:
    """The sum over all views of each one smeared back along its rays."""
    import cv2

    image = np.zeros((size, size), np.float32)
    places = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    centre = np.float32((rays.shape[1] - 1) / 2)
    zeros = np.zeros((size, size), np.float32)
    for view, row in enumerate(rays):
        angle = np.pi * view / VIEWS
        across = (
            places[None, :] * np.float32(np.cos(angle)) - places[:, None] * np.float32(np.sin(angle)) + centre
        )
        image += cv2.remap(row[None, :], across, zeros, cv2.INTER_LINEAR)
    return image
