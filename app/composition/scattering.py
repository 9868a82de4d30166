"""Several lesions at random: likely places, sizes and contrasts within limits, each lesion another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.anatomy.choosing import choose
from app.composition.scene import Placement

if TYPE_CHECKING:
    from app.anatomy.where import Where


@dataclass(frozen=True)
class Scatter:
    """What is asked for.

    Attributes:
        count: how many lesions.
        lesions: names of the lesion models, of which each lesion gets one.
        blend: the name of a blend mode.
        diameter_mm: (smallest, largest), pixels where the image is uncalibrated.
        contrast: (lowest, highest), times the lesion model's own.
        spacing_mm: the least gap between the edges of two lesions.
        turned: each is turned by an angle of its own.
        seed: the same seed gives the same lesions.
    """

    count: int
    lesions: tuple[str, ...]
    blend: str
    diameter_mm: tuple[float, float]
    contrast: tuple[float, float] = (1.0, 1.0)
    spacing_mm: float = 0.0
    turned: bool = True
    seed: int = 1


def scatter(
    wanted: Scatter, where: Where, there: Sequence[Placement], ids: Sequence[str]
) -> tuple[Placement, ...]:
    """Chooses places for `wanted.count` lesions in the safe set, after the heatmap: all of them, or none.

    Each property has a random stream of its own, so that another range of sizes leaves the seeds as they are.

    Args:
        wanted: what is asked for.
        where: the danger zone and the heatmap.
        there: lesions that are there already; the new ones keep their distance from them, too.
        ids: free ids, one for each lesion.

    Raises:
        LithographError: there is too little room; the sentence says how many fit.
    """
    sizes, models, seeds, turns, contrasts = (
        np.random.default_rng([wanted.seed, stream]) for stream in range(5)
    )
    count = wanted.count
    diameters = [round(float(d), 1) for d in sizes.uniform(*wanted.diameter_mm, count)]
    names = [wanted.lesions[n] for n in models.integers(len(wanted.lesions), size=count)]
    angles = turns.integers(360, size=count) if wanted.turned else np.zeros(count)
    factors = contrasts.uniform(*wanted.contrast, count)
    taken = [(p.x, p.y, p.diameter_mm) for p in there]
    places = choose(where, count, diameters, wanted.seed, taken, wanted.spacing_mm)
    return tuple(
        Placement(
            ids[n], names[n], x, y, diameters[n], int(seeds.integers(1_000_000)), wanted.blend,
            float(angles[n]), round(float(factors[n]), 2),
        )
        for n, (x, y) in enumerate(places)
    )  # fmt: skip
