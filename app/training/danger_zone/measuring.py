"""The figures of danger-zone networks, on images that none of them learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from app.anatomy.danger import DangerZone
from app.anatomy.network import find_structures
from app.errors import LithographError
from app.tasks import Task
from app.tasks import task as task_of
from app.training.danger_zone import real_chests, real_stones, simulated, stone_images
from app.training.danger_zone.evaluation import dice
from app.training.danger_zone.labelled import labelled_images, read_outlined
from app.training.samples import HELD_OUT, SampleStore, image_of, read_sample
from app.training.scores import Score, Scores
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.network import UNet

BONES = frozenset({"spine", "ribs", "bone"})
"""Structures inside which a lesion would be most wrong."""


def evaluate_folder(task_name: str, weights: Path, data: Path | None) -> LongWork[Scores]:
    """The figures of the network in the folder `weights`; see `measure_models`."""
    (scores,) = yield from measure_models(task_of(task_name), (weights,), data)
    return scores


def measure_models(task: Task, folders: Sequence[Path], data: Path | None) -> LongWork[tuple[Scores, ...]]:
    """The figures of several networks of a task, all on the same held-out images.

    Those are the held-out part of the user's outlined images; without any, simulated images of seeds that
    nothing learns from, and real CT of `data` where there is some to measure on.

    Raises:
        LithographError: a network or the data will not do.
    """
    from models.danger_zone.inference import prepare_network
    from models.danger_zone.network import load
    from models.weights import DamagedWeights

    try:
        networks = [prepare_network(load(folder)[0]) for folder in folders]
    except DamagedWeights as error:
        raise LithographError(str(error)) from error
    spec = networks[0].spec
    outlined = (yield from read_outlined(task, data)).images
    with TemporaryDirectory(prefix="lithograph-") as temporary:
        store = SampleStore(Path(temporary), spec.structures, spec.size * 5 // 4)
        if outlined and data is not None:
            yield from labelled_images(task, outlined, data, store)
        else:
            if task.name in simulated.AMOUNTS:
                yield from simulated.held_out_phantoms(task, store)
            if task.name == "abdomen-ct":
                yield from stone_images.held_out_outlines(task, data, store)
        rows = []
        for network in networks:
            found = yield from _on_samples(network, store, task)
            if not outlined and task.name == "lung-ct":
                found += yield from real_chests.rows(network, task, data)
            if not outlined and task.name == "abdomen-ct":
                found += yield from real_stones.rows(network, task, data)
            rows.append(found)
        count = len(store.files(HELD_OUT))
    if not any(rows):
        raise LithographError(
            f"There is nothing to measure a network of the task {task.name!r} on; outline images."
        )
    return tuple(Scores(tuple(found), f"{count} held-out images") for found in rows)


def _on_samples(network: UNet, store: SampleStore, task: Task) -> LongWork[list[Score]]:
    """Dice per structure, and which share of bones is permitted; margins are in the samples' own pixels."""
    found: dict[str, list[float]] = {name: [] for name in store.structures}
    wrong = whole = 0
    files = store.files(HELD_OUT)
    for n, file in enumerate(files):
        sample = read_sample(file)
        image = image_of(sample, task.unit)
        anatomy = yield from find_structures(network, image, task)
        permitted = DangerZone.from_anatomy(anatomy, task, image.pixel_mm).permissible
        for name, truth, known in zip(store.structures, sample.masks(), sample.teaches(), strict=True):
            if truth.any() and known.all() and name in anatomy.masks:
                found[name].append(dice(anatomy.masks[name], truth))
            if name in BONES:
                wrong += int((permitted & truth & known).sum())
                whole += int((truth & known).sum())
        yield Progress(n + 1, len(files), "Measuring")
    rows = [
        Score(f"Dice, {task.structure(name).title}", float(np.mean(values)), len(values))
        for name, values in found.items()
        if values
    ]
    if whole:
        rows.append(
            Score("places inside bones wrongly permitted", wrong / whole, whole, higher_is_better=False)
        )
    return rows
