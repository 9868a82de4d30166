"""The whole question for one image: what is where, where a lesion may go, and where it is likely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy, Candidate
from app.anatomy.danger import DangerZone
from app.anatomy.location import location_model
from app.errors import LithographError
from app.imaging.image import Image
from app.tasks import Task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress


@dataclass(frozen=True, eq=False)
class Where:
    """The answer.

    Attributes:
        anatomy: the structures.
        danger: where they forbid a lesion (Eq. 15).
        heatmap: (height, width) float32, how likely a lesion is centred on each pixel; zero where forbidden,
            sums to 1 (all zero where nothing is permissible).
        candidates: the proposed places, most likely first (Eq. 14); the `safe` ones are C_final (Eq. 16).
    """

    anatomy: Anatomy
    danger: DangerZone
    heatmap: NDArray[np.float32]
    candidates: tuple[Candidate, ...]


def analyse(
    image: Image, task: Task, known: Anatomy | None = None, budget: Budget = WHOLE
) -> LongWork[Where]:
    """Finds the structures (unless they are `known`), the danger zone, the heatmap and the candidates.

    `budget` is what the networks may use.

    Raises:
        LithographError: `known` is of another size than the image, or nothing can find the structures.
    """
    if known is None:
        from app.anatomy.network import predict_anatomy

        anatomy = yield from predict_anatomy(image, task, budget)
    else:
        _check_size(known, image)
        anatomy = known
    yield Progress(0, 2, "Danger zone")
    danger = DangerZone.from_anatomy(anatomy, task, image.pixel_mm)
    yield Progress(1, 2, "Likely places")
    heatmap, candidates = yield from location_model(task).predict(image, task, anatomy, danger, budget)
    return Where(anatomy, danger, heatmap, candidates)


def _check_size(anatomy: Anatomy, image: Image) -> None:
    for name, mask in anatomy.masks.items():
        if mask.shape != image.pixels.shape:
            raise LithographError(
                f"The structure {name!r} has {mask.shape[0]} × {mask.shape[1]} pixels but the image has "
                f"{image.height} × {image.width}; use structures that were made for this image."
            )
