"""What the detector is told about its mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.location.assigning import Rule, assign
from models.location.boxes import cells, ciou, decode, encode, in_a_row
from models.location.confidence import confidence_map
from models.location.network import STRIDES, Level


@dataclass(frozen=True)
class Shares:
    """How much each part of the loss counts.

    The ranking of places is what the network is for, and the exact size of a box that nobody can see is not:
    boxes count for little.
    """

    score: float = 1.0
    place: float = 0.5
    box: float = 0.5
    distance: float = 0.25


def loss_of(
    levels: Sequence[Level], boxes: Tensor, real: Tensor, rule: Rule, shares: Shares
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, and its parts by name.

    Args:
        levels: what the network says of the images.
        boxes: (B, N, 4) of the lesions, filled up to the same number per image.
        real: (B, N) bool, which of them are not filling.
        rule: how cells are chosen.
        shares: how much each part counts.
    """
    scores, sides = in_a_row(levels)
    grid = cells(levels)
    with torch.no_grad():
        assigned = assign(scores.sigmoid(), decode(sides, grid), boxes, real, grid, rule)
    total = assigned.targets.sum().clamp(min=1)
    score = F.binary_cross_entropy_with_logits(scores, assigned.targets, reduction="sum") / total
    place = place_loss(confidence_map([level.scores for level in levels]), boxes, real)
    # Boxes are told a second time, of the few cells that answer for one, and now with their gradients.
    chosen = assigned.targets > 0
    mine, sides, aims = grid.of(chosen.nonzero()[:, 1]), sides[chosen], assigned.boxes[chosen]
    weight = assigned.targets[chosen] / total
    box = (weight * (1 - ciou(decode(sides, mine), aims))).sum()
    distance = (weight * distance_loss(sides.float(), encode(aims, mine))).sum()
    loss = shares.score * score + shares.place * place + shares.box * box + shares.distance * distance
    parts = {"score": score, "place": place, "box": box, "distance": distance}
    return loss, {name: part.item() for name, part in parts.items()}


def distance_loss(sides: Tensor, aims: Tensor) -> Tensor:
    """Distribution focal loss (Li et al., NeurIPS 2020, Eq. 6).

    Logits (N, 4, BINS) and aims (N, 4) in bins → (N,): the cross-entropy with the two bins on either side of
    the aim, each weighted by its nearness.
    """
    low = aims.floor().clamp(max=sides.shape[-1] - 2)
    share = aims - low
    logs = sides.log_softmax(-1)
    below, above = (logs.gather(-1, (low.long() + n)[..., None])[..., 0] for n in (0, 1))
    return -((1 - share) * below + share * above).mean(-1)


def place_loss(logits: Tensor, boxes: Tensor, real: Tensor) -> Tensor:
    """The mean surprise −log p at the centres of lesions, where p = softmax of the confidence map (B, h, w).

    The likelihood of a point process of places: it asks for the ranking within an image and nothing else.
    """
    if not bool(real.any()):
        return logits.sum() * 0
    rows, columns = logits.shape[1:]
    logs = logits.flatten(1).log_softmax(1)
    centres = ((boxes[..., :2] + boxes[..., 2:]) / 2 / STRIDES[0]).long()
    cell = centres[..., 1].clamp(0, rows - 1) * columns + centres[..., 0].clamp(0, columns - 1)
    return -(logs.gather(1, cell)[real]).mean()
