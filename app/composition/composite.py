"""The composite: a scene rendered to pixels, with one mask per lesion."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.composition.region import Rect, disjoint
from app.composition.scene import Placement, Removal
from app.imaging.image import Image


@dataclass(frozen=True, eq=False)
class RenderedLesion:
    """One placement as it came out.

    Attributes:
        placement: what was asked.
        rect: the pixels that `mask` covers; empty where the lesion lies outside the image.
        mask: (height, width) bool over `rect`: the lesion's exact label.
        box: (x, y, width, height) of the mask in pixels; zeros where it is empty.
        centroid: (x, y), the mask's centre of mass; the placement's centre where it is empty.
        diameter_mm: longest diameter, measured on the mask (pixels where uncalibrated).
        perpendicular_mm: the longest diameter perpendicular to it.
        area_px: pixels of the mask.
        contrast: mean of composite minus background inside the mask, in the image's unit.
        cnr: contrast over the spread of the background around; None where that has no spread.
        seam: see `measures.seam`; 1 is seamless, more is too hard an edge, less too soft a one.
        own_contrast: the part of `contrast` that the lesion adds by itself, whatever lies beneath; it is
            proportional to `placement.contrast`, but for a radiograph that is linear in the beam.
    """

    placement: Placement
    rect: Rect
    mask: NDArray[np.bool_]
    box: tuple[int, int, int, int]
    centroid: tuple[float, float]
    diameter_mm: float
    perpendicular_mm: float
    area_px: int
    contrast: float
    cnr: float | None
    seam: float | None
    own_contrast: float = 0.0


@dataclass(frozen=True, eq=False)
class Island:
    """The pixels around lesions whose reaches touch; rendered as one, and shared between composites.

    Attributes:
        rect: its pixels in the image.
        pixels: read-only, the background's type.
        placements: in drawing order.
        lesions: as rendered, in the same order.
    """

    rect: Rect
    pixels: NDArray[Any]
    placements: tuple[Placement, ...]
    lesions: tuple[RenderedLesion, ...]


@dataclass(frozen=True, eq=False)
class Filling:
    """The pixels around lesions of the background that have been removed; shared between composites.

    Attributes:
        rect: its pixels in the image.
        pixels: read-only, the background's type.
        removals: what has been removed there.
    """

    rect: Rect
    pixels: NDArray[Any]
    removals: tuple[Removal, ...]


@dataclass(frozen=True, eq=False)
class Composite:
    """A rendered scene. Immutable, so that any thread may read it while the next one is rendered.

    It holds the background and, apart from it, only the pixels around lesions, as islands that share no
    pixel and are shared with the composites before and after. So a drag costs what the lesion costs, at any
    image size. A canvas keeps pixels of its own and brings them up to date with
    `for rect in composite.changed_since(shown): canvas[rect.slices] = composite.crop(rect)`, which stays
    right when a composite in between was never shown.

    Attributes:
        original: the image as it was read.
        lesions: one per visible placement, in drawing order.
        islands: sorted by place.
        changed: the pixels that differ from the renderer's previous composite, as disjoint rectangles.
        blackouts: the rectangles of the background that are blacked out.
        fillings: what has taken the place of lesions that the background showed; they share no pixel.
        edited: `original` with both; None where there is neither.
    """

    original: Image
    lesions: tuple[RenderedLesion, ...] = ()
    islands: tuple[Island, ...] = ()
    changed: tuple[Rect, ...] = field(default=())
    blackouts: tuple[Rect, ...] = ()
    fillings: tuple[Filling, ...] = ()
    edited: Image | None = None

    @property
    def background(self) -> Image:
        """The image without placed lesions, black-outs and removals of its own lesions included."""
        return self.original if self.edited is None else self.edited

    @cached_property
    def image(self) -> Image:
        """The whole composite as an image of the background's kind (a copy, made on first use)."""
        if not self.islands:
            return self.background
        return self.background.with_pixels(
            self.crop(Rect(0, self.background.height, 0, self.background.width))
        )

    @property
    def bare(self) -> Composite:
        """The background alone, as the scene has edited it, as a composite without lesions."""
        return replace(self, lesions=(), islands=(), changed=())

    @property
    def patches(self) -> tuple[tuple[Rect, NDArray[Any]], ...]:
        """`changed`, each with its pixels."""
        return tuple((rect, self.crop(rect)) for rect in self.changed)

    def crop(self, rect: Rect) -> NDArray[Any]:
        """A copy of the pixels of `rect`, which lies within the image."""
        pixels = self.background.pixels[rect.slices].copy()
        for island in self.islands:
            shared = island.rect & rect
            if not shared.empty:
                pixels[shared.within(rect)] = island.pixels[shared.within(island.rect)]
        return pixels

    def changed_since(self, other: Composite | None) -> tuple[Rect, ...]:
        """Disjoint rectangles that hold every pixel in which this differs from `other`.

        The whole image where `other` is None or of another image.
        """
        if other is None or other.original is not self.original:
            return (Rect(0, self.original.height, 0, self.original.width),)
        islands = set(self.islands) ^ set(other.islands)
        blackouts = set(self.blackouts) ^ set(other.blackouts)
        fillings = set(self.fillings) ^ set(other.fillings)
        parts = [*(island.rect for island in islands), *(filling.rect for filling in fillings), *blackouts]
        return tuple(disjoint(parts))

    def label_map(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """(height, width): 0 background, 1 to n the lesions in drawing order, later ones on top."""
        shape = self.background.pixels.shape
        labels = np.zeros(shape, np.uint8 if len(self.lesions) < 256 else np.uint16)
        for number, lesion in enumerate(self.lesions, start=1):
            labels[lesion.rect.slices][lesion.mask] = number
        return labels
