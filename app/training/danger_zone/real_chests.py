"""The figures of `lung-ct` on real chests: whole slices of one, and cut-outs of held-out patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.anatomy.ct_rules import anatomy_from_ct_volume
from app.anatomy.danger import DangerZone
from app.anatomy.network import find_structures
from app.imaging.image import Image
from app.tasks import Task
from app.training.danger_zone.ct_series import MEASURED_ON, read_volume
from app.training.danger_zone.evaluation import dice
from app.training.danger_zone.nodule_crops import nodule_folder, read_crops
from app.training.scores import Score
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.network import UNet


def rows(network: UNet, task: Task, data: Path | None) -> LongWork[list[Score]]:
    """What is found of the series and cut-outs to measure on in `data`; none without them."""
    found: list[Score] = []
    if data is None or not data.is_dir():
        return found
    for name in sorted(MEASURED_ON):
        if (data / name).is_dir() or data.name == name:
            found += yield from lungs(network, task, data if data.name == name else data / name)
    folder = nodule_folder(data)
    if folder is not None:
        found += yield from nodules(network, task, folder)
    return found


def lungs(network: UNet, task: Task, series: Path) -> LongWork[list[Score]]:
    """Lungs with the vessels in them on every slice, against the rules in the whole volume.

    The reference: air of the body that is connected in three dimensions, without airway and gas, closed by
    6 mm, without the outer 2 mm (`app.anatomy.ct_rules`). Slices without any lung in it count only as to how
    much lung is found there.
    """
    ct = yield from read_volume(series)
    labels = anatomy_from_ct_volume(ct.hu, ct.spacing)
    reference = np.isin(labels, [task.label("lungs"), task.label("vessels")])
    each, both, total, invented = [], 0, 0, 0
    for n, (hu, truth) in enumerate(zip(ct.hu, reference, strict=True)):
        image = Image(hu, ct.spacing[1:], unit="HU", modality="CT")
        masks = (yield from find_structures(network, image, task)).masks
        seen = masks["lungs"] | masks["vessels"]
        both, total = both + 2 * int((seen & truth).sum()), total + int(seen.sum()) + int(truth.sum())
        if truth.any():
            each.append(dice(seen, truth))
        else:
            invented += int(seen.sum())
        yield Progress(n + 1, len(ct.hu), "Measuring")
    values: NDArray[np.float64] = np.array(each)
    slices = len(values)
    return [
        Score(f"Dice of the lungs in {series.name}, all slices together", both / max(total, 1), slices),
        Score(f"Dice of the lungs in {series.name}, mean of slices", float(values.mean()), slices),
        Score(f"Dice of the lungs in {series.name}, lowest slice", float(values.min()), slices),
        Score(
            f"slices of {series.name} with a Dice of the lungs of 0.97",
            float((values >= 0.97).mean()),
            slices,
        ),
    ]


def nodules(network: UNet, task: Task, folder: Path) -> LongWork[list[Score]]:
    """The share of nodules of held-out patients whose middle is forbidden, margin included."""
    wrong = []
    for n, crop in enumerate(read_crops(folder)):
        if not crop.held_out or not crop.nodule.any():
            continue
        z, y, x = (round(float(c)) for c in np.argwhere(crop.nodule).mean(axis=0))
        image = Image(np.ascontiguousarray(crop.hu[z]), (1.0, 1.0), unit="HU", modality="CT")
        anatomy = yield from find_structures(network, image, task)
        wrong.append(not DangerZone.from_anatomy(anatomy, task, (1.0, 1.0)).permissible[y, x])
        yield Progress(n + 1, 0, "Measuring")
    if not wrong:
        return []
    what = "middles of nodules of held-out patients wrongly forbidden"
    return [Score(what, float(np.mean(wrong)), len(wrong), higher_is_better=False)]
