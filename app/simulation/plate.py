"""Plate processing: what a CR or DR system does to the log image before anyone sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def process(log: Array, body: NDArray[np.bool_], pixel_mm: float) -> NDArray[np.uint16]:
    """12-bit MONOCHROME2 values (dense = bright) of a negative log intensity.

    A Laplacian pyramid: the widest scales are compressed so that flank and spine fit one window, fine and
    middle ones are raised, weak contrasts more than strong ones, and the histogram of `body` sets the tones.
    """
    import cv2

    inside = body if body.any() else np.ones_like(body)
    air = float(np.quantile(log[inside], 0.002))
    base = np.maximum(log, air - 0.6)
    levels: list[Array] = []
    octaves = max(3, int(np.log2(base.shape[0] * pixel_mm / 24.0 / pixel_mm)))
    for _ in range(octaves):
        down = cv2.pyrDown(base)
        levels.append(base - cv2.pyrUp(down, dstsize=base.shape[::-1]))
        base = down
    middle = float(np.median(log[inside]))
    image = middle + 0.55 * (base - middle)
    for n, detail in zip(range(octaves - 1, -1, -1), reversed(levels), strict=True):
        scale_mm = pixel_mm * 2.0 ** (n + 0.5)
        gain = _gain(scale_mm)
        knee = 0.12
        size = np.abs(detail)
        amplified = detail * (gain * (1.0 + 0.8 * knee / (size + knee)))
        image = cv2.pyrUp(image, dstsize=detail.shape[::-1]) + amplified
    thick = inside & (log > np.quantile(log[inside], 0.25))
    low, high = np.quantile(image[thick][::7], (0.01, 0.999))
    tone = (image - np.float32(low)) / np.float32(high - low)
    tone = tone * np.float32(0.68) + np.float32(0.28)
    # A toe and a shoulder instead of clipping.
    tone = np.where(tone < 0.12, 0.12 * np.exp((tone - 0.12) / 0.12), tone)
    tone = np.where(tone > 0.88, 1.0 - 0.12 * np.exp(-(tone - 0.88) / 0.12), tone)
    return np.clip(np.round(tone * 4095.0), 0, 4095).astype(np.uint16)


def _gain(scale_mm: float) -> float:
    """How much a scale is raised: most between 1 and 15 mm, little below the pixel (grain)."""
    knots = np.log2([0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4])
    gains = [0.75, 1.0, 1.25, 1.30, 1.25, 1.15, 1.00, 0.75, 0.50]
    return float(np.interp(np.log2(scale_mm), knots, gains))
