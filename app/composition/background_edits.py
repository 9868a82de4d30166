"""What a scene changes of its background before lesions are placed: black-outs, and lesions removed."""

from __future__ import annotations

from app.composition.blackout import blacked_out, rects_in
from app.composition.composite import Composite, Filling
from app.composition.recent import Recent
from app.composition.removal import Gap, filled, gaps
from app.composition.scene import Scene
from app.imaging.image import Image

_ROOM = 32 << 20
"""Bytes of fillings that are remembered."""


class BackgroundEdits:
    """Edits one background, and remembers what it filled, so that taking it back and doing it again is free.

    Black-outs come first: what they cover is never copied elsewhere, and no filling reaches into them.

    Not for use from two threads at a time.
    """

    def __init__(self, original: Image) -> None:
        """For one image."""
        self._original = original
        self._fillings: Recent[Gap, Filling] = Recent(_ROOM, lambda filling: 2 * filling.pixels.nbytes)

    def edited(self, scene: Scene, last: Composite) -> Composite:
        """The background as `scene` wants it, without lesions; shares what it can with the `last` composite.

        Raises:
            LithographError: a removed lesion's box lies outside the image, or covers most of it.
        """
        original = self._original
        blackouts = rects_in(original, scene.blackouts)
        wanted = gaps(scene.removals, original.pixels.shape, blackouts)
        if not (blackouts or wanted):
            return Composite(original)
        known = [self._fillings.get(gap) for gap in wanted]
        if None not in known and (blackouts, tuple(known)) == (last.blackouts, last.fillings):
            return last.bare
        black = blacked_out(original, scene.blackouts)
        fillings = tuple(old or _filling(black, gap) for old, gap in zip(known, wanted, strict=True))
        for gap, filling in zip(wanted, fillings, strict=True):
            self._fillings.put(gap, filling)
        self._fillings.trim(len(fillings))
        return Composite(original, blackouts=blackouts, fillings=fillings, edited=_with(black, fillings))


def _filling(image: Image, gap: Gap) -> Filling:
    pixels = filled(image.pixels, gap)
    pixels.flags.writeable = False
    return Filling(gap.rect, pixels, gap.removals)


def _with(image: Image, fillings: tuple[Filling, ...]) -> Image:
    if not fillings:
        return image
    pixels = image.pixels.copy()
    for filling in fillings:
        pixels[filling.rect.slices] = filling.pixels
    return image.with_pixels(pixels)
