"""One map of where a lesion may be, from the scores of the three levels, and its calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor


def confidence_map(scores: Sequence[Tensor]) -> Tensor:
    """Logits (B, h, w), (B, h/2, w/2), (B, h/4, w/4) of the three levels → one map (B, h, w) float32.

    A cell's confidence, spread evenly over its area, is a density; the map is the logarithm of the sum of the
    three, log Σ σ(zₗ) / 4ˡ, the coarser logits being interpolated. So its softmax is a density of lesions.
    """
    densities = []
    for level, logits in enumerate(scores):
        fine = logits.float()[:, None]
        if level:
            fine = F.interpolate(fine, scores[0].shape[1:], mode="bilinear", align_corners=False)
        densities.append(F.logsigmoid(fine[:, 0]) - level * math.log(4))
    return torch.stack(densities).logsumexp(0)


COOLEST, HOTTEST = 0.2, 20.0
"""Temperatures beyond these make of a map a few points, or no difference at all."""


def calibrate(
    maps: Sequence[NDArray[np.float32]],
    centres: Sequence[NDArray[np.float32]],
    permissible: Sequence[NDArray[np.bool_]] | None = None,
) -> float:
    """The temperature T at which softmax(map / T) gives held-out lesions the greatest likelihood.

    The log-likelihood is concave in 1/T, so a golden-section search over 1/T finds its one maximum (Guo et
    al., On calibration of modern neural networks, ICML 2017, for places instead of classes).

    Args:
        maps: (h, w) each, as in `Located.logits`.
        centres: (n, 2) each, x and y in cells of the map, (0, 0) being the centre of the top left cell.
        permissible: (h, w) each; the softmax is taken over these cells, and lesions elsewhere are left out.

    Raises:
        ValueError: no centre lies in a permissible cell.
    """
    inside, found = [], []
    for n, (logits, points) in enumerate(zip(maps, centres, strict=True)):
        allowed = np.ones(logits.shape, bool) if permissible is None else permissible[n]
        rows, columns = (
            np.clip(np.rint(points[:, axis]).astype(int), 0, logits.shape[1 - axis] - 1) for axis in (1, 0)
        )
        kept = allowed[rows, columns]
        if kept.any():
            values = logits[allowed].astype(np.float64)
            inside.append(values - values.max())
            found.append(logits[rows, columns][kept].astype(np.float64) - values.max())
    if not inside:
        raise ValueError("no lesion lies in a permissible cell")

    def surprise(coolness: float) -> float:
        return sum(
            len(at) * float(np.log(np.exp(coolness * values).sum())) - coolness * float(at.sum())
            for values, at in zip(inside, found, strict=True)
        )

    low, high, golden = 1 / HOTTEST, 1 / COOLEST, (math.sqrt(5) - 1) / 2
    while high - low > 1e-4 * high:
        one, other = high - golden * (high - low), low + golden * (high - low)
        if surprise(one) < surprise(other):
            high = other
        else:
            low = one
    return 2 / (low + high)
