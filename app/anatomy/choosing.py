"""Choosing places at random: likely ones, permitted ones, and no two on top of each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.doubts import nothing_permitted
from app.errors import LithographError

if TYPE_CHECKING:
    from app.anatomy.danger import DangerZone
    from app.anatomy.where import Where


def choose(
    where: Where,
    count: int,
    diameters_mm: Sequence[float],
    seed: int,
    taken: Sequence[tuple[float, float, float]] = (),
    spacing_mm: float = 0,
) -> list[tuple[float, float]]:
    """Draws `count` centres (x, y) from the heatmap inside the safe set, without overlap.

    Lesion after lesion, a pixel is drawn with its probability in the heatmap among those where the lesion's
    whole disc is permitted and keeps its distance from every disc chosen before. The largest are placed
    first, because they need the most room; the result is in the order of `diameters_mm`.

    Args:
        where: the danger zone and the heatmap.
        count: how many.
        diameters_mm: one diameter for each lesion, or a single one for all.
        seed: the same seed chooses the same places.
        taken: (x, y, diameter_mm) of lesions that are already there.
        spacing_mm: the least gap between the edges of two lesions, those of `taken` included.

    Raises:
        LithographError: nothing is permitted at all, or no place is left for one of them; the sentence then
            says how many could be placed.
    """
    diameters = list(diameters_mm) * count if len(diameters_mm) == 1 else list(diameters_mm)
    if len(diameters) != count:
        raise ValueError(f"{count} lesions need {count} diameters, not {len(diameters)}")
    nothing = nothing_permitted(where.danger)
    if nothing:
        raise LithographError(nothing)
    rng = np.random.default_rng(seed)
    discs = list(taken)
    places: dict[int, tuple[float, float]] = {}
    for index in sorted(range(count), key=lambda n: -diameters[n]):
        place = _draw(where, diameters[index], discs, spacing_mm, rng)
        if place is None:
            raise LithographError(_no_room(len(places), count, diameters[index], spacing_mm))
        places[index] = place
        discs.append((*place, diameters[index]))
    return [places[index] for index in range(count)]


def _no_room(placed: int, count: int, diameter: float, spacing: float) -> str:
    room = f"There is no more room for a diameter of {diameter:.1f} in the permitted area"
    remedies = ["smaller lesions"] if count == 1 else ["fewer lesions", "smaller ones"]
    remedies += ["less spacing between them"] if spacing else []
    return f"{room}: {placed} of {count} could be placed; ask for {' or '.join(remedies)}."


def _draw(
    where: Where,
    diameter_mm: float,
    discs: Sequence[tuple[float, float, float]],
    spacing_mm: float,
    rng: np.random.Generator,
) -> tuple[float, float] | None:
    """One pixel, drawn; None where none is left."""
    weights = np.where(where.danger.safe_set(diameter_mm), where.heatmap, np.float32(0))
    for x, y, other_mm in discs:
        _clear(weights, x, y, (diameter_mm + other_mm) / 2 + spacing_mm, where.danger.pixel_mm)
    pixels = np.flatnonzero(weights)
    if pixels.size == 0:
        return None
    cumulative = np.cumsum(weights.ravel()[pixels], dtype=np.float64)
    drawn = np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")
    row, column = divmod(int(pixels[min(drawn, pixels.size - 1)]), weights.shape[1])
    return float(column), float(row)


def _clear(weights: NDArray[Any], x: float, y: float, apart_mm: float, pixel_mm: tuple[float, float]) -> None:
    """Sets to zero every pixel nearer to (x, y) than `apart_mm` and one pixel, so that edges do not touch."""
    apart = apart_mm + max(pixel_mm)
    reach = [int(apart / size) + 1 for size in pixel_mm]
    top, left = max(int(y) - reach[0], 0), max(int(x) - reach[1], 0)
    window = weights[top : int(y) + reach[0] + 2, left : int(x) + reach[1] + 2]
    rows, columns = np.ogrid[top : top + window.shape[0], left : left + window.shape[1]]
    window[((rows - y) * pixel_mm[0]) ** 2 + ((columns - x) * pixel_mm[1]) ** 2 <= apart**2] = 0


def nearest(
    danger: DangerZone,
    wanted: tuple[float, float],
    diameter_mm: float,
    taken: Sequence[tuple[float, float, float]],
) -> tuple[float, float] | None:
    """The centre (x, y) nearest to `wanted` where a lesion is permitted and meets no disc of `taken`.

    `wanted` itself where it is such a place, else the centre of a pixel; None where there is none.

    Args:
        danger: the danger zone.
        wanted: (x, y) in pixels, inside the image or not.
        diameter_mm: of the lesion.
        taken: (x, y, diameter_mm) of lesions that are already there.
    """
    free = danger.safe_set(diameter_mm)
    for x, y, other_mm in taken:
        _clear(free, x, y, (diameter_mm + other_mm) / 2, danger.pixel_mm)
    row, column = math.floor(wanted[1] + 0.5), math.floor(wanted[0] + 0.5)
    if 0 <= row < free.shape[0] and 0 <= column < free.shape[1] and free[row, column]:
        return wanted
    rows, columns = (
        ((np.arange(length, dtype=np.float32) - at) * size) ** 2
        for length, at, size in zip(free.shape, reversed(wanted), danger.pixel_mm, strict=True)
    )
    away = rows[:, None] + columns[None, :]
    away[~free] = np.inf
    best = int(away.argmin())
    if not free.flat[best]:
        return None
    y, x = divmod(best, free.shape[1])
    return float(x), float(y)
