"""What the network learns from: an image without its lesions, and where they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models import inputs
from models.inputs import Kind

Boxes = NDArray[np.float32]
"""(n, 4): left, top, right and bottom edges in pixels; (0, 0) is the centre of the top left pixel, so the
box of a whole image of W × H pixels is (−0.5, −0.5, W − 0.5, H − 0.5)."""


class Sight(Protocol):
    """How a network sees an image: the part of every `Spec` that samples and inference need."""

    @property
    def kind(self) -> Kind: ...

    @property
    def size(self) -> int: ...

    @property
    def stride(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Sample:
    """An image, its lesions removed, and the boxes of those lesions.

    `pixels`: (H, W) float32, HU or grey values whose bones are high, in square pixels.
    """

    pixels: NDArray[np.float32]
    boxes: Boxes

    @classmethod
    def of(
        cls, pixels: NDArray[np.generic], boxes: Boxes, size: int, pixel_mm: tuple[float, float] = (1.0, 1.0)
    ) -> Sample:
        """From full-size pixels, the long side becoming `size`: small in memory, quick to vary."""
        shape = inputs.fit((pixels.shape[0], pixels.shape[1]), size, pixel_mm)
        return cls(inputs.resample(pixels, shape), scaled(boxes, (pixels.shape[0], pixels.shape[1]), shape))


def scaled(boxes: Boxes, before: tuple[int, int], after: tuple[int, int]) -> Boxes:
    """The boxes of an image (height, width) that has been resampled to another."""
    factors = np.array([after[1] / before[1], after[0] / before[0]] * 2, np.float32)
    return ((np.asarray(boxes, np.float32).reshape(-1, 4) + 0.5) * factors - 0.5).astype(np.float32)
