"""The scene: a background and its placements, the document that is edited, saved and undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.imaging.box import Box


@dataclass(frozen=True)
class Placement:
    """One lesion at one place.

    Attributes:
        id: names the placement within its scene.
        lesion: the name of the lesion model.
        x, y: the centre in pixels, x to the right, y down, (0, 0) the centre of the top-left pixel.
        diameter_mm: the asked longest diameter (pixels where the background is uncalibrated).
        seed: chooses the drawing.
        rotation_deg: clockwise on the screen.
        contrast: times the lesion model's own contrast.
        blend: the name of a blend mode.
        overridden: the user placed it in the danger zone on purpose.
        hidden: it is neither drawn nor exported.
        locked: the window refuses to change it.
        override_reason: the title of the structure that the user overrode, such as `spine`.
    """

    id: str
    lesion: str
    x: float
    y: float
    diameter_mm: float
    seed: int
    blend: str
    rotation_deg: float = 0.0
    contrast: float = 1.0
    overridden: bool = False
    hidden: bool = False
    locked: bool = False
    override_reason: str = ""


@dataclass(frozen=True)
class Blackout:
    """A rectangle of the background that is made black, to remove burnt-in text.

    Whole pixels: `x` and `y` are the left column and the top row. What lies outside the image is ignored.
    """

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Removal:
    """A lesion that the background itself shows and that is removed: filled from what surrounds it.

    Attributes:
        box: around the lesion, in pixels.
        seed: chooses the filling.
    """

    box: Box
    seed: int


@dataclass(frozen=True)
class BackgroundReference:
    """How a scene finds its background again.

    A file is named by path (and slice or frame), a generated background by the recipe that generates it;
    `digest` (`Image.digest`) makes sure that it is the same image.
    """

    digest: str
    path: str | None = None
    index: int = 0
    recipe: tuple[tuple[str, str | int | float], ...] | None = None


@dataclass(frozen=True)
class Scene:
    """A background and its placements, in drawing order. Every change makes a new scene."""

    task: str
    background: BackgroundReference
    placements: tuple[Placement, ...] = field(default=())
    blackouts: tuple[Blackout, ...] = ()
    removals: tuple[Removal, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing has been done to the background yet."""
        return not (self.placements or self.blackouts or self.removals)

    @property
    def visible(self) -> tuple[Placement, ...]:
        """The placements that are drawn and exported: those that are not hidden."""
        return tuple(placement for placement in self.placements if not placement.hidden)

    def placement(self, placement_id: str) -> Placement:
        """The placement of that id; KeyError where there is none."""
        for placement in self.placements:
            if placement.id == placement_id:
                return placement
        raise KeyError(placement_id)

    def adding(self, *placements: Placement) -> Scene:
        """With `placements` on top."""
        return replace(self, placements=self.placements + placements)

    def removing(self, ids: Iterable[str]) -> Scene:
        """Without the placements of those ids."""
        gone = set(ids)
        return replace(self, placements=tuple(p for p in self.placements if p.id not in gone))

    def replacing(self, placement: Placement) -> Scene:
        """With the placement of the same id exchanged, in the same place of the order."""
        self.placement(placement.id)
        return replace(
            self, placements=tuple(placement if p.id == placement.id else p for p in self.placements)
        )
