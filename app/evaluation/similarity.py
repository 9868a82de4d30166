"""How like an image another one is, pixel for pixel: PSNR and SSIM.

Both need the range of the grey scale, and change with it: 16-bit pixels with a range of 65,535 score better
than what a reader sees of them in a window. Where an image is shown in a window, its width is the range, and
the images are to be clipped to it first.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW = 11
"""The side of SSIM's window, in pixels."""
SIGMA = 1.5
"""The standard deviation of the Gaussian that weighs it."""
K1, K2 = 0.01, 0.03
"""What keeps SSIM steady where an image is dark, and where it is flat; shares of the range."""


def psnr(a: NDArray[Any], b: NDArray[Any], data_range: float) -> float:
    """The peak signal-to-noise ratio in dB, 10 · log₁₀(range² / mean squared error); inf for equal images.

    The paper's Eq. 20 is this with a range of 2ⁿ − 1; its n of 24 adds 96 dB to what 8-bit images have.

    Raises:
        ValueError: the shapes differ, there are no pixels, or the range is not above 0.
    """
    _check(a, b, data_range)
    error = float(np.mean(np.square(a.astype(np.float64) - b.astype(np.float64))))
    return 10 * math.log10(data_range**2 / error) if error else math.inf


def ssim(a: NDArray[Any], b: NDArray[Any], data_range: float) -> float:
    """The mean structural similarity of (H, W) images, −1 to 1, 1 for equal ones (Eq. 22).

    As in Wang et al., IEEE TIP 2004: a Gaussian window of 11×11 pixels with σ = 1.5, K₁ = 0.01, K₂ = 0.03,
    averaged over the places where the window lies within the image. Another window gives other values: a
    uniform one usually higher ones.

    Raises:
        ValueError: the shapes differ, an image is smaller than the window, or the range is not above 0.
    """
    _check(a, b, data_range)
    if a.ndim != 2 or min(a.shape) < WINDOW:
        raise ValueError(f"SSIM needs images of at least {WINDOW}×{WINDOW} pixels, not {a.shape}")
    x, y = a.astype(np.float64), b.astype(np.float64)
    offset = x.mean()  # differences of large squares would lose digits in variances
    mean_x, mean_y = _local_mean(x - offset), _local_mean(y - offset)
    variance_x = _local_mean((x - offset) ** 2) - mean_x**2
    variance_y = _local_mean((y - offset) ** 2) - mean_y**2
    covariance = _local_mean((x - offset) * (y - offset)) - mean_x * mean_y
    mean_x, mean_y = mean_x + offset, mean_y + offset
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
    return float(np.mean(luminance * structure))


def _local_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted by the window around each pixel, where it lies within the image."""
    kernel = cv2.getGaussianKernel(WINDOW, SIGMA, cv2.CV_64F)
    edge = WINDOW // 2
    mean: NDArray[np.float64] = cv2.sepFilter2D(values, cv2.CV_64F, kernel, kernel)  # type: ignore[assignment]
    return mean[edge:-edge, edge:-edge]


def _check(a: NDArray[Any], b: NDArray[Any], data_range: float) -> None:
    if a.shape != b.shape or not a.size:
        raise ValueError(f"only images of one shape are compared, not {a.shape} and {b.shape}")
    if not data_range > 0:
        raise ValueError(f"the range of the grey scale must be above 0, not {data_range}")
