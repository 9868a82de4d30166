"""What the network learns from: an image and the masks of its structures, and its compact form in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models import inputs


@dataclass(frozen=True, eq=False)
class Sample:
    """An image and where its structures are.

    `pixels`: (H, W) float32, HU or grey values whose bones are high. `bits`: (H, W) uint16, bit n set where
    structure n of the task is. `known`: which structures were annotated at all; the others teach nothing.
    """

    pixels: NDArray[np.float32]
    bits: NDArray[np.uint16]
    known: tuple[bool, ...]

    @classmethod
    def of(
        cls,
        pixels: NDArray[np.float32],
        masks: Mapping[str, NDArray[np.bool_]],
        structures: tuple[str, ...],
        size: int,
    ) -> Sample:
        """From full-size pixels and masks, the long side becoming `size`; names without masks are unknown."""
        shape = inputs.fit((pixels.shape[0], pixels.shape[1]), size)
        bits = np.zeros(shape, np.uint16)
        for n, name in enumerate(structures):
            if name in masks:
                share = inputs.resample(masks[name], shape)
                bits |= (share >= 0.5).astype(np.uint16) << np.uint16(n)
        known = tuple(name in masks for name in structures)
        return cls(inputs.resample(pixels, shape), bits, known)

    def masks(self) -> NDArray[np.bool_]:
        """(structures, H, W)."""
        places = np.arange(len(self.known), dtype=np.uint16)[:, None, None]
        return (self.bits[None] >> places & 1).astype(bool)


def warp(
    sample: Sample,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    fill: float,
    outside: int | None,
) -> Sample:
    """The sample seen at the points (x, y), (h, w) each, in its pixels.

    Beyond its border the image reads `fill` and, where the task has such a structure, number `outside`.
    """
    pixels = cv2.remap(
        sample.pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
    )
    border = 0 if outside is None else 1 << outside
    bits = cv2.remap(sample.bits, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=border)
    return Sample(pixels.astype(np.float32, copy=False), bits.astype(np.uint16, copy=False), sample.known)
