"""What the prior is made of: blocks that look near and far, and the trunk that answers for some levels.

Tensors are (B, h, w, channels) throughout: what a position holds lies together in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GROUP = 32
"""Channels that one group of a Conv3×3 mixes: on a CPU it learns as fast as a depthwise one, and a full one
takes twice as long (measured, 128 channels of 64×64, forward and backward)."""
HEAD = 64
"""Channels of one head of attention."""
DILATIONS = (1, 2, 4)
"""Of successive blocks, over and over: three of them see 15 positions across."""
CONDITION = 64
"""Numbers that say which level and which class is drawn."""
OCTAVES = 4
"""Of sines and cosines that say where a position is: the finest has a period of a quarter of the image."""

UNKNOWN = -1
"""Stands for a code that is still to be drawn."""


class Block(nn.Module):
    """Attention where asked for; then Conv3×3, norm under the condition, and an MLP; each is added.

    The MLP's ReLU is squared (So et al., Primer, 2021): as good as GELU, and a tenth of its time on a CPU.
    """

    def __init__(self, width: int, dilation: int, attention: bool, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width) if attention else None
        self.near = nn.Conv2d(
            width, width, 3, padding=dilation, dilation=dilation, groups=max(1, width // GROUP)
        )
        self.condition = nn.Linear(CONDITION, 2 * width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = dropout
        nn.init.zeros_(self.narrow.weight)  # a block begins as nothing

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """(B, h, w, width) and (B, CONDITION) → (B, h, w, width)."""
        if self.attention is not None:
            x = x + self.attention(x)
        y = self.near(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        scale, shift = self.condition(condition)[:, None, None].chunk(2, dim=-1)
        y = F.layer_norm(y, y.shape[-1:]) * (1 + scale) + shift
        y = self.narrow(F.relu(self.widen(y)).square())
        if self.training:  # whole channels of an image, since a random number for every element takes longer
            y = y * F.dropout(y.new_ones(len(y), 1, 1, y.shape[-1]), self.dropout)
        return x + y


class Attention(nn.Module):
    """Every position looks at every other one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // HEAD)
        self.norm = nn.LayerNorm(width)
        self.ask, self.answer = nn.Linear(width, 3 * width), nn.Linear(width, width)
        nn.init.zeros_(self.answer.weight)

    def forward(self, x: Tensor) -> Tensor:
        b, h, w, width = x.shape
        asked = self.ask(self.norm(x)).view(b, h * w, 3, self.heads, width // self.heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.answer(found.transpose(1, 2).reshape(b, h, w, width))
        return out


class Trunk(nn.Module):
    """Answers for `own` levels, of which `first` is the coarsest, given the codes of all coarser ones.

    Codes come in and answers go out by the quantiser's own vectors, through a learnt matrix that all levels
    share and one of each level's own: codes which look alike are alike to it from the first step, whatever
    their level.
    """

    def __init__(
        self,
        first: int,
        own: int,
        shape: tuple[int, int],
        classes: int,
        width: int,
        depth: int,
        attention: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        codes, code_dim = shape
        self.first, self.levels, self.width = first, range(first, first + own), width
        self.seen = nn.Parameter(torch.randn(code_dim, width))
        self.seen_there = nn.Parameter(torch.zeros(first + own, code_dim, width))
        self.unknown = nn.Parameter(torch.randn(own, width))
        self.told = nn.Parameter(torch.randn(code_dim, width) * 0.1)
        self.told_there = nn.Parameter(torch.zeros(own, code_dim, width))
        self.usual = nn.Parameter(torch.zeros(own, classes, codes))
        """Logarithms of how frequent codes are in each class; what the blocks say is added to them."""
        self.level = nn.Embedding(own, CONDITION)
        self.kind = nn.Embedding(classes, CONDITION)
        self.place = nn.Linear(4 * OCTAVES, width)
        self.blocks = nn.ModuleList(
            Block(width, DILATIONS[n % len(DILATIONS)], attention, dropout) for n in range(depth)
        )

    def coarser(
        self, level: int, codes: Sequence[Tensor], books: Tensor, grid: tuple[int, int], margin: int = 0
    ) -> Tensor:
        """What the codes of levels 0 … level − 1 say to the positions of `grid`: (B, h, w, width).

        Args:
            codes: per level (B, h_l, w_l), or a window of it with `margin` positions around.
            books: (levels, codes, D), `standardised`.
        """
        total = self.seen.new_zeros(())
        for n, chosen in enumerate(codes[:level]):
            total = total + _bring_up(F.embedding(chosen, self._vectors(n, books)), grid, margin)
        return total

    def _vectors(self, level: int, books: Tensor) -> Tensor:
        """(codes, width): the codes of a level as the blocks see them."""
        return books[level] @ (self.seen + self.seen_there[level])

    def forward(
        self,
        level: int,
        coarser: Tensor,
        known: Tensor,
        place: Tensor,
        kind: Tensor,
        books: Tensor,
    ) -> Tensor:
        """What every position thinks: (B, h, w, width), for `logits`.

        Args:
            coarser: of the method of that name.
            known: (B, h, w) codes of this level, or UNKNOWN.
            place: (B, h, w, 2): down and across the image, 0 to 1.
            kind: (B,) classes.
            books: (levels, codes, D), `standardised`.
        """
        n = level - self.first
        vectors = self._vectors(level, books)
        vectors = torch.cat((vectors, self.unknown[n : n + 1].to(vectors.dtype)))
        own = F.embedding(torch.where(known == UNKNOWN, len(vectors) - 1, known), vectors)
        x = coarser + own + self.place(waves(place))
        condition = self.level.weight[n] + self.kind(kind)
        for block in self.blocks:
            x = block(x, condition)
        return F.layer_norm(x, x.shape[-1:])

    def logits(self, level: int, thoughts: Tensor, kind: Tensor, books: Tensor) -> Tensor:
        """(n, width) positions, of (n,) or (1,) classes → (n, codes)."""
        n = level - self.first
        # Scaled, since a small step of all of `told` at once is a large one of a logit.
        answers = books[level] @ (self.told + self.told_there[n]) * books.shape[2] ** -0.25
        return F.linear(thoughts, answers) + F.embedding(kind, self.usual[n])


def _bring_up(vectors: Tensor, grid: tuple[int, int], margin: int) -> Tensor:
    """(B, h_l, w_l, C) to a finer (B, h, w, C), bilinear as in the quantiser; the margin is cut off after."""
    if not margin and vectors.shape[1:3] == grid:
        return vectors
    step = grid[0] // (vectors.shape[1] - 2 * margin)
    if step > 1:
        vectors = F.interpolate(
            vectors.permute(0, 3, 1, 2), scale_factor=step, mode="bilinear", align_corners=False
        ).permute(0, 2, 3, 1)
    cut = margin * step
    return vectors[:, cut : cut + grid[0], cut : cut + grid[1]]


def waves(place: Tensor) -> Tensor:
    """(..., 2) of 0 to 1 → (..., 4 · OCTAVES): sines and cosines, the slowest of half a turn."""
    turns = math.pi * 2.0 ** torch.arange(OCTAVES, device=place.device)
    angles = (place[..., None] * turns).flatten(-2)
    return torch.cat((angles.sin(), angles.cos()), dim=-1)
