"""Choosing places at random: likely ones, permitted ones, and no two on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError

if TYPE_CHECKING:
    from app.anatomy.where import Where


def choose(
    where: Where,
    count: int,
    diameters_mm: Sequence[float],
    seed: int,
    taken: Sequence[tuple[float, float, float]] = (),
) -> list[tuple[float, float]]:
    """Draws `count` centres (x, y) from the heatmap inside the safe set, without overlap.

    Lesion after lesion, a pixel is drawn with its probability in the heatmap among those where the lesion's
    whole disc is permitted and touches no disc chosen before. The largest are placed first, because they
    need the most room; the result is in the order of `diameters_mm`.

    Args:
        diameters_mm: one diameter for each lesion, or a single one for all.
        seed: the same seed chooses the same places.
        taken: (x, y, diameter_mm) of lesions that are already there.

    Raises:
        LithographError: no place is left for one of them.
    """
    diameters = list(diameters_mm) * count if len(diameters_mm) == 1 else list(diameters_mm)
    if len(diameters) != count:
        raise ValueError(f"{count} lesions need {count} diameters, not {len(diameters)}")
    rng = np.random.default_rng(seed)
    discs = list(taken)
    places: dict[int, tuple[float, float]] = {}
    for index in sorted(range(count), key=lambda n: -diameters[n]):
        place = _draw(where, diameters[index], discs, rng)
        if place is None:
            raise LithographError(
                f"There is no room for lesion {len(places) + 1} of {count} (diameter {diameters[index]:.1f}) "
                "in the permitted area; ask for fewer or smaller lesions."
            )
        places[index] = place
        discs.append((*place, diameters[index]))
    return [places[index] for index in range(count)]


def _draw(
    where: Where, diameter_mm: float, discs: Sequence[tuple[float, float, float]], rng: np.random.Generator
) -> tuple[float, float] | None:
    """One pixel, drawn; None where none is left."""
    weights = np.where(where.danger.safe_set(diameter_mm), where.heatmap, np.float32(0))
    for x, y, other_mm in discs:
        _clear(weights, x, y, (diameter_mm + other_mm) / 2, where.danger.pixel_mm)
    pixels = np.flatnonzero(weights)
    if pixels.size == 0:
        return None
    cumulative = np.cumsum(weights.ravel()[pixels], dtype=np.float64)
    drawn = np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")
    row, column = divmod(int(pixels[min(drawn, pixels.size - 1)]), weights.shape[1])
    return float(column), float(row)


def _clear(
    weights: NDArray[np.float32], x: float, y: float, apart_mm: float, pixel_mm: tuple[float, float]
) -> None:
    """Sets to zero every pixel nearer to (x, y) than `apart_mm` and one pixel, so that edges do not touch."""
    apart = apart_mm + max(pixel_mm)
    reach = [int(apart / size) + 1 for size in pixel_mm]
    top, left = max(int(y) - reach[0], 0), max(int(x) - reach[1], 0)
    window = weights[top : int(y) + reach[0] + 2, left : int(x) + reach[1] + 2]
    rows, columns = np.ogrid[top : top + window.shape[0], left : left + window.shape[1]]
    window[((rows - y) * pixel_mm[0]) ** 2 + ((columns - x) * pixel_mm[1]) ** 2 <= apart**2] = 0
