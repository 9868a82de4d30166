"""Where inside its box a lesion is: what has to be filled when it is removed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]

_MAD_TO_SIGMA = 1.4826
_STANDS_OUT = 5.0
"""A lesion's peak lies at least so many spreads of its surroundings away from them."""
_BODY, _SKIRT = 0.4, 0.12
"""Shares of the lesion's contrast: above the first is its body, above the second what hangs on that."""
_NOISE_BODY, _NOISE_SKIRT = 3.0, 2.0
"""Both are at least so many spreads."""
_SKIRT_STEPS = 4
_BLUR_PX = 2
_LARGEST_SHARE = 0.75
"""A lesion that covers more of its box than this is taken as the whole box."""
_INSIDE_SHARE = 0.7
"""What lies in the reach by less of itself than this is anatomy: a bone, the chest wall."""
_THICKER = 1.4
"""What is thicker than the box by this factor is anatomy, too, though a lesion may sit on it."""


@dataclass(frozen=True, eq=False)
class Hole:
    """What is to be filled.

    Attributes:
        mask: (height, width) bool.
        alike: (height, width) bool, what else looks as the lesion does: nothing to go by.
    """

    mask: Bools
    alike: Bools


def hole_of(values: NDArray[np.float32], box: Bools, reach: Bools, near: Bools, taken: Bools) -> Hole:
    """The lesion in a box, where it stands out from its surroundings; else all of the box.

    A lesion is what is as bright, or as dark, as the middle of the box and lies by most of itself in what may
    be changed, or sits on something thicker, as a nodule on the chest wall does. It is grown by what hangs on
    it at a small share of its contrast, and by two pixels for its blur.

    Args:
        values: (height, width) the box and its surroundings.
        box: the pixels of the box.
        reach: the pixels that may be changed; they hold the box.
        near: the pixels around the box that the lesion is compared with.
        taken: the pixels that may be changed for this and for other lesions.
    """
    import cv2

    everything = Hole(_grown(box, 1) & reach, np.zeros_like(reach))
    smooth = cv2.GaussianBlur(values, (0, 0), 0.7, borderType=cv2.BORDER_REFLECT_101)
    around = smooth[near]
    if not around.size:
        return everything
    level = float(np.median(around))
    # One of the sides is free of other tissue: of the fat around a kidney, or of the chest wall.
    sides = (around[around <= level] - level, around[around >= level] - level)
    spread = min(float(np.median(np.abs(side))) for side in sides) * _MAD_TO_SIGMA
    middle = smooth[_middle(box)] - level
    sign = 1.0 if float(middle.max()) >= -float(middle.min()) else -1.0
    rises, peak = (smooth - level) * sign, float((middle * sign).max())
    if peak <= max(_STANDS_OUT * spread, 1e-6):
        return everything
    bright = rises > max(_BODY * peak, _NOISE_BODY * spread)
    mine = _mostly(bright, taken)
    body, other = _touching(mine, box) & reach, bright & ~mine
    if not body.any():
        thick = _thick(bright, box)
        mine = _mostly(bright & ~thick, taken)
        body = _touching(mine, _middle(box)) & reach
        other = bright & ~body & (thick | ~mine)
    if not body.any():
        return everything
    if int((body & box).sum()) > _LARGEST_SHARE * int(box.sum()):
        return Hole(reach & ~other, _grown(other, _BLUR_PX) & ~reach)
    skirt = (rises > max(_SKIRT * peak, _NOISE_SKIRT * spread)) & ~other
    mask = body
    for _ in range(_SKIRT_STEPS):
        mask = _grown(mask, 1) & (skirt | mask)
    mask = _grown(mask, _BLUR_PX) & reach & ~other
    return Hole(mask, _grown(other, _BLUR_PX) & ~mask)


def _middle(box: Bools) -> Bools:
    """The pixels of the box that are not within a quarter of its sides from its edges."""
    middle = np.zeros_like(box)
    rows, columns = np.flatnonzero(box.any(axis=1)), np.flatnonzero(box.any(axis=0))
    inner = [(ends[0] + ends.size // 4, ends[-1] + 1 - ends.size // 4) for ends in (rows, columns)]
    middle[slice(*inner[0]), slice(*inner[1])] = True
    return middle


def _thick(bright: Bools, box: Bools) -> Bools:
    """What of `bright` is thicker than the box: its opening with a disc."""
    import cv2

    size = int(_THICKER * min(int(box.any(axis=1).sum()), int(box.any(axis=0).sum()))) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.morphologyEx(bright.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0


def _mostly(bright: Bools, where: Bools) -> Bools:
    """The connected parts of `bright` that lie in `where` by most of themselves."""
    import cv2

    count, parts = cv2.connectedComponents(bright.astype(np.uint8))
    total, within = (np.bincount(parts[part], minlength=count) for part in (bright, bright & where))
    mine = within >= _INSIDE_SHARE * total
    mine[0] = False
    return np.asarray(mine[parts], np.bool_)


def _touching(bright: Bools, where: Bools) -> Bools:
    """The connected parts of `bright` that have a pixel in `where`."""
    import cv2

    count, parts = cv2.connectedComponents(bright.astype(np.uint8))
    there = np.bincount(parts[bright & where], minlength=count) > 0
    return np.asarray(there[parts], np.bool_)


def _grown(mask: Bools, pixels: int) -> Bools:
    import cv2

    square = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), square) > 0
