"""From an image's own values to the 256 greys of a screen (PS3.3 §C.11.2.1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.imaging.image import Window


@dataclass(frozen=True)
class Grey:
    """A display window, and whether high values are dark."""

    window: Window
    inverted: bool = False

    def of(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """The grey of each value (uint8, uint16, int16 or float32), 0 black to 255 white."""
        if values.dtype == np.float32:
            values = np.nan_to_num(values, nan=self.window.low)
        slope = 255.0 / max(self.window.width, 1e-6)
        offset = -self.window.low * slope
        if self.inverted:
            slope, offset = -slope, 255.0 - offset
        # One pass that scales, rounds and saturates; a table of 65,536 entries took five times as long.
        grey = cv2.addWeighted(values, slope, values, 0.0, offset, dtype=cv2.CV_8U)
        return np.asarray(grey, np.uint8).reshape(values.shape)
