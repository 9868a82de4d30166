"""Samples from real CT: coronal planes, whose bones and air are found by rules in the whole volume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.errors import LithographError
from app.simulation.ct_bones import PELVIS
from app.simulation.ct_coronal import Trunk, plane, read_trunk
from app.tasks import Task
from app.training.danger_zone.ct_series import ct_series
from app.training.samples import LEARN, SampleStore
from models.danger_zone.samples import Sample
from models.progress import LongWork, Progress

CHECKED_ON = frozenset({"totalsegmentator_ct"})
"""Series that the shipped network is checked on and never learns from."""
DEPTHS_MM = range(-36, 37, 4)
"""Where planes lie, behind the middle of the lumbar vertebral bodies."""
_ABOVE_PELVIS = ("kidneys", "liver-spleen")
_BELOW_MM = 15
"""So far below the iliac crests, none of these is."""


def coronal_planes(_: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:
    """Planes of every CT of an abdomen in `data`; where soft organs are in them is left open."""
    lines = []
    for number, series in enumerate(ct_series(data) if data is not None and data.is_dir() else []):
        if CHECKED_ON & {series.name, series.parent.name}:
            continue
        try:
            trunk = yield from read_trunk(series)
        except LithographError:
            continue  # a chest, or images of another kind, which other sources read
        if not (trunk.bones == PELVIS).any():
            continue  # no pelvis: a chest
        for depth in DEPTHS_MM:
            # Each is a source of its own, since no other image shows all of the trunk.
            name = f"plane{depth - DEPTHS_MM.start:02d}-ct{number}"
            if not store.has(LEARN, name):
                _add(store, name, trunk, depth)
            yield Progress(depth - DEPTHS_MM.start + 1, len(DEPTHS_MM) * 4, f"Finding bones in {series.name}")
        lines.append(f"{len(DEPTHS_MM)} coronal planes of the CT {series.name}; soft organs left open")
    return lines


def _add(store: SampleStore, name: str, trunk: Trunk, depth_mm: float) -> None:
    """Adds a plane. Soft organs are known to be absent from bone and air, and some from below the crests."""
    mm = trunk.volume.mm
    shape = (trunk.volume.hu.shape[0], trunk.volume.hu.shape[2])
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    depth = np.full(shape, trunk.column + depth_mm / mm, np.float32)
    hu, masks = plane(trunk, depth, down, across, mm)
    open_ = ~np.any(list(masks.values()), axis=0)
    soft = [structure for structure in store.structures if structure not in masks]
    nothing = {structure: np.zeros(shape, bool) for structure in soft}
    sample = Sample.of(np.clip(hu, -160, 240), masks | nothing, store.structures, store.size)
    where = {
        structure: open_ & (down < trunk.crest + _BELOW_MM / mm) if structure in _ABOVE_PELVIS else open_
        for structure in soft
    }
    unknown = Sample.of(np.zeros_like(hu), where, store.structures, store.size).bits
    store.put(LEARN, name, replace(sample, unknown=unknown))
