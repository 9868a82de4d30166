"""Likely places of lesions: what every location model answers, and which one answers for a task."""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy, Candidate
from app.anatomy.danger import DangerZone
from app.imaging.image import Image
from app.tasks import Task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress

MOST_CANDIDATES = 16
FAINTEST = 0.02
"""Candidates below this share of the best one are not proposed."""


class LocationModel(Protocol):
    """Proposes places: the atlas of mean positions, or a trained detector."""

    def predict(
        self, image: Image, task: Task, anatomy: Anatomy, danger: DangerZone, budget: Budget = WHOLE
    ) -> LongWork[tuple[NDArray[np.float32], tuple[Candidate, ...]]]:
        """(heatmap, candidates), both as in `Where`; `budget` is what a network may use."""
        ...


class PriorModel(Protocol):
    """Half of an atlas: how likely a lesion is, before anything is forbidden."""

    def prior(self, image: Image, task: Task, anatomy: Anatomy) -> NDArray[np.float32]:
        """(height, width) float32 of any scale, not negative."""
        ...


class AtlasModel:
    """The location model made of published mean positions."""

    def __init__(self, atlas: PriorModel) -> None:
        self.atlas = atlas

    def predict(
        self,
        image: Image,
        task: Task,
        anatomy: Anatomy,
        danger: DangerZone,
        budget: Budget = WHOLE,
    ) -> LongWork[tuple[NDArray[np.float32], tuple[Candidate, ...]]]:
        """The atlas's prior, and its likeliest neighbourhoods as candidates."""
        yield Progress(0, 1, "Likely places")
        return answer(self.atlas.prior(image, task, anatomy), task, danger)


def location_model(task: Task) -> LocationModel:
    """What answers for `task`: the network that is in use, else the atlas of its kind of lesion."""
    from app.anatomy.versions import in_use

    folder = in_use("location", task.name)
    if folder is None:
        return atlas_model(task.kind)
    from app.anatomy.detector import DetectorModel

    return DetectorModel(folder)


@cache
def atlas_model(kind: str) -> AtlasModel:
    """The atlas of a kind of lesion, `stone` or `nodule`."""
    from app.anatomy.atlas_nodules import NoduleAtlas
    from app.anatomy.atlas_stones import StoneAtlas

    return AtlasModel(StoneAtlas() if kind == "stone" else NoduleAtlas())


def answer(
    prior: NDArray[np.float32], task: Task, danger: DangerZone
) -> tuple[NDArray[np.float32], tuple[Candidate, ...]]:
    """What a location model answers that believes in `prior`, (height, width) of any scale."""
    return heatmap(prior, danger), candidates(prior, danger, 2.5 * task.diameter_mm.usual)


def heatmap(prior: NDArray[np.float32], danger: DangerZone) -> NDArray[np.float32]:
    """The prior where lesions are permitted, as a distribution: float32, zero elsewhere, sums to 1.

    A ten-thousandth of the mean is added everywhere, so that a permitted place can always be drawn.
    """
    heat = np.where(danger.permissible, prior, np.float32(0))
    total = float(heat.sum(dtype=np.float64))
    count = int(np.count_nonzero(danger.permissible))
    if count == 0:
        return heat
    floor = 1e-4 * total / count if total > 0 else 1.0
    heat[danger.permissible] += np.float32(floor)
    heat *= np.float32(1 / float(heat.sum(dtype=np.float64)))
    return heat


def candidates(prior: NDArray[np.float32], danger: DangerZone, apart_mm: float) -> tuple[Candidate, ...]:
    """The likeliest neighbourhoods of the prior, `apart_mm` apart (non-maximum suppression), best first.

    A neighbourhood is a disc of half that distance, and what counts is the prior summed over it: a stone is
    more often somewhere in the lower pole of a kidney than in the narrow ureterovesical junction, though
    the junction has the higher peak. `score` is that sum as a share of the whole: the probability that the
    next lesion is centred there. Candidates are proposed from the prior alone; `safe` then says whether the
    danger zone spares them (Eq. 16).
    """
    import cv2

    step = max(1, max(prior.shape) // 256)
    rows = (np.arange(step // 2, prior.shape[0], step))[:, None] * danger.pixel_mm[0]
    columns = (np.arange(step // 2, prior.shape[1], step))[None, :] * danger.pixel_mm[1]
    disc = _disc(apart_mm / 2, (step * danger.pixel_mm[0], step * danger.pixel_mm[1]))
    coarse = prior[step // 2 :: step, step // 2 :: step]
    left = cv2.filter2D(coarse, cv2.CV_32F, disc, borderType=cv2.BORDER_CONSTANT)
    # Summing spreads the prior beyond where it stands; a candidate itself lies on it.
    left[coarse <= 0] = 0
    best = float(left.max(initial=0))
    whole = float(coarse.sum(dtype=np.float64))
    found: list[Candidate] = []
    while best > 0 and len(found) < MOST_CANDIDATES:
        row, column = divmod(int(left.argmax()), left.shape[1])
        if left[row, column] < FAINTEST * best:
            break
        score = float(left[row, column]) / whole
        y, x = row * step + step // 2, column * step + step // 2
        found.append(Candidate(float(x), float(y), min(score, 1.0), bool(danger.permissible[y, x])))
        near = (rows - rows[row]) ** 2 + (columns - columns[0, column]) ** 2 < apart_mm**2
        left[near] = 0
    return tuple(found)


def _disc(radius_mm: float, pixel_mm: tuple[float, float]) -> NDArray[np.float32]:
    """A disc of ones, at least one pixel."""
    rows, columns = (np.arange(-int(radius_mm / size), int(radius_mm / size) + 1) * size for size in pixel_mm)
    inside = rows[:, None] ** 2 + columns[None, :] ** 2 <= radius_mm**2
    return inside.astype(np.float32)
