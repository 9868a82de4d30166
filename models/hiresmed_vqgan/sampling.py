"""New features from the prior: coarse to fine, each level in a few passes, the finest at its mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.compute import autocast
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.prior import Prior, known_after, order, places, standardised
from models.hiresmed_vqgan.prior_blocks import UNKNOWN
from models.hiresmed_vqgan.quantiser import bring_up
from models.progress import LongWork, Progress

STEPS = 8
"""With as many, a level is drawn in the passes of the prior's spec; with twice as many, in twice of them."""
RARE = 0.02
"""A code this much less likely than the likeliest one is never drawn (min-p; Nguyen et al., ICLR 2025)."""

CALM = 0.7
"""What a temperature of 1 is: with chances as they were learnt (1.0 here) bones come in pieces, by eye, on
sheets of every task."""
PART = 1024
"""Positions whose logits are computed at once, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class Drawn:
    """What was drawn: per level (1, h_l, w_l) codes, and (1, D, h, w) features for the decoder."""

    codes: list[Tensor]
    features: Tensor


def sample(
    vqgan: Vqgan,
    prior: Prior,
    kind: int,
    shape: tuple[int, int],
    seed: int,
    *,
    temperature: float = 1.0,
    steps: int = STEPS,
    start: Sequence[Tensor] | None = None,
    redraw: NDArray[np.bool_] | None = None,
) -> LongWork[Drawn]:
    """A new image of `shape` (height, width) in pixels.

    The same arguments give the same image on one machine. The work may be closed after any of its reports.

    Args:
        kind: the class.
        temperature: below 1 more usual, above 1 more varied.
        steps: more of them are slower, and better to a point.
        start, redraw: the codes of an image, all levels, and its pixels (height, width) to draw anew; all
            other places stay as they are.

    Raises:
        ValueError: `temperature` or `steps` is not positive, or only one of `start` and `redraw` is given.
    """
    if temperature <= 0 or steps < 1:
        raise ValueError("temperature and steps must be positive")
    if (start is None) != (redraw is None):
        raise ValueError("start and redraw belong together")
    device = vqgan.quantiser.codebooks.device
    random = torch.Generator().manual_seed(seed)
    finest = vqgan.spec.grid(shape)
    grids = vqgan.quantiser.grids(finest)
    passes = [max(1, round(turns * steps / STEPS)) for turns in prior.spec.passes[: prior.spec.drawn]]
    books = standardised(vqgan.quantiser.codebooks)
    codes: list[Tensor] = []
    for level, turns in enumerate(passes):
        grid = grids[level]
        known = torch.full((1, *grid), UNKNOWN)
        if start is not None and redraw is not None:
            known = torch.where(_wanted(redraw, grid, prior.spec.levels[level]), UNKNOWN, start[level].cpu())
        drawing = _Level(prior, level, codes, known.to(device), kind, books, turns, random)
        for turn in range(turns):
            drawing.draw(turn, temperature)
            yield Progress(sum(passes[:level]) + turn + 1, sum(passes), "Drawing")
        codes.append(drawing.known)
    features = completed(vqgan, prior, codes, kind, finest)
    if start is not None and redraw is not None:
        anew = _wanted(redraw, finest, vqgan.spec.factor)[:, None].to(device)
        features = torch.where(anew, features, vqgan.quantiser.features(start, finest))
    return Drawn(codes, features)


@torch.inference_mode()
def completed(
    vqgan: Vqgan, prior: Prior, codes: Sequence[Tensor], kind: int, grid: tuple[int, int]
) -> Tensor:
    """The features (1, D, h, w) of codes of the levels that are drawn: the next level's mean is added."""
    features, level = vqgan.quantiser.features(codes, grid), len(codes)
    if level == len(prior.spec.levels):
        return features
    device, book = features.device, vqgan.quantiser.codebooks[level]
    own, books = vqgan.quantiser.grids(grid)[level], standardised(vqgan.quantiser.codebooks)
    trunk, kinds = prior.trunk(level), torch.tensor([kind], device=device)
    unknown, place = torch.full((1, *own), UNKNOWN, device=device), places(own).to(device)[None]
    with autocast(device):
        thoughts = trunk(level, trunk.coarser(level, codes, books, own), unknown, place, kinds, books)
        parts = [trunk.logits(level, part, kinds, books) for part in thoughts.flatten(0, 2).split(PART)]
    mean = torch.cat([part.float().softmax(1) @ book for part in parts])
    return features + bring_up(mean.view(1, *own, -1).permute(0, 3, 1, 2), grid)


class _Level:
    """One level while it is drawn."""

    @torch.inference_mode()
    def __init__(
        self,
        prior: Prior,
        level: int,
        codes: Sequence[Tensor],
        known: Tensor,
        kind: int,
        books: Tensor,
        turns: int,
        random: torch.Generator,
    ) -> None:
        self.trunk, self.level, self.books, self.turns = prior.trunk(level), level, books, turns
        self.known, self.random = known, random
        grid = (known.shape[1], known.shape[2])
        self.kind = torch.tensor([kind], device=known.device)
        self.place = places(grid).to(known.device)[None]
        with autocast(known.device):
            self.coarser = self.trunk.coarser(level, codes, books, grid)
        turn = order(grid, torch.rand((), generator=random).item()).to(known.device)[None]
        open_ = known == UNKNOWN
        # Among those to be drawn alone, so that a part of an image takes as many passes as a whole one.
        self.rank = torch.where(open_, turn, turn.numel()).flatten().argsort().argsort().view_as(turn)
        self.count = int(open_.sum())

    @torch.inference_mode()
    def draw(self, turn: int, temperature: float) -> None:
        """Draws the codes whose turn it is."""
        begin = known_after(self.turns, turn, self.count)
        end = known_after(self.turns, turn + 1, self.count)
        chosen = (self.rank >= begin) & (self.rank < end)
        if begin == end:
            return
        # What was there from the start is shown to levels that learnt to see some of their codes only.
        shown = self.known if self.turns > 1 else torch.full_like(self.known, UNKNOWN)
        with autocast(shown.device):
            thoughts = self.trunk(self.level, self.coarser, shown, self.place, self.kind, self.books)
        uniform = torch.rand(end - begin, generator=self.random).to(shown.device)
        parts = zip(thoughts[chosen].split(PART), uniform.split(PART), strict=True)
        drawn = torch.cat([self._pick(part, numbers, temperature) for part, numbers in parts])
        self.known = self.known.masked_scatter(chosen, drawn)

    def _pick(self, thoughts: Tensor, uniform: Tensor, temperature: float) -> Tensor:
        """(n,) codes for (n, width) positions, by (n,) uniform numbers of 0 to 1; rare ones are left out."""
        with autocast(thoughts.device):
            logits = self.trunk.logits(self.level, thoughts, self.kind, self.books).float()
        # By the cumulative sum: a random number for each code (multinomial, Gumbel) takes four times as long.
        chances = logits.sub_(logits.amax(1, keepdim=True)).div_(temperature * CALM).exp_()
        below = F.threshold(chances, RARE, 0.0, inplace=True).cumsum_(1)
        wanted = (uniform * below[:, -1])[:, None]
        return torch.searchsorted(below, wanted, right=True)[:, 0].clamp_(max=below.shape[1] - 1)


def _wanted(redraw: NDArray[np.bool_], grid: tuple[int, int], side: int) -> Tensor:
    """(1, h, w) bool: the positions, of `side` pixels a side, with any pixel to be drawn anew in them."""
    padded = np.zeros((grid[0] * side, grid[1] * side), bool)
    padded[: redraw.shape[0], : redraw.shape[1]] = redraw
    return torch.from_numpy(padded.reshape(grid[0], side, grid[1], side).any((1, 3)))[None]
