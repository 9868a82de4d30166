"""Carries the texture around a hole on into it, so that no seam is left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.composition.multigrid import solve_poisson

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

_TREND_SIGMA = 2.5
"""In pixels: what is smoother than this is trend, the rest is noise."""
_LAGS = 6
_NUGGET = 0.03
"""The share of the noise's variance that neighbours do not have in common, at least."""
_STEPS = 20
_MAD_TO_SIGMA = 1.4826


def fitted(donor: Floats, wanted: Floats, known: Bools, ring: Bools, hole: Bools, together: Floats) -> Floats:
    """`donor` fitted to what surrounds the hole: its trend first, then its noise.

    The trend of the difference is spread smoothly over the hole (as in Poisson image editing, Perez et al.,
    2003). The difference that is left is noise, and it is continued as the noise of the image would be: as
    the donor is a sample of that noise, the sum of the two goes on from the surroundings without a seam
    (conditional simulation by kriging; Journel and Huijbregts, Mining Geostatistics, 1978, VII.A). A smooth
    correction alone leaves one, which a classifier finds.

    Args:
        donor, wanted: (height, width) what is copied, and the image.
        known: the pixels whose trend counts.
        ring: those of them next to the hole, whose noise counts.
        hole: the pixels to fill.
        together: as `covariance` gives it.
    """
    rest = wanted - donor
    trend = spanned(_smoothed(rest, known), known, hole)
    return donor + trend + _continued(rest - trend, ring, together)


def covariance(values: Floats, known: Bools) -> Floats:
    """(2·lags+1, 2·lags+1) what the noise of two pixels has in common, by their distance."""
    rough = np.where(known, values - _smoothed(values, known), 0)
    spread = _MAD_TO_SIGMA * float(np.median(np.abs(rough[known]))) if known.any() else 0.0
    none = np.zeros((2 * _LAGS + 1, 2 * _LAGS + 1), np.float32)
    none[_LAGS, _LAGS] = 1
    if spread == 0:
        return none
    lags = np.arange(-_LAGS, _LAGS + 1)
    sums, pairs = (
        _correlation(field)[np.ix_(lags, lags)] for field in (np.clip(rough, -3 * spread, 3 * spread), known)
    )
    taper = np.hanning(2 * _LAGS + 3)[1:-1]
    result = sums / np.maximum(pairs, 1) * taper[:, None] * taper[None, :]
    return np.asarray(result / result[_LAGS, _LAGS], np.float32)


def spanned(values: Floats, known: Bools, hole: Bools) -> Floats:
    """`values` where they are known, and a smooth membrane (Laplace's equation) over the hole.

    Beyond the edge of the image, and over other holes, where nothing is known, its rim is interpolated.
    """
    import cv2

    rim = known & (cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if not rim.any():
        rim = known
    smooth = _interpolated(np.where(rim, values, 0).astype(np.float32), rim.astype(np.float32))
    fixed = np.where(known, values, smooth)
    curved = -cv2.Laplacian(fixed, cv2.CV_32F, ksize=1, borderType=cv2.BORDER_REPLICATE)
    return fixed + solve_poisson(np.where(hole, curved, 0), hole, np.zeros_like(fixed))


def _correlation(field: NDArray[np.generic]) -> NDArray[np.float64]:
    """The sums of the products of all pairs of pixels, by their distance."""
    import cv2

    size = tuple(cv2.getOptimalDFTSize(n + _LAGS + 1) for n in field.shape)
    return np.fft.irfft2(np.abs(np.fft.rfft2(field.astype(np.float64), size)) ** 2, size)


def _smoothed(values: Floats, known: Bools) -> Floats:
    """The Gaussian means of the values that are known."""
    import cv2

    total = cv2.GaussianBlur(np.where(known, values, 0).astype(np.float32), (0, 0), _TREND_SIGMA)
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), _TREND_SIGMA)
    return np.asarray(total / np.maximum(weight, 1e-6), np.float32)


def _continued(noise: Floats, known: Bools, together: Floats) -> Floats:
    """What the noise of the known pixels makes most likely elsewhere: simple kriging.

    The system is solved by conjugate gradients.
    """
    import cv2

    def spread(field: Floats) -> Floats:
        return np.asarray(
            cv2.filter2D(field, cv2.CV_32F, together, borderType=cv2.BORDER_CONSTANT), np.float32
        )

    weights = np.zeros_like(noise)
    residual = np.where(known, noise, 0).astype(np.float32)
    direction, size = residual.copy(), float(np.vdot(residual, residual))
    enough = 1e-5 * size
    for _ in range(_STEPS):
        if size <= enough:
            break
        ahead = spread(direction) * known + np.float32(_NUGGET) * direction
        along = np.float32(size / float(np.vdot(direction, ahead)))
        weights += along * direction
        residual -= along * ahead
        previous, size = size, float(np.vdot(residual, residual))
        direction = residual + np.float32(size / previous) * direction
    return spread(weights)


def _interpolated(values: Floats, weights: Floats) -> Floats:
    """The values (times their weights) where the weight is 1, and smoothly in between where it is 0.

    Pulled up a pyramid and pushed down again (Gortler et al., The Lumigraph, 1996, §3.4.1).
    """
    import cv2

    height, width = weights.shape
    if max(height, width) <= 2:
        return np.full_like(values, float(values.sum()) / max(float(weights.sum()), 1e-12))
    weight = np.asarray(cv2.pyrDown(weights), np.float32)
    full = np.minimum(4 * weight, 1)
    coarse = np.asarray(cv2.pyrDown(values) * (full / np.maximum(weight, 1e-12)), np.float32)
    below = cv2.pyrUp(_interpolated(coarse, full), dstsize=(width, height))
    return np.asarray(values + (1 - weights) * below, np.float32)
