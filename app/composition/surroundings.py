"""What the background of a lesion is like: its level, its spread and its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.composition.drawing import Drawn
from app.composition.region import Rect
from app.imaging.image import Image

_MAD_TO_SIGMA = 1.4826
HIGH_PASS_SIGMA = 1.5
_NARROWEST, _WIDEST = 4, 24
_NEARBY = 64
_ENOUGH_PIXELS = 300
_SMOOTH_WINDOW = 7
_TENTH_TO_SIGMA = 1.19  # 1.16 in white noise, 1.22 where neighbours correlate as in a radiograph
SOFT_TISSUE_HU = (-10.0, 100.0)
"""Muscle, blood and organs, less fat and contrast medium."""


@dataclass(frozen=True)
class Surroundings:
    """The background under a lesion and in the ring around it, in the image's unit.

    Attributes:
        level: its median.
        spread: its standard deviation, robust (from the median absolute deviation).
        noise: the standard deviation of the pixel noise alone, high-passed: in HU that of the soft tissue
            nearby, else that of the smoothest parts.
    """

    level: float
    spread: float
    noise: float


def around(image: Image, drawn: Drawn) -> Surroundings:
    """Measures the background under a lesion and as far around it as a quarter of its size.

    That is at least 4 and at most 24 pixels. What lies under the lesion counts as well, so that the level at
    the pleura is that of the side on which the lesion lies. Other lesions do not count: what a lesion looks
    like never depends on what is estimated from another one.
    """
    import cv2

    support = drawn.support
    size = (int(support.any(axis=0).sum()) + int(support.any(axis=1).sum())) / 2
    width = int(np.clip(round(size / 4), _NARROWEST, _WIDEST))
    frame = Rect(0, image.height, 0, image.width)
    area = drawn.rect.grown(width, width) & frame
    beyond = np.ones(area.shape, np.uint8)
    beyond[drawn.rect.within(area)] = ~support
    near = cv2.distanceTransform(beyond, cv2.DIST_L2, cv2.DIST_MASK_3) <= width
    pixels = image.pixels[area.slices].astype(np.float32)
    values = _some(pixels[near])
    level = float(np.median(values))
    spread = float(np.median(np.abs(values - level))) * _MAD_TO_SIGMA
    return Surroundings(level, spread, _noise_near(image, drawn.rect))


def noise_sigma(pixels: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """The standard deviation of high-passed `pixels` inside `where`, from their median absolute deviation."""
    return float(np.median(np.abs(_some(high_pass(pixels)[where])))) * _MAD_TO_SIGMA


def _noise_near(image: Image, rect: Rect) -> float:
    """The noise of the image within 64 pixels (rows, columns) of the centre of `rect`.

    In HU it is that of muscle, mediastinum and organs, where the noise of a solid lesion can be compared in
    life; lung will not do, because its vessels and interstitium pass the high-pass filter and raise the
    figure by half. Where there is no soft tissue, and in other units, it is that of the smoothest places.
    """
    import cv2

    y, x = (rect.y0 + rect.y1) // 2, (rect.x0 + rect.x1) // 2
    area = Rect(y - _NEARBY, y + _NEARBY, x - _NEARBY, x + _NEARBY) & Rect(0, image.height, 0, image.width)
    pixels = image.pixels[area.slices].astype(np.float32)
    if image.unit == "HU":
        mean = cv2.blur(pixels, (7, 7))
        low, high = SOFT_TISSUE_HU
        soft = cv2.erode(((mean > low) & (mean < high)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        if int(soft.sum()) >= _ENOUGH_PIXELS:
            return noise_sigma(pixels, soft)
    return smooth_noise(pixels)


def smooth_noise(pixels: NDArray[np.float32], where: NDArray[np.bool_] | None = None) -> float:
    """The standard deviation of the high-passed noise of `pixels`, taken from their smoothest places.

    The variance of the high-passed pixels is taken in windows of 7×7, and the lowest tenth of those is scaled
    to what it is in pure noise, so that vessels, bone and bowel gas hardly count. Windows without any
    variance (collimation, clipped air) are left out, and those whose centre is not in `where`.
    """
    import cv2

    rough = high_pass(pixels)
    variance = np.asarray(cv2.blur(rough * rough, (_SMOOTH_WINDOW, _SMOOTH_WINDOW)), np.float32)
    noisy = _some(variance[variance > 1e-6 if where is None else where & (variance > 1e-6)])
    return float(np.percentile(noisy, 10)) ** 0.5 * _TENTH_TO_SIGMA if noisy.size else 0.0


def high_pass(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """`pixels` less their Gaussian mean, σ = 1.5 pixels."""
    import cv2

    return pixels - cv2.GaussianBlur(pixels, (0, 0), HIGH_PASS_SIGMA, borderType=cv2.BORDER_REFLECT_101)


def _some(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most some ten thousand of the values: more make no median better, only slower."""
    return values[:: max(1, values.size // 10_000)]
