"""The figures of `abdomen-ct` on real stones in images that the shipped network never saw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.anatomy.coronal_rules import coronal_bones
from app.anatomy.danger import DangerZone
from app.anatomy.grey_scale import as_seen
from app.anatomy.network import find_structures
from app.tasks import Task
from app.training.danger_zone.outlines import outlines
from app.training.danger_zone.stone_images import PIXEL_MM, marked, stone_folders
from app.training.labels import LabelledImage, read_labelled, split
from app.training.scores import Score
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.network import UNet

PLACES = 300
"""Random places per structure and image."""


def rows(network: UNet, task: Task, data: Path | None) -> LongWork[list[Score]]:
    """Which stones of held-out images are forbidden, and which bones are permitted; none without images."""
    held_out: list[LabelledImage] = []
    for folder in stone_folders(data):
        held_out += split((yield from read_labelled(folder, task)))[1]
    stones, forbidden = 0, 0
    permitted: dict[str, list[float]] = {"spine": [], "ribs": []}
    random = np.random.default_rng(0)
    for n, labelled in enumerate(held_out):
        image = labelled.image()
        anatomy = yield from find_structures(network, image, task)
        danger = DangerZone.from_anatomy(anatomy, task, image.pixel_mm)
        for box in labelled.boxes or ():
            stones += 1
            forbidden += danger.reason(*box.centre, 0.0) is not None
        hu = np.asarray(as_seen(image, task, network.spec.kind)[0], np.float32)
        mm = PIXEL_MM if image.spacing is None else image.pixel_mm[0]
        bones = coronal_bones(hu, mm, marked(labelled.boxes or (), hu.shape, grown=2.0))
        if labelled.name not in outlines():  # those are measured with what was outlined
            for name, found in permitted.items():
                places = np.argwhere(bones[name])
                if len(places):
                    rows_, columns = places[random.integers(0, len(places), PLACES)].T
                    found.append(float(danger.permissible[rows_, columns].mean()))
        yield Progress(n + 1, len(held_out), "Measuring")
    if not stones:
        return []
    found_rows = [
        Score("centres of real stones wrongly forbidden", forbidden / stones, stones, higher_is_better=False)
    ]
    for name, found in permitted.items():
        what = f"places inside {name}, found by rules, wrongly permitted"
        if found:
            found_rows.append(Score(what, float(np.mean(found)), PLACES * len(found), higher_is_better=False))
    return found_rows
