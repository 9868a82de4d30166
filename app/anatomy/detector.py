"""Likely places as a trained network sees them (Eq. 14): the calibrated confidence map as a heatmap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy, Candidate
from app.anatomy.danger import DangerZone
from app.anatomy.grey_scale import as_seen
from app.anatomy.location import answer, atlas_model
from app.errors import LithographError
from app.imaging.image import Image
from app.tasks import Task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.location.heatmap_head import Locator

COLDEST, HOTTEST = 0.05, 50.0
"""Temperatures that a card may state."""
_FINE = 4
"""The map is made smooth on a grid so many times finer than its cells."""


ATLAS_SHARE = 0.5
"""Of the atlas in what a network says that has learnt from simulated images alone."""


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A network ready for use, and how it is used; the last two stand in its card.

    Attributes:
        temperature: its logits are divided by it.
        atlas_share: how much of the atlas of mean positions, laid over the structures that were found, is
            mixed in. A network that has learnt from simulated images knows the same density by another way,
            and the mean of the two is better than either.
    """

    network: Locator
    temperature: float
    atlas_share: float = 0.0


class DetectorModel:
    """The location model in a folder: its heatmap is softmax(confidence map / temperature).

    The temperature stands in the card. It is fitted to lesions that were not learnt from, so that the heat of
    a neighbourhood is the share of lesions to be expected in it. Candidates are the likeliest neighbourhoods,
    by non-maximum suppression; the network's boxes tell how large lesions were and are not needed here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def predict(
        self,
        image: Image,
        task: Task,
        anatomy: Anatomy,
        danger: DangerZone,
        budget: Budget = WHOLE,
    ) -> LongWork[tuple[NDArray[np.float32], tuple[Candidate, ...]]]:
        """(heatmap, candidates), both as in `Where`; yields between short steps.

        The network sees every image at one small size, so there are no smaller parts to compute: of the
        budget only the device counts.

        Raises:
            LithographError: the weights are missing, damaged, or those of another kind of network.
        """
        yield Progress(0, 1, "Likely places")
        prior = yield from prior_of(load_calibrated(self.folder, budget.device), image, task, anatomy)
        yield Progress(0, 1, "Likely places")
        return answer(prior, task, danger)


def load_calibrated(folder: Path, device: str = "cpu") -> Calibrated:
    """The network in a folder, ready for use.

    Raises:
        LithographError: the weights are missing, damaged, or those of another kind of network.
    """
    from models.weights import WEIGHTS, DamagedWeights

    try:
        changed = (folder / WEIGHTS).stat().st_mtime_ns if (folder / WEIGHTS).is_file() else 0
        return _loaded(folder, changed, device)
    except DamagedWeights as error:
        raise LithographError(str(error)) from error


def prior_of(
    calibrated: Calibrated, image: Image, task: Task, anatomy: Anatomy
) -> LongWork[NDArray[np.float32]]:
    """(height, width) float32, sums to 1: what the model believes before anything is forbidden."""
    prior = yield from confidence(calibrated, image, task)
    share = calibrated.atlas_share
    if share == 0:
        return prior
    atlas = atlas_model(task.kind).atlas.prior(image, task, anatomy)
    whole = float(atlas.sum(dtype=np.float64))
    if whole <= 0:  # nothing was found that the atlas could be laid over
        return prior
    yield Progress(0, 1, "Likely places")
    return prior * np.float32(1 - share) + atlas * np.float32(share / whole)


def confidence(calibrated: Calibrated, image: Image, task: Task) -> LongWork[NDArray[np.float32]]:
    """(height, width) float32, sums to 1: where the network expects the next lesion to be centred."""
    logits = yield from logits_of(calibrated.network, image, task)
    return (yield from density(logits / np.float32(calibrated.temperature), (image.height, image.width)))


def density(logits: NDArray[np.float32], shape: tuple[int, int]) -> LongWork[NDArray[np.float32]]:
    """softmax(logits), (h, w), as a smooth density (height, width) that sums to 1."""
    import cv2

    fine = (min(shape[1], logits.shape[1] * _FINE), min(shape[0], logits.shape[0] * _FINE))
    smooth = cv2.resize(logits, fine, interpolation=cv2.INTER_CUBIC)
    heat = np.exp(smooth - smooth.max())
    yield Progress(0, 1, "Likely places")
    whole: NDArray[np.float32] = cv2.resize(heat, shape[::-1], interpolation=cv2.INTER_LINEAR)
    yield Progress(0, 1, "Likely places")
    whole *= np.float32(1 / float(whole.sum(dtype=np.float64)))
    return whole


def logits_of(network: Locator, image: Image, task: Task) -> LongWork[NDArray[np.float32]]:
    """(h, w): the confidence map, whose cells tile the whole image evenly."""
    from models.location.inference import locate

    pixels, negative = as_seen(image, task, network.spec.kind)
    located = yield from locate(network, pixels, image.pixel_mm, negative=negative)
    return located.logits


@lru_cache(maxsize=2)
def _loaded(folder: Path, _changed: int, device: str) -> Calibrated:
    """The network ready for use, loaded once; when its file was changed makes a replaced one load anew."""
    from models.location.heatmap_head import load_any
    from models.location.inference import prepare_network
    from models.weights import REMEDY, DamagedWeights

    network, card = load_any(folder)
    temperature: Any = card.get("temperature")
    share: Any = card.get("atlas_share", 0.0)
    for value, low, high in ((temperature, COLDEST, HOTTEST), (share, 0, 1)):
        if not isinstance(value, int | float) or not low <= value <= high:
            raise DamagedWeights(f"The card of {folder} states no usable temperature; {REMEDY}.")
    return Calibrated(prepare_network(network, device), temperature, share)
