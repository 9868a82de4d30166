"""Simulated images for the location model, with the density of lesions that an atlas lays over their anatomy.

Nothing is drawn into them, so there is nothing to remove. Places are drawn anew for every step from the
density, not once for each image: what is learnt is the density. A network that has learnt from these alone
knows what the atlas says, and how to find it without being told the anatomy, but nothing of real lesions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.anatomy.location import atlas_model
from app.tasks import Task
from app.training.location_store import CHECK, HELD_OUT, LEARN, Gathering, Parts, PlaceStore, Prepared
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from app.simulation import Background

HELD_OUT_SEED = 1_000_000
"""Images of seeds from this one on are held out; ..."""
CHECK_SEED = 2_000_000
"""... from this one on they are calibrated on."""
WIDE_SEED = 500_000
"""Phantoms in a wide field have seeds from this one on."""
WIDE_MM = (450.0, 580.0)
GRID = 160
"""The long side of the grid that a density is kept on."""
DRAWN = 12
"""Places that are drawn in one image for one step."""
_SPREAD = 0.5
"""Standard deviation of the logarithm of diameters."""


@dataclass(frozen=True)
class Amounts:
    """How many simulated images a task learns from, and how many are held out and calibrated on."""

    phantoms: int
    wide: int = 0
    """Phantoms in a wide field, as of a scout."""
    per_ct: int = 0
    """Varied projections, or slices, of each CT series."""
    held_out: int = 24
    check: int = 24


AMOUNTS = {
    "kub-xray": Amounts(phantoms=400, wide=130, per_ct=40),
    "lung-ct": Amounts(phantoms=160, per_ct=160),
}


def simulated_places(
    task: Task, series: tuple[Path, ...], store: PlaceStore, size: int, *, only_held_out: bool = False
) -> Gathering:
    """Phantoms, and varied projections or slices of the CT in `series`; nothing without a simulator.

    The held-out images of a CT are of the patient that is learnt from.
    """
    amounts = AMOUNTS.get(task.name)
    if amounts is None:
        return Parts()
    found = Parts()
    for source, learnt, make in _sources(task, series, size, amounts):
        others = amounts.held_out if source == "phantom" else -(-amounts.held_out // 3)
        seeds = {
            LEARN: range(0 if only_held_out else learnt),
            CHECK: range(CHECK_SEED, CHECK_SEED + (0 if only_held_out else others)),
            HELD_OUT: range(HELD_OUT_SEED, HELD_OUT_SEED + others),
        }
        names: dict[str, tuple[str, ...]] = {}
        for part, numbers in seeds.items():
            names[part] = tuple(f"{part}-{source}-{seed:07d}-{size}" for seed in numbers)
            for n, (seed, name) in enumerate(zip(numbers, names[part], strict=True)):
                told = Progress(n, len(numbers), f"Simulating images ({source})")
                if not store.has(name):
                    store.add(name, _ready((yield from _as_part(make(seed), told)), task))
                yield told
        line = (
            f"{learnt} simulated images ({source}) to learn from, {others} each to calibrate on and held out"
        )
        found += Parts(names[LEARN], names[CHECK], names[HELD_OUT], () if only_held_out else (line,))
    return found


Maker = Callable[[int], "LongWork[Background]"]


def _sources(
    task: Task, series: tuple[Path, ...], size: int, amounts: Amounts
) -> list[tuple[str, int, Maker]]:
    """(name, number to learn from, what makes the image of a seed) of each kind of image."""
    from app.simulation import generate

    def of(source: str) -> Maker:
        return lambda seed: generate(task.name, seed, source=source, size=size)

    sources = [("phantom", amounts.phantoms, of("phantom"))]
    if amounts.wide:
        sources.append(("wide", amounts.wide, lambda seed: _wide(WIDE_SEED + seed, size)))
    sources += [(f"ct{n}", amounts.per_ct, of(f"ct:{folder}")) for n, folder in enumerate(series)]
    return sources


def _wide(seed: int, size: int) -> LongWork[Background]:
    from app.simulation.kub_phantom import generate_kub

    return generate_kub(seed, size, float(np.random.default_rng(seed).uniform(*WIDE_MM)))


def _ready(background: Background, task: Task) -> Prepared:
    """The image, and the atlas laid over the anatomy that the simulator knows."""
    import cv2

    image = background.image
    prior = atlas_model(task.kind).atlas.prior(image, task, background.anatomy)
    scale = min(1.0, GRID / max(prior.shape))
    shape = (max(1, round(prior.shape[1] * scale)), max(1, round(prior.shape[0] * scale)))
    density = np.asarray(cv2.resize(prior, shape, interpolation=cv2.INTER_AREA), np.float32)
    density /= np.float32(max(float(density.max()), 1e-12))
    return Prepared(image.pixels.astype(np.float32), density=density, pixel_mm=float(image.pixel_mm[1]))


def draw_boxes(
    prepared: Prepared, task: Task, random: np.random.Generator, count: int = DRAWN
) -> NDArray[np.float32]:
    """(count, 4): lesions drawn from the density of a simulated image; their edges in its pixels."""
    density = prepared.density
    total = np.cumsum(density.ravel(), dtype=np.float64)
    if total[-1] <= 0:
        return np.zeros((0, 4), np.float32)
    cells = np.searchsorted(total, random.random(count) * total[-1], side="right")
    rows, columns = np.divmod(np.minimum(cells, density.size - 1), density.shape[1])
    height, width = prepared.pixels.shape
    y = (rows + random.random(count)) * height / density.shape[0] - 0.5
    x = (columns + random.random(count)) * width / density.shape[1] - 0.5
    sizes = task.diameter_mm
    millimetres = np.exp(random.normal(np.log(sizes.usual), _SPREAD, count))
    half = np.clip(millimetres, sizes.smallest, sizes.largest) / prepared.pixel_mm / 2
    return np.stack((x - half, y - half, x + half, y + half), axis=1).astype(np.float32)


def _as_part(work: LongWork[Background], whole: Progress) -> LongWork[Background]:
    """Does `work` step by step, but reports how far the whole is that it is a part of."""
    try:
        while True:
            next(work)
            yield whole
    except StopIteration as end:
        return end.value
