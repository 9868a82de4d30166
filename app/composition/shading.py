"""What a lesion adds to the values of an image, by itself: for showing it before it is placed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.composition.blends import mode
from app.composition.drawing import Pattern, draw
from app.composition.region import Rect
from app.composition.scene import Placement
from app.composition.signal import Physics
from app.imaging.image import Image
from app.lesions.lesion import Lesion


@dataclass(frozen=True, eq=False)
class Shade:
    """What a lesion adds to flat ground.

    Attributes:
        rect: the pixels that it covers; empty where it lies outside the image.
        added: (height, width) float32 over `rect`, in the image's unit.
        label: (height, width) bool over `rect`, the lesion's mask.
    """

    rect: Rect
    added: NDArray[np.float32]
    label: NDArray[np.bool_]


class Shader:
    """Draws lesions on the flat ground of one image, and remembers the last lesion and the image's physics.

    Not for use from two threads at a time.
    """

    def __init__(self, image: Image, draw: Callable[[str, int], Lesion]) -> None:
        """For `image`; `draw(name, seed)` draws a lesion of the library."""
        self.image = image
        self._draw = draw
        self._physics = Physics(image)
        self._last: tuple[tuple[str, int], Pattern] | None = None

    def shade(self, placement: Placement) -> Shade:
        """What the lesion adds where it is placed.

        Taken on ground of the image's median value. What a blend mode does beyond the lesion's own signal
        (covering what was there, adding grain) depends on the place, and is left out.
        """
        key = (placement.lesion, placement.seed)
        if self._last is None or self._last[0] != key:
            self._last = key, Pattern.of(self._draw(*key))
        drawn = draw(self._last[1], placement, self.image, (0, 0))
        ground = np.full(drawn.alpha.shape, self._level, np.float32)
        signal = self._physics.signal(drawn, mode(placement.blend).section)
        return Shade(drawn.rect, signal.onto(ground) - ground, drawn.label)

    @cached_property
    def _level(self) -> np.float32:
        step = max(1, max(self.image.pixels.shape) // 256)
        return np.float32(np.nanmedian(self.image.pixels[::step, ::step]))
