"""Boxes around lesions, in the pixels of an image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A box in pixels: `x`, `y` are its left and top EDGE, (0, 0) the centre of the top-left pixel.

    So the box of a whole image of W×H pixels is Box(-0.5, -0.5, W, H).
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def clipped(self, shape: tuple[int, ...]) -> Box | None:
        """The part inside an image of `shape` (H, W); None where nothing is."""
        left, top = max(self.x, -0.5), max(self.y, -0.5)
        right, bottom = min(self.right, shape[1] - 0.5), min(self.bottom, shape[0] - 0.5)
        if not (right > left and bottom > top):
            return None
        return Box(left, top, right - left, bottom - top)
