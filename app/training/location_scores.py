"""How well a heatmap tells where lesions lie that it has not seen, in images that do not show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.training.scores import Score, mean_score

Heat = NDArray[np.float32]
Mask = NDArray[np.bool_]
Points = NDArray[Any]
"""(n, 2): x, y in pixels."""

HOTTEST = 0.10


@dataclass(frozen=True, eq=False)
class Judged:
    """What one held-out image says of a heatmap; each array has a value per lesion, but for the last two.

    Attributes:
        area: share of the body's pixels that are cooler than the lesion's centre, as `ranks` counts.
        free: as `area`, of the confidence before anything is forbidden.
        forbidden: whether the danger zone forbids the centre.
        hottest: whether it lies in the hottest 10 % of the permissible area; False where it is forbidden.
        baseline: as `free`, of the atlas of mean positions; empty where there is none.
        seen: as `free`, in the image that shows its lesions; empty where there is none.
        decoys, controls: the confidence where decoys were removed, and at places of the same sort left alone.
    """

    area: NDArray[np.float64]
    free: NDArray[np.float64]
    forbidden: NDArray[np.bool_]
    hottest: NDArray[np.bool_]
    baseline: NDArray[np.float64]
    seen: NDArray[np.float64]
    decoys: Heat
    controls: Heat


def ranks(heat: Heat, among: Mask, points: Points) -> NDArray[np.float64]:
    """(n,): for each point the share of the pixels of `among` that are cooler, those alike counted half.

    Their mean is the area under the curve of these points against random points of `among`, taken within
    this image (Mann and Whitney's U over the product of the numbers).
    """
    values = np.sort(heat[among])
    if values.size == 0:
        return np.zeros(0)
    at = heat_at(heat, points)
    cooler = np.searchsorted(values, at, side="left")
    not_hotter = np.searchsorted(values, at, side="right")
    return (cooler + not_hotter) / (2.0 * values.size)


def heat_at(heat: Heat, points: Points) -> Heat:
    """(n,): the heat of the pixels nearest to the points."""
    rows, columns = (
        np.clip(np.rint(points[:, axis]).astype(int), 0, heat.shape[1 - axis] - 1) for axis in (1, 0)
    )
    return heat[rows, columns]


def figures(judged: Sequence[Judged], *, simulated: bool = False) -> list[Score]:
    """The figures of one model, the most telling one first, with bootstrap intervals over images."""
    what = "held-out simulated places" if simulated else "held-out lesions"
    rows = [
        mean_score(f"AUC of {what} against random points of the body", [one.area for one in judged]),
        mean_score(
            f"share of {what} in the hottest 10 % of the permissible area", [one.hottest for one in judged]
        ),
        mean_score(
            f"share of {what} in the hottest 10 % of the body", [one.area > 1 - HOTTEST for one in judged]
        ),
        mean_score(
            f"share of {what} that the danger zone forbids",
            [one.forbidden for one in judged],
            higher_is_better=False,
        ),
        mean_score("AUC of the confidence before anything is forbidden", [one.free for one in judged]),
    ]
    with_baseline = [one for one in judged if len(one.baseline)]
    rows += [
        mean_score(
            "AUC of that confidence above that of the atlas of mean positions",
            [one.free - one.baseline for one in with_baseline],
        ),
        mean_score(
            "AUC of the atlas of mean positions",
            [one.baseline for one in with_baseline],
            higher_is_better=None,
        ),
        mean_score(
            "AUC of that confidence in the same images with their lesions showing",
            [one.seen for one in judged],
        ),
        mean_score(
            "AUC of places where a decoy was removed against untouched places (0.5: no trace)",
            [_traces(one) for one in judged],
            higher_is_better=None,
        ),
    ]
    return [row for row in rows if row is not None]


def _traces(one: Judged) -> NDArray[np.float64]:
    """For each decoy the share of the untouched places that are cooler."""
    if not len(one.controls):
        return np.zeros(0)
    hotter = (one.decoys[:, None] > one.controls[None]) + 0.5 * (one.decoys[:, None] == one.controls[None])
    share: NDArray[np.float64] = hotter.mean(1)
    return share


class MeanPositions:
    """The baseline: an atlas of the mean positions of the lesions that were learnt from, smoothed.

    The map lies over every image as a whole, whatever it shows.
    """

    CELLS = 100
    SMOOTHINGS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
    """Standard deviations that are tried, in hundredths of the image's sides."""

    def __init__(self, places: Sequence[Points]) -> None:
        """From the places of each image, as shares of its width and height; smoothed as fits them best.

        The smoothing is chosen by the likelihood of each fifth of the images under a map of the others.
        """
        folds = [np.concatenate(places[n::5]) for n in range(5) if len(places[n::5])]
        scores = [self._likelihood(folds, smoothing) for smoothing in self.SMOOTHINGS]
        self.smoothing = self.SMOOTHINGS[int(np.argmax(scores))]
        self.map = self._map(np.concatenate(folds), self.smoothing)

    def heat(self, shape: tuple[int, int]) -> Heat:
        """(height, width) of an image."""
        import cv2

        whole = cv2.resize(self.map, shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole, np.float32)

    def _likelihood(self, folds: Sequence[Points], smoothing: float) -> float:
        total = 0.0
        for n, fold in enumerate(folds):
            others = [other for m, other in enumerate(folds) if m != n] or [fold]
            x, y = self._cells(fold)
            total += float(np.log(self._map(np.concatenate(others), smoothing)[y, x]).sum())
        return total

    def _map(self, places: Points, smoothing: float) -> Heat:
        import cv2

        counts = np.zeros((self.CELLS, self.CELLS), np.float32)
        x, y = self._cells(places)
        np.add.at(counts, (y, x), 1)
        blurred = cv2.GaussianBlur(counts, (0, 0), smoothing, borderType=cv2.BORDER_REFLECT)
        smooth = np.asarray(blurred, np.float32) + np.float32(1e-6)
        return np.asarray(smooth / smooth.sum(), np.float32)

    def _cells(self, places: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        x, y = (np.clip((places[:, n] * self.CELLS).astype(np.intp), 0, self.CELLS - 1) for n in (0, 1))
        return x, y
