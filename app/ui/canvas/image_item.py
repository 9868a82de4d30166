"""The image itself, windowed to grey."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.imaging.image import Window
from app.ui.canvas.grey import Grey
from app.ui.canvas.sampled_item import SampledItem, sample


class ImageItem(SampledItem):
    """Pixels at their native depth; 8 bit exists only for the part of them that is on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._grey = Grey(Window(0.5, 1.0))

    def set_grey(self, grey: Grey) -> None:
        """Changes the display window."""
        if grey != self._grey:
            self._grey = grey
            self.update()

    def value_at(self, x: float, y: float) -> float | None:
        """The value of the pixel at a place, in the image's unit; None outside the image."""
        if self._pyramid is None:
            return None
        height, width = self._pyramid.shape
        column, row = math.floor(x + 0.5), math.floor(y + 0.5)
        if not (0 <= column < width and 0 <= row < height):
            return None
        return float(self._pyramid.level(0)[row, column])

    def rendered(
        self, scale: tuple[float, float], origin: tuple[float, float], size: tuple[int, int]
    ) -> QImage | None:
        """A picture of `size` (width, height) device pixels at another scale; see `sample` for the rest."""
        if self._pyramid is None or min(scale) <= 0:
            return None
        return self.picture(sample(self._pyramid, scale, origin, (0, 0, *size), smooth=self.smooth))

    def picture(self, samples: NDArray[Any]) -> QImage:
        grey = np.ascontiguousarray(self._grey.of(samples))
        height, width = grey.shape
        return QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
