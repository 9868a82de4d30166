"""How well a danger-zone network does on what it never learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.anatomy.network import find_structures
from app.tasks import Task
from app.training.samples import HELD_OUT, SampleStore, image_of, read_sample
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.network import UNet


def evaluate(network: UNet, store: SampleStore, task: Task) -> LongWork[dict[str, dict[str, float]]]:
    """Dice per structure on the held-out samples, masks as the application would show them.

    Per structure: the mean over the images that show it, the lowest, and their number.
    """
    from copy import deepcopy

    from models.danger_zone.inference import prepare_network

    ready = prepare_network(deepcopy(network))
    found: dict[str, list[float]] = {name: [] for name in store.structures}
    files = store.files(HELD_OUT)
    for n, file in enumerate(files):
        sample = read_sample(file)
        masks = (yield from find_structures(ready, image_of(sample, task.unit), task)).masks
        for name, truth, known in zip(store.structures, sample.masks(), sample.known, strict=True):
            if known and truth.any():
                found[name].append(dice(masks[name], truth))
        yield Progress(n + 1, len(files), "Measuring")
    return {
        name: {
            "dice": round(float(np.mean(values)), 4),
            "lowest": round(min(values), 4),
            "images": len(values),
        }
        for name, values in found.items()
        if values
    }


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """2 |A ∩ B| / (|A| + |B|); 1 where both are empty."""
    total = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / total if total else 1.0
