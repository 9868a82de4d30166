"""The compositor: scenes, blend modes, and composites."""

from app.composition.composite import Composite, RenderedLesion
from app.composition.region import Rect
from app.composition.renderer import Renderer
from app.composition.scene import BackgroundReference, Blackout, Placement, Removal, Scene

__all__ = [
    "BackgroundReference",
    "Blackout",
    "Composite",
    "Placement",
    "Rect",
    "Removal",
    "RenderedLesion",
    "Renderer",
    "Scene",
]
