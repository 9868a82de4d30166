"""The prior: how likely each code is, given the coarser levels, some codes of its own level, and the class.

The quantiser turns an image into grids of codes from coarse to fine; the prior says which codes belong
together, so that new ones can be drawn (`sampling`). It is a masked token model (Chang et al., MaskGIT, CVPR
2022): codes of a level are hidden, and it answers for all of them at once. The coarsest grid, which lays out
the image, is looked at as a whole (attention); on finer ones convolutions see far enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.hiresmed_vqgan.prior_blocks import Trunk
from models.hiresmed_vqgan.spec import Spec


@dataclass(frozen=True)
class TrunkSpec:
    """A network that answers for some successive levels."""

    levels: int
    width: int
    depth: int
    attention: bool = False
    """Whether positions look at the whole grid, not only around them."""


@dataclass(frozen=True)
class PriorSpec:
    """The shape of a `Prior`; it stands in the card of the weights."""

    levels: tuple[int, ...]
    """The pixels a side that one code of a level stands for, coarse to fine: the quantiser's first levels."""
    classes: int
    trunks: tuple[TrunkSpec, ...]
    passes: tuple[int, ...]
    """Per level, in how many passes its codes are drawn by default, and are learnt to be drawn."""
    codes: int = 1024
    code_dim: int = 256
    dropout: float = 0.1

    @classmethod
    def of(cls, spec: Spec, classes: int) -> PriorSpec:
        """What suits the levels of an autoencoder, down to the first one of the finest grid.

        The coarsest grid gets attention, the finest one the leanest network.
        """
        levels = spec.levels[: spec.levels.index(spec.levels[-1]) + 1]
        between = len(levels) - 2
        trunks = [TrunkSpec(1, 256, 4, attention=True)]
        trunks += [TrunkSpec(between, 160, 5)] if between > 0 else []
        trunks += [TrunkSpec(1, 128, 5)] if len(levels) > 1 else []
        passes = [12, *(8, 5)[:between], *(5,) * (between - 2), 1][: len(levels)]
        return cls(levels, classes, tuple(trunks), tuple(passes), spec.codes, spec.code_dim)

    @property
    def drawn(self) -> int:
        """How many levels are drawn by chance. Of several, the last one is taken at its mean instead.

        Its codes stand for edges and grain; drawn in few passes, neighbours do not fit together, and the
        image is all speckles. The mean is what they have in common.
        """
        return max(1, len(self.levels) - 1)

    def as_card(self) -> dict[str, Any]:
        """In JSON's types."""
        card = asdict(self)
        return card | {key: list(card[key]) for key in ("levels", "trunks", "passes")}

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> PriorSpec:
        """The reverse of `as_card`; KeyError or TypeError where it is malformed."""
        trunks = tuple(TrunkSpec(**trunk) for trunk in card["trunks"])
        return cls(
            **{**card, "levels": tuple(card["levels"]), "trunks": trunks, "passes": tuple(card["passes"])}
        )


class Prior(nn.Module):
    """The trunks; `books` in what follows are the quantiser's codebooks, `standardised`."""

    def __init__(self, spec: PriorSpec) -> None:
        super().__init__()
        self.spec = spec
        self.trunks = nn.ModuleList()
        first = 0
        for trunk in spec.trunks:
            self.trunks.append(
                Trunk(
                    first,
                    trunk.levels,
                    (spec.codes, spec.code_dim),
                    spec.classes,
                    trunk.width,
                    trunk.depth,
                    trunk.attention,
                    spec.dropout,
                )
            )
            first += trunk.levels
        if first != len(spec.levels) or len(spec.passes) != first:
            raise ValueError("the trunks and passes of a prior must be those of its levels")

    def parts(self) -> list[Trunk]:
        """The trunks, the coarsest first."""
        return [trunk for trunk in self.trunks if isinstance(trunk, Trunk)]

    def trunk(self, level: int) -> Trunk:
        """The one that answers for a level."""
        return next(trunk for trunk in self.parts() if level in trunk.levels)

    def forward(
        self, level: int, codes: Sequence[Tensor], known: Tensor, kind: Tensor, books: Tensor
    ) -> Tensor:
        """The logits (B · h · w, codes) of a level of whole images.

        Args:
            codes: of the coarser levels, (B, h_l, w_l) each.
            known: (B, h, w) codes of this level, or UNKNOWN.
            kind: (B,) classes.
        """
        trunk = self.trunk(level)
        grid = (known.shape[1], known.shape[2])
        coarser = trunk.coarser(level, codes, books, grid)
        place = places(grid).to(known.device).expand(len(known), -1, -1, -1)
        thoughts = trunk(level, coarser, known, place, kind, books).flatten(0, 2)
        return trunk.logits(level, thoughts, kind.repeat_interleave(grid[0] * grid[1]), books)

    @torch.no_grad()
    def begin(self, counts: Sequence[Tensor]) -> None:
        """Starts from how often each code occurs: per level (classes, codes)."""
        for trunk in self.parts():
            for n, level in enumerate(trunk.levels):
                trunk.usual[n] = torch.log_softmax((counts[level] + 0.1).log(), dim=1)


def standardised(codebooks: Tensor) -> Tensor:
    """(levels, codes, D), detached: each level's vectors about their mean, their lengths about 1.

    Fine levels are small beside coarse ones, and say as much.
    """
    codebooks = codebooks.detach().float()
    centred = codebooks - codebooks.mean(1, keepdim=True)
    return centred / centred.square().sum(2, keepdim=True).mean(1, keepdim=True).sqrt().clamp(min=1e-9)


def places(grid: tuple[int, int]) -> Tensor:
    """(h, w, 2): where the middle of each position is, down and across, 0 to 1."""
    down, across = ((torch.arange(side) + 0.5) / side for side in grid)
    return torch.stack(torch.meshgrid(down, across, indexing="ij"), dim=-1)


def order(grid: tuple[int, int], shift: float) -> Tensor:
    """(h, w) int64: when each position's turn is, first to last, spread evenly at every moment.

    Codes that are drawn in the same pass do not know of each other, so they had better be far apart. The
    positions rank by the low-discrepancy sequence R2 (Roberts 2018), shifted by 0 to 1; low discrepancy
    serves better than confidence (Besnier et al., Halton scheduler, ICLR 2025).
    """
    down, across = (torch.arange(side, dtype=torch.float64) for side in grid)
    value = (down[:, None] * 0.7548776662466927 + across * 0.5698402909980532 + shift) % 1.0
    turns = torch.empty(value.numel(), dtype=torch.int64)
    turns[value.flatten().argsort()] = torch.arange(value.numel())
    return turns.view(grid)


def known_after(passes: int, done: int, total: int) -> int:
    """How many of `total` codes are known after so many passes: few at first (MaskGIT's cosine)."""
    if done >= passes:
        return total
    return int(total * (1 - torch.cos(torch.tensor(torch.pi / 2 * done / passes)).item()))
