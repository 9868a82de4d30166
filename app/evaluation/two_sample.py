"""The classifier two-sample test: how well a small classifier tells two samples apart (method.md §5).

Lopez-Paz and Oquab, ICLR 2017. The classifier is a logistic regression with a ridge on embeddings, learnt on
four fifths of the images and asked about the rest, in turn. The figure is the area under its curve: 0.5 where
the samples cannot be told apart, 1 where they always can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
RIDGE = 10.0
"""Times the squared weights of standardised features: there are more of them than images."""
RESAMPLES = 1000
_NEWTON = 12

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One of the two.

    Attributes:
        features: (n, d) of crops or whole images.
        groups: (n,) int: which image each is from. An image is never learnt from and asked about.
    """

    features: NDArray[Any]
    groups: NDArray[np.int64]

    def of_groups(self, wanted: NDArray[np.int64]) -> Sample:
        """What is from those images."""
        chosen = np.isin(self.groups, wanted)
        return Sample(self.features[chosen], self.groups[chosen])

    @property
    def images(self) -> NDArray[np.int64]:
        """The numbers of the images."""
        return np.unique(self.groups)


@dataclass(frozen=True)
class Told:
    """What a classifier could do.

    Attributes:
        area: under its curve.
        interval: where 95 % of the areas lie when the images are drawn anew (bootstrap).
        images: of the first and of the second sample.
    """

    area: float
    interval: tuple[float, float]
    images: tuple[int, int]


def told_apart(first: Sample, second: Sample, seed: int = 0) -> Told | None:
    """How well two samples can be told apart; None where one has fewer images than there are folds."""
    random = np.random.default_rng(seed)
    if min(len(first.images), len(second.images)) < FOLDS:
        return None
    x = np.concatenate((first.features, second.features)).astype(np.float64)
    truth = np.repeat([0.0, 1.0], (len(first.features), len(second.features)))
    fold = np.concatenate([_folds(sample, random) for sample in (first, second)])
    said = np.empty(len(x))
    for n in range(FOLDS):
        asked = fold == n
        said[asked] = _answers(x[~asked], truth[~asked], x[asked])
    ranks = _by_image(said[truth == 0], first.groups), _by_image(said[truth == 1], second.groups)
    areas = [_area(_redrawn(ranks[0], random), _redrawn(ranks[1], random)) for _ in range(RESAMPLES)]
    low, high = np.percentile(areas, (2.5, 97.5))
    area = _area(said[truth == 0], said[truth == 1])
    return Told(area, (float(low), float(high)), (len(first.images), len(second.images)))


def floor(sample: Sample, seed: int = 0) -> Told | None:
    """How well one half of a sample's images can be told from the other: what chance alone does."""
    images = np.random.default_rng((seed, 1)).permutation(sample.images)
    half = len(images) // 2
    return told_apart(sample.of_groups(images[:half]), sample.of_groups(images[half:]), seed)


def _folds(sample: Sample, random: np.random.Generator) -> NDArray[np.int64]:
    """(n,): the fold of each, the same for all that is from one image."""
    images = random.permutation(sample.images)
    place = {int(image): n % FOLDS for n, image in enumerate(images)}
    return np.array([place[int(group)] for group in sample.groups], np.int64)


def _answers(x: Numbers, truth: Numbers, asked: Numbers) -> Numbers:
    """How sure a logistic regression learnt from x is that those asked about are of the second sample.

    By Newton's method; both samples count the same, whatever their sizes. Solved in the space of the samples,
    of which there are fewer than features.
    """
    mean, spread = x.mean(0), x.std(0) + 1e-6
    kernel = ((x - mean) / spread) @ ((x - mean) / spread).T
    weight = np.where(truth == 1, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    dual, offset = np.zeros(len(x)), 0.0
    for _ in range(_NEWTON):
        p = 1 / (1 + np.exp(-np.clip(kernel @ dual + offset, -30, 30)))
        curve = np.maximum(weight * p * (1 - p), 1e-6)
        target = kernel @ dual + offset + weight * (truth - p) / curve
        # Weighted ridge regression on the target, with an offset that is not penalised.
        system = np.block(
            [
                [kernel + RIDGE * np.diag(1 / curve), np.ones((len(x), 1))],
                [np.ones((1, len(x))), np.zeros((1, 1))],
            ]
        )
        solved = np.linalg.solve(system, np.append(target, 0.0))
        dual, offset = solved[:-1], float(solved[-1])
    return ((asked - mean) / spread) @ (((x - mean) / spread).T @ dual) + offset


def _by_image(said: Numbers, groups: NDArray[np.int64]) -> list[Numbers]:
    return [said[groups == group] for group in np.unique(groups)]


def _redrawn(images: list[Numbers], random: np.random.Generator) -> Numbers:
    return np.concatenate([images[n] for n in random.integers(len(images), size=len(images))])


def _area(negative: Numbers, positive: Numbers) -> float:
    """The area under the curve: how often a positive answer is above a negative one."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / len(negative))
