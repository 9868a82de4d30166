"""Black-outs: rectangles of the background made black, where text is burnt into the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from app.composition.region import Rect
from app.composition.scene import Blackout
from app.imaging.image import Image

PADDING_HU = -2000.0
"""What scanners pad a CT with outside their field of view: black in every usual window, as air is not."""


def blacked_out(image: Image, blackouts: Sequence[Blackout]) -> Image:
    """`image` with the rectangles filled with `black_value`; the same object where there is none in it."""
    rects = rects_in(image, blackouts)
    if not rects:
        return image
    pixels = image.pixels.copy()
    black = black_value(image)
    for rect in rects:
        pixels[rect.slices] = black
    return image.with_pixels(pixels)


def rects_in(image: Image, blackouts: Sequence[Blackout]) -> tuple[Rect, ...]:
    """The parts of the black-outs that lie within the image, sorted, each once."""
    frame = Rect(0, image.height, 0, image.width)
    rects = {Rect(b.y, b.y + b.height, b.x, b.x + b.width) & frame for b in blackouts}
    return tuple(sorted(rect for rect in rects if not rect.empty))


def black_value(image: Image) -> float:
    """The value that a black-out is filled with, one that the image's format can hold.

    As dark as the darkest pixel of the image and as the dark end of its automatic window, in HU at most
    `PADDING_HU`. Not the end of the format's range, which for 32 bits or floating point lies so far away that
    no automatic window would show anything of the image beside it.
    """
    window, (low, high) = image.automatic_window, image.value_range
    if image.inverted:
        return min(float(max(image.pixels.max(), ceil(window.high))), high)
    values = [float(image.pixels.min()), float(floor(window.low))]
    if image.unit == "HU":
        values.append(PADDING_HU)
    return max(min(values), low)
