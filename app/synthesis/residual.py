"""What of an image the network cannot show, against what it cannot show of training images.

Grain is never reconstructed exactly, and bright parts less so than dark ones. So the difference is averaged
over a few pixels and measured by what is usual at that grey level. What stays above is something that the
training images did not have: the card of a model holds their level under `tasks`, TASK, `residual`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIGMA = 3.0
"""Pixels: the Gaussian over which grey levels and differences are averaged."""
MARGIN = 12
"""Pixels beyond a part of an image that its averages depend on."""
RARE = 99.9
"""The percentile of the differences of training images that is their level."""
LEAST = 0.005
"""No level is below this, in the network's values: a quantisation step of 8-bit images."""
_BANDS = 24
_ENOUGH = 500
"""Pixels of a grey level without which its own percentile is left to its neighbours."""
_EVERY = 3
_AREA = 7
"""Pixels: only discs of this diameter or more are unfamiliar."""

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Level:
    """By grey level, the difference that all but 0.1 % of the pixels of training images stay below.

    Attributes:
        grey: rising, in the network's values.
        difference: at these, likewise; linear in between.
    """

    grey: tuple[float, ...]
    difference: tuple[float, ...]

    def at(self, grey: Values) -> Values:
        """The level at each of some grey values."""
        return np.interp(grey, self.grey, self.difference).astype(np.float32)

    def as_card(self) -> dict[str, list[float]]:
        """In JSON's types."""
        return {"grey": list(self.grey), "difference": list(self.difference)}

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> Level:
        """The reverse of `as_card`; KeyError, TypeError or ValueError where it is malformed."""
        return cls(tuple(map(float, card["grey"])), tuple(map(float, card["difference"])))


def measured(pairs: Iterable[tuple[Values, Values]]) -> Level:
    """The level of some images and their reconstructions, each (H, W) of −1 to 1 and whole.

    Images that were not learnt from give an honest level; 20 of 512×512 are enough.

    Raises:
        ValueError: there are none.
    """
    greys, differences = [], []
    for original, made in pairs:
        greys.append(_smooth(original)[::_EVERY, ::_EVERY].ravel())
        differences.append(_smooth(np.abs(original - made))[::_EVERY, ::_EVERY].ravel())
    grey, difference = np.concatenate(greys), np.concatenate(differences)
    edges = np.linspace(-1, 1, _BANDS + 1)
    band = np.clip(np.digitize(grey, edges) - 1, 0, _BANDS - 1)
    middles, levels = [], []
    for n in range(_BANDS):
        inside = difference[band == n]
        if len(inside) >= _ENOUGH:
            middles.append(float(edges[n] + edges[n + 1]) / 2)
            levels.append(_rare(inside))
    if not middles:
        middles, levels = [0.0], [_rare(difference)]
    return Level(tuple(middles), tuple(levels))


def relative(original: Values, made: Values, level: Level) -> Values:
    """(H, W) float32: the averaged difference in units of the level; above 1 is more than usual."""
    return np.divide(_smooth(np.abs(original - made)), level.at(_smooth(original)), dtype=np.float32)


def unfamiliar(residual: Values) -> NDArray[np.bool_]:
    """Where a residual is above 1 over an area that counts."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_AREA, _AREA))
    above = (residual > 1).astype(np.uint8)
    return cv2.morphologyEx(above, cv2.MORPH_OPEN, disc, borderValue=0).view(np.bool_)


def _rare(differences: Values) -> float:
    return max(LEAST, float(np.percentile(differences, RARE)))


def _smooth(values: Values) -> Values:
    size = 2 * MARGIN + 1
    return cv2.GaussianBlur(values, (size, size), SIGMA, borderType=cv2.BORDER_REFLECT)  # type: ignore[return-value]
