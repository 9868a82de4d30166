"""Fills a hole in an image from its surroundings, so that no trace of it is left."""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.composition.noise import NoiseTexture
from app.composition.region import Rect
from app.composition.removal_texture import covariance, fitted, spanned
from app.composition.surroundings import smooth_noise
from app.imaging.image import Image

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

RING = 5
"""What a donor has to fit: so many pixels around the hole."""
_LEVEL_WEIGHT, _INSIDE_WEIGHT = 0.3, 0.3
_LARGEST_SEARCHED = 56
_CHOICES, _NEARLY = 6, 1.2
_APART = 3
_FLIPS: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (0, 1))


class _Place(NamedTuple):
    score: float
    flip: tuple[int, ...]
    row: int
    column: int


def fill(values: Floats, hole: Bools, usable: Bools, plain: Bools, random: np.random.Generator) -> Floats:
    """`values` with the hole filled; elsewhere as they are.

    The place whose surroundings are most like those of the hole is copied into it, as it is or mirrored, and
    fitted to them (`removal_texture.fitted`). So its texture is the image's own. Which of the best few places
    it is, chance decides. Where there is none, the hole is spanned smoothly, and grained.

    Args:
        values: (height, width) the hole and its surroundings.
        hole: the pixels to fill.
        usable: the pixels that the filling has to fit to.
        plain: the pixels that may be copied.
        random: chooses.
    """
    step = max(1, ceil(max(_bounds(hole).shape) / _LARGEST_SEARCHED))
    padding = tuple((0, -size % step) for size in hole.shape)
    padded = np.pad(values, padding, mode="edge")
    hole, usable, plain = (np.pad(mask, padding) for mask in (hole, usable & ~hole, plain & ~hole))
    coarse = _bounds(_shrunk(hole, step) > 0).grown(RING, RING) & Rect(
        0, hole.shape[0] // step, 0, hole.shape[1] // step
    )
    window = Rect(*(step * edge for edge in coarse))
    here, where, known = padded[window.slices], hole[window.slices], usable[window.slices]
    place = _best(
        _shrunk(padded, step),
        _shrunk(hole, step)[coarse.slices] > 0,
        _shrunk(usable, step)[coarse.slices] == 1,
        _shrunk(plain, step) == 1,
        coarse,
        random,
    )
    if place is None:
        patch = spanned(here, known, where) + _grain(here, where, known, window, random)
    else:
        donor = _copied(padded, plain, here, where, known, place, step)
        around = known & _ring(where, RING * step)
        patch = fitted(donor, here, around, known & _ring(where), where, covariance(padded, plain))
    filled = padded.copy()
    filled[window.slices][where] = patch[where]
    return filled[: values.shape[0], : values.shape[1]]


def _bounds(mask: Bools) -> Rect:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Rect(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def _shrunk(array: NDArray[Any], step: int) -> Floats:
    """The means of squares of `step` pixels."""
    height, width = array.shape
    if step == 1:
        return array.astype(np.float32)
    squares = array.reshape(height // step, step, width // step, step)
    return np.asarray(squares.mean(axis=(1, 3), dtype=np.float32))


def _ring(hole: Bools, width: int = RING) -> Bools:
    import cv2

    square = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    return (cv2.dilate(hole.astype(np.uint8), square) > 0) & ~hole


def _best(
    values: Floats, hole: Bools, known: Bools, plain: Bools, window: Rect, random: np.random.Generator
) -> _Place | None:
    """The place to copy from; None where there is none.

    A place's score is the variance of its difference to the ring around the hole, plus a share of the square
    of their mean difference, plus a share of what its inside stands out from its own surroundings by: the
    larger the hole, the less do its surroundings say of it.

    Args:
        values, plain: (height, width) where to look, and the pixels that may be copied.
        hole, known: (height, width of `window`) what to fill, and the pixels it has to fit to.
        window: where the hole is.
        random: chooses among the best few.
    """
    ring = _ring(hole) & known
    if not ring.any():
        return None
    level = np.float32(values[window.slices][ring].mean())
    search = np.where(plain, values - level, 0).astype(np.float32)
    wanted = np.where(ring, values[window.slices] - level, 0).astype(np.float32)
    barred, squares = (~plain).astype(np.float32), search * search
    count, area, own = float(ring.sum()), float(hole.sum()), float((wanted * wanted).sum())
    places: list[_Place] = []
    for flip in _FLIPS:
        around = np.ascontiguousarray(np.flip(ring.astype(np.float32), flip))
        inside = np.ascontiguousarray(np.flip(hole.astype(np.float32), flip))
        mean = _correlated(search, around) / count
        cross = _correlated(search, np.ascontiguousarray(np.flip(wanted, flip)))
        square = _correlated(squares, around) / count
        score = square + (own - 2 * cross) / count - (1 - _LEVEL_WEIGHT) * mean**2
        inner = _correlated(search, inside) / area
        inner_variance = _correlated(squares, inside) / area - inner**2
        uneven = (inner - mean) ** 2 + np.maximum(inner_variance - square + mean**2, 0)
        score += _INSIDE_WEIGHT * area / count * uneven
        score[_correlated(barred, around + inside) > 0.5] = np.inf
        places += _lowest(score, flip)
    places = sorted(place for place in places if np.isfinite(place.score))
    good = [place for place in places[:_CHOICES] if place.score <= _NEARLY * places[0].score]
    return good[int(random.integers(len(good)))] if good else None


def _correlated(image: Floats, template: Floats) -> Floats:
    import cv2

    return np.asarray(cv2.matchTemplate(image, template, cv2.TM_CCORR), np.float32)


def _copied(
    values: Floats, plain: Bools, here: Floats, hole: Bools, known: Bools, place: _Place, step: int
) -> Floats:
    """The pixels of a place found on a grid of `step` pixels, fitted to the pixel and turned as it says."""
    height, width = hole.shape
    ring = _ring(hole, RING * step) & known
    rows, columns = np.nonzero(ring)
    some = slice(None, None, max(1, rows.size // 2000))
    rows, columns = rows[some], columns[some]
    best: tuple[float, Floats | None] = (np.inf, None)
    for down in range(1 - step, step):
        for right in range(1 - step, step):
            y, x = place.row * step + down, place.column * step + right
            if y < 0 or x < 0 or y + height > values.shape[0] or x + width > values.shape[1]:
                continue
            donor = np.flip(values[y : y + height, x : x + width], place.flip)
            if down or right:
                free = np.flip(plain[y : y + height, x : x + width], place.flip)
                if not free[hole | ring].all():
                    continue
            variance = float((donor[rows, columns] - here[rows, columns]).var())
            if variance < best[0]:
                best = variance, donor
    assert best[1] is not None
    return best[1]


def _lowest(score: Floats, flip: tuple[int, ...]) -> list[_Place]:
    """The few lowest of a map of scores, no two of them next to each other."""
    score, places = score.copy(), []
    for _ in range(_CHOICES):
        row, column = divmod(int(score.argmin()), score.shape[1])
        places.append(_Place(float(score[row, column]), flip, row, column))
        score[max(row - _APART, 0) : row + _APART + 1, max(column - _APART, 0) : column + _APART + 1] = np.inf
    return places


def _grain(values: Floats, hole: Bools, known: Bools, window: Rect, random: np.random.Generator) -> Floats:
    """(height, width of `window`) noise as around the hole."""
    texture = NoiseTexture.of(Image(np.where(hole, spanned(values, known, hole), values)))
    return texture.field(int(random.integers(1 << 31)), window) * np.float32(smooth_noise(values, known))
