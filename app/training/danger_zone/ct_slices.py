"""Samples from real chest CT: axial slices, whose structures are found by rules in the whole volume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.tasks import Task
from app.training.danger_zone.ct_series import ct_series, read_volume
from app.training.samples import HELD_OUT, LEARN, SampleStore
from models.progress import LongWork, Progress

BLOCK = (0.42, 0.58)
"""Which slices of a CT, as shares of those used, are held out: one block, since neighbours look alike."""
BEYOND_MM = 10
"""How far above and below the lungs slices are used, too."""
COARSE_MM = 1.5
"""Bones and vessels are not told apart reliably by thresholds where pixels are larger than this."""


def axial_slices(task: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:
    """The slices of every CT in `data` that show lungs; a block in the middle of each is held out.

    Raises:
        LithographError: `data` is a single series, and not a CT.
    """
    lines, found = [], ct_series(data)
    for n, series in enumerate(found):
        try:
            lines.append((yield from _slices(task, series, f"ct{n}", store)))
        except LithographError:
            if len(found) == 1:
                raise
    return lines


def _slices(task: Task, series: Path, name: str, store: SampleStore) -> LongWork[str]:
    from app.anatomy.anatomy import Anatomy
    from app.anatomy.ct_rules import anatomy_from_ct_volume

    ct = yield from read_volume(series)
    labels = anatomy_from_ct_volume(ct.hu, ct.spacing)
    used = _with_lungs(labels == task.label("lungs"), ct.spacing[0])
    first, last = (used.start + round(share * len(used)) for share in BLOCK)
    for n in used:
        part = HELD_OUT if first <= n < last else LEARN
        near = part == LEARN and first - 2 <= n < last + 2  # too like the held-out ones
        if not near and not store.has(part, f"{name}-{n:04d}"):
            masks = dict(Anatomy.from_labels(labels[n], task, "").masks)
            if ct.spacing[1] > COARSE_MM:
                masks = {name: mask for name, mask in masks.items() if name in ("outside", "lungs")}
            store.add(part, f"{name}-{n:04d}", ct.hu[n].astype(np.float32), masks)
        yield Progress(n - used.start + 1, len(used), "Finding structures in a CT")
    return (
        f"the CT {series.name}: {len(used)} slices with lungs or near them, of which {first} to {last - 1} "
        "are held out (of the same patient) and two on either side are left out"
    )


def _with_lungs(lungs: NDArray[np.bool_], distance_mm: float) -> range:
    """The slices from the first to the last one of which lungs cover a hundredth, and some beyond.

    Raises:
        LithographError: there are none.
    """
    shown = np.flatnonzero(lungs.mean(axis=(1, 2)) > 0.01)
    if len(shown) == 0:
        raise LithographError("The CT shows no lungs; choose one of the chest.")
    beyond = round(BEYOND_MM / distance_mm)
    return range(max(0, int(shown[0]) - beyond), min(len(lungs), int(shown[-1]) + 1 + beyond))
