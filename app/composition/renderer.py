"""The compositor: renders scenes, and after a change only what the change touches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.composition import drawing
from app.composition.background_edits import BackgroundEdits
from app.composition.blends import Site, mode
from app.composition.composite import Composite, Island
from app.composition.drawing import Drawn, Pattern
from app.composition.measures import measure, nowhere
from app.composition.noise import NoiseTexture
from app.composition.recent import Recent
from app.composition.region import Rect, disjoint
from app.composition.scene import Placement, Scene
from app.composition.signal import Physics
from app.composition.surroundings import around
from app.imaging.image import Image
from app.lesions.lesion import Lesion

_ROOM = 32 << 20
"""Bytes of each kind of what is remembered."""
_FARTHEST = 80
"""No lesion depends on a pixel farther from its island: `surroundings` look 64 pixels around."""


class Renderer:
    """Renders scenes on one background, and remembers what it made, so that the next costs its changes.

    Lesions whose reaches (the rectangles that they can change) touch form an island, which is rendered from
    the background as a whole, in drawing order. An island with the same placements as in the last composite,
    or in one not long before, is taken from it: undoing costs next to nothing. What an island looks like
    depends on the background and its placements alone, so this is bit for bit what a new renderer would make
    of the scene, in any order of changes.

    The background is the image blacked out, and rid of its own lesions, where the scene says so. What is
    estimated of the image as a whole (its grain, its gain) is that of the image as it was read, so neither
    changes a placed lesion elsewhere: an island depends on no pixel farther away than `_FARTHEST`.

    Not for use from two threads at a time; its composites are.
    """

    def __init__(self, background: Image, draw: Callable[[str, int], Lesion]) -> None:
        """A renderer for one image; `draw(name, seed)` draws a lesion of the library."""
        self._original = self._background = background
        self._physics = Physics(background)
        self._draw = draw
        self._patterns: Recent[tuple[str, int], Pattern] = Recent(
            _ROOM, lambda pattern: pattern.channels.nbytes
        )
        self._drawn: Recent[Placement, Drawn] = Recent(_ROOM, lambda drawn: 4 * drawn.alpha.nbytes)
        self._islands: Recent[tuple[Rect, tuple[Placement, ...]], Island] = Recent(
            _ROOM, lambda island: 2 * island.pixels.nbytes
        )
        self._edits = BackgroundEdits(background)
        self._last = Composite(background)

    def render(self, scene: Scene) -> Composite:
        """Renders what is visible of `scene`; what the last composite was stays as it is where this fails.

        Raises:
            LithographError: a lesion or a blend mode of that name does not exist, or a removed lesion's box
                lies outside the image or covers most of it.
        """
        placements = scene.visible
        last = self._last
        bare = self._edits.edited(scene, last)
        self._background = bare.background
        changed = bare.changed_since(last.bare)
        if changed:
            self._islands.forget(
                lambda key: any(key[0].grown(_FARTHEST, _FARTHEST).meets(r) for r in changed)
            )
        drawn = {p: self._drawn.get(p) or self._draw_on(p) for p in placements}
        members: dict[Rect, list[Placement]] = {rect: [] for rect in disjoint(d.rect for d in drawn.values())}
        for placement, lesion in drawn.items():
            if not lesion.rect.empty:
                members[next(rect for rect in members if rect.meets(lesion.rect))].append(placement)
        islands = [
            self._islands.get((rect, tuple(group))) or self._island(rect, tuple(group), drawn)
            for rect, group in members.items()
        ]

        rendered = {lesion.placement: lesion for island in islands for lesion in island.lesions}
        lesions = tuple(rendered.get(p) or nowhere(p) for p in placements)
        composite = replace(bare, lesions=lesions, islands=tuple(islands))
        composite = replace(composite, changed=composite.changed_since(last))
        self._remember(drawn, islands)
        self._last = composite
        return composite

    def _remember(self, drawn: dict[Placement, Drawn], islands: list[Island]) -> None:
        """Keeps what is in the composite, and of what was in earlier ones as much as there is room for."""
        for placement, lesion in drawn.items():
            self._drawn.put(placement, lesion)
        for island in islands:
            self._islands.put((island.rect, island.placements), island)
        self._patterns.trim(len(drawn))
        self._drawn.trim(len(drawn))
        self._islands.trim(len(islands))

    def _draw_on(self, placement: Placement) -> Drawn:
        key = placement.lesion, placement.seed
        pattern = self._patterns.get(key)
        if pattern is None:
            pattern = Pattern.of(self._draw(*key))
            self._patterns.put(key, pattern)
        reach = mode(placement.blend).reach(self._background)
        return drawing.draw(pattern, placement, self._background, reach)

    def _island(self, rect: Rect, placements: tuple[Placement, ...], drawn: dict[Placement, Drawn]) -> Island:
        pixels = self._background.pixels[rect.slices].copy()
        sites = [self._blend(pixels, rect, p, drawn[p]) for p in placements]
        pixels.flags.writeable = False
        lesions = tuple(
            measure(placement, site, pixels[site.drawn.rect.within(rect)])
            for placement, site in zip(placements, sites, strict=True)
        )
        return Island(rect, pixels, placements, lesions)

    def _blend(self, pixels: NDArray[Any], rect: Rect, placement: Placement, drawn: Drawn) -> Site:
        """Puts one lesion into the `pixels` of an island at `rect`, rounded and clipped to their format."""
        how = mode(placement.blend)
        here = pixels[drawn.rect.within(rect)]
        site = Site(
            self._background,
            here.astype(np.float32),
            drawn,
            self._physics.signal(drawn, how.section),
            around(self._background, drawn),
            self._noise,
            placement.seed,
        )
        low, high = self._background.value_range
        values = np.clip(how.blend(site), low, high)
        if here.dtype.kind in "iu":
            values = np.rint(values)
        touched = _grown(drawn.support, how.reach(self._background))
        here[touched] = values[touched].astype(here.dtype)
        return site

    @cached_property
    def _noise(self) -> NoiseTexture:
        return NoiseTexture.of(self._original)


def _grown(mask: NDArray[np.bool_], reach: tuple[int, int]) -> NDArray[np.bool_]:
    """`mask` and every pixel within `reach` (rows, columns) of it."""
    import cv2

    rows, columns = reach
    if rows == columns == 0:
        return mask
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * rows + 1, 2 * columns + 1), np.uint8)) > 0
