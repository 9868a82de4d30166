"""Rectangles of pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Rect(NamedTuple):
    """Rows y0 to y1 and columns x0 to x1 of an image, the ends not included."""

    y0: int
    y1: int
    x0: int
    x1: int

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width); (0, 0) where empty."""
        return (0, 0) if self.empty else (self.y1 - self.y0, self.x1 - self.x0)

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.y1 <= self.y0 or self.x1 <= self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """The index of its pixels in an image that holds it."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def within(self, outer: Rect) -> tuple[slice, slice]:
        """The index of its pixels in an array that starts at the corner of `outer`."""
        return (
            slice(self.y0 - outer.y0, self.y1 - outer.y0),
            slice(self.x0 - outer.x0, self.x1 - outer.x0),
        )

    def grown(self, rows: int, columns: int) -> Rect:
        """With a margin on every side."""
        return Rect(self.y0 - rows, self.y1 + rows, self.x0 - columns, self.x1 + columns)

    def __and__(self, other: Rect) -> Rect:
        """What both hold."""
        return Rect(
            max(self.y0, other.y0), min(self.y1, other.y1), max(self.x0, other.x0), min(self.x1, other.x1)
        )

    def __or__(self, other: Rect) -> Rect:
        """The smallest rectangle that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Rect(
            min(self.y0, other.y0), max(self.y1, other.y1), min(self.x0, other.x0), max(self.x1, other.x1)
        )

    def meets(self, other: Rect) -> bool:
        """Whether they share a pixel, where neither is empty."""
        return self.y0 < other.y1 and other.y0 < self.y1 and self.x0 < other.x1 and other.x0 < self.x1


def disjoint(rects: Iterable[Rect]) -> list[Rect]:
    """The fewest rectangles that hold all of `rects` and share no pixel, empty ones left out.

    Rectangles that meet are replaced by the one around both until none meet; the result does not depend on
    their order.
    """
    apart: list[Rect] = []
    for rect in rects:
        if rect.empty:
            continue
        while met := [other for other in apart if other.meets(rect)]:
            for other in met:
                apart.remove(other)
                rect |= other
        apart.append(rect)
    return sorted(apart)
