"""Whether an image is like those that the network learnt from, and how it lies: told from its own features.

A linear probe on the encoder's deepest map tells training images as they lie from the same ones turned, and
from images of nothing (`foreign`). What it takes for none of the latter with less certainty than it takes
nearly all held-out images is foreign: the way an anatomy lies can only be told where there is that anatomy
(Golan and El-Yaniv, NeurIPS 2018; Hendrycks et al., NeurIPS 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

GRID = 3
"""Cells on a side of the grid on which the deepest map is pooled."""
SURE = 0.9
"""How sure the probe must be that an image lies otherwise than usual to say how."""
FOREIGN_SHARE = 0.005
"""The share of held-out images that the limit leaves out, before the slack."""
SLACK = 1.1
"""By how much the limit is farther off: real images differ more from the training images than these among
themselves, and a false alarm is worse than a miss."""
TURNS = {"upside down": 2, "turned to the right": 3, "turned to the left": 1}
"""How an image may lie otherwise than usual, and the quarter turns, counter-clockwise, that make it so."""
MIRRORED = "mirrored"
UPRIGHT, NOTHING = "", "nothing"
"""The poses of an image that lies as usual, and of one that shows no such anatomy."""
_PREFIX = "familiarity."

Features = NDArray[np.float32]
"""(images, features) or (features,)."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """A probe on the features of an image, and what it says of training images.

    Attributes:
        mean, spread: (features,): of the training images, to standardise by.
        probe: (poses, features + 1): weights of the standardised features, and a constant.
        poses: what the probe tells apart; the first is `UPRIGHT`, the last `NOTHING`.
        middle, limit: the usual log odds of `UPRIGHT`, and those below which an image is foreign.
    """

    mean: Features
    spread: Features
    probe: Features
    poses: tuple[str, ...]
    middle: float
    limit: float

    def judge(self, features: Features) -> tuple[float, str]:
        """The score of one image, 0 for a usual one and 1 at the limit, and how it lies if not as usual."""
        score = float(self.scores(features))
        sure = self.lies(features)[1:-1]
        told = score > 1 and sure.size and sure.max() >= SURE
        return score, self.poses[1 + int(sure.argmax())] if told else UPRIGHT

    def scores(self, features: Features) -> Features:
        """(...,): 0 for usual images and 1 at the limit, for features (..., features)."""
        away = (self.middle - _log_odds(self.lies(features))) / (self.middle - self.limit)
        return np.maximum(away, 0)

    def lies(self, features: Features) -> Features:
        """(..., poses): the probability of each pose."""
        known = np.clip((features - self.mean) / self.spread, -6, 6)
        logits = known @ self.probe[:, :-1].T + self.probe[:, -1]
        exponents = np.exp(logits - logits.max(-1, keepdims=True))
        return exponents / exponents.sum(-1, keepdims=True)

    def tensors(self) -> dict[str, Tensor]:
        """As they stand beside the weights; the inverse of `read`."""
        arrays = {"mean": self.mean, "spread": self.spread, "probe": self.probe}
        arrays["limits"] = np.array([self.middle, self.limit], np.float32)
        return {_PREFIX + name: torch.tensor(array, dtype=torch.float32) for name, array in arrays.items()}

    @classmethod
    def read(cls, tensors: Mapping[str, Tensor], poses: Sequence[str]) -> Statistics | None:
        """Those among the tensors of a model; None where it has none. KeyError where they are incomplete."""
        if not any(is_statistic(name) for name in tensors):
            return None
        arrays: dict[str, Any] = {
            name: tensors[_PREFIX + name].numpy() for name in ("mean", "spread", "probe")
        }
        middle, limit = map(float, tensors[_PREFIX + "limits"])
        return cls(poses=tuple(poses), middle=middle, limit=limit, **arrays)


def is_statistic(name: str) -> bool:
    """Whether a tensor of that name belongs to the statistics, not to the network."""
    return name.startswith(_PREFIX)


def features_of(deep: Tensor) -> Features:
    """(1, channels, h, w), the encoder's deepest map → (features,): its mean per cell, and its peaks."""
    deep = deep.float()
    pooled = F.adaptive_avg_pool2d(deep, GRID)
    return torch.cat((pooled.flatten(), deep.amax((2, 3)).flatten())).cpu().numpy()


def fit(groups: Mapping[str, Features], held_out: Features) -> Statistics:
    """The statistics of training images by pose, (images, features) each, `UPRIGHT` first, `NOTHING` last.

    `held_out`: features of images that were not learnt from, lying as usual; the limit follows from them.
    """
    together = np.concatenate(list(groups.values()))
    mean, spread = together.mean(0), together.std(0) + 0.01 * together.std()
    values = [np.clip((features - mean) / spread, -6, 6) for features in groups.values()]
    statistics = Statistics(mean, spread, _probe(values), tuple(groups), 0.0, 0.0)
    odds = _log_odds(statistics.lies(held_out))
    middle = float(np.median(odds))
    lowest = min(float(np.quantile(odds, FOREIGN_SHARE)), middle - 1)
    return replace(statistics, middle=middle, limit=middle - SLACK * (middle - lowest))


def _log_odds(lies: Features) -> Features:
    upright = np.clip(lies[..., 0].astype(np.float64), 1e-9, 1 - 1e-9)
    return np.log(upright / (1 - upright))


def _probe(groups: list[Features]) -> Features:
    """Multinomial logistic regression, one class a group, with a ridge: (groups, features + 1)."""
    values = torch.tensor(np.concatenate(groups), dtype=torch.float32)
    values = torch.cat((values, torch.ones(len(values), 1)), 1)
    classes = torch.cat([torch.full((len(group),), n) for n, group in enumerate(groups)])
    weights = torch.zeros(len(groups), values.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=100)

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = F.cross_entropy(values @ weights.T, classes) + 3e-3 * weights[:, :-1].square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    return weights.detach().numpy()
