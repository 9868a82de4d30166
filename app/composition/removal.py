"""Removing a lesion from an image: it is filled from its surroundings, at native depth, noise and all.

It makes a background free of lesions before others are placed, and images for the location model to learn
from that do not show what it is to place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.composition.region import Rect, disjoint
from app.composition.removal_fill import fill
from app.composition.removal_hole import hole_of
from app.composition.scene import Removal
from app.errors import LithographError
from app.imaging.box import Box

AnyBox = Box | tuple[float, float, float, float]

_LARGEST_SHARE = 0.5
"""Of the image, that a box with its margin may cover."""
_NEAREST, _BEYOND = 40, 24
"""What is looked at around a lesion, in pixels: its size and so many more, at least so many."""
_NEAR = 6
"""What a lesion is compared with: so many pixels around its box."""


def remove_lesion(pixels: NDArray[Any], box: AnyBox, seed: int) -> NDArray[Any]:
    """A copy of `pixels` without the lesion in `box`; see `remove_lesions`."""
    return remove_lesions(pixels, (box,), seed)


def remove_lesions(pixels: NDArray[Any], boxes: Iterable[AnyBox], seed: int) -> NDArray[Any]:
    """A copy of `pixels` without the lesions in `boxes`, all of them filled from what surrounds them.

    Lesions whose boxes touch are filled as one; no lesion is used to fill another's place. Outside the boxes,
    each grown by `margin_of` it, every pixel stays as it is, bit for bit.

    Args:
        pixels: (height, width), uint8, uint16, int16 or float32, in any unit.
        boxes: `Box`, or (x, y, width, height), in pixels; what lies outside the image is ignored.
        seed: the same one gives the same pixels.

    Raises:
        LithographError: a box lies outside the image, or covers so much of it that nothing is left to fill
            it from.
    """
    result = pixels.copy()
    for gap in gaps([Removal(as_box(box), seed) for box in boxes], pixels.shape):
        result[gap.rect.slices] = filled(pixels, gap)
    return result


def as_box(box: AnyBox) -> Box:
    """A box given as one, or as (x, y, width, height)."""
    return box if isinstance(box, Box) else Box(*(float(value) for value in box))


def margin_of(box: Box) -> int:
    """How many pixels beyond its box a lesion's removal may reach: 3, and a twentieth of the longer side."""
    return 3 + ceil(max(box.width, box.height) / 20)


def reach_of(box: Box, shape: tuple[int, ...]) -> Rect:
    """The pixels of an image of `shape` that removing the lesion in `box` may change.

    Raises:
        LithographError: as `remove_lesions` does.
    """
    what = f"{box.width:.4g} × {box.height:.4g} pixels at ({box.x + 0.5:.5g}, {box.y + 0.5:.5g})"
    image = f"the image of {shape[1]} × {shape[0]} pixels"
    if box.clipped(shape) is None:
        raise LithographError(
            f"No lesion can be removed in a box of {what}: it lies outside {image}; draw it around a lesion."
        )
    margin = margin_of(box)
    rect = _pixels(box).grown(margin, margin) & Rect(0, shape[0], 0, shape[1])
    if rect.shape[0] * rect.shape[1] > _LARGEST_SHARE * shape[0] * shape[1]:
        raise LithographError(
            f"No lesion can be removed in a box of {what}: it covers most of {image} and leaves nothing to "
            "fill it from; draw it closely around the lesion."
        )
    return rect


@dataclass(frozen=True)
class Gap:
    """What is filled as one.

    Attributes:
        rect: the pixels that may change.
        removals: the lesions in it.
        blind: what else is to be left alone and not looked at: the places of other lesions, and black-outs.
    """

    rect: Rect
    removals: tuple[Removal, ...]
    blind: tuple[Rect, ...]


def gaps(removals: Sequence[Removal], shape: tuple[int, ...], blind: Sequence[Rect] = ()) -> list[Gap]:
    """Puts together the removals that touch, in the order of their places; raises as `reach_of` does."""
    reaches = {removal: reach_of(removal.box, shape) for removal in removals}
    result = []
    for rect in disjoint(reaches.values()):
        near = _area(rect, shape)
        mine = tuple(removal for removal, reach in reaches.items() if reach.meets(rect))
        others = [reach for reach in reaches.values() if not reach.meets(rect)]
        hidden = {other & near for other in (*others, *blind) if other.meets(near)}
        result.append(Gap(rect, mine, tuple(sorted(hidden))))
    return result


def filled(pixels: NDArray[Any], gap: Gap) -> NDArray[Any]:
    """The pixels of `gap.rect` without its lesions. They depend on what lies near and on the gap alone."""
    area = _area(gap.rect, pixels.shape)
    here = pixels[area.slices]
    values = np.nan_to_num(here.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    usable = np.isfinite(here)
    blind = np.zeros(area.shape, np.bool_)
    for rect in gap.blind:
        blind[rect.within(area)] = True
    usable &= ~blind
    reaches = [reach_of(removal.box, pixels.shape) for removal in gap.removals]
    taken, boxes = np.zeros(area.shape, np.bool_), np.zeros(area.shape, np.bool_)
    for removal, reach in zip(gap.removals, reaches, strict=True):
        taken |= _mask(reach, area)
        boxes |= _mask(_pixels(removal.box), area)
    hole, alike = np.zeros(area.shape, np.bool_), np.zeros(area.shape, np.bool_)
    for removal, reach in zip(gap.removals, reaches, strict=True):
        inside = _pixels(removal.box)
        near = _mask(inside.grown(_NEAR, _NEAR), area) & usable & ~boxes
        found = hole_of(values, _mask(inside, area), _mask(reach, area), near, taken)
        hole |= found.mask
        alike |= found.alike
    hole &= ~blind
    patch = here[gap.rect.within(area)].copy()
    sound = usable & ~alike & ~hole
    if hole.any() and sound.any():
        random = np.random.default_rng([removal.seed for removal in gap.removals])
        # Within what was there, so that the image's format can hold it.
        low, high = values[sound].min(), values[sound].max()
        result = np.clip(fill(values, hole, sound, sound & ~taken, random), low, high)
        if here.dtype.kind in "iu":
            result = np.rint(result)
        new = hole[gap.rect.within(area)]
        patch[new] = result[gap.rect.within(area)][new].astype(here.dtype)
    return patch


def _area(rect: Rect, shape: tuple[int, ...]) -> Rect:
    """What is looked at to fill `rect`."""
    near = max(_NEAREST, max(rect.shape) + _BEYOND)
    return rect.grown(near, near) & Rect(0, shape[0], 0, shape[1])


def _pixels(box: Box) -> Rect:
    """The pixels that a box touches."""
    return Rect(floor(box.y + 0.5), ceil(box.bottom + 0.5), floor(box.x + 0.5), ceil(box.right + 0.5))


def _mask(rect: Rect, area: Rect) -> NDArray[np.bool_]:
    """The pixels of `rect` in an array of those of `area`."""
    mask = np.zeros(area.shape, np.bool_)
    inside = rect & area
    if not inside.empty:
        mask[inside.within(area)] = True
    return mask
