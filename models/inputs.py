"""How a network sees an image: two channels that do not depend on a scanner's grey scale."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

CHANNELS = 2

CT_WINDOWS = ((-600.0, 1500.0), (40.0, 400.0))
"""Centre and width in HU of the two channels of a CT: lung and soft tissue."""


class Kind(StrEnum):
    """Which two channels are made of an image."""

    RADIOGRAPH = "radiograph"
    """Grey values within their own percentiles, and the contrast relative to the surroundings."""
    CT = "ct"
    """HU within a lung window and within a soft-tissue window."""


def fit(shape: tuple[int, int], size: int, pixel_mm: tuple[float, float] = (1.0, 1.0)) -> tuple[int, int]:
    """The (height, width) at which an image is seen: square pixels, and a long side of `size`."""
    height, width = shape[0] * pixel_mm[0], shape[1] * pixel_mm[1]
    scale = size / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def resample(pixels: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W) of any type → `shape` float32, without aliasing; NaN and infinities become 0."""
    if pixels.dtype.type not in (np.uint8, np.uint16, np.int16):  # those OpenCV resamples as they are
        pixels = np.nan_to_num(pixels.astype(np.float32, copy=False), posinf=0.0, neginf=0.0)
    shrinks = shape[0] < pixels.shape[0] or shape[1] < pixels.shape[1]
    mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(pixels, shape[::-1], interpolation=mode).astype(np.float32, copy=False)


def channels(pixels: NDArray[np.float32], kind: Kind) -> NDArray[np.float32]:
    """(H, W) in HU (`CT`) or any grey scale whose bones are high (`RADIOGRAPH`) → (2, H, W) about −1 to 1."""
    if kind is Kind.CT:
        return np.stack([np.clip((pixels - c) / (w / 2), -1, 1) for c, w in CT_WINDOWS])
    grey = percentile_window(pixels)
    return np.stack((grey * 2 - 1, _local_contrast(grey)))


def percentile_window(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey values scaled so that all but 0.5 % at either end lie in 0 to 1, the rest clipped."""
    low, high = np.percentile(pixels, (0.5, 99.5))
    if high <= low:  # a constant image, or one with a few odd pixels
        low, high = float(pixels.min()), float(pixels.max())
    scaled = (pixels - np.float32(low)) / np.float32(max(high - low, 1e-6))
    return np.clip(scaled, 0, 1, dtype=np.float32)


def _local_contrast(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """(grey − surroundings) / (their spread), within −1 to 1: edges of bones, however the film is processed.

    The surroundings are a Gaussian of 1/25 of the long side, computed at a quarter of the resolution.
    """
    height, width = grey.shape
    quarter = (max(1, width // 4), max(1, height // 4))
    sigma = max(height, width) / 100

    def surroundings(values: NDArray[np.float32]) -> NDArray[np.float32]:
        small = cv2.resize(values, quarter, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]

    difference = grey - surroundings(grey)
    spread = np.sqrt(np.maximum(surroundings(difference * difference), 0)) + np.float32(0.01)
    return np.clip(difference / (3 * spread), -1, 1)
