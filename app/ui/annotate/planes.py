"""Structures as bit planes of one array, and what a step changed in them: as small as it can be kept."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ui.canvas.pyramid import Pyramid, Rect

MOST = 16
"""Structures that can be outlined: bits of a uint16, the widest integer that the canvas samples."""
_TILE = 256

Bits = NDArray[np.uint16]
Mask = NDArray[np.bool_]


def planes_of(masks: Mapping[str, Mask], names: Sequence[str], shape: tuple[int, int]) -> Pyramid:
    """A pyramid to be written to: bit n of each pixel says whether structure n of `names` is there."""
    bits = np.zeros(shape, np.uint16)
    for n, name in enumerate(names):
        if name in masks:
            bits |= masks[name].astype(np.uint16) << np.uint16(n)
    pyramid = Pyramid(bits, labels=True)
    pyramid.make_levels()
    return pyramid.copy()


def bit(plane: int) -> np.uint16:
    """The bit of a plane."""
    return np.uint16(1 << plane)


def is_empty(bits: Bits, plane: int) -> bool:
    """Whether no pixel of a plane is set."""
    step = max(1, len(bits) // 16)
    return not any((bits[row : row + step] & bit(plane)).any() for row in range(0, len(bits), step))


@dataclass(frozen=True)
class Patch:
    """Which pixels of one plane a step has changed, in one rectangle. Applied twice it changes nothing."""

    rect: Rect
    plane: int
    packed: bytes = b""
    """One bit per pixel, row by row, compressed."""

    @classmethod
    def of(cls, rect: Rect, plane: int, changed: Mask) -> Patch:
        return cls(rect, plane, zlib.compress(np.packbits(changed).tobytes(), 1))

    def applied(self, bits: Bits) -> Bits:
        """The pixels of its rectangle with the change in them."""
        y0, y1, x0, x1 = self.rect
        size = (y1 - y0) * (x1 - x0)
        packed = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        changed = np.unpackbits(packed, count=size).reshape(y1 - y0, x1 - x0)
        values: Bits = bits[y0:y1, x0:x1] ^ (changed.astype(np.uint16) << np.uint16(self.plane))
        return values


class Before:
    """What one plane looked like where a step changes it, tile by tile, each from its first change on."""

    def __init__(self, bits: Bits, plane: int, known: frozenset[str]) -> None:
        self._bits, self.plane = bits, plane
        self.known = known
        """The structures that were outlined."""
        self._tiles: dict[Rect, Mask] = {}

    def keep(self, rect: Rect) -> None:
        """Remembers a rectangle, before it changes."""
        for tile in tiles(rect, self._bits.shape):
            if tile not in self._tiles:
                self._tiles[tile] = self._plane_in(tile)

    def patches(self) -> tuple[Patch, ...]:
        """What has changed since."""
        found = []
        for tile, before in self._tiles.items():
            changed = before ^ self._plane_in(tile)
            if changed.any():
                found.append(Patch.of(tile, self.plane, changed))
        return tuple(found)

    def _plane_in(self, tile: Rect) -> Mask:
        y0, y1, x0, x1 = tile
        plane: Mask = (self._bits[y0:y1, x0:x1] & bit(self.plane)) != 0
        return plane


def patches_to(bits: Bits, plane: int, mask: Mask) -> tuple[Patch, ...]:
    """What makes a plane equal to `mask`."""
    found = []
    for tile in tiles((0, bits.shape[0], 0, bits.shape[1]), bits.shape):
        y0, y1, x0, x1 = tile
        changed = ((bits[y0:y1, x0:x1] & bit(plane)) != 0) ^ mask[y0:y1, x0:x1]
        if changed.any():
            found.append(Patch.of(tile, plane, changed))
    return tuple(found)


def tiles(rect: Rect, shape: tuple[int, ...]) -> Iterator[Rect]:
    """The tiles of an image that a rectangle touches."""
    y0, y1, x0, x1 = rect
    for y in range(y0 // _TILE * _TILE, y1, _TILE):
        for x in range(x0 // _TILE * _TILE, x1, _TILE):
            yield y, min(y + _TILE, shape[0]), x, min(x + _TILE, shape[1])


def capsule(
    start: tuple[float, float], end: tuple[float, float], radii: tuple[float, float], shape: tuple[int, ...]
) -> tuple[Rect, Mask]:
    """The pixels that a round brush covers on its way, as a rectangle and a mask in it.

    Args:
        start, end: x, y in pixels.
        radii: (x, y) in pixels, which differ where pixels are no squares.
        shape: (height, width) of the image.
    """
    (ax, ay), (bx, by), (rx, ry) = start, end, radii
    x0, x1 = _span(min(ax, bx) - rx, max(ax, bx) + rx, shape[1])
    y0, y1 = _span(min(ay, by) - ry, max(ay, by) + ry, shape[0])
    x = (np.arange(x0, x1, dtype=np.float32) - ax)[None, :] / rx
    y = (np.arange(y0, y1, dtype=np.float32) - ay)[:, None] / ry
    dx, dy = (bx - ax) / rx, (by - ay) / ry
    length = dx * dx + dy * dy
    if length > 0:
        along = np.clip((x * dx + y * dy) / np.float32(length), 0, 1)
        x, y = x - along * np.float32(dx), y - along * np.float32(dy)
    mask: Mask = x * x + y * y <= 1
    column, row = round(bx) - x0, round(by) - y0  # the finest brush colours the pixel under the cursor
    if 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
        mask[row, column] = True
    return (y0, y1, x0, x1), mask


def polygon(points: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[Rect, Mask]:
    """The pixels inside of a freehand line (n, 2) of x, y, as a rectangle and a mask in it."""
    x0, x1 = _span(points[:, 0].min(), points[:, 0].max(), shape[1])
    y0, y1 = _span(points[:, 1].min(), points[:, 1].max(), shape[0])
    mask = np.zeros((y1 - y0, x1 - x0), bool)
    inside = points - (x0, y0)
    if mask.size > _EXACT:
        return (y0, y1, x0, x1), _roughly(mask, inside)
    from app.imaging.polygon import fill

    fill(mask, inside)
    return (y0, y1, x0, x1), mask


_EXACT = 1 << 20
"""Pixels of a rectangle up to which a line is filled exactly within the time that a hand may wait."""


def _roughly(mask: Mask, points: NDArray[np.float64]) -> Mask:
    """Filled ten times as fast, its edge up to half a pixel farther out."""
    import cv2

    filled: Any = mask.view(np.uint8)
    cv2.fillPoly(filled, [np.round(points * 16).astype(np.int32)], 1, shift=4)
    return mask


def _span(low: float, high: float, end: int) -> tuple[int, int]:
    first = min(max(int(np.floor(low)), 0), end)
    return first, max(min(int(np.ceil(high)) + 1, end), first)
