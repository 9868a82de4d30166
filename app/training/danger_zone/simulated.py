"""Samples from the simulator, which knows its anatomy: digital phantoms, and projections of a CT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.tasks import Task
from app.training.danger_zone.ct_series import ct_series
from app.training.samples import HELD_OUT, LEARN, SampleStore
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from app.simulation import Background

HELD_OUT_SEED = 1_000_000
"""Phantoms and projections from this seed on are held out."""
WIDE_SEED = 500_000
"""Phantoms in a wide field have seeds from this one on."""
WIDE_MM = (450.0, 580.0)
MEASURED = 12
"""Phantoms that a model is measured on."""
REMINDER = 8
"""One phantom in this many is learnt from again beside the user's own images."""


@dataclass(frozen=True)
class Amounts:
    """How many simulated samples a task learns from."""

    phantoms: int
    projections: int = 0
    """Per CT series."""
    wide: int = 0
    """Phantoms in a wide field, as of a scout; a sixteenth as many are held out."""
    held_out: int = 20


AMOUNTS = {"kub-xray": Amounts(phantoms=400, projections=40, wide=130), "lung-ct": Amounts(phantoms=120)}


def phantoms(task: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:  # noqa: ARG001
    """Digital phantoms; for some tasks also in a wide field."""
    return (yield from _phantoms(task, AMOUNTS[task.name], store))


def some_phantoms(task: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:  # noqa: ARG001
    """A few digital phantoms, as a reminder of what was learnt from them before; none is held out."""
    whole = AMOUNTS[task.name]
    some = Amounts(phantoms=-(-whole.phantoms // REMINDER), wide=-(-whole.wide // REMINDER), held_out=0)
    return (yield from _phantoms(task, some, store))


def held_out_phantoms(task: Task, store: SampleStore) -> LongWork[list[str]]:
    """A few phantoms of the seeds that are held out, to measure on."""
    return (yield from _phantoms(task, Amounts(phantoms=0, wide=0, held_out=MEASURED), store))


def _phantoms(task: Task, amounts: Amounts, store: SampleStore) -> LongWork[list[str]]:
    held_out = range(HELD_OUT_SEED, HELD_OUT_SEED + amounts.held_out)
    phantom = _from("phantom", task, store)
    yield from _simulate(phantom, "phantom", range(amounts.phantoms), LEARN, store)
    yield from _simulate(phantom, "phantom", held_out, HELD_OUT, store)
    lines = [
        f"{amounts.phantoms} digital phantoms to learn from and {amounts.held_out} of other seeds held out"
    ]
    if amounts.wide:
        count = max(1, amounts.wide // 16) if amounts.held_out else 0
        seeds = range(WIDE_SEED, WIDE_SEED + amounts.wide)
        yield from _simulate(lambda seed: _wide(seed, store.size), "wide", seeds, LEARN, store)
        seeds = range(HELD_OUT_SEED + WIDE_SEED, HELD_OUT_SEED + WIDE_SEED + count)
        yield from _simulate(lambda seed: _wide(seed, store.size), "wide", seeds, HELD_OUT, store)
        low, high = WIDE_MM
        lines.append(
            f"{amounts.wide} phantoms in a field of {low:.0f} to {high:.0f} mm, {count} more held out"
        )
    return lines


def projections(task: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:
    """Varied projections of every CT in `data`; the held-out ones are of the same patients."""
    amounts, lines = AMOUNTS[task.name], []
    for n, folder in enumerate(ct_series(data)):
        projection = _from(f"ct:{folder}", task, store)
        yield from _simulate(projection, f"ct{n}", range(amounts.projections), LEARN, store)
        held_out = range(HELD_OUT_SEED, HELD_OUT_SEED + min(4, amounts.held_out))
        yield from _simulate(projection, f"ct{n}", held_out, HELD_OUT, store)
        lines.append(f"{amounts.projections} varied projections of the CT {folder.name}, 4 more held out")
    return lines


_Maker = Callable[[int], "LongWork[Background]"]
"""Makes the background of a seed."""


def _from(source: str, task: Task, store: SampleStore) -> _Maker:
    from app.simulation import generate

    return lambda seed: generate(task.name, seed, source=source, size=store.size)


def _wide(seed: int, size: int) -> LongWork[Background]:
    from app.simulation.kub_phantom import generate_kub

    return generate_kub(seed, size, float(np.random.default_rng(seed).uniform(*WIDE_MM)))


def _simulate(make: _Maker, name: str, seeds: Sequence[int], part: str, store: SampleStore) -> LongWork[None]:
    """Backgrounds from the simulator, with the anatomy that it knows."""
    for n, seed in enumerate(seeds):
        sample = f"{name}-{seed:07d}"
        if not store.has(part, sample):
            background = yield from _as_part(
                make(seed), Progress(n, len(seeds), f"Simulating images ({name})")
            )
            store.add(part, sample, background.image.pixels, dict(background.anatomy.masks))
        yield Progress(n + 1, len(seeds), f"Simulating images ({name})")


def _as_part(work: LongWork[Background], whole: Progress) -> LongWork[Background]:
    """Does `work` step by step, but reports how far the whole is that it is a part of."""
    try:
        while True:
            next(work)
            yield whole
    except StopIteration as end:
        return end.value
