"""Where a lesion may go: structures by name, the danger zone made of them, and likely places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.tasks import Task


@dataclass(frozen=True)
class Familiarity:
    """How far an image is from those that the network learnt from.

    Attributes:
        score: 0 for the middle of the training images, 1 at the limit; above 1 the image is foreign.
        turned: how it seems to lie, in words (`upside down`, `mirrored`); empty where it lies as usual.
    """

    score: float
    turned: str = ""

    @property
    def foreign(self) -> bool:
        """Whether what the network says of the image must not be trusted."""
        return self.score > 1 or bool(self.turned)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Which structure is where in one image, (height, width).

    `masks` may overlap (a rib before a kidney); `labels` flattens them, the most specific on top, forbidden
    structures above permissible ones, so that the union of the forbidden ones survives exactly.
    """

    masks: Mapping[str, NDArray[np.bool_]]
    origin: str
    """Where it comes from, in words for the user: `known (simulated)`, `network danger-zone/kub-xray`, ..."""
    familiarity: Familiarity | None = None
    """Of the image, where a network that can tell has found the structures."""

    def labels(self, task: Task) -> NDArray[np.uint8]:
        """(height, width) uint8: the label of the structure at each pixel, 0 for none."""
        shape = next(iter(self.masks.values())).shape
        labels = np.zeros(shape, np.uint8)
        for forbidden in (False, True):
            for label, structure in enumerate(task.structures, start=1):
                mask = self.masks.get(structure.name)
                if mask is not None and structure.forbidden is forbidden:
                    labels[mask] = label
        return labels

    @classmethod
    def from_labels(cls, labels: NDArray[Any], task: Task, origin: str) -> Anatomy:
        """The inverse of `labels`, as far as structures do not overlap."""
        return cls({s.name: labels == n for n, s in enumerate(task.structures, start=1)}, origin)


@dataclass(frozen=True)
class Candidate:
    """A likely place (Eq. 14).

    Attributes:
        x, y: its middle in pixels.
        score: the probability, 0 to 1, that the next lesion is centred in its neighbourhood, a disc whose
            radius is 1¼ of the task's usual diameters. Calibrated on lesions that were not learnt from where
            a network proposes it; from published frequencies where an atlas does.
        safe: whether the danger zone spares it (Eq. 16).
    """

    x: float
    y: float
    score: float
    safe: bool
