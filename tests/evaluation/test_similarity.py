"""PSNR and SSIM against values by hand, and against scikit-image's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from app.evaluation.similarity import K1, psnr, ssim


def pair(dtype: Any, peak: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """A ramp with texture, and the same with noise."""
    random = np.random.default_rng(3)
    image = np.linspace(0.1, 0.8, 90)[:, None] + 0.05 * np.sin(np.arange(70) / 3)
    noisy = np.clip(image + 0.04 * random.standard_normal(image.shape), 0, 1)
    return (image * peak).astype(dtype), (noisy * peak).astype(dtype)


def test_psnr_of_a_known_error() -> None:
    a = np.zeros((20, 30), np.uint8)
    assert psnr(a, a + np.uint8(1), 255) == pytest.approx(20 * math.log10(255))
    assert psnr(a + np.uint8(1), a, 255) == pytest.approx(48.1308, abs=1e-4)  # unsigned: no overflow
    # Eq. 20 with n = 24, for 8-bit images
    assert psnr(a, a + np.uint8(1), 2**24 - 1) - psnr(a, a + np.uint8(1), 255) == pytest.approx(
        96.36, abs=0.01
    )


def test_equal_images_are_perfect() -> None:
    for dtype, peak in ((np.uint8, 255), (np.uint16, 4095), (np.float32, 1)):
        a, _ = pair(dtype, peak)
        assert psnr(a, a.copy(), peak) == math.inf
        assert ssim(a, a.copy(), peak) == pytest.approx(1, abs=1e-12)
    black = np.zeros((16, 16), np.uint8)
    assert psnr(black, black, 255) == math.inf
    assert ssim(black, black, 255) == 1


@pytest.mark.parametrize(
    ("dtype", "peak"), [(np.uint8, 255), (np.uint16, 65535), (np.int16, 1500), (np.float32, 1)]
)
def test_both_agree_with_another_implementation(dtype: Any, peak: float) -> None:
    a, b = pair(dtype, peak)
    expected = structural_similarity(
        a, b, data_range=peak, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert 0.2 < expected < 0.95
    assert ssim(a, b, peak) == pytest.approx(expected, abs=1e-6)
    assert ssim(b, a, peak) == pytest.approx(expected, abs=1e-6)
    assert psnr(a, b, peak) == pytest.approx(peak_signal_noise_ratio(a, b, data_range=peak))


def test_ssim_of_flat_images_is_that_of_their_luminance() -> None:
    a, b = np.full((40, 40), 100, np.int16), np.full((40, 40), 150, np.int16)
    c1 = (K1 * 255) ** 2
    assert ssim(a, b, 255) == pytest.approx((2 * 100 * 150 + c1) / (100**2 + 150**2 + c1))


def test_ssim_keeps_its_digits_far_from_zero() -> None:
    """The variance of small differences on a large offset: computed at once, it would drown."""
    a, b = pair(np.float64, 1)
    near = ssim(a + 1e3, b + 1e3, 1)
    assert ssim(a + 1e7, b + 1e7, 1) == pytest.approx(near, abs=1e-4)


def test_what_cannot_be_compared_is_refused() -> None:
    a = np.zeros((20, 20), np.uint8)
    for measure in (psnr, ssim):
        with pytest.raises(ValueError, match="one shape"):
            measure(a, a[:, :-1], 255)
        with pytest.raises(ValueError, match="above 0"):
            measure(a, a, 0)
        with pytest.raises(ValueError, match="one shape"):
            measure(a[:0], a[:0], 255)
    with pytest.raises(ValueError, match="11×11"):
        ssim(a[:10], a[:10], 255)
