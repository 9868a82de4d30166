"""Pixels to the network's −1 to 1, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class GreyScale:
    """A rising, piecewise linear map from pixels to −1 … 1, through these points; clipped beyond them.

    What is displayed gets most of the range: there the network's errors count.
    """

    pixels: tuple[float, ...]
    values: tuple[float, ...]

    def to_network(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """Pixels of any type → float32; NaN becomes the lowest value."""
        finite = np.nan_to_num(pixels.astype(np.float32), nan=self.pixels[0])
        return np.interp(finite, self.pixels, self.values).astype(np.float32)

    def to_pixels(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """The network's values → pixels, float32."""
        return np.interp(values, self.values, self.pixels).astype(np.float32)

    def as_card(self) -> dict[str, list[float]]:
        """In JSON's types."""
        return {"pixels": list(self.pixels), "values": list(self.values)}

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> GreyScale:
        """The reverse of `as_card`; KeyError, TypeError or ValueError where it is malformed."""
        return cls(tuple(map(float, card["pixels"])), tuple(map(float, card["values"])))


GREY_SCALES = {
    "kub-xray": GreyScale((0, 4095), (-1, 1)),
    "lung-ct": GreyScale((-1024, 200, 3071), (-1, 0.7, 1)),  # lung and soft tissue; bone with what is left
    "abdomen-ct": GreyScale((-160, 240), (-1, 1)),  # the window that is burnt into most
}
"""By task: a radiograph's 12 bits with bones high, HU of a chest, HU of an abdomen in its usual window."""
