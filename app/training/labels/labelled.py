"""Images and what is marked in them: the values that training works on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.imaging.box import Box
from app.imaging.image import Image

Mask = NDArray[np.bool_]


def _no_masks() -> dict[str, Mask]:
    return {}


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """One image with its marks; pixels and masks are read from disk whenever they are asked for."""

    name: str
    """Unique within its set."""
    group: str
    """The patient, series or original that it is from; a group is never on both sides of a split."""
    path: Path
    index: int
    """Which slice, frame or page of the file."""
    size: tuple[int, int]
    """(height, width) in pixels."""
    boxes: tuple[Box, ...] | None
    """Its lesions: () where somebody looked and found none, None where nobody looked."""
    read_masks: Callable[[], dict[str, Mask]] = _no_masks
    structures: tuple[str, ...] = ()
    """The names of the structures that are outlined in it."""
    read_image: Callable[[], Image] | None = None
    """How it is read where `path` and `index` do not say all."""

    def image(self) -> Image:
        """Its pixels.

        Raises:
            LithographError: it is gone or damaged.
        """
        if self.read_image is not None:
            return self.read_image()
        from app.imaging import read_image

        return read_image(self.path, self.index)

    def masks(self) -> dict[str, Mask]:
        """Each outlined structure as (height, width) bool, all False where it is known to be absent.

        A structure that is not in it is unknown. Masks may overlap.

        Raises:
            LithographError: a file of theirs is gone or damaged.
        """
        return self.read_masks()


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """The images of a folder with their marks, and what is amiss with it, one sentence each."""

    images: tuple[LabelledImage, ...]
    notes: tuple[str, ...] = ()
    format: str = ""
    """What kind of labels they are, in words for the user."""

    @property
    def box_count(self) -> int:
        return sum(len(image.boxes or ()) for image in self.images)


def split(
    images: LabelledSet | Sequence[LabelledImage], held_out: float = 0.2
) -> tuple[tuple[LabelledImage, ...], tuple[LabelledImage, ...]]:
    """(learn, held out): by group, and the same each time, whatever else is in the set.

    A group is held out where the SHA-256 of its name is divisible by 1 / `held_out`. Where that leaves a side
    empty, the group whose remainder is nearest to the other side's changes sides. A single group is learnt.
    """
    chosen = images.images if isinstance(images, LabelledSet) else tuple(images)
    parts = max(2, round(1 / held_out))
    digests = {name: int(hashlib.sha256(name.encode()).hexdigest(), 16) for name in _groups(chosen)}
    order = sorted(digests, key=lambda name: (digests[name] % parts, digests[name]))
    outside = {name for name in order if digests[name] % parts == 0}
    if len(order) > 1 and not outside:
        outside = {order[0]}
    elif len(outside) == len(order):
        outside.discard(order[-1] if order else "")
    learn = tuple(image for image in chosen if image.group not in outside)
    return learn, tuple(image for image in chosen if image.group in outside)


def _groups(images: Sequence[LabelledImage]) -> list[str]:
    return sorted({image.group for image in images})
