"""The compositor: renders scenes, and after a change only what the change touches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.composition import drawing
from app.composition.blends import Mode, Site, mode
from app.composition.composite import Composite, Island
from app.composition.drawing import Drawn, Pattern
from app.composition.measures import measure, nowhere
from app.composition.noise import NoiseTexture
from app.composition.region import Rect, disjoint
from app.composition.scene import Placement, Scene
from app.composition.signal import Added, Attenuated, Radiograph, Signal, body_range, is_section, nepers
from app.composition.surroundings import around
from app.imaging.image import Image
from app.lesions.lesion import Lesion

_HU_ACROSS_BODY = 1000.0
"""The range of the body in a section without HU stands for this many."""


class Renderer:
    """Renders scenes on one background, and remembers the last composite, so that the next costs its changes.

    Lesions whose reaches (the rectangles that they can change) touch form an island, which is rendered from
    the background as a whole, in drawing order. An island with the same placements as in the last composite
    is taken from it. What an island looks like depends on the background and its placements alone, so this
    is bit for bit what a new renderer would make of the scene, in any order of changes.

    Not for use from two threads at a time; its composites are.
    """

    def __init__(self, background: Image, draw: Callable[[str, int], Lesion]) -> None:
        """A renderer for one background; `draw(name, seed)` draws a lesion of the library."""
        self._background = background
        self._draw = draw
        self._patterns: dict[tuple[str, int], Pattern] = {}
        self._drawn: dict[Placement, Drawn] = {}
        self._last = Composite(background)

    def render(self, scene: Scene) -> Composite:
        """Renders `scene`; what the last composite was stays as it is where this fails.

        Raises:
            LithographError: a lesion or a blend mode of that name does not exist.
        """
        placements = scene.placements
        wanted = {(p.lesion, p.seed) for p in placements}
        patterns = {key: self._patterns.get(key) or Pattern.of(self._draw(*key)) for key in sorted(wanted)}
        drawn = {p: self._drawn.get(p) or self._draw_on(p, patterns[p.lesion, p.seed]) for p in placements}

        known = {(island.rect, island.placements): island for island in self._last.islands}
        members: dict[Rect, list[Placement]] = {rect: [] for rect in disjoint(d.rect for d in drawn.values())}
        for placement, lesion in drawn.items():
            if not lesion.rect.empty:
                members[next(rect for rect in members if rect.meets(lesion.rect))].append(placement)
        islands = [
            known.get((rect, tuple(group))) or self._island(rect, tuple(group), drawn)
            for rect, group in members.items()
        ]

        rendered = {lesion.placement: lesion for island in islands for lesion in island.lesions}
        lesions = tuple(rendered.get(p) or nowhere(p) for p in placements)
        composite = Composite(self._background, lesions, tuple(islands))
        composite = replace(composite, changed=composite.changed_since(self._last))
        self._patterns, self._drawn, self._last = patterns, drawn, composite
        return composite

    def _draw_on(self, placement: Placement, pattern: Pattern) -> Drawn:
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
            self._signal(drawn, how),
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

    def _signal(self, drawn: Drawn, how: Mode) -> Signal:
        section = is_section(self._background) if how.section is None else how.section
        if section or self._background.unit == "HU":
            return Added(drawn.residual * np.float32(self._units_per_hu))
        return Attenuated(self._radiograph, nepers(drawn, self._background))

    @cached_property
    def _units_per_hu(self) -> float:
        if self._background.unit == "HU":
            return 1.0
        return body_range(self._background) / _HU_ACROSS_BODY

    @cached_property
    def _radiograph(self) -> Radiograph:
        return Radiograph.of(self._background)

    @cached_property
    def _noise(self) -> NoiseTexture:
        return NoiseTexture.of(self._background)


def _grown(mask: NDArray[np.bool_], reach: tuple[int, int]) -> NDArray[np.bool_]:
    """`mask` and every pixel within `reach` (rows, columns) of it."""
    import cv2

    rows, columns = reach
    if rows == columns == 0:
        return mask
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * rows + 1, 2 * columns + 1), np.uint8)) > 0
