"""The grain of an image: noise of the same spectrum, fixed to the image's pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.composition.region import Rect
from app.composition.surroundings import HIGH_PASS_SIGMA, SOFT_TISSUE_HU, high_pass
from app.imaging.image import Image

_BLOCK = 32
_LAGS = 5
_TILE = 256
_BLOCKS_AT_MOST = 600
_LEAST_RESPONSE = 0.35


@dataclass(frozen=True, eq=False)
class NoiseTexture:
    """Noise with the autocorrelation of an image's own grain.

    Attributes:
        spectrum: (256, 129) float32, the amplitude at each frequency of a 256×256 tile, such that the
            high-passed tile (`surroundings.high_pass`) has a standard deviation of 1.
    """

    spectrum: NDArray[np.float32]

    @classmethod
    def of(cls, image: Image) -> NoiseTexture:
        """Learns the grain from smooth blocks of the image, in HU from soft tissue."""
        return cls(_amplitudes(_autocorrelation(image)))

    def field(self, seed: int, rect: Rect) -> NDArray[np.float32]:
        """(height, width) float32 noise over the pixels of `rect`, of standard deviation 1 when high-passed.

        It is fixed to the pixels of the image: a lesion that moves uncovers other noise, as in life.
        """
        tile = _tile(self, seed)
        rows = np.arange(rect.y0, rect.y1) % _TILE
        columns = np.arange(rect.x0, rect.x1) % _TILE
        return tile[rows[:, None], columns[None, :]]


@lru_cache(maxsize=64)
def _tile(texture: NoiseTexture, seed: int) -> NDArray[np.float32]:
    white = np.random.default_rng((seed, 0x6E6F)).standard_normal((_TILE, _TILE), np.float32)
    return np.fft.irfft2(np.fft.rfft2(white) * texture.spectrum, (_TILE, _TILE)).astype(np.float32)


def _autocorrelation(image: Image) -> NDArray[np.float64]:
    """(2·lags+1, 2·lags+1), 1 at the centre: of the high-passed noise of smooth blocks."""
    rows, columns = image.height // _BLOCK, image.width // _BLOCK
    step = max(1, int((rows * columns / _BLOCKS_AT_MOST) ** 0.5))
    low, high = SOFT_TISSUE_HU if image.unit == "HU" else (-np.inf, np.inf)
    blocks: list[tuple[bool, float, NDArray[np.float32]]] = []
    for row in range(0, rows, step):
        for column in range(0, columns, step):
            block = image.pixels[row * _BLOCK : (row + 1) * _BLOCK, column * _BLOCK : (column + 1) * _BLOCK]
            values = block.astype(np.float32)
            rough = high_pass(values)
            variance = float(rough.var())
            if variance > 0:
                blocks.append((not low < float(values.mean()) < high, variance, rough))
    delta = np.zeros((2 * _LAGS + 1, 2 * _LAGS + 1))
    delta[_LAGS, _LAGS] = 1
    if not blocks:
        return delta
    blocks.sort(key=lambda block: block[:2])
    plain = sum(not elsewhere for elsewhere, _, _ in blocks) or len(blocks)
    # In other units the very smoothest are clipped air or collimation; those above them are plain tissue.
    first = 0 if image.unit == "HU" else plain // 5
    chosen = [rough / variance**0.5 for _, variance, rough in blocks[first : first + max(4, plain // 5)]]
    total = np.zeros_like(delta)
    for rough in chosen:
        power = np.abs(np.fft.fft2(rough, (2 * _BLOCK, 2 * _BLOCK))) ** 2
        correlation = np.fft.fftshift(np.fft.ifft2(power).real)
        total += correlation[_BLOCK - _LAGS : _BLOCK + _LAGS + 1, _BLOCK - _LAGS : _BLOCK + _LAGS + 1]
    return total / total[_LAGS, _LAGS]


def _amplitudes(correlation: NDArray[np.float64]) -> NDArray[np.float32]:
    """The amplitude spectrum of the noise whose high-passed autocorrelation this is."""
    around = np.zeros((_TILE, _TILE))
    taper = np.hanning(2 * _LAGS + 3)[1:-1]
    size = correlation.shape[0]
    around[:size, :size] = correlation * taper[:, None] * taper[None, :]
    around = np.roll(around, (-_LAGS, -_LAGS), (0, 1))
    passed = np.sqrt(np.maximum(np.fft.rfft2(around).real, 0))
    # What the high-pass filter took is given back, down to where next to nothing of it was left.
    squared = np.fft.fftfreq(_TILE)[:, None] ** 2 + np.fft.rfftfreq(_TILE)[None, :] ** 2
    response = 1 - np.exp(-2 * (np.pi * HIGH_PASS_SIGMA) ** 2 * squared)
    amplitude = passed / np.maximum(response, _LEAST_RESPONSE)
    white = np.random.default_rng(0).standard_normal((_TILE, _TILE), np.float32)
    tile = np.fft.irfft2(np.fft.rfft2(white) * amplitude, (_TILE, _TILE)).astype(np.float32)
    return (amplitude / float(high_pass(tile).std())).astype(np.float32)
