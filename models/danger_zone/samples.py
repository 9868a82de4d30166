"""What the network learns from: an image and the masks of its structures, and its compact form in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models import inputs


@dataclass(frozen=True, eq=False)
class Sample:
    """An image and where its structures are.

    Attributes:
        pixels: (H, W) float32, HU or grey values whose bones are high.
        bits: (H, W) uint16, bit n set where structure n of the task is.
        known: which structures were annotated at all; the others teach nothing.
        unknown: (H, W) uint16, bit n set where it is not known whether structure n is there; None where all
            that is annotated is so everywhere. An image that has it is cut out of a larger one: nothing is
            known of what lies beyond its border, while beyond that of others lies the outside.
    """

    pixels: NDArray[np.float32]
    bits: NDArray[np.uint16]
    known: tuple[bool, ...]
    unknown: NDArray[np.uint16] | None = None

    @classmethod
    def of(
        cls,
        pixels: NDArray[np.float32],
        masks: Mapping[str, NDArray[np.bool_]],
        structures: tuple[str, ...],
        size: int,
        pixel_mm: tuple[float, float] = (1.0, 1.0),
    ) -> Sample:
        """From full-size pixels and masks, the long side becoming `size`; names without masks are unknown.

        Of the (row, column) spacing `pixel_mm` only the proportion counts.
        """
        shape = inputs.fit((pixels.shape[0], pixels.shape[1]), size, pixel_mm)
        bits = np.zeros(shape, np.uint16)
        for n, name in enumerate(structures):
            if name in masks:
                share = inputs.resample(masks[name], shape)
                bits |= (share >= 0.5).astype(np.uint16) << np.uint16(n)
        known = tuple(name in masks for name in structures)
        return cls(inputs.resample(pixels, shape), bits, known)

    def masks(self) -> NDArray[np.bool_]:
        """(structures, H, W)."""
        return _planes(self.bits, len(self.known))

    def teaches(self) -> NDArray[np.bool_]:
        """(structures, H, W): where it is known whether a structure is there."""
        known = np.broadcast_to(np.array(self.known)[:, None, None], (len(self.known), *self.bits.shape))
        return known if self.unknown is None else known & ~_planes(self.unknown, len(self.known))


def _planes(bits: NDArray[np.uint16], count: int) -> NDArray[np.bool_]:
    places = np.arange(count, dtype=np.uint16)[:, None, None]
    return (bits[None] >> places & 1).astype(bool)


def warp(
    sample: Sample,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    fill: float,
    outside: int | None,
) -> Sample:
    """The sample seen at the points (x, y), (h, w) each, in its pixels.

    Beyond its border the image reads `fill` and, where the task has such a structure, number `outside`. An
    image cut out of a larger one is mirrored at its border, with its structures.
    """
    if sample.unknown is not None:
        seen = [cv2.remap(sample.pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)]
        seen += [
            cv2.remap(bits, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
            for bits in (sample.bits, sample.unknown)
        ]
        return Sample(seen[0].astype(np.float32), _bits(seen[1]), sample.known, _bits(seen[2]))
    pixels = cv2.remap(
        sample.pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
    )
    border = 0 if outside is None else 1 << outside
    bits = cv2.remap(sample.bits, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=border)
    return Sample(pixels.astype(np.float32, copy=False), _bits(bits), sample.known)


def _bits(values: NDArray[Any]) -> NDArray[np.uint16]:
    return values.astype(np.uint16, copy=False)
