"""A drawn lesion, and what draws it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Lesion:
    """A synthetic lesion at the scale of its model, before it is resampled to a placement's diameter.

    Attributes:
        residual: (height, width) float32, what the lesion adds to the tissue around it, in HU. Already zero
            where `alpha` is zero; meaningful as "alpha times contrast", so it is added, not blended again.
        alpha: (height, width) float32 in 0..1, the lesion's own soft mask; the label is `alpha >= 0.5`.
        spacing_mm: the size of a (square) pixel of the drawing.
        kind: `nodule` or `stone`.
    """

    residual: NDArray[np.float32]
    alpha: NDArray[np.float32]
    spacing_mm: float
    kind: str

    @cached_property
    def diameters_px(self) -> tuple[float, float]:
        """(longest, perpendicular) diameter of `alpha >= 0.5` in pixels of the drawing; (0, 0) if empty."""
        from app.lesions.measure import diameters

        return diameters(self.alpha >= 0.5)

    @property
    def diameter_mm(self) -> float:
        """The longest diameter at the drawing's own scale."""
        return self.diameters_px[0] * self.spacing_mm


class LesionModel(Protocol):
    """What draws lesions: a trained SinGAN, or the parametric generator."""

    @property
    def name(self) -> str:
        """By which placements call it."""
        ...

    @property
    def kind(self) -> str:
        """`nodule` or `stone`."""
        ...

    @property
    def card(self) -> dict[str, Any]:
        """The content of its card: title, kind, tasks, exemplar, training, memorisation, licence."""
        ...

    def draw(self, seed: int) -> Lesion:
        """The lesion of that seed; the same seed gives the same bytes on every machine of one kind."""
        ...
