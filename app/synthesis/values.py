"""An image in the network's −1 to 1, and back in the image's own stored values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.grey_scale import unit_scale
from app.imaging.image import Image
from app.tasks import Task

if TYPE_CHECKING:
    from models.hiresmed_vqgan.grey import GreyScale


@dataclass(frozen=True)
class Values:
    """Between an image's stored values and the network's: slope · stored + offset is in the task's unit."""

    grey: GreyScale
    slope: float
    offset: float

    @classmethod
    def of(cls, image: Image, task: Task, grey: GreyScale) -> Values:
        """Those of an image: HU as they are, any other by the window that it is shown in."""
        return cls(grey, *unit_scale(image, task))

    def to_network(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """Pixels of any shape and type → −1 to 1."""
        return self.grey.to_network(stored.astype(np.float64) * self.slope + self.offset)

    def to_stored(self, values: NDArray[np.float32], image: Image) -> NDArray[Any]:
        """−1 to 1 → pixels of the image's own type, within what its format holds."""
        stored = (self.grey.to_pixels(values).astype(np.float64) - self.offset) / self.slope
        if image.pixels.dtype.kind not in "iu":
            return stored.astype(image.pixels.dtype)
        limits = np.iinfo(image.pixels.dtype)
        low, high = image.value_range
        return np.rint(stored).clip(max(low, limits.min), min(high, limits.max)).astype(image.pixels.dtype)
