"""What a blend mode is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.composition.drawing import Drawn
from app.composition.noise import NoiseTexture
from app.composition.signal import Signal
from app.composition.surroundings import Surroundings
from app.imaging.image import Image


@dataclass(frozen=True, eq=False)
class Site:
    """One lesion at its place; all arrays have the shape of `drawn.rect`.

    Attributes:
        image: the background.
        canvas: float32, the image's unit, what is there: the background and the lesions beneath.
        drawn: the lesion.
        signal: what the lesion does to values, by the physics of the image; the ideal that a mode realises.
        surroundings: the background under and around it, without any lesion.
        noise: the grain of the background.
        seed: of the placement, for whatever a mode draws at random.
    """

    image: Image
    canvas: NDArray[np.float32]
    drawn: Drawn
    signal: Signal
    surroundings: Surroundings
    noise: NoiseTexture
    seed: int

    @cached_property
    def added(self) -> NDArray[np.float32]:
        """What the lesion adds to its surroundings' level, in the image's unit."""
        level = np.full(self.canvas.shape, self.surroundings.level, np.float32)
        return self.signal.onto(level) - level


@dataclass(frozen=True)
class Mode:
    """A blend mode.

    Attributes:
        name: the word in scene files and on the command line.
        title: the word in menus.
        description: one sentence for the user.
        blend: the new values of `site.canvas`, float32. Values outside the lesion's support grown by `reach`
            are ignored: the compositor keeps every pixel there as it is.
        reach: how far, in (rows, columns) of pixels, the mode changes pixels beyond the lesion's support.
        section: whether the image is taken as a section (True), as a projection (False), or as what it is
            (None).
    """

    name: str
    title: str
    description: str
    blend: Callable[[Site], NDArray[np.float32]]
    reach: Callable[[Image], tuple[int, int]]
    section: bool | None = None
