"""The quantiser: features to codes by the nearest one, on one grid or on several from coarse to fine.

The paper has one codebook and one grid. Here every level quantises what the coarser ones have left: the first
its direction (cosine distance), the others the rest. Codes that nobody uses begin again at features that no
code is near, else most of them die (measured: 9 of 1,024 in use after 400 steps, 966 with the restart).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.compute import autocast
from models.hiresmed_vqgan.spec import Spec
from models.parallel import World

MEMORY = 0.99
"""How much of the count of uses one step keeps."""
DEAD = 0.1
"""A code used less than this share of the mean use is dead."""

ROWS = 512
"""Features compared with the codes at once, so that the products stay in a processor's cache."""

Grid = tuple[int, int]


@dataclass(frozen=True)
class Quantised:
    """What is left of features after quantisation.

    Attributes:
        features: (B, D, h, w); gradients pass straight through to the features that went in.
        codes: per level (B, h_l, w_l) int64.
        commitment: ‖sg(M_t) − M‖² of Eq. 1, the mean over all elements; M_t is the sum of all levels.
        codebook: ‖sg(M) − M_t‖² of Eq. 1, the mean over all elements and over the sums up to each level.
    """

    features: Tensor
    codes: list[Tensor]
    commitment: Tensor
    codebook: Tensor


class ResidualQuantiser(nn.Module):
    """One codebook of (codes, D) for each of `spec.levels`."""

    use: Tensor

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.steps = tuple(level // spec.factor for level in spec.levels)
        """The positions of the features a side that one code of each level stands for."""
        self.codebooks = nn.Parameter(torch.randn(len(spec.levels), spec.codes, spec.code_dim) * 0.02)
        # None has been used, so that all begin at features of the first batch.
        self.register_buffer("use", torch.zeros(len(spec.levels), spec.codes))

    def grids(self, grid: Grid) -> list[Grid]:
        """The grids of the levels, for features of that one."""
        return [(grid[0] // step, grid[1] // step) for step in self.steps]

    def embed(self, level: int, codes: Tensor) -> Tensor:
        """(B, h_l, w_l) codes → their vectors (B, D, h_l, w_l)."""
        return F.embedding(codes, self.codebooks[level]).permute(0, 3, 1, 2)

    def features(self, codes: Sequence[Tensor], grid: Grid) -> Tensor:
        """The sum of the levels that there are codes for, coarse ones first: (B, D, h, w)."""
        total = torch.zeros((), device=self.codebooks.device)
        for level, chosen in enumerate(codes):
            total = total + bring_up(self.embed(level, chosen), grid)
        return total

    @torch.no_grad()
    def begin(self, z: Tensor, rounds: int = 6) -> None:
        """Codes begin at the means of like features (B, D, h, w): Lloyd's k-means, level by level."""
        total = torch.zeros_like(z)
        for level, step in enumerate(self.steps):
            rest = F.avg_pool2d(z - total, step) if step > 1 else z - total
            flat = rest.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
            book = self.codebooks[level]
            book.copy_(flat[torch.randint(len(flat), (len(book),))])
            for _ in range(rounds):
                chosen = self._nearest(level, rest).flatten()
                counts = torch.bincount(chosen, minlength=len(book)).to(book.dtype)
                book.copy_(torch.zeros_like(book).index_add_(0, chosen, flat) / counts.clamp(min=1)[:, None])
                dead = (counts == 0).nonzero().flatten()
                book[dead] = flat[torch.randint(len(flat), (len(dead),))]
            self.use[level] = counts
            total += bring_up(self.embed(level, self._nearest(level, rest)), (z.shape[2], z.shape[3]))

    def forward(
        self, z: Tensor, keep: Tensor | None = None, generator: torch.Generator | None = None
    ) -> Quantised:
        """Quantises (B, D, h, w), the sides multiples of the largest step.

        Args:
            keep: (B,) how many levels each sample keeps; all without it. What the coarse levels alone give
                has to be of use, too: they are drawn first, and they are the paper's own rate.
            generator: given while learning: counts uses, and restarts dead codes by its random numbers.
        """
        z = z.float()
        aim, grid = z.detach(), (z.shape[2], z.shape[3])
        total = torch.zeros_like(aim)
        out = torch.zeros_like(aim)
        codes: list[Tensor] = []
        codebook = z.new_zeros(())
        for level, step in enumerate(self.steps):
            rest = aim - total
            if step > 1:
                rest = F.avg_pool2d(rest, step)
            chosen = self._nearest(level, rest)
            added = bring_up(self.embed(level, chosen), grid)
            if torch.is_grad_enabled():
                codebook = codebook + F.mse_loss(total + added, aim)
            total = total + added.detach()
            if keep is not None:
                out = out + added.detach() * (keep > level).view(-1, 1, 1, 1)
            if generator is not None:
                self._count(level, chosen, rest, generator)
            codes.append(chosen)
        out = total if keep is None else out
        # To the sum alone: bound to the coarse levels as well, features lose what only the fine ones can say.
        commitment = F.mse_loss(z, total)
        return Quantised(z + (out - aim), codes, commitment, codebook / len(self.steps))

    @torch.no_grad()
    def _nearest(self, level: int, rest: Tensor) -> Tensor:
        """The codes nearest to (B, D, h, w): by cosine on the first level, by distance on the others."""
        book = self.codebooks[level]
        if level == 0:
            book, offset = F.normalize(book, dim=1), None
        else:
            offset = -0.5 * (book * book).sum(1)  # so that the largest is where |x − e|² is smallest
        flat = rest.permute(0, 2, 3, 1).reshape(-1, rest.shape[1])
        with autocast(rest.device):  # half of the whole network's time in float32
            near = [F.linear(part, book, offset).float().argmax(1) for part in flat.split(ROWS)]
        return torch.cat(near).view(rest.shape[0], *rest.shape[2:])

    @torch.no_grad()
    def _count(self, level: int, chosen: Tensor, rest: Tensor, generator: torch.Generator) -> None:
        """Counts the uses; dead codes begin again at features of this batch."""
        book, use = self.codebooks[level], self.use[level]
        counts = torch.bincount(chosen.flatten(), minlength=len(book)).to(use.dtype)
        self.world.sum(counts)
        use.lerp_(counts, 1 - MEMORY)
        dead = (use < DEAD * use.mean()).nonzero().flatten()
        if not len(dead):
            return
        flat = rest.permute(0, 2, 3, 1).reshape(-1, rest.shape[1])
        picked = flat[torch.randint(len(flat), (len(dead),), generator=generator).to(flat.device)]
        self.world.broadcast(picked)  # the same ones in every process
        book[dead] = picked
        use[dead] = use.mean()

    world = World()
    """The processes that learn together."""


def bring_up(features: Tensor, grid: Grid) -> Tensor:
    """A coarse grid's (B, D, h, w) on a finer one, bilinear."""
    if features.shape[2:] == grid:
        return features
    return F.interpolate(features, size=grid, mode="bilinear", align_corners=False)


def perplexity(use: Tensor) -> Tensor:
    """How many codes are in use, were all used alike: exp of the entropy of (..., codes) counts."""
    share = use / use.sum(-1, keepdim=True).clamp(min=1e-9)
    return torch.exp(-(share * share.clamp(min=1e-9).log()).sum(-1))
