"""Boxes: where cells stand, how a box is told as distances from one, overlap, and suppression.

A box is (left, top, right, bottom). Inside the network its edges count from the image's edge, in pixels as
the network sees them; a cell stands at its centre, (column + ½, row + ½) strides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.location.network import BINS, NEAREST, STRIDES, Level


class Cells(NamedTuple):
    """All cells of the three levels in one row: A = A₈ + A₁₆ + A₃₂."""

    centres: Tensor
    """(A, 2) x and y."""
    strides: Tensor
    """(A,)."""

    def of(self, numbers: Tensor) -> Cells:
        """The cells of those numbers, in that order."""
        return Cells(self.centres[numbers], self.strides[numbers])


def cells(levels: Sequence[Level]) -> Cells:
    """Where the cells of these levels stand; the first one is the finest."""
    centres, strides = [], []
    for level, stride in zip(levels, STRIDES, strict=False):
        rows, columns = level.scores.shape[1:]
        device = level.scores.device
        y, x = torch.meshgrid(
            torch.arange(rows, device=device), torch.arange(columns, device=device), indexing="ij"
        )
        centres.append((torch.stack((x, y), dim=-1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((rows * columns,), float(stride), device=device))
    return Cells(torch.cat(centres), torch.cat(strides))


def in_a_row(levels: Sequence[Level]) -> tuple[Tensor, Tensor]:
    """Scores (B, A) float32 and sides (B, A, 4, BINS) of all cells, both logits."""
    scores = torch.cat([level.scores.flatten(1) for level in levels], dim=1)
    sides = torch.cat([level.sides.flatten(3) for level in levels], dim=3)
    return scores.float(), sides.permute(0, 3, 1, 2)


def decode(sides: Tensor, grid: Cells) -> Tensor:
    """Logits (..., A, 4, BINS) of those cells → boxes (..., A, 4) float32.

    Every side is at the mean of its distribution.
    """
    distances = NEAREST + torch.arange(BINS, device=sides.device, dtype=torch.float32)
    outward = (sides.float().softmax(-1) @ distances) * grid.strides[:, None]
    return torch.cat((grid.centres - outward[..., :2], grid.centres + outward[..., 2:]), dim=-1)


def encode(boxes: Tensor, grid: Cells) -> Tensor:
    """Boxes (A, 4), one per cell → distances (A, 4) in bins: 0 is `NEAREST` strides; at most BINS − 1."""
    outward = torch.cat((grid.centres - boxes[:, :2], boxes[:, 2:] - grid.centres), dim=1)
    return (outward / grid.strides[:, None] - NEAREST).clamp(0, BINS - 1)


def ciou(one: Tensor, other: Tensor) -> Tensor:
    """Complete IoU, −1.5 to 1, of boxes (..., 4) that broadcast (Zheng et al., Distance-IoU, AAAI 2020).

    Overlap, less the distance of the centres as a share of the enclosing diagonal (squared), less the
    disagreement of the proportions.
    """
    tiny = 1e-7
    smaller, larger = torch.minimum(one, other), torch.maximum(one, other)
    both = (smaller[..., 2:] - larger[..., :2]).clamp(min=0).prod(-1)
    size, other_size = ((box[..., 2:] - box[..., :2]).clamp(min=0) for box in (one, other))
    overlap = both / (size.prod(-1) + other_size.prod(-1) - both + tiny)
    diagonal = (larger[..., 2:] - smaller[..., :2]).square().sum(-1) + tiny
    apart = (one[..., :2] + one[..., 2:] - other[..., :2] - other[..., 2:]).square().sum(-1) / 4
    turn = [torch.atan(s[..., 0] / (s[..., 1] + tiny)) for s in (size, other_size)]
    shape = (turn[0] - turn[1]).square() * (4 / math.pi**2)
    with torch.no_grad():
        trade = shape / (1 - overlap + shape + tiny)
    return overlap - apart / diagonal - trade * shape


def suppress(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], overlap: float = 0.5, most: int = 300
) -> NDArray[np.intp]:
    """Non-maximum suppression: the numbers of the boxes (n, 4) that are kept, best first.

    A box falls where its IoU with a better one that is kept exceeds `overlap`.
    """
    order = np.argsort(-scores, kind="stable")
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    kept: list[int] = []
    while order.size and len(kept) < most:
        best, order = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[order, :2])
        high = np.minimum(boxes[best, 2:], boxes[order, 2:])
        both = np.prod(np.maximum(high - low, 0), axis=1)
        order = order[both <= overlap * np.maximum(areas[best] + areas[order] - both, 1e-9)]
    return np.array(kept, np.intp)
