"""Lesions drawn by a trained SinGAN."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.lesions.lesion import Lesion
from app.lesions.shape import Shape, cleaned

if TYPE_CHECKING:
    from models.singan.pyramid import Pyramid
    from models.singan.scores import NearestCopy

ATTEMPTS = 12
"""Drawings of one seed before the last of them is taken as it is."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A `LesionModel` whose lesions a SinGAN draws.

    Attributes:
        name, kind, card: as in `LesionModel`.
        pyramid: the network.
        contrast: what its contrast channel is a share of, in the unit of the exemplar's image.
        like: the exemplar's shape; a drawing too unlike it holds no such lesion and is drawn again.
        remembered: the exemplar as the network remembers it, to keep away from.
        not_nearer: the distance from it below which a drawing is a copy and is drawn again.
    """

    name: str
    kind: str
    card: dict[str, Any]
    pyramid: Pyramid
    contrast: float
    like: Shape
    remembered: NearestCopy
    not_nearer: float

    def draw(self, seed: int) -> Lesion:
        """The lesion of that seed: the first acceptable one of its drawings."""
        for attempt in range(ATTEMPTS):
            contrast, alpha = self.drawing(seed, attempt)
            if Shape.of(contrast, alpha).resembles(self.like) and not self.is_copy(contrast):
                break
        residual = (contrast * np.float32(self.contrast)).astype(np.float32)
        return Lesion(residual, alpha, float(self.card["spacing_mm"]), self.kind)

    def drawing(self, seed: int, attempt: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(contrast as a share of the exemplar's, alpha) of one attempt, acceptable or not."""
        raw = self.pyramid.draw(np.random.default_rng([seed & (2**64 - 1), attempt]))
        return cleaned(raw)

    def is_copy(self, contrast: NDArray[np.float32]) -> bool:
        """Whether a drawing is nearer to the exemplar than any should be."""
        return self.remembered.distance(contrast) < self.not_nearer


def load_trained(name: str, folder: Path) -> TrainedModel:
    """Loads the model in `folder`.

    Raises:
        LithographError: its weights or its card are damaged.
    """
    from models import weights
    from models.singan.pyramid import Pyramid
    from models.singan.scores import NearestCopy
    from models.singan.training import fixed_noise

    try:
        tensors, card = weights.load(folder)
    except weights.DamagedWeights as error:
        raise LithographError(str(error)) from error
    try:
        network = card["network"]
        pyramid = Pyramid(tensors, network["sizes"], network["amplitudes"])
        fixed = fixed_noise(network["fixed_noise_seed"], pyramid.sizes[0])
        contrast, _ = cleaned(pyramid.reconstruct(fixed))
        return TrainedModel(
            name=name,
            kind=card["kind"],
            card=card,
            pyramid=pyramid,
            contrast=float(card["contrast"]),
            like=Shape(**card["shape"]),
            remembered=NearestCopy(contrast),
            not_nearer=float(card["memorisation"]["drawn_again_below"]),
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise LithographError(
            f"The lesion model {folder} is damaged ({error!r}); "
            "restore the folder from the installation or a backup, or train the model again."
        ) from error
