"""A large image through the network in tiles, blended where they overlap."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.hiresmed_vqgan.network import Vqgan

WHOLE = 1536
"""Up to this side, in pixels, an image goes through the network at once."""
TILE = 1024
"""The side of a tile otherwise."""
FRUGAL = 512
"""The side where memory is short, for smaller images, too."""
OVERLAP = 128
"""How far tiles reach into each other at least."""
GRID = 64
"""Tiles begin at multiples of this, so that codes stand for the same pixels in both of two neighbours."""

Values = NDArray[np.float32]
Span = tuple[int, int]


def reconstructed(network: Vqgan, values: Values, *, frugal: bool = False) -> LongWork[Values]:
    """Values (H, W) of −1 to 1 as the network knows them; one report for each tile."""
    from models.hiresmed_vqgan.reconstruction import reconstruct

    def through(tile: Values) -> Values:
        return reconstruct(network, tile)

    return (yield from in_tiles(through, values, *((FRUGAL, FRUGAL) if frugal else (WHOLE, TILE))))


def in_tiles(through: Callable[[Values], Values], values: Values, whole: int, side: int) -> LongWork[Values]:
    """`through` of values (H, W), tile by tile where a side exceeds `whole`.

    What a network makes of a place depends a little on what else it sees (its norms look at all of a tile),
    so tiles pass into one another linearly over all of their overlap.
    """
    if max(values.shape) <= whole:
        yield Progress(0, 1, "Encoding and decoding")
        return through(values)
    rows, columns = spans(values.shape[0], side), spans(values.shape[1], side)
    made = np.zeros_like(values)
    for n, (top, bottom) in enumerate(rows):
        down = _weights(rows, n)
        for m, (left, right) in enumerate(columns):
            yield Progress(n * len(columns) + m, len(rows) * len(columns), "Encoding and decoding")
            tile = through(values[top:bottom, left:right])
            made[top:bottom, left:right] += tile * down[:, None] * _weights(columns, m)
    return made


def spans(length: int, side: int) -> list[Span]:
    """(begin, end) of the tiles along one axis: they cover it, neighbours overlap by `OVERLAP` or more."""
    if length <= side:
        return [(0, length)]
    count = -(-(length - OVERLAP) // (side - OVERLAP))
    step = -(-(length - side) // ((count - 1) * GRID)) * GRID
    return [(n * step, min(length, n * step + side)) for n in range(count)]


def _weights(tiles: list[Span], n: int) -> Values:
    """How much each pixel of a tile counts along one axis; those of all tiles sum to 1 everywhere."""
    begin, end = tiles[n]
    weights = np.ones(end - begin, np.float32)
    if n:
        shared = tiles[n - 1][1] - begin
        weights[:shared] = _slope(shared)
    if n + 1 < len(tiles):
        shared = end - tiles[n + 1][0]
        weights[-shared:] = 1 - _slope(shared)
    return weights


def _slope(length: int) -> Values:
    return ((np.arange(length) + 0.5) / length).astype(np.float32)
