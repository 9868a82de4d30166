"""Which cells answer for which box: task-aligned assignment (Feng et al., TOOD, ICCV 2021, 3.2).

A cell is the better aligned with a box the more confident it is and the better the box that it tells:
alignment = score^α × overlap^β. The best cells near each box answer for it, and are told to be as confident
as they are aligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from models.location.boxes import Cells, ciou


@dataclass(frozen=True)
class Rule:
    """How cells are chosen.

    TOOD's β is 6, for objects that are seen. Places are guessed, so overlaps are low for every cell, and a
    high power would make one lucky cell answer alone.
    """

    most: int = 10
    """Cells that answer for one box."""
    alpha: float = 0.5
    beta: float = 2.0
    quality: float = 0.25
    """How much the overlap of the told box lowers the confidence aimed at: 1 as in TOOD, 0 not at all. That a
    box cannot be told exactly says little about whether a lesion may be there."""


class Assignment(NamedTuple):
    """What each cell of a batch is to say."""

    targets: Tensor
    """(B, A), the confidence aimed at: 0 where a cell answers for no box."""
    boxes: Tensor
    """(B, A, 4), the box that a cell answers for; any box where it answers for none."""


def assign(
    confidence: Tensor, told: Tensor, boxes: Tensor, real: Tensor, grid: Cells, rule: Rule
) -> Assignment:
    """Chooses the cells that answer for each box.

    Args:
        confidence: (B, A), 0 to 1.
        told: (B, A, 4), the box that each cell tells.
        boxes: (B, N, 4) of the lesions, filled up to the same number per image.
        real: (B, N) bool, which of them are not filling.
        grid: where the cells stand.
        rule: how cells are chosen.
    """
    if boxes.shape[1] == 0:
        return Assignment(torch.zeros_like(confidence), torch.zeros_like(told))
    near = _near(boxes, grid) & real[:, :, None]  # (B, N, A)
    overlap = ciou(boxes[:, :, None], told[:, None]).clamp(min=0)
    # Nearness orders cells whose boxes miss the lesion entirely, as most do at first.
    alignment = confidence[:, None] ** rule.alpha * (overlap + 1e-6 * _closeness(boxes, grid)) ** rule.beta
    alignment = torch.where(near, alignment, 0)
    best = alignment.topk(min(rule.most, alignment.shape[2]), dim=2).indices
    chosen = torch.zeros_like(near).scatter_(2, best, True) & near
    # A cell that several boxes want answers for the one that it is aligned with best.
    alignment = torch.where(chosen, alignment, 0)
    whose = alignment.argmax(1, keepdim=True)  # (B, 1, A)
    chosen &= torch.zeros_like(chosen).scatter_(1, whose, True)
    alignment = torch.where(chosen, alignment, 0)
    top = alignment.amax(2, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
    aim = (1 - rule.quality) + rule.quality * torch.where(chosen, overlap, 0).amax(2, keepdim=True)
    targets = torch.where(chosen, (alignment / top * aim).clamp(min=1e-3), 0).amax(1)
    mine = boxes.gather(1, whose[:, 0, :, None].expand(-1, -1, 4))
    return Assignment(targets, mine)


def _near(boxes: Tensor, grid: Cells) -> Tensor:
    """(B, N, A): the centre prior: cells within a box, or within one stride of its centre.

    The latter gives every box up to four cells of every level, be it ever so much smaller than a cell.
    """
    half = ((boxes[..., 2:] - boxes[..., :2]) / 2)[:, :, None]  # (B, N, 1, 2)
    reach = torch.maximum(half, grid.strides[:, None])
    return (_offsets(boxes, grid).abs() < reach).all(-1)


def _closeness(boxes: Tensor, grid: Cells) -> Tensor:
    """(B, N, A), 0 to 1: 1 at the centre of a box, halved a stride away from it."""
    return 1 / (1 + _offsets(boxes, grid).norm(dim=-1) / grid.strides)


def _offsets(boxes: Tensor, grid: Cells) -> Tensor:
    """(B, N, A, 2): from the centres of boxes to cells."""
    return grid.centres - ((boxes[..., :2] + boxes[..., 2:]) / 2)[:, :, None]
