"""Grain: the noise of real images, which what is drawn has not; measured, and added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

LEVELS = 16
"""Grey levels that grain is measured at."""
FEWEST = 500
"""Pixels of a grey level, below which its grain is taken from its neighbours."""
QUIET = 25
"""The percentile of the local spread, at a grey level, that counts as its grain: the rest has edges in it."""
HIGHEST = 2.0
"""Grain is at most that many times the usual: grey levels that only edges have know nothing of their own."""

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Grain:
    """Normal noise whose strength depends on the grey value.

    Attributes:
        values, strengths: grey values of −1 to 1, rising, and the standard deviation there.
        blur: of the Gaussian that makes neighbours alike, in pixels.
    """

    values: tuple[float, ...] = (0.0,)
    strengths: tuple[float, ...] = (0.0,)
    blur: float = 0.0

    def added(self, image: Values, seed: int) -> Values:
        """The image (H, W) of −1 to 1 with grain; the same seed gives the same grain."""
        noise = np.random.default_rng((11, seed)).standard_normal(image.shape, np.float32)
        if self.blur > 0:
            noise = cv2.GaussianBlur(noise, (0, 0), self.blur)  # type: ignore[assignment]
            noise /= noise.std()
        strength = np.interp(image, self.values, self.strengths).astype(np.float32)
        return np.clip(image + strength * noise, -1, 1, dtype=np.float32)

    def as_card(self) -> dict[str, Any]:
        """In JSON's types."""
        return {"values": list(self.values), "strengths": list(self.strengths), "blur": self.blur}

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> Grain:
        """The reverse of `as_card`; KeyError, TypeError or ValueError where it is malformed."""
        return cls(
            tuple(map(float, card["values"])), tuple(map(float, card["strengths"])), float(card["blur"])
        )


NO_GRAIN = Grain()


def measured(pairs: Iterable[tuple[Values, Values]]) -> Grain:
    """What images (H, W) have more than their smooth counterparts; no grain where there are no pairs."""
    smooth, spread, likeness = [], [], []
    for image, counterpart in pairs:
        difference = _without_slopes(image - counterpart)
        smooth.append(counterpart.ravel())
        spread.append(np.sqrt(cv2.GaussianBlur(difference * difference, (0, 0), 3.0)).ravel())
        likeness.append(_likeness(difference))
    if not smooth:
        return NO_GRAIN
    values, spreads = np.concatenate(smooth), np.concatenate(spread)
    edges = np.linspace(-1, 1, LEVELS + 1)
    found = []
    for low, high in pairwise(edges):
        here = spreads[(values >= low) & (values <= high)]
        if len(here) >= FEWEST:
            found.append(((low + high) / 2, float(np.percentile(here, QUIET)), len(here)))
    if not found:
        return NO_GRAIN
    levels, strengths, counts = map(np.array, zip(*found, strict=True))
    usual = np.median(np.repeat(strengths, counts // FEWEST))
    strengths = np.minimum(strengths, HIGHEST * usual)
    alike = min(max(float(np.median(likeness)), 1e-3), 0.95)
    blur = (-1 / (4 * np.log(alike))) ** 0.5  # white noise after that Gaussian has this likeness
    return Grain(
        tuple(levels.round(4).tolist()),
        tuple(strengths.round(5).tolist()),
        round(float(blur) if blur > 0.3 else 0.0, 3),
    )


def _without_slopes(difference: Values) -> Values:
    """Shadows and edges that the counterpart lacks are no grain."""
    return difference - cv2.GaussianBlur(difference, (0, 0), 2.0)


def _likeness(difference: Values) -> float:
    """The correlation of neighbours, where there is the least to see: in the quietest half of the image."""
    loud = cv2.GaussianBlur(np.abs(difference), (0, 0), 4.0)
    quiet = (loud < np.median(loud))[:, 1:]
    here, left = difference[:, 1:][quiet], difference[:, :-1][quiet]
    spread = float(here.std() * left.std())
    return float(np.mean(here * left)) / spread if spread > 0 else 0.0
