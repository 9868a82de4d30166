"""A made-up image with a lesion, and its mask."""

from __future__ import annotations

import numpy as np

from app.imaging.image import Calibration, Image


def toy(
    size: int = 48, radius: float = 7.0, contrast: float = 800.0, spacing: tuple[float, float] = (0.5, 0.5)
) -> tuple[Image, np.ndarray]:
    """A bright ellipse on a tilted plane with noise; (image, mask)."""
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    distance = radius * (1 - np.hypot(rows * spacing[0], columns * spacing[1] * 1.3) / spacing[0] / radius)
    alpha = 1 / (1 + np.exp(-3 * distance))
    noise = np.random.default_rng(1).normal(0, 10, (size, size))
    pixels = -850 + 0.8 * rows - 0.5 * columns + contrast * alpha + noise
    image = Image(pixels.astype(np.float32), spacing, Calibration.GEOMETRY, unit="HU", modality="CT")
    return image, alpha >= 0.5
